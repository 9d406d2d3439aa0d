"""The typed tree: what an accepted expression means, ready for either backend.

Every node either has a value or has none. A node has none where a fact that it needs is absent; `lacks` says whether
that can happen. Only facts that a guard covers (`proven`) or that are always there never lack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeAlias

from policies.language.kinds import BOOLEAN, Type, Unit
from policies.language.problem import Span
from policies.language.tables import Table
from policies.language.vocabulary import Anchor, Field, Key

Value: TypeAlias = object
Connective: TypeAlias = Literal["and", "or"]
Quantity: TypeAlias = Literal["any", "all", "sum", "count"]

NOWHERE: Final = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all nodes share: the type of the value, what it measures, and where it stands in the text.

    `parts` names the fields that hold nodes: one, none, or a tuple of them.
    """

    parts: ClassVar[tuple[str, ...]] = ()
    type: Type
    span: Span = NOWHERE
    unit: Unit | None = None

    @property
    def lacks(self) -> bool:
        """Whether the node may come out without a value."""
        return any(child.lacks for child in children(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A value written in the expression."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Node):
    """A dotted path into the document. `open` is true where a fact on the way can be absent and nothing guards it."""

    text: str
    anchor: Anchor
    steps: tuple[Field, ...]
    open: bool

    @property
    def lacks(self) -> bool:
        return self.open

    @property
    def nullable(self) -> bool:
        """Whether an absent fact is possible at all on the way."""
        return any(step.nullable for step in self.steps)

    @property
    def hops(self) -> tuple[str, ...]:
        """The Python attributes from the anchor on."""
        return tuple(hop for step in self.steps for hop in step.hops)

    @property
    def key(self) -> Key:
        return (self.anchor, *self.hops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative(Node):
    """A number with the other sign."""

    parts: ClassVar = ("operand",)
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """`+ - * /` on numbers. An unguarded division (`proven` false) has no value where its divisor is zero."""

    parts: ClassVar = ("left", "right")
    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node
    proven: bool = True

    @property
    def lacks(self) -> bool:
        return not self.proven or self.left.lacks or self.right.lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Node):
    """Two values of one type, compared."""

    parts: ClassVar = ("left", "right")
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Node):
    """Whether a value is among constants."""

    parts: ClassVar = ("operand",)
    operand: Node
    values: tuple[Value, ...]
    negated: bool = False
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class InList(Node):
    """Whether a value is among the items of a list of the document."""

    parts: ClassVar = ("operand", "items")
    operand: Node
    items: Path
    negated: bool = False
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Node):
    """Whether there is no value; itself always answered."""

    parts: ClassVar = ("operand",)
    operand: Node
    negated: bool = False
    type: Type = BOOLEAN

    @property
    def lacks(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class IfThere(Node):
    """True while a fact is there, and without an answer where it is absent: a null test that doubts."""

    parts: ClassVar = ("operand",)
    operand: Path
    type: Type = BOOLEAN

    @property
    def lacks(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Logical(Node):
    """`and` and `or` of two or more conditions, in Kleene's logic: what cannot be known decides nothing alone."""

    parts: ClassVar = ("items",)
    connective: Connective
    items: tuple[Node, ...]
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    parts: ClassVar = ("operand",)
    operand: Node
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Node):
    """`then if condition else otherwise`."""

    parts: ClassVar = ("condition", "then", "otherwise")
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of the language, applied."""

    parts: ClassVar = ("arguments",)
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce(Node):
    """The first of the values that there is."""

    parts: ClassVar = ("options",)
    options: tuple[Node, ...]

    @property
    def lacks(self) -> bool:
        return self.options[-1].lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedNull(Node):
    """Whether the sender wrote an explicit null. `record` is the path to the record, `flag` the hops to its nulls."""

    parts: ClassVar = ("record",)
    record: Path
    flag: tuple[str, ...]
    name: str
    type: Type = BOOLEAN

    @property
    def lacks(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantifier(Node):
    """`any`, `all`, `sum` or `count` over the items of a list, with an optional condition.

    `hoisted`: the subject does not occur in it, so that it is computed once for the whole document.
    """

    parts: ClassVar = ("items", "condition", "body")
    quantity: Quantity
    variable: str
    items: Path
    condition: Node | None
    body: Node | None
    hoisted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Node):
    """A value from a table of the policy."""

    parts: ClassVar = ("by",)
    table: Table
    by: Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below."""
    for name in node.parts:
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from value
        elif value is not None:
            yield value


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, in the order in which they were written, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))


def cost(node: Node) -> int:
    """How many nodes one evaluation visits at most, lists counted at their greatest length.

    What is computed once for the whole document counts as one here; `cost_once` is about that.
    """
    return 1 if isinstance(node, Quantifier) and node.hoisted else _cost(node)


def cost_once(node: Node) -> int:
    """How many nodes are visited at most for what is computed once for the whole document."""
    return sum(_cost(inner) for inner in walk(node) if isinstance(inner, Quantifier) and inner.hoisted)


def _cost(node: Node) -> int:
    below = sum(cost(child) for child in children(node))
    if isinstance(node, Quantifier | InList) and node.items.steps:
        return 1 + node.items.steps[-1].note.max_items * max(1, below)
    return 1 + below
