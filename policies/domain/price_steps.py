"""The price calendar: which quantity at which price, from which day to which, over a line's term.

Steps come from free time at the start, ramp segments, discounts that start or end, and a yearly uplift. What a ramp
segment states holds as it stands; what it leaves open is the line's. Before the first segment the line's own terms hold;
days after a segment's stated end that no other segment covers have no step and bill nothing (a check reports the gap).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeModel, ChargeType, Line, PricePeriod, RampSegment, UpliftAt, UpliftMethod
from policies.domain.discounts import dated, price_before, reduced, remaining_share
from policies.domain.period import Period, add_months
from policies.domain.rating import Unrateable, billable_quantity, clamp, rate
from policies.domain.tables import tabled
from policies.domain.terms import Terms, Unscheduled
from policies.domain.tiers import scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
_ONE_DAY = timedelta(days=1)
_SHORTEST_YEAR = 365
# Beyond any contract: steps are found by looking at each discount on each day that something changes.
_MOST_SEGMENTS, _MOST_DISCOUNTS = 500, 50
_PRICED_BY_UNIT = frozenset({ChargeModel.FLAT, ChargeModel.PER_UNIT, ChargeModel.PACKAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """One quantity at one price, per price period, on the days of `period`.

    `unit_price` is None where tiers or a percentage make the price; these count `factor` times. Free time is a price and
    a factor of zero.
    """

    period: Period
    quantity: Decimal | None
    unit_price: Decimal | None
    factor: Decimal = ONE

    @property
    def is_free(self) -> bool:
        return not self.factor


def price_steps(terms: Terms) -> tuple[PriceStep, ...]:
    """The price calendar of a term, in order of time. Raises `Unscheduled` where a price to come is not determined."""
    line = terms.line
    if len(line.ramp) > _MOST_SEGMENTS or len(line.discounts) > _MOST_DISCOUNTS:
        raise Unscheduled("the price changes more often than in any contract")
    if has_one_price(terms):
        return (PriceStep(period=terms.dated, quantity=line.quantity, unit_price=_price_at_start(terms)),)
    return tuple(_joined(_Calendar(terms).steps()))


def has_one_price(terms: Terms) -> bool:
    """Whether quantity and price stay the same over the whole term, and none of it is free."""
    line = terms.line
    return not (
        line.ramp
        or line.free_months
        or _has_uplift(terms)
        or (line.discounts and any(each.starts_on or not each.is_open_ended for each in line.discounts))
        or (terms.billing_start is not None and terms.billing_start > terms.dated.start)
    )


def _has_uplift(terms: Terms) -> bool:
    """Whether the price may rise within the term. A price for the whole term has no anniversaries."""
    return (
        bool(terms.line.uplift_percent)
        and (terms.dated.days > _SHORTEST_YEAR or terms.since is not None)
        and terms.price_period is not PricePeriod.TERM
        and terms.line.uplift_at is not UpliftAt.RENEWAL
    )


def risen(line: Line, rises: int, before: int = 0) -> Decimal:
    """By what `rises` of the line's uplift multiply its price, after it rose `before` times already.

    Compound: (1 + u) to the power of the rises. Simple: each rise is u of the first price, which never falls below zero.
    """
    if not rises:
        return ONE  # a fall by 100 % makes the base zero, and 0 ** 0 is no number
    uplift = (line.uplift_percent or ZERO) / HUNDRED
    if line.uplift_method is not UpliftMethod.SIMPLE:
        return (ONE + uplift) ** rises
    reached = ONE + uplift * before
    return max(ZERO, ONE + uplift * (before + rises)) / reached if reached > 0 else ZERO


def price_of(line: Line, step: PriceStep) -> Decimal:
    """What the line costs in one price period on the terms of a step. Raises `Unscheduled` where they do not determine it."""
    if step.is_free:
        return ZERO
    quantity = step.quantity
    if quantity is None:
        if line.model is not ChargeModel.FLAT and line.charge_type is not ChargeType.ONE_TIME:
            raise Unscheduled("the quantity is not stated")
        quantity = ONE
    return rated(at_step(line, step), quantity, unit_price=step.unit_price)


def rated(line: Line, quantity: Decimal, *, unit_price: Decimal | None = None, share: Decimal = ONE) -> Decimal:
    """The amount of `rate`; what it cannot rate cannot be scheduled either."""
    try:
        return rate(line, quantity, unit_price=unit_price, share=share).amount
    except Unrateable as refusal:
        raise Unscheduled(refusal.reason) from refusal


def rater(line: Line, unit_price: Decimal | None = None) -> Callable[[Decimal, Decimal], Decimal]:
    """`rated` of one line at one price, by quantity and share: for many quantities, with its tiers added up once."""
    quick = tabled(line)
    if quick is None:
        return lambda quantity, share: rated(line, quantity, unit_price=unit_price, share=share)

    def amount(quantity: Decimal, share: Decimal) -> Decimal:
        found = quick(billable_quantity(line, quantity) if line.charge_type is ChargeType.USAGE else quantity)
        if found is None:
            return rated(line, quantity, unit_price=unit_price, share=share)
        return clamp(line, found, share)

    return amount


def at_step(line: Line, step: PriceStep) -> Line:
    """The line with the prices of its tiers, or its percentage, as the step has them."""
    if step.factor == ONE or step.is_free:
        return line
    percentage = line.percentage
    if percentage is not None:
        fixed = percentage.fixed_amount
        percentage = replace(
            percentage,
            rate_percent=percentage.rate_percent * step.factor,
            fixed_amount=None if fixed is None else fixed * step.factor,
        )
    return replace(line, tiers=scaled(line.tiers, step.factor), percentage=percentage)


def _price_at_start(terms: Terms) -> Decimal | None:
    return terms.line.net_unit_price if terms.line.model in _PRICED_BY_UNIT else None


class _Calendar:
    """The dates at which the price may change, and the price between two of them."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.term = terms.dated
        self.paid_from = terms.paid_from
        self.discounts = dated(terms)
        self.at_start = [each for each in self.discounts if each.holds(self.term.start)]
        self.segments = _segments(terms)
        self.starts = [covered.start for covered, _ in self.segments]
        self.has_begun = _has_begun(terms)
        self.anniversaries = list(anniversaries(terms.began, self.term)) if _has_uplift(terms) else []

    def steps(self) -> Iterator[PriceStep]:
        for start, end in pairwise(sorted(self._edges())):
            step = self._step(Period(start, end))
            if step is not None:
                yield step

    def _edges(self) -> set[date]:
        edges = {self.paid_from, *self.anniversaries}
        edges.update(each.start for each in self.discounts)
        edges.update(each.until for each in self.discounts if each.until is not None)
        for covered, _ in self.segments:
            edges.update((covered.start, covered.end))
        return {edge for edge in edges if self.term.contains(edge)} | {self.term.start, self.term.end}

    def _step(self, period: Period) -> PriceStep | None:
        day, line = period.start, self.terms.line
        started = bisect_right(self.starts, day)
        segment = self._segment(day, started)
        if segment is None and (started or self.has_begun):
            return None
        quantity = line.quantity if segment is None or segment.quantity is None else segment.quantity
        if day < self.paid_from:
            return PriceStep(period=period, quantity=quantity, unit_price=ZERO, factor=ZERO)
        if segment is not None and segment.net_unit_price is not None:
            return PriceStep(period=period, quantity=quantity, unit_price=segment.net_unit_price)
        uplift = self._uplift(day)
        own = _price_at_start(self.terms)
        if own is None:
            return PriceStep(period=period, quantity=quantity, unit_price=None, factor=self._factor(day) * uplift)
        return PriceStep(period=period, quantity=quantity, unit_price=self._price(own, day) * uplift)

    def _segment(self, day: date, started: int) -> RampSegment | None:
        """The segment that holds on a day: of those that have started and not ended, the last to start."""
        candidates = (self.segments[number] for number in range(started - 1, -1, -1))
        return next((segment for covered, segment in candidates if day < covered.end), None)

    def _price(self, net: Decimal, day: date) -> Decimal:
        holding = [each for each in self.discounts if each.holds(day)]
        if holding == self.at_start:
            return net
        return reduced(price_before(self.terms, net, self.at_start), holding)

    def _factor(self, day: date) -> Decimal:
        holding = [each for each in self.discounts if each.holds(day)]
        return ONE if holding == self.at_start else remaining_share(holding, self.at_start)

    def _uplift(self, day: date) -> Decimal:
        rises = sum(anniversary <= day for anniversary in self.anniversaries)
        return risen(self.terms.line, rises, self.terms.risen)


def _segments(terms: Terms) -> list[tuple[Period, RampSegment]]:
    """The ramp in order of time, each segment with the days that it covers: without an end, up to the next segment.

    Where two cover the same day, the one that starts later holds.
    """
    term = terms.dated
    ramp = sorted(terms.line.ramp, key=lambda segment: segment.start_date)
    following = [*(segment.start_date for segment in ramp[1:]), term.end]
    covered = []
    for segment, next_start in zip(ramp, following, strict=False):
        end = next_start if segment.end_date is None else _day_after(segment.end_date, term.end)
        start, end = max(segment.start_date, term.start), min(end, term.end)
        if start < end:
            covered.append((Period(start, end), segment))
    return covered


def _has_begun(terms: Terms) -> bool:
    """Whether the ramp began under earlier terms of the line: what it left out is left out still."""
    return any(terms.began <= each.start_date < terms.dated.start for each in terms.line.ramp)


def _day_after(day: date, term_end: date) -> date:
    return term_end if day >= term_end else day + _ONE_DAY


def anniversaries(began: date, term: Period) -> Iterator[date]:
    """The anniversaries of a day within a term, after the term's own first day."""
    years = max(1, term.start.year - began.year)
    while (day := add_months(began, 12 * years)) < term.end:
        if day > term.start:
            yield day
        years += 1


def _joined(steps: Iterator[PriceStep]) -> Iterator[PriceStep]:
    """The steps, with neighbours that do not differ made one."""
    open_step: PriceStep | None = None
    for step in steps:
        if open_step is not None and open_step.period.end == step.period.start and _same_price(open_step, step):
            open_step = replace(open_step, period=Period(open_step.period.start, step.period.end))
            continue
        if open_step is not None:
            yield open_step
        open_step = step
    if open_step is not None:
        yield open_step


def _same_price(one: PriceStep, other: PriceStep) -> bool:
    return (one.quantity, one.unit_price, one.factor) == (other.quantity, other.unit_price, other.factor)
