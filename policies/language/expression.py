"""An accepted expression: its typed tree, its value on a document, and what it proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import localcontext
from typing import Any

from policies.language.closures import Plain
from policies.language.kinds import Kind, Type
from policies.language.narrowing import EVERYTHING, Facts, fails, holds
from policies.language.operations import ARITHMETIC
from policies.language.problem import Source
from policies.language.rewriting import doubting, doubts
from policies.language.tree import Node, Path, Quantifier, StatedNull, children, cost
from policies.language.vocabulary import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One text of a policy, read. `is_refused` expressions stand in for texts with problems and are never evaluated.

    `doubt` is the condition with null tests that doubt, where it has such; `plain` evaluates both and their parts.
    """

    source: Source
    scope: Scope
    node: Node
    doubt: Node | None
    plain: Plain

    @classmethod
    def of(cls, source: Source, scope: Scope, node: Node) -> Expression:
        """The expression of a checked tree."""
        doubt = doubting(node) if doubts(node) else None
        roots = [root for root in (node, doubt) if root is not None]
        return cls(source, scope, node, doubt, Plain(*roots))

    @property
    def type(self) -> Type:
        return self.node.type

    @property
    def is_refused(self) -> bool:
        return self.node.type.kind is Kind.UNKNOWN

    @property
    def lacks(self) -> bool:
        """Whether it can come out without a value on a valid document."""
        return self.node.lacks

    @property
    def holds(self) -> Facts:
        """What is proven where the condition holds."""
        return EVERYTHING if self.is_refused else holds(self.node)

    @property
    def fails(self) -> Facts:
        """What is proven where the condition fails."""
        return EVERYTHING if self.is_refused else fails(self.node)

    @property
    def cost(self) -> int:
        """How many steps one evaluation takes at most, lists counted at their greatest length."""
        return cost(self.node)

    @property
    def reads(self) -> frozenset[str]:
        """The facts that it depends on, by the names of their fields: `line.quantity`, `line.tiers[].unit_price`."""
        return frozenset(_reads(self.scope, self.node, ""))

    def evaluate(self, document: Any, item: Any = None) -> Any:
        """The value on a document, and on one item of the subject; None where a fact that it needs is absent."""
        with localcontext(ARITHMETIC):
            return self.plain.value(self.node, document, item)

    def text_of(self, node: Node) -> str:
        """The author's words for a part of the expression."""
        return self.source.text[node.span.start : node.span.end]


def _reads(scope: Scope, node: Node, each: str) -> Iterator[str]:
    match node:
        case Path(anchor="each"):
            yield ".".join([each, *[step.name for step in node.steps]])
        case Path():
            yield _canonical(scope, node)
        case StatedNull():
            yield f"{_canonical(scope, node.record)}.{node.name}"
        case Quantifier():
            yield from _reads(scope, node.items, "")
            for part in (node.condition, node.body):
                yield from _reads(scope, part, f"{_canonical(scope, node.items)}[]") if part is not None else ()
        case _:
            for child in children(node):
                yield from _reads(scope, child, each)


def _canonical(scope: Scope, path: Path) -> str:
    """A path by the name that leads furthest: `account.segment`, also where `quote.account.segment` was written."""
    fitting = [
        name
        for name in scope.names.values()
        if name.anchor == path.anchor and path.steps[: len(name.steps)] == name.steps
    ]
    best = max(fitting, key=lambda name: len(name.steps))
    return ".".join([best.name, *[step.name for step in path.steps[len(best.steps) :]]])
