"""What planting a leak needs, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from app.demo.books import Books
from policies.domain.charge import BillingFrequency, ChargeModel, ChargeType, Line, PricePeriod

if TYPE_CHECKING:
    from app.demo.bills import Billed

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
_BY_UNIT: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaked:
    """A leak as it was planted. `loss` None is what the books say: expected less billed, over the term."""

    note: str
    lines: tuple[str, ...] = ()
    loss: Decimal | None = None


Leak: TypeAlias = Callable[[Books], Leaked | None]
"""Plants its pattern in the books, or says None, with the books as they were, where they have nothing to plant it in."""


def pick(books: Books, lines: Iterable[Line]) -> Line | None:
    """One of the lines, or None of none."""
    things = list(lines)
    return things[int(books.rng.random() * len(things))] if things else None


def fixed(books: Books) -> list[Line]:
    """Recurring lines with one price by the unit."""
    return [
        line
        for line in books.lines()
        if line.charge_type is ChargeType.RECURRING
        and line.charge_model in _BY_UNIT
        and line.net_unit_price
        and not line.ramp
        and _is_set_up(books, line)
    ]


def once(books: Books) -> list[Line]:
    """Lines that are billed once."""
    return [line for line in books.lines() if line.charge_type is ChargeType.ONE_TIME and _is_set_up(books, line)]


def of_products(books: Books, *product_ids: str) -> list[Line]:
    """The lines of these products."""
    return [line for line in books.lines() if line.product_id in product_ids]


def is_monthly(books: Books, line: Line) -> bool:
    """Whether the line is priced and billed by the month."""
    frequency = line.billing_frequency or books.contract.signed.billing_frequency
    return frequency is BillingFrequency.MONTHLY and line.price_period is PricePeriod.MONTH


def with_overage(books: Books) -> list[Line]:
    """Lines billed by the month of which some use lay beyond the allowance in a month that has ended."""
    return [line for line in books.lines() if is_monthly(books, line) and over_months(books, line)]


def over_months(books: Books, line: Line) -> list[int]:
    """The months that have ended in which more was used than is included, where that has a price."""
    included, use = line.included_quantity, books.use.get(line.line_id)
    if included is None or use is None or line.overage_unit_price is None or line.minimum_commitment is not None:
        return []
    return [month for month in range(books.elapsed_in_term) if use[month] > included]


def without(billed: list[Billed], *, line_ids: Iterable[str] = (), month_start: object = None) -> list[Billed]:
    """The amounts less those of some lines, or of one service period."""
    gone = frozenset(line_ids)
    return [each for each in billed if each.line_id not in gone and each.start != month_start]


def _is_set_up(books: Books, line: Line) -> bool:
    return any(each.line.line_id == line.line_id for each in books.set_up.charges)
