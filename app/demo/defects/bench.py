"""What planting a defect needs, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

from policies.domain.charge import ChargeType, Discount, Line
from policies.domain.period import MONTHS, Period, add_months, periods_in

if TYPE_CHECKING:
    from app.demo.deals import Occasion
    from app.demo.shelf import Shelf
    from policies.domain.catalog import CatalogPrice
    from policies.domain.quote import Quote

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One pattern as it was planted: where it is to be seen, and what it costs over the term.

    `loss` is in the document's currency: positive is money not billed, negative money billed too much; None where the
    defect costs nothing that a bill would show. `lines` are line ids.
    """

    pattern: str
    note: str
    loss: Decimal | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Defective:
    """A quote with its defect.

    `consents` are roles that agreed to what the defect is not about; earlier ones are given again to the new content,
    unless the defect is that nobody agreed. A sealed quote has its approvals as they are to be.
    """

    quote: Quote
    plant: Plant
    consents: tuple[str, ...] = ()
    keeps_consents: bool = True
    keeps_totals: bool = False
    is_sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A clean quote on the workbench."""

    quote: Quote
    occasion: Occasion
    shelf: Shelf
    rng: Random

    def lines(self, *, priced: bool = False, charge_type: ChargeType | None = None) -> list[Line]:
        """The lines without a ramp; with list and net price and a quantity, or of one charge type, where asked for."""
        return [
            line
            for line in self.quote.lines
            if not line.ramp
            and (charge_type is None or line.charge_type is charge_type)
            and not (priced and (line.net_unit_price is None or line.list_unit_price is None or line.quantity is None))
        ]

    def price(self, line: Line) -> CatalogPrice | None:
        return self.shelf.price(line.product_id, self.quote.price_book or "", self.occasion.customer.segment)

    def periods(self, line: Line) -> Decimal:
        """How many price periods the term has."""
        months = MONTHS.get(line.price_period) if line.price_period is not None else None
        term = self.term
        return periods_in(term, months) if months is not None and term is not None else Decimal(1)

    @property
    def term(self) -> Period:
        quote = self.quote
        if quote.start_date is None or quote.end_date is None:
            raise LookupError("a simulated quote always has its dates")
        return Period.through(quote.start_date, quote.end_date)

    def with_line(self, line: Line) -> Quote:
        """The quote with a line in place of the one with its id."""
        lines = tuple(line if each.line_id == line.line_id else each for each in self.quote.lines)
        return replace(self.quote, lines=lines)


Planter: TypeAlias = Callable[[Bench], Defective | None]
"""Plants its pattern, or says None where the quote has nothing to plant it in."""


def pick(rng: Random, things: Sequence[Line]) -> Line | None:
    """One of the lines, or None of none."""
    return things[int(rng.random() * len(things))] if things else None


def reduced_by(line: Line, percent: int, net: Decimal) -> Line:
    """The line at a lower price, said as a negotiated discount."""
    return replace(line, net_unit_price=net, discounts=(Discount(kind="negotiated", percent=Decimal(percent)),))


def months_after(period: Period, months: int) -> Decimal:
    """How many months of a period are left after its first ones."""
    start = add_months(period.start, months)
    return periods_in(Period(start, period.end), 1) if start < period.end else ZERO
