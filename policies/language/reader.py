"""Reading the texts of one policy: every problem of every text is gathered, none stops the others from being read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.language.checker import Checker
from policies.language.expression import Expression
from policies.language.flow import Flow, refused
from policies.language.functions import FUNCTIONS
from policies.language.kinds import UNIT_WORDS, Kind, Type, Unit, same
from policies.language.messages import Message, read_message
from policies.language.narrowing import NOTHING, Facts
from policies.language.problem import Problem, Source, Span
from policies.language.tables import Table, TableText, read_table
from policies.language.tree import Node, Path, cost, cost_once
from policies.language.vocabulary import Field, Scope, Vocabulary

MAX_COST_OF_ITEM = 50_000
MAX_COST_OF_DOCUMENT = 2_000_000
_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "for", "is", "null", "true", "false"})


@dataclass(frozen=True, slots=True)
class Target:
    """A field of the document that a remedy can set: from the subject's item where `of_item` holds, else from the document."""

    path: str
    type: Type
    steps: tuple[Field, ...]
    of_item: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The field names that lead to it in the document."""
        return tuple(step.name for step in self.steps)

    @property
    def nullable(self) -> bool:
        return self.steps[-1].nullable


class Reader:
    """Reads the texts of one policy in one scope. What is wrong with them is in `problems`."""

    def __init__(self, vocabulary: Vocabulary, subject: str | None = None) -> None:
        self.scope: Scope = vocabulary.scope(subject)
        self.problems: list[Problem] = []
        self._tables: dict[str, Table] = {}

    @property
    def tables(self) -> Mapping[str, Table]:
        return self._tables

    def add_tables(self, texts: Iterable[TableText]) -> None:
        """Reads the policy's own tables; expressions read after this may use them."""
        for text in texts:
            before = len(self.problems)
            self._name_is_free(text.name)
            by = self._checked(text.by, Flow(lenient=True))
            if len(self.problems) == before and not (by.type.is_scalar and _can_be_key(by.type)):
                self.problems.append(text.by.problem(f"a table is not looked up by {by.type}"))
            table = read_table(text, by.type, self.problems)
            if table is not None and len(self.problems) == before:
                self._tables[text.name.text.strip()] = table

    def condition(self, source: Source, given: Facts = NOTHING) -> Expression:
        """A text that must be true or false. `given` is what earlier texts of the policy prove."""
        expression = self.value(source, given)
        if expression.is_refused or expression.type.kind is Kind.BOOLEAN:
            return expression
        return self._refused(
            source, f"a condition is true or false; this is {expression.type}", "compare it with something"
        )

    def number(self, source: Source, given: Facts = NOTHING, unit: Unit | None = None) -> Expression:
        """A text that must be a number and, where it is known to measure something, measure `unit`."""
        expression = self.value(source, given)
        if expression.is_refused:
            return expression
        if not expression.type.is_number:
            return self._refused(source, f"a number belongs here; this is {expression.type}")
        measured = expression.node.unit
        if unit is not None and measured is not None and measured is not unit:
            return self._refused(source, f"{UNIT_WORDS[unit]} belongs here; this is {UNIT_WORDS[measured]}")
        return expression

    def value(self, source: Source, given: Facts = NOTHING) -> Expression:
        """A text with a value of any type."""
        return self._expression(source, self._checked(source, Flow(facts=given)))

    def value_for(self, source: Source, target: Target | None, given: Facts = NOTHING) -> Expression:
        """A text whose value a field can take; a text beside an enumeration is one of its members."""
        if target is None:
            return self.value(source, given)
        before = len(self.problems)
        checker = Checker(source, self.scope, self._tables, self.problems)
        node = checker.read_as(Flow(facts=given), target.type)
        if len(self.problems) == before and not same(node.type, target.type):
            return self._refused(source, f"{target.path} is {target.type}; this is {node.type}")
        return self._expression(source, node if len(self.problems) == before else refused(node.span))

    def target(self, source: Source) -> Target | None:
        """The field that a remedy sets: part of the document, and a single value."""
        before = len(self.problems)
        node = self._checked(source, Flow(lenient=True))
        if len(self.problems) > before:
            return None
        if not isinstance(node, Path) or not node.steps or not node.type.is_scalar:
            self.problems.append(source.problem("a remedy sets one field of the document"))
            return None
        if not all(step.stated for step in node.steps):
            self.problems.append(source.problem(f"{node.text} follows from other fields and cannot be set"))
            return None
        return Target(node.text, node.type, node.steps, node.anchor == "item")

    def message(self, source: Source, given: Facts = NOTHING, found: Iterable[str] = ()) -> Message:
        """A message with its placeholders. `found` are the names that the policy's check reports."""
        return read_message(source, frozenset(found), lambda part: self._placeholder(part, given), self.problems)

    def _placeholder(self, source: Source, given: Facts) -> Expression:
        expression = self._expression(source, self._checked(source, Flow(facts=given, lenient=True)))
        if not expression.is_refused and not expression.type.is_scalar:
            return self._refused(source, f"a message shows single values; this is {expression.type}")
        return expression

    def _checked(self, source: Source, flow: Flow) -> Node:
        before = len(self.problems)
        node = Checker(source, self.scope, self._tables, self.problems).read(flow)
        if len(self.problems) > before:
            return refused(Span(0, len(source.text)))
        most = MAX_COST_OF_DOCUMENT if self.scope.subject is None else MAX_COST_OF_ITEM
        for steps, limit in ((cost(node), most), (cost_once(node), MAX_COST_OF_DOCUMENT)):
            if steps > limit:
                self.problems.append(source.problem(f"this takes up to {steps:,} steps; {limit:,} are the most"))
                return refused(Span(0, len(source.text)))
        return node

    def _expression(self, source: Source, node: Node) -> Expression:
        return Expression.of(source, self.scope, node)

    def _refused(self, source: Source, message: str, suggestion: str | None = None) -> Expression:
        self.problems.append(source.problem(message, suggestion=suggestion))
        return self._expression(source, refused(Span(0, len(source.text))))

    def _name_is_free(self, name: Source) -> None:
        word = name.text.strip()
        taken = word in self.scope.names or word in FUNCTIONS or word in _WORDS or word in self._tables
        if taken:
            self.problems.append(name.problem(f"{word} already means something else", suggestion="take another name"))
        elif not word.isascii() or not word.isidentifier() or "__" in word:
            self.problems.append(name.problem(f"{word} is not a name: letters, digits and single underscores"))


def _can_be_key(kind: Type) -> bool:
    return kind.kind in {Kind.ENUM, Kind.TEXT, Kind.BOOLEAN, Kind.DECIMAL, Kind.INTEGER}
