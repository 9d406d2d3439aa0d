"""What is known at one place of an expression while it is checked, and what the parts of the checker share."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from policies.language.kinds import UNKNOWN, Type
from policies.language.narrowing import NOTHING, Facts
from policies.language.problem import Source, Span
from policies.language.tables import Table
from policies.language.tree import Constant, Node
from policies.language.vocabulary import Scope


@dataclass(frozen=True, slots=True)
class Each:
    """The variable of `any(t.unit_price < 0 for t in line.tiers)` and the type of one item."""

    variable: str
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What earlier conditions prove here. `lenient`: an absent fact only means that there is no value here."""

    facts: Facts = NOTHING
    lenient: bool = False
    each: Each | None = None

    def knowing(self, facts: Facts) -> Flow:
        return replace(self, facts=self.facts | facts)

    def leniently(self) -> Flow:
        return replace(self, lenient=True)


class Checking(Protocol):
    """What the parts of the checker ask of the whole."""

    source: Source
    scope: Scope
    tables: Mapping[str, Table]

    def check(self, node: ast.expr, flow: Flow) -> Node: ...

    def condition(self, node: ast.expr, flow: Flow) -> Node: ...

    def number(self, node: ast.expr, flow: Flow) -> Node: ...

    def typed(self, node: ast.expr, flow: Flow, wanted: Type) -> Node: ...

    def alike(self, left: Node, right: Node, verb: str) -> tuple[Node, Node]: ...

    def refuse(self, message: str, span: Span, suggestion: str | None = None) -> Node: ...

    def lookup(self, table: Table, node: ast.expr, flow: Flow) -> Node: ...


def refused(span: Span) -> Node:
    """What stands in the tree for a part that was refused: it fits everywhere and causes no further problems."""
    return Constant(type=UNKNOWN, value=None, span=span)
