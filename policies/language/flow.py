"""What is known at one place of an expression while it is checked, and what the parts of the checker share."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from policies.language.kinds import DECIMAL, UNKNOWN, Kind, Type
from policies.language.narrowing import NOTHING, Facts
from policies.language.problem import Source, Span
from policies.language.tables import Table
from policies.language.tree import Call, Constant, Node
from policies.language.vocabulary import Key, Scope


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
    unguarded: set[Key]

    def check(self, node: ast.expr, flow: Flow) -> Node: ...

    def condition(self, node: ast.expr, flow: Flow) -> Node: ...

    def number(self, node: ast.expr, flow: Flow) -> Node: ...

    def typed(self, node: ast.expr, flow: Flow, wanted: Type) -> Node: ...

    def alike(self, left: Node, right: Node, verb: str) -> tuple[Node, Node]: ...

    def coerced(self, node: Node, other: Type) -> Node: ...

    def refuse(self, message: str, span: Span, suggestion: str | None = None) -> Node: ...

    def lookup(self, table: Table, node: ast.expr, flow: Flow) -> Node: ...


def refused(span: Span) -> Node:
    """What stands in the tree for a part that was refused: it fits everywhere and causes no further problems."""
    return Constant(type=UNKNOWN, value=None, span=span)


def widened(nodes: list[Node]) -> list[Node]:
    """Numbers of which one will be chosen: whole ones become decimals where another is one, so that the type is true."""
    if not any(node.type.kind is Kind.DECIMAL for node in nodes):
        return nodes
    return [_decimal(node) if node.type.kind is Kind.INTEGER else node for node in nodes]


def _decimal(node: Node) -> Node:
    if isinstance(node, Constant) and isinstance(node.value, int):
        return Constant(type=DECIMAL, value=Decimal(node.value), span=node.span)
    return Call(type=DECIMAL, unit=node.unit, function="decimal", arguments=(node,), span=node.span)
