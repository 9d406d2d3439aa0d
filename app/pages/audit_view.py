"""What the audit page shows of a report: both sides by period, and what can still be recovered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.pages.charts import Chart, Series, lines
from app.pages.set_up_view import month_label
from app.pages.showing import money

Json = Mapping[str, Any]

MOST_PERIODS: Final = 150
"""So many periods are shown; the CSV has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoverable:
    """What was billed too little, by whether it can still be invoiced. It is never set off against what was billed too much."""

    still: Decimal
    gone: Decimal


def recoverable_of(report: Json) -> Recoverable:
    """The differences of periods that were billed too little."""
    under = [each for each in report["periods"] if each["direction"] == "under" and each["difference"] is not None]
    still = sum((Decimal(each["difference"]) for each in under if each["recoverable"]), Decimal(0))
    whole = sum((Decimal(each["difference"]) for each in under), Decimal(0))
    return Recoverable(still=still, gone=whole - still)


def chart_of(report: Json) -> Chart:
    """Should have been billed against billed, by the day on which periods begin; unknown where one of them is."""
    starts = sorted({each["period_start"] for each in report["periods"]})
    labels = _labels(starts)
    by_start = {start: [each for each in report["periods"] if each["period_start"] == start] for start in starts}
    series = [
        Series(name="Should have been billed", values=[_sum(by_start[each], "expected_amount") for each in starts]),
        Series(name="Billed", values=[_sum(by_start[each], "billed_amount") for each in starts]),
    ]
    currency = report["currency"]
    return lines(
        "periods",
        "Should have been billed, and billed",
        labels,
        series,
        show=lambda value: money(Decimal(str(value)), currency),
        label_heading="Period from",
    )


def periods_of(report: Json, *, wrong_only: bool) -> tuple[Json, ...]:
    """The periods to show, as they come in the report; only those that differ or are unknown where that is asked for."""
    return tuple(each for each in report["periods"] if each["direction"] is not None or not wrong_only)


def names_of(agreement: Json | None) -> dict[str, str]:
    """What the agreement's lines are called, by id."""
    if agreement is None:
        return {}
    amended = (line for each in agreement.get("amendments") or () for line in each.get("lines") or ())
    return {
        str(each["line_id"]): str(each.get("product_name") or each["product_id"])
        for each in (*amended, *agreement.get("lines", ()))
    }


def _labels(starts: Sequence[str]) -> list[str]:
    """Months where each has one period's beginning only, else days."""
    months = [month_label(each) for each in starts]
    return months if len(set(months)) == len(months) else list(starts)


def _sum(periods: Sequence[Json], name: str) -> Decimal | None:
    amounts = [each[name] for each in periods]
    return None if any(each is None for each in amounts) else sum((Decimal(each) for each in amounts), Decimal(0))
