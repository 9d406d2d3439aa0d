"""Use: an assumed quantity, and what it is on each side, whose price may count in other periods or other units.

A quantity is per reference period, which is the agreement's price period. What flows (calls) is twelve times as much in a
year as in a month; what stands (seats) is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from policies.domain.charge import ChargeModel, ChargeType, QuantityBasis
from policies.domain.metering import has_overage
from policies.domain.period import periods_by_days

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.domain.metering import Usage
    from policies.domain.period import Period
    from policies.domain.terms import Terms

ONE = Decimal(1)


class Rhythm(NamedTuple):
    """So many months in which as much is used as in the next; `uneven` is twice as much in every other one, and none between."""

    months: int | None = None
    uneven: bool = False

    def on(self, terms: Terms) -> Callable[[Period], Decimal]:
        """How often a period has the quantity of a reference period, as the terms' meter reads it."""
        anchor, anchor_day, months = terms.anchor, terms.anchor_day, self.months
        if months is None or not flows(terms):
            return lambda _: ONE
        origin = anchor or terms.dated.start

        def times(period: Period) -> Decimal:
            count = periods_by_days(period, months, anchor_day, anchor)
            if not self.uneven:
                return count
            before = (period.start.year - origin.year) * 12 + period.start.month - origin.month
            is_high = before // months % 2 == 0
            return 2 * (_high_share(count) if is_high else count - _high_share(count))

        return times


@dataclass(frozen=True, slots=True)
class Use:
    """So much in each reference period of `months`; `uneven` is twice as much in every other one, and none between."""

    quantity: Decimal
    months: int | None = None
    uneven: bool = False

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.months, self.uneven)

    def on(self, terms: Terms, factor: Decimal = ONE) -> Usage:
        """The use that the terms' meter reads, `factor` of its units being one of the agreement's."""
        quantity, times = self.quantity * factor, self.rhythm.on(terms)
        return lambda period: quantity * times(period)


def is_metered(terms: Terms) -> bool:
    """Whether what the terms bill depends on use."""
    if terms.comes_once:
        return False
    return (terms.is_usage and terms.line.model is not ChargeModel.FLAT) or has_overage(terms.line)


def flows(terms: Terms) -> bool:
    """Whether the quantity adds up over time. Where the line does not say, use flows, and what is sold by number stands."""
    basis = terms.line.quantity_basis
    return terms.line.charge_type is ChargeType.USAGE if basis is None else basis is QuantityBasis.SUM


def _high_share(count: Decimal) -> Decimal:
    """How many of so many reference periods, of which every other one is high, are high; the first of them is."""
    pairs, rest = divmod(count, 2)
    return pairs + min(rest, ONE)
