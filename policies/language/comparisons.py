"""Comparisons, null tests and `in`: which values can stand beside each other."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from policies.language.flow import Checking, Flow, refused
from policies.language.kinds import BOOLEAN, Kind, Type, same
from policies.language.narrowing import holds
from policies.language.problem import Span
from policies.language.syntax import span_of
from policies.language.tree import Call, Comparison, Constant, InList, IsNull, Logical, Node, Not, OneOf, Path

Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]

_OPERATORS: Final[Mapping[type[ast.cmpop], Operator]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def check_comparison(checking: Checking, node: ast.Compare, flow: Flow) -> Node:
    """A comparison or a chain of them; `a < b < c` is `a < b and b < c`."""
    pairs: list[Node] = []
    left_node, left = node.left, None
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        pair, left = _pair(checking, operator, (left_node, left), right_node, flow)
        flow = flow.knowing(holds(pair))
        pairs.append(pair)
        left_node = right_node
    return pairs[0] if len(pairs) == 1 else Logical(connective="and", items=tuple(pairs), span=span_of(node))


def _pair(
    checking: Checking, operator: ast.cmpop, before: tuple[ast.expr, Node | None], right_node: ast.expr, flow: Flow
) -> tuple[Node, Node | None]:
    """One comparison of a chain, and its right side where the next one can take it over."""
    left_node, left = before
    span = Span(span_of(left_node).start, span_of(right_node).end)
    if _is_null(left_node) or _is_null(right_node):
        return _null_test(checking, operator, (left_node, right_node), span, flow), None
    left = checking.check(left_node, flow) if left is None else left
    if isinstance(operator, ast.In | ast.NotIn):
        return _member(checking, left, right_node, span, flow, negated=isinstance(operator, ast.NotIn)), None
    if type(operator) not in _OPERATORS:
        return refused(span), None
    right = _beside(checking, right_node, flow, left.type)
    return _compared(checking, _OPERATORS[type(operator)], left, right, span), right


def _is_null(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "null"


def _beside(checking: Checking, node: ast.expr, flow: Flow, beside: Type) -> Node:
    """The right side; a bare word that an enumeration on the left knows was meant to be in quotes."""
    members = {member.value for member in beside.members} if beside.members is not None else set()
    if isinstance(node, ast.Name) and node.id in members and node.id not in checking.scope.names:
        hint = f'did you mean "{node.id}"?'
        return checking.refuse(f"{node.id} is not a name that is known here", span_of(node), hint)
    return checking.check(node, flow)


def _compared(checking: Checking, operator: Operator, left: Node, right: Node, span: Span) -> Node:
    left, right = checking.alike(left, right, "compared with")
    if same(left.type, right.type) and operator not in {"==", "!="}:
        for side in (left, right):
            if side.type.kind is not Kind.UNKNOWN and not side.type.is_ordered:
                return checking.refuse(f"{side.type} has no order; only == and != compare it", side.span)
    return Comparison(operator=operator, left=left, right=right, span=span)


def _null_test(
    checking: Checking, operator: ast.cmpop, sides: tuple[ast.expr, ast.expr], span: Span, flow: Flow
) -> Node:
    if not isinstance(operator, ast.Eq | ast.NotEq):
        return checking.refuse("null is only compared with == and !=", span)
    tested = sides[1] if _is_null(sides[0]) else sides[0]
    if _is_null(tested):
        return checking.refuse("null is compared with null", span)
    inner = checking.check(tested, flow.leniently())
    if isinstance(inner, Constant) and inner.type.kind is not Kind.UNKNOWN:
        return checking.refuse("a value that is written out is never null", inner.span)
    if isinstance(inner, Path) and inner.type.kind is Kind.LIST and not inner.nullable:
        hint = f"write `count({inner.text}) > 0`"
        return checking.refuse("a list is never null, only empty", inner.span, hint)
    return IsNull(operand=inner, negated=isinstance(operator, ast.NotEq), span=span)


def _member(checking: Checking, left: Node, right: ast.expr, span: Span, flow: Flow, *, negated: bool) -> Node:
    if isinstance(right, ast.List):
        return _one_of(checking, left, right, span, negated=negated)
    items = checking.check(right, flow)
    if items.type.kind is Kind.UNKNOWN:
        return items
    if items.type.kind is Kind.TEXT:
        left, items = checking.alike(left, items, "looked for in")
        part = Call(type=BOOLEAN, function="contains", arguments=(items, left), span=span)
        return Not(operand=part, span=span) if negated else part
    if not isinstance(items, Path) or items.type.item is None:
        return checking.refuse(f"`in` looks into a list or a text; this is {items.type}", items.span)
    left = checking.coerced(left, items.type.item)
    if not same(left.type, items.type.item):
        return checking.refuse(f"{left.type} is looked for in {items.type}", span)
    return InList(operand=left, items=items, negated=negated, span=span)


def _one_of(checking: Checking, left: Node, right: ast.List, span: Span, *, negated: bool) -> Node:
    values: list[object] = []
    if not right.elts:
        return checking.refuse("the list is empty", span_of(right))
    for element in right.elts:
        constant = checking.check(element, Flow())
        if not isinstance(constant, Constant):
            checking.refuse("a list holds values that are written out", span_of(element))
            continue
        constant = checking.coerced(constant, left.type)
        if not same(left.type, constant.type):
            checking.refuse(f"{left.type} is looked for among {constant.type}", constant.span)
        elif isinstance(constant, Constant):
            values.append(constant.value)
    return OneOf(operand=left, values=tuple(values), negated=negated, span=span)
