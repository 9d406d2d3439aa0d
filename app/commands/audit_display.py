"""The report of an audit as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import click

from policies.domain.money import format_amount

_COLUMNS: Final = ("line", "period", "used", "included", "expected", "billed", "difference", "")
_COLOURS: Final = {"under": "red", "over": "magenta", "unknown": "yellow"}


def show_report(report: Mapping[str, Any]) -> None:
    """Every period, then what was found, what is still to be invoiced, and what could not be judged."""
    currency = report["currency"]
    through = f" through {report['audited_through']}" if report["audited_through"] else ""
    click.secho(_plain(f"AUDIT  agreement {report['agreement_id']}{through}, {currency}"), bold=True)
    _show_periods(report["periods"])
    _show_totals(report["totals"], currency)
    for finding in report["findings"]:
        _show_finding(finding, currency)
    _show_drafts(report["draft_invoice_lines"], currency)
    if report["not_assessed"]:
        click.echo("\nNot assessed, so neither passed nor failed:")
        for each in report["not_assessed"]:
            click.echo(_plain(f"  {each['because']}"))


def _show_periods(periods: Sequence[Mapping[str, Any]]) -> None:
    cells = [_COLUMNS, *(_cells(each) for each in periods)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    colours = [None, *(_COLOURS.get(each["direction"]) for each in periods)]
    for row, colour in zip(cells, colours, strict=True):
        left = [
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.secho("  ".join(left).rstrip(), fg=colour)


def _cells(period: Mapping[str, Any]) -> tuple[str, ...]:
    unknown = period["direction"] == "unknown"
    mark = " ".join(part for part in (period["direction"], period["pattern"]) if part)
    return (
        _plain(period["line_id"]),
        f"{period['period_start']} to {period['period_end']}",
        period["used"] or "",
        period["included"] or "",
        period["expected_amount"] or "unknown",
        period["billed_amount"] or "unknown",
        "" if unknown else period["difference"] or "",
        mark,
    )


def _show_totals(totals: Mapping[str, Any], currency: str) -> None:
    click.echo()
    told = [f"{_money(totals[name], currency)} {name}" for name in ("expected", "billed", "under", "over")]
    unknown = totals["unknown_periods"]
    click.secho(", ".join([*told, f"{unknown} period{'s' if unknown != 1 else ''} unknown"]), bold=True)


def _show_finding(finding: Mapping[str, Any], currency: str) -> None:
    lost = finding["amount_at_risk"]["already_lost"] if finding["amount_at_risk"] else None
    amount = "not assessed" if lost is None else _money(lost, currency)
    click.echo()
    click.secho(
        _plain(
            f"{finding['direction'].upper()}  {finding['pattern']}  {finding['policy_id']}  {amount}  {finding['finding_id']}"
        ),
        bold=True,
    )
    click.echo(_plain(f"  {finding['message']}"))
    _show_all(finding["amount_at_risk"]["assumptions"] if finding["amount_at_risk"] else ())
    if finding["remedy"]:
        click.echo(_plain(f"  What to do: {finding['remedy']['text']}"))


def _show_all(sentences: Iterable[str]) -> None:
    for each in sentences:
        click.echo(_plain(f"  {each}"))


def _show_drafts(lines: Sequence[Mapping[str, Any]], currency: str) -> None:
    if not lines:
        return
    click.echo("\nStill to be invoiced:")
    for each in lines:
        how = f" ({each['quantity']} at {_money(each['unit_price'], currency)})" if "quantity" in each else ""
        days = f"{each['period_start']} to {each['period_end']}"
        click.echo(_plain(f"  line {each['line_id']}  {days}  {each['kind']}  {_money(each['amount'], currency)}{how}"))


def _money(text: str, currency: str) -> str:
    return format_amount(Decimal(text), currency)


def _plain(text: str) -> str:
    """Without what would steer the terminal: names come from whoever sent the documents."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
