"""`any`, `all`, `sum` and `count`: one list, one variable, never one inside another, and bounded in cost."""

from __future__ import annotations

import ast
from typing import Final, cast

from policies.language.flow import Checking, Flow
from policies.language.functions import FUNCTIONS
from policies.language.kinds import BOOLEAN, INTEGER, Kind
from policies.language.narrowing import holds
from policies.language.paths import item_of
from policies.language.syntax import span_of
from policies.language.tree import Logical, Node, Path, Quantifier, Quantity, walk

QUANTITIES: Final = frozenset({"any", "all", "sum", "count"})


def quantifier(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    """A quantifier over one list of the document."""
    name = cast("Quantity", cast("ast.Name", node.func).id)
    argument = node.args[0] if len(node.args) == 1 else None
    if flow.each is not None:
        return checking.refuse(f"{name} inside another of its kind would run away", span_of(node))
    if name == "count" and argument is not None and not isinstance(argument, ast.GeneratorExp):
        items = _list(checking, argument, flow)
        return (
            _built(
                checking,
                node,
                Quantifier(quantity=name, variable="", items=items, condition=None, body=None, type=INTEGER),
            )
            if isinstance(items, Path)
            else items
        )
    if not isinstance(argument, ast.GeneratorExp):
        hint = f"`{FUNCTIONS[name].signature}`"
        return checking.refuse(f"{name} goes through a list", span_of(node), hint)
    return _over(checking, node, name, argument, flow)


def _over(checking: Checking, node: ast.Call, name: Quantity, generator: ast.GeneratorExp, flow: Flow) -> Node:
    clause = generator.generators[0]
    if len(generator.generators) > 1 or clause.is_async:
        return checking.refuse(f"{name} goes through one list at a time", span_of(generator))
    if not isinstance(clause.target, ast.Name):
        return checking.refuse("one plain name stands for each item", span_of(clause.target))
    variable = clause.target.id
    if variable in checking.scope.names or variable in checking.tables or variable in FUNCTIONS:
        hint = "take another name for each item"
        return checking.refuse(f"{variable} already means something else", span_of(clause.target), hint)
    items = _list(checking, clause.iter, flow)
    if not isinstance(items, Path):
        return items
    inside = Flow(facts=flow.facts, lenient=flow.lenient, each=item_of(items, variable))
    condition: Node | None = None
    for test in clause.ifs:
        part = checking.condition(test, inside)
        inside = inside.knowing(holds(part))
        condition = part if condition is None else Logical(connective="and", items=(condition, part))
    built = _quantified(checking, name, variable, items, condition, generator.elt, inside)
    return _built(checking, node, built) if isinstance(built, Quantifier) else built


def _quantified(
    checking: Checking,
    name: Quantity,
    variable: str,
    items: Path,
    condition: Node | None,
    element: ast.expr,
    inside: Flow,
) -> Node:
    if name == "sum":
        body = checking.number(element, inside)
        return Quantifier(
            quantity=name,
            variable=variable,
            items=items,
            condition=condition,
            body=body,
            type=body.type,
            unit=body.unit,
        )
    if name == "count":
        if not isinstance(element, ast.Name) or element.id != variable:
            hint = f"`count({variable} for {variable} in {items.text} if ...)`"
            return checking.refuse("count counts items", span_of(element), hint)
        return Quantifier(quantity=name, variable=variable, items=items, condition=condition, body=None, type=INTEGER)
    body = checking.condition(element, inside)
    return Quantifier(quantity=name, variable=variable, items=items, condition=condition, body=body, type=BOOLEAN)


def _list(checking: Checking, node: ast.expr, flow: Flow) -> Node:
    items = checking.check(node, flow)
    if items.type.kind is Kind.UNKNOWN or (isinstance(items, Path) and items.type.kind is Kind.LIST):
        return items
    return checking.refuse(f"this is {items.type}, not a list", items.span)


def _built(checking: Checking, node: ast.Call, built: Quantifier) -> Node:
    """The quantifier in its place; one over all subjects is computed once, or refused where it speaks of the subject."""
    scope, span = checking.scope, span_of(node)
    parts = [part for part in (built.condition, built.body) if part is not None]
    speaks = built.items.anchor == "item" or any(
        isinstance(inner, Path) and inner.anchor == "item" for part in parts for inner in walk(part)
    )
    own_list = scope.items is not None and built.items.hops == tuple(h for s in scope.items.steps for h in s.hops)
    if own_list and speaks and built.items.anchor == "document":
        message = f"this goes through {built.items.text} once for every {scope.subject}: too much work"
        hint = f"leave {scope.subject} out of it, so that it is computed once, or use a policy without `for_each`"
        return checking.refuse(message, span, hint)
    return Quantifier(
        quantity=built.quantity,
        variable=built.variable,
        items=built.items,
        condition=built.condition,
        body=built.body,
        hoisted=scope.subject is not None and not speaks,
        type=built.type,
        unit=built.unit,
        span=span,
    )
