"""Commitments and prepaid credit: what is owed or taken off after a line's charges are known.

A minimum commitment is held against the charges of its own period, before credits; the shortfall is due the day after
that period, never earlier. Prepaid credit pays for use only, oldest first, until it is burned or expires.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from policies.domain.charge import Drawdown, PricePeriod
from policies.domain.dues import Due
from policies.domain.invoice import InvoiceLineKind
from policies.domain.period import MONTHS, Period

if TYPE_CHECKING:
    from policies.domain.terms import Terms

Round: TypeAlias = Callable[[Decimal], Decimal]

ZERO = Decimal(0)
_BURNS_CREDIT = frozenset({InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE})


def true_ups(terms: Terms, dues: Sequence[Due], to_currency: Round) -> Iterator[Due]:
    """The shortfall of each commitment period against the dues of its days.

    Free time commits to nothing, and a part of a period to its share. Without a true-up, or without a period that the
    commitment is for, nothing is billed: that is what billing would do.
    """
    periods = committed_periods(terms)
    kind = InvoiceLineKind.USAGE if terms.is_usage else InvoiceLineKind.RECURRING
    for (period, least), billed in zip(periods, _by_period(dues, [each for each, _ in periods]), strict=True):
        shortfall = to_currency(least - billed)
        if shortfall > 0:
            yield Due(period, period.end, shortfall, kind, period.end, true_up=True)


def committed_periods(terms: Terms) -> Sequence[tuple[Period, Decimal]]:
    """The periods that a commitment is trued up for, with what is owed in each at least; none where nothing is trued up."""
    commitment, paid = terms.line.minimum_commitment, terms.paid_term
    if commitment is None or not commitment.true_up or paid is None:
        return ()
    if commitment.period is None or commitment.period is PricePeriod.ONE_TIME:
        return ()
    periods = terms.periods(paid, MONTHS.get(commitment.period))
    return [(each.period, commitment.amount * each.share) for each in periods]


def burned_credit(terms: Terms, dues: Sequence[Due], to_currency: Round) -> Iterator[Due]:
    """What prepaid credit pays of the dues for use, as negative amounts on the same invoices."""
    drawdown = terms.line.drawdown
    if drawdown is None:
        return
    left = drawdown.credit_amount
    for due in sorted(dues, key=lambda due: due.service_period):
        if due.kind not in _BURNS_CREDIT or due.true_up:
            continue
        burned = to_currency(min(left, _before_expiry(due, drawdown)))
        if burned > 0:
            left -= burned
            yield due._replace(amount=-burned, kind=InvoiceLineKind.CREDIT, quantity=None, unit_price=None)


def _by_period(dues: Sequence[Due], periods: Sequence[Period]) -> list[Decimal]:
    """What the dues come to in each of the periods, which follow each other; a due of several is shared by days."""
    starts = [period.start for period in periods]
    sums = [ZERO] * len(periods)
    for due in dues:
        first = max(0, bisect_right(starts, due.service_period.start) - 1)
        for number in range(first, bisect_left(starts, due.service_period.end)):
            sums[number] += _within(due, periods[number])
    return sums


def _within(due: Due, period: Period) -> Decimal:
    """The part of a due that the days of a period have of it."""
    if period.covers(due.service_period):
        return due.amount
    common = due.service_period.intersection(period)
    return due.amount * common.days / due.service_period.days if common is not None else ZERO


def _before_expiry(due: Due, drawdown: Drawdown) -> Decimal:
    """The part of a due for the days on which the credit is still good, as if use were even within its period."""
    period = due.service_period
    if drawdown.expires_on is None or period.last_day <= drawdown.expires_on:
        return due.amount
    if period.start > drawdown.expires_on:
        return ZERO
    return due.amount * ((drawdown.expires_on - period.start) + timedelta(days=1)).days / period.days
