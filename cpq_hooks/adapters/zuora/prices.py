"""A charge's price: its model, tiers and periods, as the canonical form has them.

Zuora's models in full: Flat Fee, Per Unit, Overage, Volume, Tiered, Tiered with Overage, High Watermark Volume and Tiered
are expressed exactly. Delivery has a price and no fixed period. Multi-attribute, pre-rated and other models have no price
of their own that could be compared: they are named, and left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.zuora.reading import (
    EXACT,
    LARGE,
    TERM,
    Reader,
    cut,
    frequency_of,
    months_of,
    price_period_of,
    spelt,
    written,
)
from cpq_hooks.vendor_fields import Fields

_TYPES: Final = {"onetime": "one_time", "recurring": "recurring", "usage": "usage"}
_MODELS: Final = {
    "flatfee": "flat", "perunit": "per_unit", "overage": "per_unit", "volume": "volume", "tiered": "graduated",
    "tieredwithoverage": "graduated", "highwatermarkvolume": "volume", "highwatermarktiered": "graduated", "delivery": "per_unit",
}  # fmt: skip
_DISCOUNTS: Final = {"discountfixedamount": "amount", "discountpercentage": "percent"}
_TIMINGS: Final = {"inadvance": "in_advance", "inarrears": "in_arrears"}
_SAID: Final = {
    "multiattribute": "is priced by attributes of the usage (multi-attribute)",
    "preratedperunit": "is rated before Zuora sees it, unit by unit (pre-rated)",
    "prerated": "is rated before Zuora sees it (pre-rated)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    up_to: Decimal | None
    unit_price: Decimal | None
    flat_fee: Decimal | None
    starts_at: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a charge costs. `months` is the time that the price pays for (0: once; TERM: the term; None: not canonical)."""

    charge_type: str
    model: str
    unit: Decimal | None
    tiers: tuple[Tier, ...] = ()
    quantity: Decimal | None = None
    included: Decimal | None = None
    months: int | None = None
    billing_months: int | None = None
    timing: str | None = None
    basis: str | None = None

    def scaled(self, factor: Decimal) -> Price:
        """The price times a factor, tiers and all."""
        tiers = tuple(
            replace(each, unit_price=_times(each.unit_price, factor), flat_fee=_times(each.flat_fee, factor))
            for each in self.tiers
        )
        return replace(self, unit=_times(self.unit, factor), tiers=tiers)

    def per_period(self) -> tuple[Price, str | None]:
        """The price for one canonical period, and that period; as it is, and None, where there is no such period."""
        if self.charge_type == "one_time":
            return self, "one_time"
        if self.months is None or self.months == 0:
            return self, None
        period, parts = price_period_of(self.months)
        each = self.scaled(Decimal(1) / parts)
        exact = all(cut(own) * parts == whole for own, whole in zip(each.numbers(), self.numbers(), strict=True))
        if parts == 1 or (exact and self.charge_type != "usage"):
            return (self if parts == 1 else each), period
        return self, None

    def numbers(self) -> list[Decimal]:
        found = [self.unit, *(each.unit_price for each in self.tiers), *(each.flat_fee for each in self.tiers)]
        return [each for each in found if each is not None]

    def terms(self) -> dict[str, Any]:
        """The canonical terms: a unit price or tiers, the periods, and what is included."""
        price, period = self.per_period()
        once = self.charge_type == "one_time"
        return {
            "charge_type": self.charge_type,
            "charge_model": self.model,
            "quantity": written(self.quantity),
            "price_period": period,
            "net_unit_price": written(price.unit),
            "tiers": [_tier(each) for each in price.tiers],
            "included_quantity": written(self.included),
            "quantity_basis": self.basis,
            "billing_frequency": "once" if once else frequency_of(self.billing_months),
            "billing_timing": self.timing,
        }


def discount_kind(fields: Fields) -> str | None:
    """Whether a charge is a discount by `percent` or by `amount`; None where it is none."""
    return _DISCOUNTS.get(model_of(fields))


def model_of(fields: Fields) -> str:
    return spelt(str(fields.value.get("model") or "")).removesuffix("pricing")


def price_of(fields: Fields, reader: Reader, name: str) -> Price | None:
    """A charge's price; None where its model has none that is canonical, which is said. `name` is for people."""
    charge_type, zuora_model = _TYPES.get(spelt(fields.text("type"))), model_of(fields)
    model = _MODELS.get(zuora_model)
    fields.harmless("model")
    if charge_type is None or model is None:
        because = _SAID.get(zuora_model) or f"has the model {fields.value.get('model')}, which is not known here"
        reader.leave_out(
            fields, "model", fields.value.get("model"), "price",
            f"charge {name} {because}: it is not among the charges of this document",
        )  # fmt: skip
        return None
    tiers = _tiers(fields, zuora_model)
    unit = fields.number("overagePrice" if zuora_model == "overage" else "price")
    _overage_fields(fields, zuora_model, reader)
    price = Price(
        charge_type=charge_type, model=model, unit=None if tiers else unit, tiers=tiers,
        quantity=_quantity(fields, charge_type, model),
        included=fields.number("includedUnits") if zuora_model == "overage" else None,
        basis="peak" if zuora_model.startswith("highwatermark") else None, timing=_timing(fields, charge_type),
        **_periods(fields, charge_type, zuora_model, reader, name),
    )  # fmt: skip
    return price if _can_be_read(price, fields, reader, name) else None


def _can_be_read(price: Price, fields: Fields, reader: Reader, name: str) -> bool:
    if price.unit is None and not price.tiers:
        fields.ledger.refuse((*fields.path, "price"), "no_price", f"charge {name} has neither a price nor tiers here")
        return False
    if any(abs(each) >= LARGE or each != each.quantize(EXACT) for each in price.numbers()):
        fields.ledger.refuse((*fields.path, "price"), "too_precise", "a price has at most twelve decimals here")
        return False
    if price.unit is not None and price.unit < 0:
        reader.leave_out(
            fields, "price", price.unit, "price",
            f"charge {name} has a negative price ({written(price.unit)}): it is not among the charges of this document",
        )  # fmt: skip
        return False
    return True


def _quantity(fields: Fields, charge_type: str, model: str) -> Decimal | None:
    quantity = fields.number("quantity")
    if charge_type == "usage":
        return None
    return Decimal(1) if quantity is None and model == "flat" else quantity


def _timing(fields: Fields, charge_type: str) -> str | None:
    """When it is billed, written out where Zuora leaves it unsaid: usage in arrears, all else in advance."""
    stated = _TIMINGS.get(spelt(fields.text("billingTiming")))
    return stated or {"usage": "in_arrears", "recurring": "in_advance"}.get(charge_type)


def _periods(fields: Fields, charge_type: str, model: str, reader: Reader, name: str) -> dict[str, int | None]:
    billing = months_of(fields, "billingPeriod", "specificBillingPeriod")
    base = spelt(fields.text("listPriceBase")) or "perbillingperiod"
    specific = fields.whole("specificListPriceBase")
    if charge_type == "one_time":
        return {"months": 0, "billing_months": 0}
    known = {"perbillingperiod": billing, "permonth": 1, "peryear": 12, "perspecificmonths": specific}
    months = known.get(base) if charge_type == "recurring" else billing
    if months is None or (billing not in {1, 3, 6, 12, TERM}):
        period = fields.value.get("billingPeriod")
        reader.say(
            fields, "billingPeriod", period, "billing",
            f"charge {name} is billed by {period} with a price {fields.value.get('listPriceBase') or 'per billing period'}, "
            "for which there is no canonical period: what it bills is not compared",
        )  # fmt: skip
    if model == "delivery":
        _delivery(fields, reader, name)
        return {"months": None, "billing_months": billing}
    return {"months": months, "billing_months": billing}


def _delivery(fields: Fields, reader: Reader, name: str) -> None:
    """A price for each delivery: how many there are in a period depends on the calendar."""
    number = fields.number("numberOfDeliveries")
    told = f", {written(number)} of them in this segment" if number is not None else ""
    reader.say(
        fields, "subscriptionChargeDeliverySchedule", "a delivery schedule", "billing",
        f"charge {name} costs its price for each delivery{told}: what it bills in a period is not compared",
    )  # fmt: skip
    fields.harmless("deliverySchedule")


def _tiers(fields: Fields, model: str) -> tuple[Tier, ...]:
    found = [_read_tier(each) for each in fields.objects("tiers")]
    if not found or model not in {
        "volume",
        "tiered",
        "tieredwithoverage",
        "highwatermarkvolume",
        "highwatermarktiered",
    }:
        return ()
    found.sort(key=lambda each: (each.up_to is None, each.up_to or 0))
    overage = fields.number("overagePrice") if model == "tieredwithoverage" else None
    if overage is not None and found[-1].up_to is not None:
        found.append(Tier(up_to=None, unit_price=overage, flat_fee=None, starts_at=None))
    return tuple(found)


def _read_tier(fields: Fields) -> Tier:
    fields.harmless("tier", "originalListPrice", "originalPrice", "id", "currency", "isOveragePrice")
    price, flat = fields.number("price"), spelt(fields.text("priceFormat")) == "flatfee"
    start = fields.number("startingUnit")
    return Tier(
        up_to=fields.number("endingUnit"), unit_price=None if flat else price, flat_fee=price if flat else None,
        starts_at=start or None,
    )  # fmt: skip


def _overage_fields(fields: Fields, model: str, reader: Reader) -> None:
    """What smooths overage over several periods or credits unused units, which no canonical term expresses."""
    fields.harmless("overagePrice", "price")
    if "overage" not in model:
        fields.harmless("smoothingModel", "overageCalculationOption", "numberOfPeriods", "includedUnits")
        return
    periods = fields.whole("numberOfPeriods")
    if periods is not None and periods > 1:
        smoothing = fields.value.get("smoothingModel")
        reader.say(
            fields, "numberOfPeriods", periods, "price",
            f"overage is smoothed over {periods} periods ({smoothing}), and is read as one of each period",
        )  # fmt: skip
    fields.harmless("smoothingModel", "overageCalculationOption")
    if spelt(fields.text("overageUnusedUnitsCreditOption")) not in {"", "nocredit"}:
        rate = fields.value.get("unusedUnitsCreditRates")
        reader.say(
            fields,
            "unusedUnitsCreditRates",
            rate,
            "price",
            f"unused units are credited at {rate}, which is not in these terms",
        )


def _tier(tier: Tier) -> dict[str, Any]:
    return {
        "from": written(tier.starts_at), "up_to": written(tier.up_to), "unit_price": written(tier.unit_price),
        "flat_fee": written(tier.flat_fee),
    }  # fmt: skip


def _times(number: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if number is None else number * factor
