"""Tier tables: which tiers a quantity enters.

A table is read as half-open intervals, each above the bound before it and up to its own bound, which it includes. A
fractional quantity between two whole bounds is above the lower one: 5.5 is in the tier that 6 is in.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from policies.domain.money import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.charge import Tier

ZERO = Decimal(0)


class BadTiers(ValueError):  # noqa: N818 - the name says what is wrong
    """The table does not say what a quantity costs; the message says where."""


class Entered(NamedTuple):
    """A tier that a quantity reaches: above `lower`, and with `units` of the quantity in it."""

    tier: Tier
    lower: Decimal
    units: Decimal

    @property
    def name(self) -> str:
        """How a sentence calls the tier: "up to 100", "above 100 up to 250" (not "from 101": 100.5 is in it), "above 250"."""
        above = f"above {plain(self.lower)}" if self.lower else ""
        up_to = "" if self.tier.up_to is None else f"up to {plain(self.tier.up_to)}"
        return f"{above} {up_to}".strip() or "at any quantity"


def entered(tiers: Sequence[Tier], quantity: Decimal) -> list[Entered]:
    """The tiers that the quantity reaches, lowest first; the last of them holds it. A quantity of zero reaches none.

    Raises `BadTiers` where bounds do not rise, where an open tier is not the last, where no tier holds the quantity, and
    for a quantity below zero.
    """
    if quantity < 0:
        raise BadTiers(f"a quantity of {plain(quantity)} is in no tier")
    _refuse_disorder(tiers)
    reached: list[Entered] = []
    lower = ZERO
    for tier in tiers:
        if quantity <= lower:
            return reached
        upper = quantity if tier.up_to is None else min(quantity, tier.up_to)
        reached.append(Entered(tier, lower, upper - lower))
        lower = upper if tier.up_to is None else tier.up_to
    if quantity > lower:
        raise BadTiers(f"no tier holds {plain(quantity)}: the last one ends at {plain(lower)}")
    return reached


def _refuse_disorder(tiers: Sequence[Tier]) -> None:
    lower = ZERO
    for number, tier in enumerate(tiers, start=1):
        if tier.up_to is None:
            if number < len(tiers):
                raise BadTiers(f"tier {number} is open but not the last")
        elif tier.up_to <= lower:
            raise BadTiers(f"tier {number} ends at {plain(tier.up_to)}, where {plain(lower)} is reached already")
        if tier.starts_at is not None and not follows_on(tier.starts_at, lower):
            raise BadTiers(f"tier {number} {misplaced(tier.starts_at, lower)}")
        lower = lower if tier.up_to is None else tier.up_to


def is_in_order(tiers: Sequence[Tier]) -> bool:
    """Whether bounds rise, only the last tier is open, and no stated start leaves a gap."""
    try:
        _refuse_disorder(tiers)
    except BadTiers:
        return False
    return True


def follows_on(starts_at: Decimal, lower: Decimal) -> bool:
    """Whether a tier that is said to begin there begins where the one before it ends: on the bound, or one whole unit on."""
    if starts_at == lower:
        return True
    return starts_at == lower + 1 and starts_at == starts_at.to_integral_value()


def misplaced(starts_at: Decimal, lower: Decimal) -> str:
    """How a sentence about a tier goes on that leaves a gap, or begins within the one before it."""
    if starts_at < lower:
        return f"starts at {plain(starts_at)}, where {plain(lower)} is reached already"
    return f"starts at {plain(starts_at)}, and the one before it ends at {plain(lower)}"


def as_bounds(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    """The table without the starts that its bounds imply; only gaps and overlaps keep theirs."""
    if all(tier.starts_at is None for tier in tiers):
        return tiers
    lower, result = ZERO, []
    for tier in tiers:
        is_implied = tier.starts_at is not None and follows_on(tier.starts_at, lower)
        result.append(replace(tier, starts_at=None) if is_implied else tier)
        lower = lower if tier.up_to is None else tier.up_to
    return tuple(result)


def scaled(tiers: Sequence[Tier], factor: Decimal) -> tuple[Tier, ...]:
    """The same table with every price and fee times the factor."""
    return tuple(
        replace(
            tier,
            unit_price=None if tier.unit_price is None else tier.unit_price * factor,
            flat_fee=None if tier.flat_fee is None else tier.flat_fee * factor,
        )
        for tier in tiers
    )
