"""The plain backend: every node becomes a small function that asks its parts and trusts no guard.

It reads like the definition of the language. Values on hits, evidence and reasons come from here; the fused code of
`fusion` must agree with it on every document, and tests hold the two against each other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from policies.language.kinds import Kind
from policies.language.operations import days_between, moment, rounded
from policies.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Coalesce,
    Comparison,
    Constant,
    InList,
    IsNull,
    Logical,
    Lookup,
    Negative,
    Node,
    Not,
    OneOf,
    Path,
    Quantifier,
    StatedNull,
    WhenThere,
)

Evaluate: TypeAlias = Callable[[Any, Any, Any], Any]
"""From the document, the subject's item and a quantifier's item to a value; None where there is none."""

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": rounded,
    "days_between": days_between,
    "date_of": lambda at: at.date(),
    "lower": str.lower,
    "starts_with": str.startswith,
    "contains": lambda text, part: part in text,
}


def closure(node: Node) -> Evaluate:
    """The function that evaluates a node."""
    return _BUILDERS[type(node)](node)


def _constant(node: Constant) -> Evaluate:
    value = node.value
    return lambda _document, _item, _each: value


def _path(node: Path) -> Evaluate:
    hops = node.hops
    place = {"document": 0, "item": 1, "each": 2}[node.anchor]

    def evaluate(*frame: Any) -> Any:
        value = frame[place]
        for hop in hops:
            if value is None:
                return None
            value = getattr(value, hop)
        return value

    return evaluate


def _strict(function: Callable[..., Any], *parts: Node) -> Evaluate:
    """A function that has no value where one of its parts has none."""
    inner = [closure(part) for part in parts]

    def evaluate(*frame: Any) -> Any:
        values = [part(*frame) for part in inner]
        return None if any(value is None for value in values) else function(*values)

    return evaluate


def _arithmetic(node: Arithmetic) -> Evaluate:
    return _strict(_divide if node.operator == "/" else _OPERATORS[node.operator], node.left, node.right)


def _divide(left: Decimal | int, right: Decimal | int) -> Decimal | None:
    return Decimal(left) / right if right != 0 else None


def _comparison(node: Comparison) -> Evaluate:
    compare = _OPERATORS[node.operator]
    if node.left.type.kind is Kind.DATETIME:
        return _strict(lambda left, right: compare(moment(left), moment(right)), node.left, node.right)
    return _strict(compare, node.left, node.right)


def _one_of(node: OneOf) -> Evaluate:
    values, negated = node.values, node.negated
    return _strict(lambda value: (value in values) is not negated, node.operand)


def _in_list(node: InList) -> Evaluate:
    negated = node.negated
    return _strict(lambda value, items: (value in items) is not negated, node.operand, node.items)


def _is_null(node: IsNull) -> Evaluate:
    inner, negated = closure(node.operand), node.negated
    return lambda *frame: (inner(*frame) is None) is not negated


def _when_there(node: WhenThere) -> Evaluate:
    outcome = node.outcome
    return _strict(lambda _value: outcome, node.operand)


def _logical(node: Logical) -> Evaluate:
    """Kleene's logic: one part that decides is enough; otherwise one part that cannot be told leaves it open."""
    parts = [closure(item) for item in node.items]
    decisive = node.connective == "or"

    def evaluate(*frame: Any) -> Any:
        told = True
        for part in parts:
            value = part(*frame)
            if value is decisive:
                return value
            told = told and value is not None
        return not decisive if told else None

    return evaluate


def _choice(node: Choice) -> Evaluate:
    condition, then, otherwise = closure(node.condition), closure(node.then), closure(node.otherwise)

    def evaluate(*frame: Any) -> Any:
        chosen = condition(*frame)
        if chosen is None:
            return None
        return then(*frame) if chosen else otherwise(*frame)

    return evaluate


def _coalesce(node: Coalesce) -> Evaluate:
    options = [closure(option) for option in node.options]

    def evaluate(*frame: Any) -> Any:
        values = (option(*frame) for option in options)
        return next((value for value in values if value is not None), None)

    return evaluate


def _stated_null(node: StatedNull) -> Evaluate:
    record, flag, name = closure(node.record), node.flag, node.name

    def evaluate(*frame: Any) -> bool:
        value = record(*frame)
        for hop in flag:
            value = getattr(value, hop) if value is not None else None
        return value is not None and name in value

    return evaluate


def _lookup(node: Lookup) -> Evaluate:
    return _strict(node.table.at, node.by)


def _quantifier(node: Quantifier) -> Evaluate:
    items = closure(node.items)
    condition = closure(node.condition) if node.condition is not None else None
    body = closure(node.body) if node.body is not None else None
    finish = {"any": _any, "all": _all, "count": _count, "sum": _sum}[node.quantity]
    zero: Decimal | int = 0 if node.type.kind is Kind.INTEGER else Decimal(0)

    def evaluate(document: Any, item: Any, _each: Any) -> Any:
        found = items(document, item, None)
        if found is None:
            return None
        chosen = [(each, condition(document, item, each) if condition is not None else True) for each in found]
        if any(wanted is None for _, wanted in chosen):
            return None
        wanted = [each for each, is_wanted in chosen if is_wanted]
        return finish([body(document, item, each) if body is not None else each for each in wanted], zero)

    return evaluate


def _any(values: list[Any], _zero: Decimal | int) -> bool | None:
    if True in values:
        return True
    return None if None in values else False


def _all(values: list[Any], _zero: Decimal | int) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _count(values: list[Any], _zero: Decimal | int) -> int:
    return len(values)


def _sum(values: list[Any], zero: Decimal | int) -> Any:
    if any(value is None for value in values):
        return None
    return sum(values, zero)


_BUILDERS: Final[Mapping[type[Node], Callable[[Any], Evaluate]]] = {
    Constant: _constant,
    Path: _path,
    Negative: lambda node: _strict(operator.neg, node.operand),
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    OneOf: _one_of,
    InList: _in_list,
    IsNull: _is_null,
    Logical: _logical,
    Not: lambda node: _strict(operator.not_, node.operand),
    Choice: _choice,
    Call: lambda node: _strict(_FUNCTIONS[node.function], *node.arguments),
    Coalesce: _coalesce,
    StatedNull: _stated_null,
    WhenThere: _when_there,
    Lookup: _lookup,
    Quantifier: _quantifier,
}
