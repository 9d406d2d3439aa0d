"""The first thirteen months of both sides, beside each other, by invoice date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.invoice import InvoiceLineKind
from policies.domain.period import Period, add_months
from policies.twin.model import Match, Month, MonthPart

if TYPE_CHECKING:
    from policies.domain.invoice import Invoice, InvoiceLine
    from policies.twin.bills import Bill

ZERO: Final = Decimal(0)
MONTHS_SHOWN: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one match, or what stands alone, bills on both sides; None where that cannot be told."""

    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    agreement: Bill | None
    billing: Bill | None
    at_use: Decimal | None = None


def months_of(columns: Sequence[Column], previews: Sequence[Invoice]) -> tuple[Month, ...]:
    """Thirteen months from that of the first invoice on either side; none where nothing is billed."""
    bills = [bill for each in columns for bill in (each.agreement, each.billing) if bill is not None and bill.amounts]
    if not bills:
        return ()
    first = min(bill.amounts[0].invoice_date for bill in bills).replace(day=1)
    starts = [add_months(first, number) for number in range(MONTHS_SHOWN + 1)]
    agreed = [_by_month(each.agreement, starts[-1]) for each in columns]
    billed = [
        agreed[at] if each.billing is each.agreement else _by_month(each.billing, starts[-1])
        for at, each in enumerate(columns)
    ]
    previewed = _previewed(columns, previews)
    # A month that no preview speaks of is not previewed at nothing.
    spoken_of = {month for _, month in previewed}
    return tuple(
        _month(number, starts, columns, (agreed, billed), previewed if (day.year, day.month) in spoken_of else None)
        for number, day in enumerate(starts[:MONTHS_SHOWN])
    )


def _month(
    number: int,
    starts: Sequence[date],
    columns: Sequence[Column],
    sides: tuple[
        Sequence[Mapping[tuple[int, int], Decimal] | None], Sequence[Mapping[tuple[int, int], Decimal] | None]
    ],
    previewed: Mapping[tuple[int | None, tuple[int, int]], Decimal] | None,
) -> Month:
    month = (starts[number].year, starts[number].month)
    parts = []
    for at, column in enumerate(columns):
        agreed, billed = (None if side[at] is None else (side[at] or {}).get(month, ZERO) for side in sides)
        preview = None if previewed is None else previewed.get((at, month), ZERO)
        if agreed or billed or preview or agreed is None or billed is None:
            parts.append(
                MonthPart(
                    line_ids=column.line_ids,
                    charge_ids=column.charge_ids,
                    agreement=agreed,
                    billing=billed,
                    preview=preview,
                    at_use=column.at_use,
                )
            )
    beside = ZERO if previewed is None else previewed.get((None, month), ZERO)
    return Month(
        period=Period(starts[number], starts[number + 1]),
        agreement=_total([each.agreement for each in parts]),
        billing=_total([each.billing for each in parts]),
        preview=None if previewed is None else (_total([each.preview for each in parts]) or ZERO) + beside,
        parts=tuple(parts),
    )


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None where one of them is not known."""
    known = [each for each in amounts if each is not None]
    return sum(known, ZERO) if len(known) == len(amounts) else None


def _by_month(bill: Bill | None, end: date) -> Mapping[tuple[int, int], Decimal] | None:
    if bill is None:
        return None
    sums: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for each in bill.amounts:
        if each.invoice_date >= end:
            break
        sums[each.invoice_date.year, each.invoice_date.month] += each.amount
    return sums


def _previewed(
    columns: Sequence[Column], previews: Sequence[Invoice]
) -> Mapping[tuple[int | None, tuple[int, int]], Decimal]:
    """What billing's own preview has in each month for each column; None is what belongs to no column."""
    by_charge = {charge_id: at for at, each in enumerate(columns) for charge_id in each.charge_ids}
    by_line = {line_id: at for at, each in enumerate(columns) for line_id in each.line_ids}
    sums: dict[tuple[int | None, tuple[int, int]], Decimal] = defaultdict(lambda: ZERO)
    for day, line in _lines(previews):
        at = by_charge.get(line.charge_id or "", by_line.get(line.line_id or ""))
        sums[at, (day.year, day.month)] += line.amount
    return sums


def _lines(previews: Sequence[Invoice]) -> Iterator[tuple[date, InvoiceLine]]:
    for invoice in previews:
        for line in invoice.lines:
            day = invoice.issued_on or line.period_start
            if day is not None and line.kind is not InvoiceLineKind.TAX:
                yield day, line


def column_of(match: Match, agreement: Bill | None, billing: Bill | None, at_use: Decimal | None) -> Column:
    """The column of a match."""
    return Column(
        line_ids=match.line_ids, charge_ids=match.charge_ids, agreement=agreement, billing=billing, at_use=at_use
    )
