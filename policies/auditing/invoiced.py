"""What was billed: the lines of the invoices, each with the agreement line that it belongs to and the days that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeType, Line
from policies.domain.decision import NotAssessed
from policies.domain.invoice import Invoice, InvoiceLine, InvoiceLineKind
from policies.domain.period import EmptyPeriod, Period

if TYPE_CHECKING:
    from policies.amended import Version

_SOON = date(2999, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Billed:
    """One line of an invoice, with the agreement's line; `is_foreign` where it is in another currency."""

    invoice: Invoice
    line: InvoiceLine
    line_id: str | None
    period: Period | None
    is_foreign: bool = False

    @property
    def amount(self) -> Decimal:
        return self.line.amount

    @property
    def kind(self) -> InvoiceLineKind | None:
        return self.line.kind


@dataclass(slots=True)
class Invoiced:
    """Everything that was billed under one agreement."""

    pieces: list[Billed] = field(default_factory=list)
    not_assessed: list[NotAssessed] = field(default_factory=list)
    edge: date | None = None


def read_invoices(invoices: Iterable[Invoice], versions: Iterable[Version], currency: str) -> Invoiced:
    """The lines of the invoices, taxes left out; the same invoice twice counts once."""
    found, held = Invoiced(), list({each.invoice_id: each for each in invoices}.values())
    directory = _Directory([version.line for version in versions], held)
    foreign = [each for each in held if each.currency != currency]
    for invoice in held:
        is_foreign = invoice.currency != currency
        for line in invoice.lines:
            if line.kind is not InvoiceLineKind.TAX:
                period = _days(invoice, line)
                found.pieces.append(
                    Billed(
                        invoice=invoice,
                        line=line,
                        line_id=directory.line_of(line),
                        period=period,
                        is_foreign=is_foreign,
                    )
                )
                found.edge = _later(found.edge, _reached(invoice, line, period))
    found.not_assessed += [_foreign(each, currency) for each in foreign]
    return found


def _foreign(invoice: Invoice, currency: str) -> NotAssessed:
    because = (
        f"invoice {invoice.invoice_id} is in {invoice.currency} and the agreement in {currency}: amounts of two currencies "
        "cannot be compared without a rate that both sides agreed on"
    )
    return NotAssessed(policy_id="audit-invoice-currency", because=because)


def _days(invoice: Invoice, line: InvoiceLine) -> Period | None:
    """The days of service; the day of issue where the line names none."""
    first, last = line.period_start or line.period_end or invoice.issued_on, line.period_end or line.period_start
    last = last or invoice.issued_on
    if first is None or last is None:
        return None
    try:
        return Period.through(first, last)
    except EmptyPeriod:
        return None


def _reached(invoice: Invoice, line: InvoiceLine, period: Period | None) -> date | None:
    """The day before which a price should have been invoiced, as far as this line shows."""
    if period is None or period.end > _SOON:
        return None
    if line.period_start is None:
        return None if invoice.issued_on is None else Period.through(invoice.issued_on, invoice.issued_on).end
    in_use = line.kind in (InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE)
    reached = period.last_day if in_use else period.start
    # An invoice that was made long before its period says nothing of the time in between.
    reached = reached if invoice.issued_on is None else min(reached, invoice.issued_on)
    return Period.through(reached, reached).end


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


class _Directory:
    """Which line of the agreement an invoice line bills: by line, else by charge, else by product."""

    def __init__(self, lines: list[Line], invoices: list[Invoice]) -> None:
        self._ids = {line.line_id for line in lines}
        self._by_product: dict[str, list[Line]] = {}
        for line in lines:
            self._by_product.setdefault(line.product_id, []).append(line)
        # Where a charge is named beside its line once, it is known everywhere.
        self._by_charge = dict(_charges(invoices, self._ids))

    def line_of(self, line: InvoiceLine) -> str | None:
        if line.line_id in self._ids:
            return line.line_id
        for charge_id in (line.charge_id, line.line_id):
            if charge_id is not None and charge_id in self._by_charge:
                return self._by_charge[charge_id]
            if charge_id in self._ids:
                return charge_id
        return self._by_terms(line, self._by_product.get(line.product_id or "", []))

    @staticmethod
    def _by_terms(billed: InvoiceLine, candidates: list[Line]) -> str | None:
        """Of the lines of a product, the one whose price is billed, or whose kind it is; else the first."""
        if not candidates:
            return None
        in_use = billed.kind in (InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE)
        prices = [
            each
            for each in candidates
            if billed.unit_price is not None
            and billed.unit_price
            == (each.overage_unit_price if billed.kind is InvoiceLineKind.OVERAGE else each.net_unit_price)
        ]
        kinds = [each for each in candidates if (each.charge_type is ChargeType.USAGE) == in_use]
        return (prices or kinds or candidates)[0].line_id


def _charges(invoices: list[Invoice], known: set[str]) -> Iterator[tuple[str, str]]:
    for invoice in invoices:
        for line in invoice.lines:
            if line.charge_id is not None and line.line_id in known and line.line_id is not None:
                yield line.charge_id, line.line_id
