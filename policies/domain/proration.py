"""Proration: which part of a price is due for a part of the time that it pays for.

    amount due = price * used days / days of the whole period

The whole period is the shorter of price period and billing period, because that is what an invoice is made for: a yearly
price that is billed monthly is a twelfth each whole month, and 42 days of a quarter that is billed as a quarter are 42/91.
Where all dates of a line are whole months apart, it counts in months: half a year is half a yearly price. A price for the
term is spread over the time that is not free. Where an amendment cuts or moves the end of that time, the price still pays
for the time that it was agreed for: half of it is due for half of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from policies.domain.charge import BillingFrequency, PricePeriod
from policies.domain.period import MONTHS, Period, periods_by_days, starts_month

if TYPE_CHECKING:
    from policies.domain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How the time of one line counts: in periods of `months`, of which one unit price pays for `per_price`."""

    months: int
    per_price: Decimal
    anchor: date
    anchor_day: int | None

    def count(self, period: Period) -> Decimal:
        """How many of its periods the days are, parts by days. The parts of a term add up to its count."""
        return periods_by_days(period, self.months, self.anchor_day, self.anchor)


def measure(terms: Terms, paid: Period, cuts: Iterable[date]) -> Measure:
    """The measure of a line that is paid for in `paid` and changes on `cuts`."""
    anchor = terms.anchor or paid.start
    return _measure(
        paid, cuts, terms.price_months, terms.billing_months, anchor, terms.anchor_day, _paid_for(terms, paid)
    )


def _paid_for(terms: Terms, paid: Period) -> Period:
    """The time that a price for the term pays for."""
    until = terms.priced_until
    return paid if until is None or until <= paid.start else Period(paid.start, until)


# Lines of a quote share their dates, so counting them once is enough.
@lru_cache(maxsize=1024)
def priced_periods(
    start: date,
    end: date,
    price_period: PricePeriod | None,
    billing_frequency: BillingFrequency | None,
    anchor: date | None,
    anchor_day: int | None,
    priced_until: date | None = None,
) -> Decimal:
    """How often a price is due from `start` up to `end`, where nothing changes in between."""
    term = Period(start, end)
    months = [MONTHS.get(each) if each is not None else None for each in (price_period, billing_frequency)]
    priced = term if priced_until is None else Period(start, priced_until)
    found = _measure(term, (start, end), months[0], months[1], anchor or start, anchor_day, priced)
    return found.count(term) / found.per_price


def _measure(
    paid: Period,
    cuts: Iterable[date],
    price_months: int | None,
    billing_months: int | None,
    anchor: date,
    anchor_day: int | None,
    priced: Period,
) -> Measure:
    in_months = all(starts_month(cut, anchor, anchor_day) for cut in (paid.start, paid.end, *cuts))
    months = 1 if in_months else min(price_months or billing_months or 1, billing_months or price_months or 1)
    per_price = (
        Decimal(price_months) / months
        if price_months is not None
        else periods_by_days(priced, months, anchor_day, anchor)
    )
    return Measure(months=months, per_price=per_price, anchor=anchor, anchor_day=anchor_day)
