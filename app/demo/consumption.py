"""What customers use, month by month of their contract; kept apart from what of it is recorded and what is billed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.randomness import around
from policies.domain.charge import ChargeType, Line
from policies.domain.period import Period, add_months

if TYPE_CHECKING:
    from app.demo.contracts import Contract

MONTHS_BEYOND: Final = 5
"""How many months past the term are made up: service that goes on after its contract."""

_DOLLARS: Final = {"USD": 1.0, "EUR": 0.92, "JPY": 150.0}
_SCALE: Final = {"smb": 0.35, "midmarket": 1.0, "enterprise": 3.0}
# Median and spread of a month's use, at midmarket size.
_USUAL: Final[Mapping[str, tuple[float, float]]] = {
    "STORAGE-GB": (4_000.0, 0.6),
    "MESSAGES": (45_000.0, 0.6),
    "SMS-PACK": (18_000.0, 0.6),
    "DEVICES": (120.0, 0.5),
    "PAYMENTS": (160_000.0, 0.5),
    "AI-CREDITS": (9_000.0, 0.5),
    "ADVISORY": (14.0, 0.5),
}
_API_MEDIAN, _API_SPREAD = 1.20, 0.30
_MONTHLY_GROWTH, _MONTHLY_NOISE = 0.012, 0.18


@dataclass(frozen=True, slots=True)
class Months:
    """The months of a contract, the first days of which are `starts`."""

    starts: tuple[date, ...]

    @staticmethod
    def of(term: Period) -> Months:
        """The months of the term, and some beyond."""
        return _months(term.start, term.end)

    def index(self, day: date) -> int:
        """The month in which a day lies."""
        return bisect_right(self.starts, day) - 1

    def period(self, index: int) -> Period:
        return Period(self.starts[index], self.starts[index + 1])

    def count_until(self, day: date) -> int:
        """How many of the months have ended by a day."""
        return max(0, bisect_right(self.starts, day) - 1)


@lru_cache(maxsize=4096)
def _months(start: date, end: date) -> Months:
    count = (end.year - start.year) * 12 + end.month - start.month
    return Months(tuple(add_months(start, month) for month in range(count + 2 + MONTHS_BEYOND)))


def consumption(contract: Contract, months: Months, rng: Random) -> dict[str, list[Decimal]]:
    """The use of each line that has any, by line id; one number for each month."""
    count = len(months.starts) - 1
    return {
        line.line_id: _series(line, contract, months, count, rng) for line in contract.signed.lines if is_counted(line)
    }


def is_counted(line: Line) -> bool:
    """Whether the product of a line is metered: use, seats, and calls."""
    return line.charge_type is ChargeType.USAGE or line.product_id in ("SEAT", "API-CALLS")


def as_usage(series: Sequence[Decimal], months: Months) -> Callable[[Period], Decimal]:
    """The use of a period as billing asks for it: that of the month in which it starts."""
    by_start = dict(zip(months.starts, series, strict=False))

    def used(period: Period) -> Decimal:
        known = by_start.get(period.start)
        return known if known is not None else series[months.index(period.start)]

    return used


def _series(line: Line, contract: Contract, months: Months, count: int, rng: Random) -> list[Decimal]:
    if line.product_id == "SEAT":
        return _seats(line, contract, months, count, rng)
    level = _level(line, contract, rng)
    return [
        Decimal(round(level * (1 + _MONTHLY_GROWTH * month) * (1 + _MONTHLY_NOISE * (2 * rng.random() - 1))))
        for month in range(count)
    ]


def _level(line: Line, contract: Contract, rng: Random) -> float:
    """The use of the first month."""
    segment = contract.occasion.customer.segment
    currency = contract.signed.currency
    if line.product_id == "API-CALLS":
        return around(rng, float(line.included_quantity or 0) * _API_MEDIAN, _API_SPREAD)
    if line.minimum_commitment is not None and line.net_unit_price:
        monthly = float(line.minimum_commitment.amount / line.net_unit_price) / 12
        return around(rng, monthly * 1.02, 0.30)
    median, spread = _USUAL.get(line.product_id, (100.0, 0.5))
    money = _DOLLARS[currency] if line.product_id == "PAYMENTS" else 1.0
    return around(rng, median * money * _SCALE[segment], spread)


def _seats(line: Line, contract: Contract, months: Months, count: int, rng: Random) -> list[Decimal]:
    """Seats in use at the peak of each month: growing, beyond the seats sold only where each further one has a price."""
    sold = [_sold(line, contract, months.starts[month]) for month in range(count)]
    may_exceed = line.overage_unit_price is not None
    share = rng.uniform(0.78, 0.99)
    growth = rng.uniform(0.002, 0.022 if may_exceed else 0.008)
    ceiling = 1.25 if may_exceed else 1.0
    return [
        Decimal(int(float(sold[month]) * min(ceiling, share + growth * month + 0.03 * (rng.random() - 0.5))))
        for month in range(count)
    ]


def _sold(line: Line, contract: Contract, day: date) -> Decimal:
    """The seats that the contract holds all through the month that starts on the day."""
    seats = line.quantity or Decimal(0)
    for segment in line.ramp:
        if segment.start_date <= day and segment.quantity is not None:
            seats = segment.quantity
    for alteration in contract.alterations:
        if alteration.line.line_id == line.line_id and alteration.effective <= day:
            seats = alteration.line.quantity or seats
    return seats
