"""Rating: how a quantity becomes an amount, by the charge's own model.

The order is fixed, because another order gives another amount: free units come off the quantity, the model prices what
is left (net prices contain their percentage discounts already), then the maximum holds, then the minimum; credits come
after rating. Amounts are exact, in the currency of the line's document, for one price period.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from policies.domain.charge import ChargeModel, ChargeType, Line, PackageRounding, Percentage
from policies.domain.money import WIDE, format_amount, plain
from policies.domain.tiers import BadTiers, Entered, entered

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

_Show: TypeAlias = Callable[[Decimal], str]


class Unrateable(ValueError):  # noqa: N818 - the name says what is wrong
    """The line does not determine an amount; `reason` says what is missing or contradicts itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """An amount, not rounded, and (where they were asked for) the steps that lead to it, as a person would take them."""

    amount: Decimal
    steps: tuple[str, ...] = ()


class _Part(NamedTuple):
    """One addend of an amount, and the step that it is, given how to show money."""

    amount: Decimal
    step: Callable[[_Show], str]


def rate(
    line: Line,
    quantity: Decimal,
    *,
    unit_price: Decimal | None = None,
    share: Decimal = ONE,
    explain: bool = False,
    currency: str | None = None,
) -> Rated:
    """The amount for one price period at a quantity; on a usage line, the free units come off the quantity first.

    `unit_price` stands in for the line's own. `share` is the part of a whole period that is rated: minimum and maximum
    count by it, quantities and tier bounds do not. `explain` tells the steps, with amounts in `currency`. Raises
    `Unrateable` where tiers do not say how they apply, where a price is missing and where no tier holds the quantity.
    """
    model = line.model
    if model is None:
        raise Unrateable("the tiers do not say whether they are graduated, volume or stairstep")
    is_usage = line.charge_type is ChargeType.USAGE
    units = billable_quantity(line, quantity) if is_usage else quantity
    price = _own_price(line, model) if unit_price is None else unit_price
    if model is ChargeModel.PER_UNIT and not explain:
        return Rated(
            amount=clamp(line, units * _stated(price), share)
        )  # the same as below, for the thousands of plain lines
    parts = _MODELS[model](line, units, price)
    amount = sum((part.amount for part in parts), ZERO)
    clamped = clamp(line, amount, share)
    if not explain:
        return Rated(amount=clamped)
    show = _show_in(currency)
    steps = [*_free_unit_steps(line, quantity, units)] if is_usage else []
    steps += [part.step(show) for part in parts]
    return Rated(amount=clamped, steps=(*steps, *_clamp_steps(amount, clamped, show)))


def billable_quantity(line: Line, used: Decimal) -> Decimal:
    """What is left of a used quantity after the allowance: nothing where it is unlimited or stops hard at its end."""
    if line.included_unlimited:
        return ZERO
    if line.included_quantity is None:
        return used
    return ZERO if line.hard_cap else max(ZERO, used - line.included_quantity)


def overage(line: Line, used: Decimal) -> Decimal:
    """What use beyond the included quantity costs in one price period, before the line's minimum and maximum.

    An allowance without an overage price costs nothing beyond it either: that is what billing would do.
    """
    return rate_overage(line, used).amount


def rate_overage(line: Line, used: Decimal, *, explain: bool = False, currency: str | None = None) -> Rated:
    """The amount of `overage`, with its steps where they are asked for."""
    if line.included_quantity is None or line.overage_unit_price is None:
        return Rated(amount=ZERO)
    beyond = billable_quantity(line, used)
    part = _units_at(beyond, line.overage_unit_price)
    if not explain:
        return Rated(amount=part.amount)
    return Rated(amount=part.amount, steps=(*_free_unit_steps(line, used, beyond), part.step(_show_in(currency))))


def clamp(line: Line, amount: Decimal, share: Decimal = ONE) -> Decimal:
    """The amount within the line's maximum and then its minimum (which wins), each for `share` of a whole period."""
    if line.maximum_amount is not None:
        amount = min(amount, line.maximum_amount * share)
    if line.minimum_amount is not None:
        amount = max(amount, line.minimum_amount * share)
    return amount


def _own_price(line: Line, model: ChargeModel) -> Decimal | None:
    """The net unit price; beyond the allowance of a usage line that is sold by the unit, the overage price goes before it."""
    if model is ChargeModel.PER_UNIT and line.charge_type is ChargeType.USAGE and line.included_quantity is not None:
        return line.net_unit_price if line.overage_unit_price is None else line.overage_unit_price
    return line.net_unit_price


# ------------------------------------------------------------------------------------------------- models


def _flat(_line: Line, _units: Decimal, price: Decimal | None) -> list[_Part]:
    """The price, whatever the quantity."""
    return [_fee(_stated(price), "flat fee")]


def _per_unit(_line: Line, units: Decimal, price: Decimal | None) -> list[_Part]:
    return [_units_at(units, _stated(price))]


def _graduated(line: Line, units: Decimal, _price: Decimal | None) -> list[_Part]:
    """Each tier prices the units within it; its flat fee is due from the first of them, however small."""
    return [part for reached in _entered(line, units) for part in _tier_parts(reached, reached.units)]


def _volume(line: Line, units: Decimal, _price: Decimal | None) -> list[_Part]:
    """The tier that holds the quantity prices all of it; nothing is due for no unit."""
    reached = _entered(line, units)
    return _tier_parts(reached[-1], units) if reached else []


def _stairstep(line: Line, units: Decimal, _price: Decimal | None) -> list[_Part]:
    """The tier that holds the quantity has one fee, which `unit_price` may state as well; nothing is due for no unit."""
    reached = _entered(line, units)
    if not reached:
        return []
    tier = reached[-1].tier
    fee = tier.unit_price if tier.flat_fee is None else tier.flat_fee
    return [_fee(_stated(fee, f"of the tier {reached[-1].name}"), f"step {reached[-1].name}")]


def _package(line: Line, units: Decimal, price: Decimal | None) -> list[_Part]:
    """Whole blocks: a started one counts (up) or does not (down)."""
    package = line.package
    if package is None or package.size <= 0:
        raise Unrateable("the size of a package is not stated")
    blocks, rest = WIDE.divmod(_not_negative(units), package.size)
    if rest and package.rounding is PackageRounding.UP:
        blocks += 1
    return [_units_at(blocks, _stated(price), f" blocks of {plain(package.size)}")]


def _percentage(line: Line, base: Decimal, _price: Decimal | None) -> list[_Part]:
    """A share of the money beyond the free amount, plus the fixed part, within the percentage's own maximum and minimum.

    Where nothing lies beyond the free amount nothing is charged: no share, no fixed part, no minimum.
    """
    terms = line.percentage
    if terms is None:
        raise Unrateable("the percentage is not stated")
    charged = _not_negative(base) - (terms.free_amount or ZERO)
    if charged <= 0:
        return []
    percent, share = terms.rate_percent, charged * terms.rate_percent / HUNDRED
    parts = [_Part(share, lambda show: f"{plain(percent)} % of {show(charged)} = {show(share)}")]
    if terms.fixed_amount:
        parts.append(_fee(terms.fixed_amount, "fixed amount"))
    return parts + _limit(terms, sum((part.amount for part in parts), ZERO))


def _limit(terms: Percentage, amount: Decimal) -> list[_Part]:
    """What the percentage's own maximum takes off or its minimum adds."""
    limited = amount if terms.maximum is None else min(amount, terms.maximum)
    limited = limited if terms.minimum is None else max(limited, terms.minimum)
    if limited == amount:
        return []
    bound = "maximum" if limited < amount else "minimum"
    return [_Part(limited - amount, lambda show: f"the {bound} of the percentage is {show(limited)}")]


_MODELS: Mapping[ChargeModel, Callable[[Line, Decimal, Decimal | None], list[_Part]]] = MappingProxyType(
    {
        ChargeModel.FLAT: _flat,
        ChargeModel.PER_UNIT: _per_unit,
        ChargeModel.GRADUATED: _graduated,
        ChargeModel.VOLUME: _volume,
        ChargeModel.STAIRSTEP: _stairstep,
        ChargeModel.PACKAGE: _package,
        ChargeModel.PERCENTAGE: _percentage,
    }
)


# -------------------------------------------------------------------------------------------------- parts


def _units_at(units: Decimal, price: Decimal, label: str = "") -> _Part:
    amount = units * price
    return _Part(amount, lambda show: f"{plain(units)}{label} at {show(price)} = {show(amount)}")


def _fee(amount: Decimal, label: str) -> _Part:
    return _Part(amount, lambda show: f"{label} {show(amount)}")


def _tier_parts(reached: Entered, units: Decimal) -> list[_Part]:
    """A tier's units at its price, and its flat fee; either may be missing, not both."""
    tier = reached.tier
    parts = []
    if tier.unit_price is not None:
        parts.append(_units_at(units, tier.unit_price, f" {reached.name}"))
    if tier.flat_fee is not None:
        parts.append(_fee(tier.flat_fee, f"fee of the tier {reached.name}"))
    if not parts:
        raise Unrateable(f"the price of the tier {reached.name} is not stated")
    return parts


def _entered(line: Line, units: Decimal) -> list[Entered]:
    if not line.tiers:
        raise Unrateable("the tiers are not stated")
    try:
        return entered(line.tiers, units)
    except BadTiers as refusal:
        raise Unrateable(str(refusal)) from refusal


def _stated(price: Decimal | None, whose: str = "") -> Decimal:
    if price is None:
        raise Unrateable(f"the price {whose}".rstrip() + " is not stated")
    return price


def _not_negative(units: Decimal) -> Decimal:
    if units < 0:
        raise Unrateable(f"a quantity of {plain(units)} has no amount in this model")
    return units


# -------------------------------------------------------------------------------------------------- steps


def _show_in(currency: str | None) -> _Show:
    return plain if currency is None else lambda amount: format_amount(amount, currency)


def _free_unit_steps(line: Line, used: Decimal, left: Decimal) -> list[str]:
    if line.included_unlimited:
        return [f"{plain(used)} used, any number included"]
    if line.included_quantity is None:
        return []
    capped = ", where use stops" if line.hard_cap else ""
    return [f"{plain(used)} used, {plain(line.included_quantity)} included{capped}: {plain(left)} to charge"]


def _clamp_steps(amount: Decimal, clamped: Decimal, show: _Show) -> list[str]:
    if clamped == amount:
        return []
    return [f"at most {show(clamped)}" if clamped < amount else f"at least {show(clamped)}"]
