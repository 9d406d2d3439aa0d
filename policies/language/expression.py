"""An accepted expression: its typed tree, its value on a document, and what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import localcontext
from typing import Any

from policies.language.closures import Evaluate
from policies.language.kinds import Kind, Type
from policies.language.narrowing import EVERYTHING, Facts, fails, holds
from policies.language.operations import ARITHMETIC
from policies.language.problem import Source
from policies.language.tree import Node, cost
from policies.language.vocabulary import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One text of a policy, read. `is_refused` expressions stand in for texts with problems and are never evaluated."""

    source: Source
    scope: Scope
    node: Node
    run: Evaluate

    @property
    def type(self) -> Type:
        return self.node.type

    @property
    def is_refused(self) -> bool:
        return self.node.type.kind is Kind.UNKNOWN

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

    def evaluate(self, document: Any, item: Any = None) -> Any:
        """The value on a document, and on one item of the subject; None where a fact that it needs is absent."""
        with localcontext(ARITHMETIC):
            return self.run(document, item, None)

    def text_of(self, node: Node) -> str:
        """The author's words for a part of the expression."""
        return self.source.text[node.span.start : node.span.end]
