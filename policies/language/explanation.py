"""Why: the values that a condition failed on, and the facts that an expression could not be told without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import localcontext
from itertools import islice
from typing import Any, Final, NamedTuple

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
    walk,
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
    `expected_from` the author's words for where it comes from; None where it is written in the policy. `readings` are
    the facts that went into either side where it is more than one path.
    """

    field: str
    actual: object
    expected: str
    bound: object = None
    expected_from: str | None = None
    readings: tuple[tuple[str, object], ...] = ()


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
            if _value(condition, condition.node, frame) is not False:
                return ()
            return tuple(dict.fromkeys(_failed(condition, condition.node, frame, wanted=True)))

    def missing(self, expression: Expression, document: Any, item: Any = None) -> tuple[Missing, ...]:
        """The facts for want of which an expression has no value; empty where it has one."""
        with localcontext(ARITHMETIC):
            return self._needed(expression, expression.node, document, item)

    def unassessed(self, when: Expression, document: Any, item: Any = None) -> tuple[Missing, ...]:
        """The facts that are not known and for want of which alone a policy does not apply."""
        if when.doubt is None:
            return ()
        with localcontext(ARITHMETIC):
            return self._needed(when, when.doubt, document, item)

    def _needed(self, expression: Expression, node: Node, document: Any, item: Any) -> tuple[Missing, ...]:
        frame = _Frame(document, item)
        if _value(expression, node, frame) is not None:
            return ()
        return tuple(dict.fromkeys(self._reasons(expression, node, frame)))

    def _reasons(self, expression: Expression, node: Node, frame: _Frame) -> Iterator[Missing]:
        if isinstance(node, Path):
            yield self._absent(expression, node, frame)
            return
        open_parts = [part for part in _parts(expression, node, frame) if _value(expression, *part) is None]
        for part, inner in open_parts:
            yield from self._reasons(expression, part, inner)
        if not open_parts:
            yield Missing(expression.text_of(node), f"{expression.text_of(node)} divides by zero")

    def _absent(self, expression: Expression, path: Path, frame: _Frame) -> Missing:
        """The first fact on a path that is not there."""
        words = path.text.split(".")
        unsaid = len(path.steps) - len(words)
        value = {"document": frame.document, "item": frame.item, "each": frame.each}[path.anchor]
        for position, step in enumerate(path.steps):
            for hop in step.hops:
                value = getattr(value, hop)
            if value is None:
                named = _named(path, frame, words[: max(1, position + 1 - unsaid)])
                return Missing(named, self._why(expression.scope, step, named, frame))
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


def _value(expression: Expression, node: Node, frame: _Frame) -> Any:
    return expression.plain.value(node, frame.document, frame.item, frame.each)


def _parts(expression: Expression, node: Node, frame: _Frame) -> Iterator[tuple[Node, _Frame]]:
    """The parts on which the value of a node depends here."""
    match node:
        case Quantifier():
            yield node.items, frame
            inner = [part for part in (node.condition, node.body) if part is not None]
            yield from ((part, each) for each in _each(expression, node, frame) for part in inner)
        case Choice():
            chosen = _value(expression, node.condition, frame)
            yield (node.condition, frame) if chosen is None else (node.then if chosen else node.otherwise, frame)
        case Coalesce():
            yield node.options[-1], frame
        case _:
            yield from ((child, frame) for child in children(node))


def _each(expression: Expression, node: Quantifier, frame: _Frame) -> Iterator[_Frame]:
    items = _value(expression, node.items, frame)
    for position, each in enumerate(items if items is not None else ()):
        yield _Frame(frame.document, frame.item, each, f"{node.items.text}[{position}]")


def _failed(expression: Expression, node: Node, frame: _Frame, *, wanted: bool) -> Iterator[Shortfall]:
    """The comparisons that made a condition come out the wrong way."""
    match node:
        case Logical():
            for item in _culprits(expression, node, frame, wanted=wanted):
                yield from _failed(expression, item, frame, wanted=wanted)
        case Not():
            yield from _failed(expression, node.operand, frame, wanted=not wanted)
        case Choice():
            chosen = node.then if _value(expression, node.condition, frame) else node.otherwise
            yield from _failed(expression, chosen, frame, wanted=wanted)
        case Quantifier(body=Node() as body) if (node.quantity == "all") is wanted:
            counting = _counting(expression, node, frame)
            wrong = (each for each in counting if _value(expression, body, each) is (not wanted))
            for each in islice(wrong, MOST):
                yield from _failed(expression, body, each, wanted=wanted)
        case Comparison():
            yield _compared(expression, node, frame, wanted=wanted)
        case _:
            yield _leaf(expression, node, frame, wanted=wanted)


def _culprits(expression: Expression, node: Logical, frame: _Frame, *, wanted: bool) -> list[Node]:
    """The parts that came out wrong. That a fact should better be absent is said only where nothing else is."""
    wrong = [item for item in node.items if _value(expression, item, frame) is (not wanted)]
    telling = [item for item in wrong if not (isinstance(item, IsNull) and item.negated is not wanted)]
    return telling or wrong


def _counting(expression: Expression, node: Quantifier, frame: _Frame) -> Iterator[_Frame]:
    for each in _each(expression, node, frame):
        if node.condition is None or _value(expression, node.condition, each) is True:
            yield each


def _compared(expression: Expression, node: Comparison, frame: _Frame, *, wanted: bool) -> Shortfall:
    left, right = node.left, node.right
    operator = node.operator if wanted else _OPPOSITE[node.operator]
    if not isinstance(left, Path) and (isinstance(right, Path) or isinstance(left, Constant)):
        left, right, operator = right, left, _FLIPPED[operator]
    bound = _value(expression, right, frame)
    shown = plain_text(bound)
    expected = {"==": shown, "!=": f"not {shown}"}.get(operator, f"{operator} {shown}")
    source = None if isinstance(right, Constant) else _words(expression, right, frame)
    actual = _value(expression, left, frame)
    return Shortfall(
        _words(expression, left, frame), actual, expected, bound, source, _readings(expression, node, frame)
    )


def _readings(expression: Expression, node: Comparison, frame: _Frame) -> tuple[tuple[str, object], ...]:
    """Each fact once, where a side is made of several. What stands inside of a quantifier belongs to its items."""
    sides = [side for side in (node.left, node.right) if not isinstance(side, Path)]
    paths = [part for side in sides for part in walk(side) if isinstance(part, Path) and part.type.is_scalar]
    outside = [path for path in paths if path.anchor != "each" or frame.place]
    return tuple(dict.fromkeys((_words(expression, path, frame), _value(expression, path, frame)) for path in outside))


def _leaf(expression: Expression, node: Node, frame: _Frame, *, wanted: bool) -> Shortfall:
    match node:
        case IsNull():
            needed = "a value" if node.negated is wanted else "no value"
            return Shortfall(_words(expression, node.operand, frame), _value(expression, node.operand, frame), needed)
        case OneOf():
            shown = ", ".join(plain_text(value) for value in node.values)
            needed = f"{'one' if node.negated is not wanted else 'none'} of {shown}"
            return Shortfall(
                _words(expression, node.operand, frame), _value(expression, node.operand, frame), needed, node.values
            )
        case InList():
            items = _value(expression, node.items, frame)
            needed = f"{'one' if node.negated is not wanted else 'none'} of {plain_text(items)}"
            field = _words(expression, node.operand, frame)
            return Shortfall(field, _value(expression, node.operand, frame), needed, items, node.items.text)
        case _:
            expected = "true" if wanted else "false"
            return Shortfall(_words(expression, node, frame), _value(expression, node, frame), expected, wanted)


def _words(expression: Expression, node: Node, frame: _Frame) -> str:
    return _named(node, frame, node.text.split(".")) if isinstance(node, Path) else expression.text_of(node)


def _named(path: Path, frame: _Frame, words: list[str]) -> str:
    """A path in full; the variable of a quantifier is replaced by the item of the list that it stands for."""
    if path.anchor != "each" or not frame.place:
        return ".".join(words)
    return ".".join([frame.place, *words[1:]])
