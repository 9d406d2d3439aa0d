"""Tables of tiers, added up once: the amount of a quantity without walking through the tiers below it.

The amounts are those of `rating`, to the last digit: they are added in the same order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from policies.domain.charge import ChargeModel, Tier
from policies.domain.tiers import is_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.charge import Line

ZERO = Decimal(0)

Table: TypeAlias = Callable[[Decimal], Decimal | None]
"""The amount of units, before minimum and maximum; None where no tier holds them."""


def tabled(line: Line) -> Table | None:
    """The line's table; None for a model without tiers, and for tiers that do not determine every amount."""
    tiers = line.tiers
    if not tiers or not is_in_order(tiers):
        return None
    if line.model is ChargeModel.GRADUATED and all(map(_is_priced, tiers)):
        return _graduated(tiers)
    if line.model is ChargeModel.VOLUME and all(map(_is_priced, tiers)):
        return _by_last(tiers, lambda tier, units: _within(tier, units, ZERO))
    if line.model is ChargeModel.STAIRSTEP and all(map(_is_priced, tiers)):
        return _by_last(tiers, lambda tier, _: tier.unit_price if tier.flat_fee is None else tier.flat_fee)
    return None


def _is_priced(tier: Tier) -> bool:
    return tier.unit_price is not None or tier.flat_fee is not None


def _graduated(tiers: Sequence[Tier]) -> Table:
    bounds = _bounds(tiers)
    lowers = [ZERO, *bounds]
    below = [ZERO]
    for tier, lower, bound in zip(tiers, lowers, bounds, strict=False):
        below.append(_within(tier, bound - lower, below[-1]))

    def amount(units: Decimal) -> Decimal | None:
        if units <= 0:
            return None if units else ZERO
        at = bisect_left(bounds, units)
        return _within(tiers[at], units - lowers[at], below[at]) if at < len(tiers) else None

    return amount


def _by_last(tiers: Sequence[Tier], price: Callable[[Tier, Decimal], Decimal | None]) -> Table:
    bounds = _bounds(tiers)

    def amount(units: Decimal) -> Decimal | None:
        if units <= 0:
            return None if units else ZERO
        at = bisect_left(bounds, units)
        return price(tiers[at], units) if at < len(tiers) else None

    return amount


def _within(tier: Tier, units: Decimal, before: Decimal) -> Decimal:
    """What comes to an amount with a tier's units and its fee."""
    if tier.unit_price is not None:
        before += units * tier.unit_price
    return before if tier.flat_fee is None else before + tier.flat_fee


def _bounds(tiers: Sequence[Tier]) -> list[Decimal]:
    return [tier.up_to for tier in tiers if tier.up_to is not None]
