"""The price of a line: CPQ's waterfall for the whole term as list price, discounts and net price of one price period.

CPQ multiplies the list price by the prorate multiplier (the term over the product's own subscription term) before it takes
discounts off, so that the net price is that of one unit for the whole term. What it pays for in one period is the net price
over the multiplier. CPQ rounds prices to cents and the multiplier to four decimals, so many prices would fit: the one that
list price and discounts lead to is taken, else the one with the fewest decimals, if it gives the net total that is stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from policies.domain.charge import Discount
from policies.domain.waterfall import price_after

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
_CENT: Final = Decimal("0.01")
_MOST_PLACES: Final = 12
_PLACES_OF_MULTIPLIER: Final = 4
WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Wide enough for fifteen digits before the point times as many, with twelve decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What a line's stated prices say. `net` is of one unit for the whole term, `total` the line's net total.

    `periods` is how many price periods the net price pays for, and `units` how many times it is due.
    """

    net: Decimal
    periods: Decimal
    units: Decimal
    total: Decimal | None = None

    @property
    def per_period(self) -> Decimal:
        """The net price over the periods, not rounded."""
        return WIDE.divide(self.net, self.periods)

    def fits(self, price: Decimal) -> bool:
        """Whether a price of one period may have been rounded to what is stated."""
        half = _half_of_last_place(self.net)
        by_unit = WIDE.multiply(price, self.periods)
        off = abs(by_unit - self.net)
        if off > half and off > half + self._slack(price):
            return False
        if self.total is None or abs(self.net * self.units - self.total) > half * (abs(self.units) + 1):
            return True
        due = WIDE.multiply(by_unit, self.units)
        off, half = abs(due - self.total), _half_of_last_place(self.total)
        return off <= half or off <= half + self._slack(price) * abs(self.units)

    def _slack(self, price: Decimal) -> Decimal:
        """By how much a multiplier that is itself rounded moves a price."""
        exponent = self.periods.normalize().as_tuple().exponent
        is_rounded = isinstance(exponent, int) and exponent <= -_PLACES_OF_MULTIPLIER
        return abs(price) * Decimal(5).scaleb(-_PLACES_OF_MULTIPLIER - 1) if is_rounded else ZERO

    def price(self, expected: Sequence[Decimal] = ()) -> Decimal:
        """The price of one period: of those expected the first that fits, else the shortest that does."""
        found = next((each for each in expected if self.fits(each)), None)
        if found is not None:
            return found
        each = self.per_period
        for each in _shortened(self.per_period):
            if self.fits(each):
                break
        return each


def _shortened(exact: Decimal) -> Iterator[Decimal]:
    for places in range(_MOST_PLACES + 1):
        yield exact.quantize(ONE.scaleb(-places), ROUND_HALF_EVEN, WIDE)


def _half_of_last_place(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return Decimal(5).scaleb(-places - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A discount as a line states it: in percent, or an amount that may be of a period, of the term, or of the line."""

    kind: str
    field: str
    percent: Decimal | None = None
    amount: Decimal | None = None


def explained(
    listed: Decimal, reductions: Sequence[Reduction], priced: Priced, *, amount_is_prorated: bool | None
) -> tuple[Discount, ...] | None:
    """The discounts that lead from the list price of one period to the net price; None where none of the readings does."""
    for scale in _scales(priced, amount_is_prorated):
        discounts = tuple(_discount(each, scale) for each in reductions)
        tolerance = _CENT + abs(listed) * Decimal("0.0001")
        if any(abs(each - priced.per_period) <= tolerance for each in readings(listed, discounts)):
            return discounts
    return None


def readings(listed: Decimal, discounts: Sequence[Discount]) -> tuple[Decimal, ...]:
    """The list price less the discounts: one after the other, the other way round, or each off the list price."""
    if len(discounts) < 2:
        return (price_after(listed, discounts),)  # for then all three are the same
    percent = sum((each.percent for each in discounts if each.percent is not None), ZERO)
    amount = sum((each.amount for each in discounts if each.amount is not None), ZERO)
    together = max(ZERO, listed * (HUNDRED - percent) / HUNDRED - amount)
    return price_after(listed, discounts), price_after(listed, discounts[::-1]), together


def _scales(priced: Priced, amount_is_prorated: bool | None) -> Sequence[Decimal]:
    """By what to divide an amount to have it for one unit and one period: as it is, over the term, over the units too."""
    whole, per_unit = priced.periods, abs(priced.units) or ONE
    if amount_is_prorated is True:
        return (ONE, per_unit)
    if amount_is_prorated is False:
        return (whole, whole * per_unit)
    return (whole, ONE, whole * per_unit, per_unit)


def _discount(reduction: Reduction, scale: Decimal) -> Discount:
    if reduction.amount is None:
        return Discount(kind=reduction.kind, percent=reduction.percent)
    return Discount(kind=reduction.kind, amount=short(WIDE.divide(reduction.amount, scale)))


def short(number: Decimal) -> Decimal:
    """A number in at most twelve decimals, as canonical documents take it."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -_MOST_PLACES:
        return number
    return number.quantize(ONE.scaleb(-_MOST_PLACES), ROUND_HALF_EVEN, WIDE)
