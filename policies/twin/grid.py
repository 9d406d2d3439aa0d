"""The quantities that matter: enough of them that two different tariffs cannot bill the same at all of them.

Between two neighbouring edges of a tariff its amount is a straight line, so two points within, and the edge itself, tell
two of them apart. Edges are tier bounds, allowances, package sizes, free amounts, and where a minimum, a maximum, a
commitment or a prepaid credit begins or ceases to count. Beyond the last edge, one point lies far enough out that prices
which differ in their last decimal differ by a whole unit of currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from policies.domain.charge import ChargeModel, Line, PricePeriod
from policies.domain.metering import has_overage
from policies.domain.period import MONTHS, periods_by_days
from policies.domain.price_steps import PriceStep, at_step, price_of, price_steps, rater
from policies.domain.rating import overage
from policies.domain.terms import Unscheduled
from policies.twin.use import ONE, flows, is_metered

if TYPE_CHECKING:
    from policies.domain.terms import Terms

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_MOST_BLOCKS: Final = 60
_MOST_STEPS: Final = 30
_MOST_CREDIT_PERIODS: Final = 12
_MOST_DECIMALS: Final = 12
_SHORTEST_WHOLE_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """Quantities of the reference period, ascending; `far` is the one beyond all that anybody would use."""

    quantities: tuple[Decimal, ...]
    far: Decimal
    largest_edge: Decimal


def grid(terms: Iterable[tuple[Terms, Decimal]], months: int | None) -> Grid:
    """The grid of all terms of both sides. Each comes with how many units of its meter one of the reference's is.

    `months` is the length of the reference period.
    """
    metered = [(each, factor) for each, factor in terms if is_metered(each)]
    found, decimals = set[Decimal](), 0
    for each, factor in metered:
        scale = _reference_periods(each, months) / factor
        found.update(edge * scale for edge in _edges(each) if edge > 0)
        decimals = max(decimals, *map(_decimals, _rates(each.line)))
    top = max((edge for edge in found if edge), default=ONE)
    for each, factor in metered:
        scale = _reference_periods(each, months) / factor
        found.update(edge * scale for edge in _blocks(each.line, top / scale))
    edges = sorted(found | {ONE})
    largest = edges[-1]
    far = largest + ONE.scaleb(min(decimals, _MOST_DECIMALS))
    inner = {point for lower, upper in pairwise([ZERO, *edges]) for point in (*_within(lower, upper), upper)}
    outer = {largest + ONE / 2, largest + 1, largest * 10, largest * 10 + 1, far}
    return Grid(quantities=tuple(sorted({ZERO} | inner | outer)), far=far, largest_edge=largest)


def _within(lower: Decimal, upper: Decimal) -> tuple[Decimal, Decimal]:
    """Two points between two edges: one unit from each where there is room."""
    gap = upper - lower
    step = ONE if gap > _SHORTEST_WHOLE_GAP else gap / 4
    return lower + step, upper - step


def _reference_periods(terms: Terms, months: int | None) -> Decimal:
    """What a quantity in one of the terms' own price periods is in a reference period, for use that flows."""
    if months is None or not flows(terms):
        return ONE
    own = terms.price_months
    return Decimal(months) / (periods_by_days(terms.dated, 1) if own is None else own)


# -------------------------------------------------------------------------------------------------- edges


def _edges(terms: Terms) -> Iterator[Decimal]:
    """Where the amount of one of the terms' own price periods bends or jumps."""
    own = sorted(set(_own_edges(terms.line)))
    yield from own
    levels = list(_levels(terms))
    if levels:
        yield from _crossings(terms, own, levels)


def _own_edges(line: Line) -> Iterator[Decimal]:
    free = line.included_quantity or ZERO
    yield from (each for each in (line.included_quantity, line.quantity) if each is not None and each > 0)
    for tier in line.tiers:
        if tier.up_to is not None:
            yield free + tier.up_to
    if line.package is not None:
        yield free + line.package.size
    if line.percentage is not None:
        yield from (free + edge for edge in _edges_of_percentage(line))


def _edges_of_percentage(line: Line) -> Iterator[Decimal]:
    terms = line.percentage
    if terms is None:
        return
    start = terms.free_amount or ZERO
    yield start
    for bound in (terms.minimum, terms.maximum):
        if bound is not None and terms.rate_percent > 0:
            beyond = (bound - (terms.fixed_amount or ZERO)) * HUNDRED / terms.rate_percent
            if beyond > 0:
                yield start + beyond


def _blocks(line: Line, top: Decimal) -> Iterator[Decimal]:
    """The ends of a package's blocks, as far as the other edges reach."""
    if line.package is None or line.package.size <= 0:
        return
    free, size = line.included_quantity or ZERO, line.package.size
    for number in range(1, min(_MOST_BLOCKS, int(max(top, size) / size) + 2)):
        yield free + number * size


def _levels(terms: Terms) -> Iterator[Decimal]:
    """Amounts of a price period at which something begins or ceases to count."""
    line = terms.line
    yield from (each for each in (line.minimum_amount, line.maximum_amount) if each is not None)
    own = terms.price_months or 1
    if line.minimum_commitment is not None:
        months = MONTHS.get(line.minimum_commitment.period or PricePeriod.TERM)
        periods = periods_by_days(terms.dated, own) if months is None else Decimal(months) / own
        yield line.minimum_commitment.amount / periods
    if line.drawdown is not None:
        periods = max(ONE, periods_by_days(terms.dated, own))
        for number in range(1, min(_MOST_CREDIT_PERIODS, int(periods)) + 1):
            yield line.drawdown.credit_amount / number
        yield line.drawdown.credit_amount / periods


def _crossings(terms: Terms, own: Sequence[Decimal], levels: Sequence[Decimal]) -> Iterator[Decimal]:
    """The quantities at which the amount reaches a level, at each price that the terms come to have."""
    edges = [ZERO, *(edge for edge in own if edge > 0)]
    ends = [*edges[1:], edges[-1] * 10 + 1]
    for cost in _costs(terms):
        for lower, upper in zip(edges, ends, strict=True):
            one, other = _within(lower, upper)
            try:
                at_one, at_other = cost(one), cost(other)
            except Unscheduled:
                return
            is_last = upper == ends[-1]
            yield from _where_line_meets(levels, (one, at_one), (other, at_other), lower, None if is_last else upper)


def _where_line_meets(
    levels: Sequence[Decimal],
    one: tuple[Decimal, Decimal],
    other: tuple[Decimal, Decimal],
    lower: Decimal,
    upper: Decimal | None,
) -> Iterator[Decimal]:
    if one[1] == other[1]:
        return
    for level in levels:
        found = one[0] + (level - one[1]) * (other[0] - one[0]) / (other[1] - one[1])
        if found > lower and (upper is None or found < upper):
            yield found


def _costs(terms: Terms) -> Iterator[Callable[[Decimal], Decimal]]:
    """The amount of a price period by its use, before minimum and maximum, for each price of the calendar."""
    line = terms.line
    bare = replace(line, minimum_amount=None, maximum_amount=None)
    try:
        steps = [each for each in price_steps(terms) if not each.is_free][:_MOST_STEPS]
    except Unscheduled:
        return
    yield from (_cost(bare, step, is_usage=terms.is_usage) for step in steps)


def _cost(line: Line, step: PriceStep, *, is_usage: bool) -> Callable[[Decimal], Decimal]:
    if not is_usage:
        return lambda quantity: price_of(line, step) + overage(line, quantity)
    is_overage = line.model is ChargeModel.PER_UNIT and has_overage(line)
    cost = rater(at_step(line, step), None if is_overage else step.unit_price)
    return lambda quantity: cost(quantity, ONE)


# -------------------------------------------------------------------------------------------------- rates


def _rates(line: Line) -> Iterator[Decimal]:
    """The prices that are multiplied by a quantity."""
    yield ZERO
    yield from (each for each in (line.net_unit_price, line.overage_unit_price) if each is not None)
    yield from (tier.unit_price for tier in line.tiers if tier.unit_price is not None)
    yield from (segment.net_unit_price for segment in line.ramp if segment.net_unit_price is not None)
    if line.percentage is not None:
        yield line.percentage.rate_percent / HUNDRED


def _decimals(rate: Decimal) -> int:
    exponent = rate.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
