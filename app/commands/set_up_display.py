"""The decision on a billing configuration as a person reads it: what was found, and what both sides invoice, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import click

from app.commands.display import plain, show_decision
from policies.domain.money import amount_string

_SIDES: Final = ("agreement", "billing", "preview", "difference")
_SOURCES: Final = {
    "request": "",
    "stored": ", as stored",
    "earlier_verification": ", as it was verified against before",
    "quote_decision": ": no signed agreement is known, the quote as decided stands in",
}
_UNKNOWN: Final = "unknown"
_NOT_PREVIEWED: Final = ""

Row = tuple[str, ...]


def show_set_up(decision: Mapping[str, Any]) -> None:
    """The decision, then the first months of both sides beside each other."""
    show_decision(decision, beside=_held_against(decision))
    months = decision["first_months"]
    if not months:
        return
    sides = _SIDES if any(month["preview"] is not None for month in months) else ("agreement", "billing", "difference")
    currency = decision["totals"]["currency"]
    click.echo()
    click.secho(f"What is invoiced in the first {len(months)} months, {currency}", bold=True)
    _show_table(("month", *sides), list(_month_rows(months, sides, currency)))
    parts = list(_part_rows(months, sides, currency))
    if len(parts) > 1:
        click.echo()
        click.secho("The same by product, all months together", bold=True)
        _show_table(("product", *sides), parts)
    for line in _uses(months):
        click.echo(plain(f"  {line}"))


def _held_against(decision: Mapping[str, Any]) -> str:
    compared, term = decision["compared_with"], decision["term"]
    signed = f", signed {compared['signed_on']}" if compared["signed_on"] else ""
    days = f", {term['period_start']} to {term['period_end']}" if term else ""
    return f"Held against agreement {compared['agreement_id']}{signed}{days}{_SOURCES[compared['source']]}."


def _month_rows(months: Sequence[Mapping[str, Any]], sides: Row, currency: str) -> Iterator[tuple[Row, bool]]:
    for month in months:
        cells = (_cell(month[side], side) for side in sides)
        yield (month["period_start"][:7], *cells), _differs(month["difference"])
    yield ("total", *(_total(months, side, currency) for side in sides)), False


def _part_rows(months: Sequence[Mapping[str, Any]], sides: Row, currency: str) -> Iterator[tuple[Row, bool]]:
    """One row for each match, in the order in which they are first seen."""
    parts: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for month in months:
        for part in month["parts"]:
            parts.setdefault((*part["line_ids"], None, *part["charge_ids"]), []).append(part)
    for of_match in parts.values():
        with_difference = [{**part, "difference": _difference(part)} for part in of_match]
        cells = tuple(_total(with_difference, side, currency) for side in sides)
        yield (_called(of_match[0]), *cells), any(_differs(part["difference"]) for part in with_difference)


def _called(part: Mapping[str, Any]) -> str:
    name = ", ".join(part["product_names"])
    if not part["charge_ids"]:
        return f"{name} (no charge)"
    return name if part["line_ids"] else f"{name} (not sold)"


def _uses(months: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What use the amounts rest on, product by product."""
    uses = {
        (", ".join(part["product_names"]), part["at_use"])
        for month in months
        for part in month["parts"]
        if part["at_use"] is not None
    }
    for name, use in sorted(uses):
        yield f"{name}: reckoned at a use of {Decimal(use):,} in each period."


def _show_table(titles: Row, rows: list[tuple[Row, bool]]) -> None:
    cells = [titles, *(tuple(plain(cell) for cell in row) for row, _ in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row, differs in zip(cells, (None, *(mark for _, mark in rows)), strict=True):
        right = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        text = "  ".join((row[0].ljust(widths[0]), *right))
        click.secho(f"  {text}", fg="red" if differs else None, dim=differs is None or None)


def _differs(difference: str | None) -> bool:
    return difference is not None and bool(Decimal(difference))


def _difference(part: Mapping[str, Any]) -> str | None:
    agreed, billed = part["agreement"], part["billing"]
    return None if agreed is None or billed is None else str(Decimal(agreed) - Decimal(billed))


def _total(rows: Sequence[Mapping[str, Any]], side: str, currency: str) -> str:
    """The sum of a column; one amount that is unknown leaves it unknown, months without a preview do not."""
    amounts = [row[side] for row in rows]
    if side == "preview":
        amounts = [amount for amount in amounts if amount is not None]
        if not amounts:
            return _NOT_PREVIEWED
    if None in amounts:
        return _UNKNOWN
    return _cell(amount_string(sum(map(Decimal, amounts), Decimal(0)), currency), side)


def _cell(amount: str | None, side: str) -> str:
    if amount is None:
        return _NOT_PREVIEWED if side == "preview" else _UNKNOWN
    return f"{Decimal(amount):,}"
