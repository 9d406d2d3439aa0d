"""How each function is checked: what it accepts, what it gives, what it proves."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from policies.language.flow import Checking, Flow, widened
from policies.language.functions import FUNCTIONS
from policies.language.kinds import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, Kind, Type, Unit
from policies.language.problem import did_you_mean
from policies.language.quantifiers import QUANTITIES, quantifier
from policies.language.syntax import span_of
from policies.language.tree import Call, Coalesce, Constant, Node, Path, StatedNull

Handler: TypeAlias = Callable[[Checking, ast.Call, Flow], Node]

MAX_PLACES: Final = 12
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_call(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    """A call of one of the language's own functions; every other call is refused."""
    if not isinstance(node.func, ast.Name):
        hint = "write the value inside the brackets: `lower(line.product_id)`"
        return checking.refuse("values have no functions of their own", span_of(node.func), hint)
    name = node.func.id
    if name in QUANTITIES:
        return quantifier(checking, node, flow)
    handler = _HANDLERS.get(name)
    if handler is None:
        return checking.refuse(f"there is no function {name}", span_of(node.func), did_you_mean(name, FUNCTIONS))
    return handler(checking, node, flow)


def _wrong_count(checking: Checking, node: ast.Call) -> Node:
    function = FUNCTIONS[cast("ast.Name", node.func).id]
    given = len(node.args)
    return checking.refuse(f"{function.name} does not take {given} values", span_of(node), f"`{function.signature}`")


def _extreme(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    name = cast("ast.Name", node.func).id
    if len(node.args) < 2:
        return _wrong_count(checking, node)
    items = [checking.check(argument, flow) for argument in node.args]
    for position, item in enumerate(items):
        if item.type.kind not in {Kind.DATE, Kind.UNKNOWN} and not item.type.is_number:
            return checking.refuse(f"{name} compares numbers or dates; this is {item.type}", item.span)
        if position:
            items[0], items[position] = checking.alike(items[0], item, "compared with")
    items = widened(items)
    return Call(type=items[0].type, unit=_common_unit(items), span=span_of(node), function=name, arguments=tuple(items))


def _common_unit(items: list[Node]) -> Unit | None:
    return next((item.unit for item in items if item.unit is not None), None)


def _absolute(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) != 1:
        return _wrong_count(checking, node)
    inner = checking.number(node.args[0], flow)
    return Call(type=inner.type, unit=inner.unit, span=span_of(node), function="abs", arguments=(inner,))


def _round(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) not in {1, 2}:
        return _wrong_count(checking, node)
    inner = checking.number(node.args[0], flow)
    places = checking.number(node.args[1], flow) if len(node.args) == 2 else Constant(type=INTEGER, value=0)
    if not isinstance(places, Constant) or places.value not in range(MAX_PLACES + 1):
        return checking.refuse(f"the places of round are a whole number from 0 to {MAX_PLACES}", places.span)
    return Call(type=DECIMAL, unit=inner.unit, span=span_of(node), function="round", arguments=(inner, places))


def _coalesce(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) < 2:
        return _wrong_count(checking, node)
    last = checking.check(node.args[-1], flow)
    options = [checking.check(argument, flow.leniently()) for argument in node.args[:-1]]
    for position, option in enumerate(options):
        if not option.type.is_scalar:
            return checking.refuse(f"coalesce takes single values; this is {option.type}", option.span)
        options[position], last = checking.alike(option, last, "replaced by")
    everything = widened([*options, last])
    return Coalesce(
        type=everything[0].type, unit=_common_unit(everything), span=span_of(node), options=tuple(everything)
    )


def _days_between(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) != 2:
        return _wrong_count(checking, node)
    days = [checking.check(argument, flow) for argument in node.args]
    for day in days:
        if day.type.kind is Kind.DATETIME:
            text = checking.source.text[day.span.start : day.span.end]
            return checking.refuse("days_between takes dates, not moments", day.span, f"write `date_of({text})`")
        if day.type.kind not in {Kind.DATE, Kind.UNKNOWN}:
            return checking.refuse(f"days_between takes dates; this is {day.type}", day.span)
    return Call(type=INTEGER, unit=Unit.DAYS, span=span_of(node), function="days_between", arguments=tuple(days))


def _date(checking: Checking, node: ast.Call, _flow: Flow) -> Node:
    written = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], ast.Constant) else None
    if not isinstance(written, str):
        return checking.refuse('a date is written out: date("2026-01-31")', span_of(node))
    try:
        day = date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        day = None
    if day is None:
        return checking.refuse(f"{written} is not a day of the calendar", span_of(node.args[0]), "year-month-day")
    return Constant(type=DATE, value=day, span=span_of(node))


def _plain(name: str, takes: tuple[Type, ...], gives: Type) -> Handler:
    """A function of fixed types."""

    def handler(checking: Checking, node: ast.Call, flow: Flow) -> Node:
        if len(node.args) != len(takes):
            return _wrong_count(checking, node)
        arguments = [checking.typed(argument, flow, wanted) for argument, wanted in zip(node.args, takes, strict=True)]
        return Call(type=gives, span=span_of(node), function=name, arguments=tuple(arguments))

    return handler


def _stated_null(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) != 1:
        return _wrong_count(checking, node)
    path = checking.check(node.args[0], flow.leniently())
    if path.type.kind is Kind.UNKNOWN:
        return path
    if not isinstance(path, Path) or not path.steps or not path.steps[-1].null_flag:
        return checking.refuse("stated_null takes a field that the sender can leave out", path.span)
    record = Path(type=path.type, text=path.text, anchor=path.anchor, steps=path.steps[:-1], open=True, span=path.span)
    field = path.steps[-1]
    return StatedNull(record=record, flag=field.null_flag, name=field.name, span=span_of(node))


def _table(checking: Checking, node: ast.Call, flow: Flow) -> Node:
    if len(node.args) not in {1, 2}:
        return _wrong_count(checking, node)
    first = node.args[0]
    table = checking.tables.get(first.id) if isinstance(first, ast.Name) else None
    if table is None:
        written = checking.source.text[slice(*span_of(first))]
        hint = did_you_mean(written, checking.tables)
        return checking.refuse(f"this policy has no table {written}", span_of(first), hint)
    return checking.lookup(table, node, flow) if len(node.args) == 2 else checking.check(first, flow)


_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "min": _extreme,
        "max": _extreme,
        "abs": _absolute,
        "round": _round,
        "coalesce": _coalesce,
        "days_between": _days_between,
        "date_of": _plain("date_of", (DATETIME,), DATE),
        "date": _date,
        "lower": _plain("lower", (TEXT,), TEXT),
        "starts_with": _plain("starts_with", (TEXT, TEXT), BOOLEAN),
        "contains": _plain("contains", (TEXT, TEXT), BOOLEAN),
        "stated_null": _stated_null,
        "table": _table,
    }
)
