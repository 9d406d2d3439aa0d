"""The loops of the fast backend: the body of the function that one quantifier becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from policies.language.generated import Module
from policies.language.kinds import Kind
from policies.language.tree import Logical, Node, Not, Quantifier
from policies.language.vocabulary import Anchor


class Emitting(Protocol):
    """What emits the expressions inside of the loop."""

    module: Module

    def condition(self, node: Node) -> str: ...

    def value(self, node: Node) -> tuple[list[str], str]: ...

    def loads(self, anchor: Anchor) -> list[str]: ...


def loop(inside: Emitting, node: Quantifier) -> list[str]:
    """The body of a generated function that goes through the list `items`."""
    before, within, after = {
        "any": _any_or_all,
        "all": _any_or_all,
        "sum": _sum_or_count,
        "count": _sum_or_count,
    }[node.quantity](inside, node)
    loads = inside.loads("each")
    return [*before, "for each in items:", *[f"    {line}" for line in (*loads, *within)], f"return {after}"]


def _any_or_all(inside: Emitting, node: Quantifier) -> tuple[list[str], list[str], str]:
    decisive = node.quantity == "any"
    asked = _asked(node)
    code = inside.condition(asked)
    if not asked.lacks:
        return [], [f"if {code if decisive else f'not {code}'}:", f"    return {decisive}"], str(not decisive)
    within = [f"r = {code}", f"if r is {decisive}:", f"    return {decisive}", "if r is None:", "    told = False"]
    return ["told = True"], within, f"{not decisive} if told else None"


def _asked(node: Quantifier) -> Node:
    """What is asked of each item: that it counts and the condition holds, or for `all` that it does not count or holds."""
    if node.body is None or node.condition is None:
        return node.body if node.body is not None else node
    if node.quantity == "any":
        return Logical(connective="and", items=(node.condition, node.body))
    return Logical(connective="or", items=(Not(operand=node.condition), node.body))


def _sum_or_count(inside: Emitting, node: Quantifier) -> tuple[list[str], list[str], str]:
    lines: list[str] = []
    guards, code = inside.value(node.body) if node.body is not None else ([], "1")
    add = [f"total += {code}"]
    if guards:
        add = [f"if not ({' and '.join(guards)}):", "    return None", *add]
    if node.condition is None:
        return [_zero(inside, node)], add, "total"
    lines = ["r = " + inside.condition(node.condition)]
    if node.condition.lacks:
        lines += ["if r is None:", "    return None"]
    return [_zero(inside, node)], [*lines, "if r:", *[f"    {line}" for line in add]], "total"


def _zero(inside: Emitting, node: Quantifier) -> str:
    zero: object = 0 if node.type.kind is Kind.INTEGER else Decimal(0)
    return f"total = {inside.module.constant(zero)}"
