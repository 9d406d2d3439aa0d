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
    IfThere,
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
)

Evaluate: TypeAlias = Callable[[Any, Any, Any], Any]
"""From the document, the subject's item and a quantifier's item to a value; None where there is none."""

Build: TypeAlias = Callable[[Node], Evaluate]

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
    "decimal": Decimal,
    "round": rounded,
    "days_between": days_between,
    "date_of": lambda at: at.date(),
    "lower": str.lower,
    "starts_with": str.startswith,
    "contains": lambda text, part: part in text,
}


class Plain:
    """The functions of some trees and of every part of them. The trees live as long as their functions."""

    def __init__(self, *roots: Node) -> None:
        self._roots = roots
        self._made: dict[int, Evaluate] = {}
        for root in roots:
            self._build(root)

    def value(self, node: Node, document: Any, item: Any = None, each: Any = None) -> Any:
        """The value of one of the trees, or of a part of one; None where there is none."""
        return self._made[id(node)](document, item, each)

    def _build(self, node: Node) -> Evaluate:
        made = self._made[id(node)] = _BUILDERS[type(node)](node, self._build)
        return made


def _constant(node: Constant, _build: Build) -> Evaluate:
    value = node.value
    return lambda _document, _item, _each: value


def _path(node: Path, _build: Build) -> Evaluate:
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


def _strict(build: Build, function: Callable[..., Any], *parts: Node) -> Evaluate:
    """A function that has no value where one of its parts has none."""
    inner = [build(part) for part in parts]

    def evaluate(*frame: Any) -> Any:
        values = [part(*frame) for part in inner]
        return None if any(value is None for value in values) else function(*values)

    return evaluate


def _arithmetic(node: Arithmetic, build: Build) -> Evaluate:
    return _strict(build, _divide if node.operator == "/" else _OPERATORS[node.operator], node.left, node.right)


def _divide(left: Decimal | int, right: Decimal | int) -> Decimal | None:
    return Decimal(left) / right if right != 0 else None


def _comparison(node: Comparison, build: Build) -> Evaluate:
    compare = _OPERATORS[node.operator]
    if node.left.type.kind is Kind.DATETIME:
        return _strict(build, lambda left, right: compare(moment(left), moment(right)), node.left, node.right)
    return _strict(build, compare, node.left, node.right)


def _one_of(node: OneOf, build: Build) -> Evaluate:
    values, negated = node.values, node.negated
    return _strict(build, lambda value: (value in values) is not negated, node.operand)


def _in_list(node: InList, build: Build) -> Evaluate:
    negated = node.negated
    return _strict(build, lambda value, items: (value in items) is not negated, node.operand, node.items)


def _is_null(node: IsNull, build: Build) -> Evaluate:
    inner, negated = build(node.operand), node.negated
    return lambda *frame: (inner(*frame) is None) is not negated


def _if_there(node: IfThere, build: Build) -> Evaluate:
    return _strict(build, lambda _value: True, node.operand)


def _logical(node: Logical, build: Build) -> Evaluate:
    """Kleene's logic: one part that decides is enough; otherwise one part that cannot be told leaves it open."""
    parts = [build(item) for item in node.items]
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


def _choice(node: Choice, build: Build) -> Evaluate:
    condition, then, otherwise = build(node.condition), build(node.then), build(node.otherwise)

    def evaluate(*frame: Any) -> Any:
        chosen = condition(*frame)
        if chosen is None:
            return None
        return then(*frame) if chosen else otherwise(*frame)

    return evaluate


def _coalesce(node: Coalesce, build: Build) -> Evaluate:
    options = [build(option) for option in node.options]

    def evaluate(*frame: Any) -> Any:
        values = (option(*frame) for option in options)
        return next((value for value in values if value is not None), None)

    return evaluate


def _stated_null(node: StatedNull, build: Build) -> Evaluate:
    record, flag, name = build(node.record), node.flag, node.name

    def evaluate(*frame: Any) -> bool:
        value = record(*frame)
        for hop in flag:
            value = getattr(value, hop) if value is not None else None
        return value is not None and name in value

    return evaluate


def _lookup(node: Lookup, build: Build) -> Evaluate:
    return _strict(build, node.table.at, node.by)


def _quantifier(node: Quantifier, build: Build) -> Evaluate:
    items = build(node.items)
    condition = build(node.condition) if node.condition is not None else _always
    body = build(node.body) if node.body is not None else _always
    finish = {"any": _any, "all": _all, "count": _count, "sum": _sum}[node.quantity]
    zero: Decimal | int = 0 if node.type.kind is Kind.INTEGER else Decimal(0)

    def evaluate(document: Any, item: Any, _each: Any) -> Any:
        found = items(document, item, None)
        if found is None:
            return None
        pairs = [(condition(document, item, each), body(document, item, each)) for each in found]
        return finish([pair for pair in pairs if pair[0] is not False], zero)

    return evaluate


def _always(_document: Any, _item: Any, _each: Any) -> bool:
    return True


def _any(pairs: list[tuple[Any, Any]], _zero: Decimal | int) -> bool | None:
    """Pairs of whether an item counts, True or not known, and whether the condition holds for it."""
    if (True, True) in pairs:
        return True
    return None if any(holds is not False for _, holds in pairs) else False


def _all(pairs: list[tuple[Any, Any]], _zero: Decimal | int) -> bool | None:
    if (True, False) in pairs:
        return False
    return None if any(holds is not True for _, holds in pairs) else True


def _count(pairs: list[tuple[Any, Any]], _zero: Decimal | int) -> int | None:
    return len(pairs) if all(counts for counts, _ in pairs) else None


def _sum(pairs: list[tuple[Any, Any]], zero: Decimal | int) -> Any:
    if any(counts is None or amount is None for counts, amount in pairs):
        return None
    return sum((amount for _, amount in pairs), zero)


_BUILDERS: Final[Mapping[type[Node], Callable[[Any, Build], Evaluate]]] = {
    Constant: _constant,
    Path: _path,
    Negative: lambda node, build: _strict(build, operator.neg, node.operand),
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    OneOf: _one_of,
    InList: _in_list,
    IsNull: _is_null,
    Logical: _logical,
    Not: lambda node, build: _strict(build, operator.not_, node.operand),
    Choice: _choice,
    Call: lambda node, build: _strict(build, _FUNCTIONS[node.function], *node.arguments),
    Coalesce: _coalesce,
    StatedNull: _stated_null,
    IfThere: _if_there,
    Lookup: _lookup,
    Quantifier: _quantifier,
}
