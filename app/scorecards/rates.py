"""What use costs on a line, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from policies.domain.charge import ChargeType, Line, Tier
from policies.domain.money import plain


def rates_of(line: Line) -> Iterator[str]:
    """What use costs, in sentences."""
    if line.included_unlimited:
        yield "Unlimited use is included."
    elif line.included_quantity is not None:
        over = "no price beyond it"
        if line.overage_unit_price is not None:
            over = f"{number(line.overage_unit_price)} for each beyond it"
        yield f"{number(line.included_quantity)} included, {'a hard cap' if line.hard_cap else over}."
    if line.charge_type is ChargeType.USAGE and line.net_unit_price is not None:
        yield f"{number(line.net_unit_price)} a unit."
    if line.tiers:
        yield "Tiers: " + "; ".join(map(_tier, line.tiers[:20])) + "."
    if line.minimum_commitment is not None:
        yield f"At least {number(line.minimum_commitment.amount)} is owed in each commitment period."


def _tier(tier: Tier) -> str:
    upper = "beyond" if tier.up_to is None else f"up to {number(tier.up_to)}"
    price = "" if tier.unit_price is None else f" {number(tier.unit_price)} each"
    fee = "" if tier.flat_fee is None else f" {number(tier.flat_fee)} flat"
    return f"{upper}{price}{fee}"


def number(value: Decimal | None) -> str:
    """A number with commas, as many decimals as it has."""
    return "none" if value is None else f"{Decimal(plain(value)):,f}"
