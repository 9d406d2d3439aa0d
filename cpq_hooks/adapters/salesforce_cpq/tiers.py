"""Discount schedules, block prices and consumption rates as tiers.

CPQ's upper bounds are not included in their tier: one from 1 up to 11 holds 1 to 10. Canonical bounds are included, so
that a tier ends one whole unit below. Tiers are stated only where they give the line's own net total at its quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.salesforce_cpq.model import Row
from cpq_hooks.adapters.salesforce_cpq.prices import HUNDRED, ONE, WIDE, ZERO, Priced, short
from cpq_hooks.adapters.salesforce_cpq.reading import Reader, written
from cpq_hooks.vendor_fields import Fields

_CENT: Final = Decimal("0.01")
_MODELS: Final[Mapping[str, str]] = {"range": "volume", "slab": "graduated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tier: up to a bound that is included (None is open), at a price of one unit or a fee for the tier."""

    up_to: Decimal | None
    unit_price: Decimal | None = None
    flat_fee: Decimal | None = None

    def document(self) -> dict[str, Any]:
        return {
            "up_to": written(self.up_to),
            "unit_price": written(self.unit_price),
            "flat_fee": written(self.flat_fee),
        }


def children(fields: Fields, *names: str) -> tuple[Fields, ...]:
    """The records of the first related list that is there, in either form: a list, or an object with `records`."""
    for name in names:
        value = fields.value.get(name)
        if isinstance(value, list):
            return fields.objects(name)
        if isinstance(value, Mapping):
            related = fields.object(name)
            return () if related is None else related.harmless("totalSize", "done", "attributes").objects("records")
    return ()


def schedule_tiers(
    row: Row, listed: Decimal | None, priced: Priced, quantity: Decimal, reader: Reader
) -> dict[str, Any]:
    """The tiers of a line's discount schedule, its other discounts taken off; nothing where the schedule was not sent."""
    schedule = row.record.object("SBQQ__DiscountSchedule__r")
    kind = (row.record.text("SBQQ__DiscountScheduleType__c") or "").lower()
    if schedule is None:
        if kind in _MODELS or row.record.has("SBQQ__DiscountSchedule__c"):
            reader.note(
                f"line {row.line_id} has a discount schedule whose tiers were not sent: its price is judged at its quantity only"
            )
        return {}
    kind = (schedule.text("SBQQ__Type__c") or kind).lower()
    unit = (schedule.text("SBQQ__DiscountUnit__c") or "percent").lower()
    steps = _steps(
        children(schedule, "SBQQ__DiscountTiers__r", "DiscountTiers__r"), lambda each: _reduced(each, listed, unit)
    )
    if kind in _MODELS and listed is not None and steps is not None:
        found = _scaled_to(priced, quantity, steps, _MODELS[kind])
        if found is not None:
            schedule.harmless(*schedule.value)
            return found
    reader.note(f"line {row.line_id}: the tiers of its discount schedule do not give its net total, and are left out")
    reader.say(row.record, "SBQQ__DiscountSchedule__r", "discount")
    return {}


def _reduced(tier: Fields, listed: Decimal | None, unit: str) -> Step | None:
    percent, amount = tier.number("SBQQ__Discount__c"), tier.number("SBQQ__DiscountAmount__c")
    if listed is None:
        return None
    if unit.startswith("percent"):
        return Step(up_to=None, unit_price=listed * (HUNDRED - (percent or ZERO)) / HUNDRED)
    return (
        None
        if amount is None and percent is None
        else Step(up_to=None, unit_price=listed - (amount or percent or ZERO))
    )


def block_tiers(row: Row, priced: Priced, quantity: Decimal, reader: Reader) -> dict[str, Any]:
    """The block prices of a line or its product as stairstep tiers; a flat price where they were not sent."""
    found = children(row.record, "SBQQ__BlockPrices__r", "BlockPrices__r")
    if not found and row.product is not None:
        found = children(row.product, "SBQQ__BlockPrices__r", "BlockPrices__r")
    if not found:
        reader.note(
            f"line {row.line_id} has a block price: its price is judged at its quantity only, for no blocks were sent"
        )
        return {}
    steps = _steps(found, lambda each: Step(up_to=None, flat_fee=each.number("SBQQ__Price__c")))
    tiers = None if steps is None else _scaled_to(priced, quantity, steps, "stairstep")
    if tiers is None:
        reader.note(f"line {row.line_id}: its block prices do not give its net total, and are left out")
        reader.say(row.record, "SBQQ__BlockPrice__c", "price")
        return {}
    return tiers


def consumption_tiers(row: Row, reader: Reader) -> dict[str, Any]:
    """The rates of a usage line's consumption schedule: ranges are volume, slabs graduated."""
    schedules = children(row.record, "SBQQ__QuoteLineConsumptionSchedules__r", "QuoteLines__r", "consumptionSchedules")
    if len(schedules) != 1:
        if schedules:
            reader.note(
                f"line {row.line_id} has {len(schedules)} consumption schedules, and a line has one price table"
            )
        return {}
    schedule = schedules[0]
    schedule.harmless(
        "attributes", "Id", "Name", "CurrencyIsoCode", "SBQQ__QuoteLine__c", "SBQQ__ConsumptionSchedule__c"
    )
    kind = (schedule.text("SBQQ__Type__c") or "").lower()
    unit = schedule.text("SBQQ__RatingMethod__c")
    measure = schedule.text("SBQQ__UnitOfMeasure__c")
    rates = children(schedule, "SBQQ__QuoteLineConsumptionRates__r", "QuoteLineConsumptionRates__r", "rates")
    steps = _steps(rates, _rate)
    if steps is None or kind not in _MODELS or (unit or "tier").lower() != "tier":
        reader.note(f"line {row.line_id}: its consumption schedule is of no kind that is known")
        return {}
    for each in rates:
        each.harmless(*each.value)
    return {"charge_model": _MODELS[kind], "tiers": [each.document() for each in steps], "unit_of_measure": measure}


def _rate(rate: Fields) -> Step | None:
    price, method = rate.number("SBQQ__Price__c"), (rate.text("SBQQ__PricingMethod__c") or "per unit").lower()
    if price is None or method not in {"per unit", "flat fee"}:
        return None
    return (
        Step(up_to=None, unit_price=price)
        if method == "per unit"
        else Step(up_to=None, unit_price=ZERO, flat_fee=price)
    )


def _steps(tiers: Sequence[Fields], priced: Callable[[Fields], Step | None]) -> list[Step] | None:
    """The tiers in order, bounds made inclusive; None where one cannot be read, or they leave gaps or end before any is open."""
    rows = [(each.number("SBQQ__LowerBound__c"), each.number("SBQQ__UpperBound__c"), priced(each)) for each in tiers]
    for each in tiers:
        each.harmless(
            "attributes", "Id", "Name", "SBQQ__Number__c", "SBQQ__Schedule__c", "SBQQ__Product__c", "CurrencyIsoCode"
        )
    found: list[Step] = []
    following: Decimal | None = None
    for lower, upper, step in sorted(rows, key=lambda each: each[0] or ZERO):
        bounds = [each for each in (lower, upper) if each is not None]
        if step is None or any(each != each.to_integral_value() for each in bounds):
            return None
        if found and (following is None or lower != following):
            return None
        found.append(
            Step(up_to=None if upper is None else upper - 1, unit_price=step.unit_price, flat_fee=step.flat_fee)
        )
        following = upper
    return found or None


def _scaled_to(priced: Priced, quantity: Decimal, steps: Sequence[Step], model: str) -> dict[str, Any] | None:
    """The table with the line's other discounts taken off: all prices by one factor, which is at most one."""
    if quantity != quantity.to_integral_value() or quantity <= 0:
        return None
    due = WIDE.divide(priced.net * priced.units, priced.periods)
    listed = _amount(steps, quantity, model)
    if listed is None or listed <= 0 or due > listed + _CENT:
        return None
    factor = ONE if abs(due - listed) <= _CENT else WIDE.divide(due, listed)
    scaled = [
        Step(up_to=each.up_to, unit_price=_times(each.unit_price, factor), flat_fee=_times(each.flat_fee, factor))
        for each in steps
    ]
    return {"charge_model": model, "tiers": [each.document() for each in scaled]}


def _times(price: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if price is None else short(WIDE.multiply(price, factor))


def _amount(steps: Sequence[Step], quantity: Decimal, model: str) -> Decimal | None:
    """What a quantity costs by the table in one period; None where no tier holds it."""
    lower, sum_so_far = ZERO, ZERO
    for step in steps:
        upper = quantity if step.up_to is None else min(quantity, step.up_to)
        sum_so_far += (upper - lower) * (step.unit_price or ZERO)
        if step.up_to is None or quantity <= step.up_to:
            if model == "stairstep":
                return step.flat_fee
            return sum_so_far if model == "graduated" else quantity * (step.unit_price or ZERO)
        lower = step.up_to
    return None
