"""Discounts over time: what a price is while some of them last, and what it goes back to when one ends.

A net price contains the discounts that are in force when its term starts, in the order in which the line states them
(20 % and then $10 off $100 is $70; the other way round it is $72). No discount takes a price below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.money import minor_unit
from policies.domain.period import Period
from policies.domain.terms import Terms, Unscheduled
from policies.domain.waterfall import price_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.charge import Discount

ONE = Decimal(1)
HUNDRED = Decimal(100)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedDiscount:
    """A discount from its first day up to, not including, `until`; None is the end of the term."""

    discount: Discount
    start: date
    until: date | None

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.until is None or day < self.until)


def dated(terms: Terms) -> tuple[DatedDiscount, ...]:
    """The line's discounts with their dates, in their order. Raises `Unscheduled` where an end cannot be dated."""
    start = terms.dated.start
    return tuple(
        DatedDiscount(discount=each, start=max(each.starts_on or start, start), until=_until(each, terms))
        for each in terms.line.discounts
    )


def _until(discount: Discount, terms: Terms) -> date | None:
    """The day after the last: of the date stated, or of so many billing periods from the first one that is paid."""
    if discount.ends_on is not None:
        return None if discount.ends_on >= terms.dated.last_day else discount.ends_on + _ONE_DAY
    if discount.periods is None:
        return None
    first = max(terms.first_paid_day, discount.starts_on or terms.first_paid_day)
    if discount.periods < 1:
        return terms.dated.start
    if first >= terms.dated.end:
        return None
    invoiced = terms.billing_periods(Period(first, terms.dated.end))
    return invoiced[discount.periods - 1].period.end if discount.periods < len(invoiced) else None


def reduced(price: Decimal, discounts: Sequence[DatedDiscount]) -> Decimal:
    """The price with the discounts taken off, one after the other."""
    return price_after(price, [each.discount for each in discounts])


def restored(net: Decimal, discounts: Sequence[DatedDiscount]) -> Decimal:
    """The price that the discounts were taken off to give `net`. Raises `Unscheduled` where they left nothing of it."""
    for each in reversed(discounts):
        percent, amount = each.discount.percent, each.discount.amount
        if amount is not None:
            net += amount
        if percent is not None:
            net /= _left_of(percent)
    return net


def price_before(terms: Terms, net: Decimal, discounts: Sequence[DatedDiscount]) -> Decimal:
    """The price before the discounts that `net` contains: the list price where list and discounts explain the net price."""
    listed = terms.line.list_unit_price
    if listed is not None and abs(reduced(listed, discounts) - net) <= _half_a_digit(net, terms.currency):
        return listed
    return restored(net, discounts)


def remaining_share(discounts: Sequence[DatedDiscount], at_start: Sequence[DatedDiscount]) -> Decimal:
    """By what the prices of a tier table are multiplied once other discounts hold than at the start.

    Raises `Unscheduled` for discounts by amount, which say nothing of a table's prices.
    """
    return _left_by_percent(discounts) / _left_by_percent(at_start)


def _left_by_percent(discounts: Sequence[DatedDiscount]) -> Decimal:
    left = ONE
    for each in discounts:
        if each.discount.percent is None:
            raise Unscheduled("a discount by amount ends or starts, and the tiers do not say what they cost without it")
        left *= _left_of(each.discount.percent)
    return left


def _left_of(percent: Decimal) -> Decimal:
    if percent >= HUNDRED:
        raise Unscheduled(f"the price without the discount of {percent} % is not stated")
    return ONE - percent / HUNDRED


def _half_a_digit(net: Decimal, currency: str) -> Decimal:
    """How far a net price may lie from list less discounts by rounding alone."""
    exponent = net.as_tuple().exponent
    digit = ONE.scaleb(exponent) if isinstance(exponent, int) else ONE
    return min(digit, minor_unit(currency)) / 2
