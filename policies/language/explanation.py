"""Why: the values that a condition failed on, and the facts that an expression could not be told without."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import localcontext
from itertools import islice
from typing import Any, Final, NamedTuple

from policies.language.closures import closure
from policies.language.expression import Expression
from policies.language.introspection import VocabularyError
from policies.language.messages import Message, plain_text
from policies.language.operations import ARITHMETIC
from policies.language.problem import Source
from policies.language.reader import Reader
from policies.language.tree import (
    Choice,
    Coalesce,
    Comparison,
    Constant,
    InList,
    IsNull,
    Logical,
    Node,
    Not,
    OneOf,
    Path,
    Quantifier,
    children,
    doubting,
)
from policies.language.vocabulary import Field, Scope, Vocabulary

MOST: Final = 20
"""How many items of one list are named at most."""

_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One comparison that did not come out as it had to.

    `field` is the path compared (`line.net_unit_price`, `line.tiers[0].unit_price`), or the author's words where it is
    no single path. `expected` is what it should have been (">= 10"), `bound` the value behind that, and
    `expected_from` the author's words for where it comes from; None where it is written in the policy.
    """

    field: str
    actual: object
    expected: str
    bound: object = None
    expected_from: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that would have been needed. `because` is part of a sentence that a person reads."""

    field: str
    because: str


class _Frame(NamedTuple):
    """Where an expression is evaluated; `place` names the item of a list that a quantifier is at."""

    document: Any
    item: Any
    each: Any = None
    place: str = ""
    variable: str = ""


class Explainer:
    """Explains the expressions of one vocabulary. Built once; a note that speaks of unknown fields is refused."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._because: dict[str, tuple[Message, Scope]] = {}
        for field in vocabulary.all_fields():
            if field.note.because is not None:
                self._because[field.note.because] = _read_because(vocabulary, field, field.note.because)

    def shortfalls(self, condition: Expression, document: Any, item: Any = None) -> tuple[Shortfall, ...]:
        """What a condition failed on; empty where it holds."""
        with localcontext(ARITHMETIC):
            frame = _Frame(document, item)
            if _value(condition.node, frame) is not False:
                return ()
            return tuple(dict.fromkeys(_failed(condition, condition.node, frame, wanted=True)))

    def missing(self, expression: Expression, document: Any, item: Any = None) -> tuple[Missing, ...]:
        """The facts for want of which an expression has no value; empty where it has one."""
        with localcontext(ARITHMETIC):
            return self._needed(expression, expression.node, document, item)

    def unassessed(self, when: Expression, document: Any, item: Any = None) -> tuple[Missing, ...]:
        """The facts that are not known and for want of which alone a policy does not apply."""
        with localcontext(ARITHMETIC):
            return self._needed(expression=when, node=doubting(when.node), document=document, item=item)

    def _needed(self, expression: Expression, node: Node, document: Any, item: Any) -> tuple[Missing, ...]:
        frame = _Frame(document, item)
        if _value(node, frame) is not None:
            return ()
        return tuple(dict.fromkeys(self._reasons(expression, node, frame)))

    def _reasons(self, expression: Expression, node: Node, frame: _Frame) -> Iterator[Missing]:
        if isinstance(node, Path):
            yield self._absent(expression, node, frame)
            return
        open_parts = [part for part in _parts(node, frame) if _value(part[0], part[1]) is None]
        for part, inner in open_parts:
            yield from self._reasons(expression, part, inner)
        if not open_parts:
            yield Missing(expression.text_of(node), f"{expression.text_of(node)} divides by zero")

    def _absent(self, expression: Expression, path: Path, frame: _Frame) -> Missing:
        """The first fact on a path that is not there."""
        for length in range(1, len(path.steps) + 1):
            part = dataclasses.replace(path, steps=path.steps[:length])
            if _value(part, frame) is None:
                field = path.steps[length - 1]
                words = path.text.split(".")
                text = ".".join(words[: max(1, len(words) - len(path.steps) + length)])
                named = _named(dataclasses.replace(path, text=text), frame)
                return Missing(named, self._why(expression.scope, field, named, frame))
        return Missing(path.text, f"{path.text} is not known")

    def _why(self, scope: Scope, field: Field, named: str, frame: _Frame) -> str:
        if field.note.because is None:
            return f"{named} is not given" if field.stated else f"{named} is not known"
        message, wanted = self._because[field.note.because]
        item = frame.item
        kind = wanted.items.type.item if wanted.items is not None else None
        if frame.each is not None and kind is not None and type(frame.each) is kind.record:
            item = frame.each
        return message.render(frame.document, item) if item is not None or scope.subject is None else named


def _read_because(vocabulary: Vocabulary, field: Field, text: str) -> tuple[Message, Scope]:
    """A note's sentence, in the first scope that knows all of its names."""
    for subject in (None, *vocabulary.subjects):
        reader = Reader(vocabulary, subject)
        message = reader.message(Source(text))
        if not reader.problems:
            return message, reader.scope
    raise VocabularyError(f"the note of {field.name} cannot be read: {reader.problems[0].message}")


def _value(node: Node, frame: _Frame) -> Any:
    return closure(node)(frame.document, frame.item, frame.each)


def _parts(node: Node, frame: _Frame) -> Iterator[tuple[Node, _Frame]]:
    """The parts on which the value of a node depends here."""
    match node:
        case Quantifier():
            yield node.items, frame
            inner = [part for part in (node.condition, node.body) if part is not None]
            yield from ((part, each) for each in _each(node, frame) for part in inner)
        case Choice():
            chosen = _value(node.condition, frame)
            yield (node.condition, frame) if chosen is None else (node.then if chosen else node.otherwise, frame)
        case Coalesce():
            yield node.options[-1], frame
        case _:
            yield from ((child, frame) for child in children(node))


def _each(node: Quantifier, frame: _Frame) -> Iterator[_Frame]:
    items = _value(node.items, frame)
    for position, each in enumerate(items if items is not None else ()):
        yield _Frame(frame.document, frame.item, each, f"{node.items.text}[{position}]", node.variable)


def _failed(expression: Expression, node: Node, frame: _Frame, *, wanted: bool) -> Iterator[Shortfall]:
    """The comparisons that made a condition come out the wrong way."""
    match node:
        case Logical():
            for item in node.items:
                if _value(item, frame) is not wanted:
                    yield from _failed(expression, item, frame, wanted=wanted)
        case Not():
            yield from _failed(expression, node.operand, frame, wanted=not wanted)
        case Choice():
            chosen = node.then if _value(node.condition, frame) else node.otherwise
            yield from _failed(expression, chosen, frame, wanted=wanted)
        case Quantifier(body=Node() as body) if (node.quantity == "all") is wanted:
            wrong = (each for each in _each(node, frame) if _value(body, each) is not wanted)
            for each in islice(wrong, MOST):
                yield from _failed(expression, body, each, wanted=wanted)
        case Comparison():
            yield _compared(expression, node, frame, wanted=wanted)
        case _:
            yield _leaf(expression, node, frame, wanted=wanted)


def _compared(expression: Expression, node: Comparison, frame: _Frame, *, wanted: bool) -> Shortfall:
    left, right = node.left, node.right
    operator = node.operator if wanted else _OPPOSITE[node.operator]
    if not isinstance(left, Path) and (isinstance(right, Path) or isinstance(left, Constant)):
        left, right, operator = right, left, _FLIPPED[operator]
    bound = _value(right, frame)
    shown = plain_text(bound)
    expected = {"==": shown, "!=": f"not {shown}"}.get(operator, f"{operator} {shown}")
    source = None if isinstance(right, Constant) else _words(expression, right, frame)
    return Shortfall(_words(expression, left, frame), _value(left, frame), expected, bound, source)


def _leaf(expression: Expression, node: Node, frame: _Frame, *, wanted: bool) -> Shortfall:
    match node:
        case IsNull():
            needed = "a value" if node.negated is wanted else "no value"
            return Shortfall(_words(expression, node.operand, frame), _value(node.operand, frame), needed)
        case OneOf():
            shown = ", ".join(plain_text(value) for value in node.values)
            needed = f"{'one' if node.negated is not wanted else 'none'} of {shown}"
            return Shortfall(_words(expression, node.operand, frame), _value(node.operand, frame), needed, node.values)
        case InList():
            items = _value(node.items, frame)
            needed = f"{'one' if node.negated is not wanted else 'none'} of {plain_text(items)}"
            field = _words(expression, node.operand, frame)
            return Shortfall(field, _value(node.operand, frame), needed, items, node.items.text)
        case _:
            expected = "true" if wanted else "false"
            return Shortfall(_words(expression, node, frame), _value(node, frame), expected, wanted)


def _words(expression: Expression, node: Node, frame: _Frame) -> str:
    return _named(node, frame) if isinstance(node, Path) else expression.text_of(node)


def _named(path: Path, frame: _Frame) -> str:
    """A path in full; the variable of a quantifier is replaced by the item of the list that it stands for."""
    if path.anchor != "each" or not frame.place:
        return path.text
    rest = path.text[len(frame.variable) :]
    return f"{frame.place}{rest}"
