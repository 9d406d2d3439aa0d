"""Stripe's prices, and the plans that older API versions have in their place, as the terms of a charge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.stripe.reading import Reader, currency_of, identity, metadata_of, word, written
from cpq_hooks.vendor_fields import Fields

_BASES: Final = {"sum": "sum", "max": "peak", "last_during_period": "latest", "last_ever": "latest", "last": "latest"}
_FREQUENCIES: Final = {1: "monthly", 3: "quarterly", 6: "semiannual", 12: "annual"}
_HARMLESS: Final = (
    "id", "object", "active", "created", "livemode", "nickname", "lookup_key", "type", "name", "statement_descriptor",
    "trial_period_days", "tax_behavior",
)  # fmt: skip
_EXACT: Final = Decimal("1e-12")
_LARGE: Final = Decimal("1e15")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    up_to: Decimal | None
    unit_price: Decimal | None
    flat_fee: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price per `months` (None where it recurs by days or weeks, 0 where it does not recur), in the document's currency."""

    price_id: str
    product_id: str
    product_name: str | None
    unit_of_measure: str | None
    charge_type: str
    model: str
    unit_price: Decimal | None
    tiers: tuple[Tier, ...]
    package: dict[str, Any] | None
    months: int | None
    quantity_basis: str | None

    @property
    def is_metered(self) -> bool:
        return self.charge_type == "usage"

    @property
    def is_plain(self) -> bool:
        """Whether one number per unit says it all, so that a ramp can hold it."""
        return self.model == "per_unit" and self.charge_type == "recurring"

    def scaled(self, factor: Decimal) -> Price:
        """The price times a factor, exact."""
        tiers = tuple(
            replace(each, unit_price=_times(each.unit_price, factor), flat_fee=_times(each.flat_fee, factor))
            for each in self.tiers
        )
        return replace(self, unit_price=_times(self.unit_price, factor), tiers=tiers)

    def period(self) -> tuple[str | None, Decimal]:
        """The canonical price period, and by how much its price is smaller than the one per `months`."""
        if self.months is None:
            return None, Decimal(1)
        if self.months == 0:
            return "one_time", Decimal(1)
        for name, length in (("year", 12), ("quarter", 3), ("month", 1)):
            if self.months % length == 0 and _divides(self, self.months // length):
                return name, Decimal(self.months // length)
        return None, Decimal(1)

    def terms(self, reader: Reader, fields: Fields) -> dict[str, Any]:
        """The price's part of a canonical line, before discounts. What a month or a year cannot express is said."""
        period, parts = self.period()
        price = self.scaled(Decimal(1) / parts) if parts != 1 else self
        frequency = "once" if self.months == 0 else _FREQUENCIES.get(self.months or -1)
        if self.months != 0 and (frequency is None or period is None):
            about = "an interval of days or weeks" if self.months is None else f"{self.months} months"
            reader.say(
                fields, "recurring", about, "billing",
                f"price {self.price_id} recurs by {about}, for which there is no canonical period",
            )  # fmt: skip
        return {
            "product_id": self.product_id,
            "product_name": self.product_name,
            "unit_of_measure": self.unit_of_measure,
            "charge_type": self.charge_type,
            "charge_model": self.model,
            "price_period": period,
            "billing_frequency": frequency,
            "billing_timing": None if self.months == 0 else "in_arrears" if self.is_metered else "in_advance",
            "quantity_basis": self.quantity_basis,
            "net_unit_price": written(price.unit_price),
            "tiers": [_written_tier(each, reader) for each in price.tiers],
            "package": self.package,
        }


def price_of(item: Fields, reader: Reader) -> tuple[Price, Fields] | None:
    """The price of an item: its `price`, or the `plan` of older versions, which newer ones repeat.

    None, and a problem noted, where only an id is there, or the price is in another currency.
    """
    name = "price" if item.has("price") else "plan"
    if name == "price":
        item.harmless("plan")
    if isinstance(item.value.get(name), str) or not item.has(name):
        item.ledger.refuse(
            (*item.path, name), "not_expanded",
            f"the {name} itself is wanted here and not its id: fetch the object with expand[]={name}",
        )  # fmt: skip
        return None
    fields = item.object(name)
    return None if fields is None else _read(fields, reader)


def _read(fields: Fields, reader: Reader) -> tuple[Price, Fields] | None:
    fields.harmless(*_HARMLESS)
    source = _in_currency(fields, reader)
    if source is None:
        return None
    if fields.text("tax_behavior") == "inclusive":
        reader.note(f"price {identity(fields.value)} includes tax, so the net price is lower than it")
    months, recurs = _months(fields)
    usage = _usage_type(fields)
    model, unit_price, tiers = _amounts(fields, source, reader)
    package = _package(fields)
    return (
        Price(
            price_id=identity(fields.value) or "?",
            charge_type="one_time" if not recurs else "usage" if usage == "metered" else "recurring",
            model="package" if package is not None else model,
            unit_price=unit_price, tiers=tiers, package=package, months=months,
            quantity_basis=_basis(fields, reader) if usage == "metered" else None, **_product(fields, reader),
        ),
        fields,
    )  # fmt: skip


def _in_currency(fields: Fields, reader: Reader) -> Fields | None:
    """Where the amounts stand: in the price itself, or in its option for the document's currency."""
    own = currency_of(fields)
    options = fields.value.get("currency_options")
    if own == reader.currency or own is None:
        fields.harmless("currency_options")
        return fields if own is not None else None
    chosen = options.get(reader.currency.lower()) if isinstance(options, dict) else None
    if not isinstance(chosen, dict):
        fields.ledger.refuse(
            (*fields.path, "currency"), "currency",
            f"the price is in {own} and the document in {reader.currency}: fetch it with expand[]=currency_options",
        )  # fmt: skip
        return None
    fields.harmless("currency_options", "unit_amount", "unit_amount_decimal", "tiers", "amount", "amount_decimal")
    return Fields(chosen, fields.ledger, (*fields.path, "currency_options", reader.currency.lower()))


def _months(fields: Fields) -> tuple[int | None, bool]:
    """How many months the price pays for (None for days and weeks, 0 where it does not recur), and whether it recurs."""
    recurring = fields.object("recurring") if fields.has("recurring") else fields if fields.has("interval") else None
    if fields.value.get("type") == "one_time" or recurring is None:
        fields.harmless("recurring")
        return 0, False
    if recurring is not fields:
        recurring.harmless("trial_period_days")
    interval, count = recurring.text("interval"), recurring.whole("interval_count") or 1
    length = {"month": 1, "year": 12}.get(interval or "")
    return (None if length is None else length * count), True


def _usage_type(fields: Fields) -> str | None:
    recurring = fields.object("recurring") if fields.has("recurring") else fields
    return None if recurring is None else recurring.text("usage_type")


def _basis(fields: Fields, reader: Reader) -> str | None:
    """How readings become one quantity: the price's own word (sum where it says nothing), or its meter's."""
    recurring = (fields.object("recurring") if fields.has("recurring") else None) or fields
    stated = recurring.text("aggregate_usage")
    meter = recurring.raw("meter")
    if isinstance(meter, dict):
        aggregation = meter.get("default_aggregation")
        stated = str(aggregation.get("formula")) if isinstance(aggregation, dict) else None
    elif meter:
        if stated is None:
            reader.say(recurring, "meter", meter, "billing", f"how meter {meter} adds up is not in what was fetched")
        return _BASES.get(stated or "")
    if stated == "last_ever":
        reader.note("usage counts by the last reading ever (last_ever), which also counts in periods without a reading")
    if stated is not None and stated not in _BASES:
        reader.say(recurring, "aggregate_usage", stated, "billing")
    return _BASES.get(stated or "sum")


def _amounts(fields: Fields, source: Fields, reader: Reader) -> tuple[str, Decimal | None, tuple[Tier, ...]]:
    if fields.text("billing_scheme") == "tiered":
        mode = fields.text("tiers_mode") or ""
        source.harmless("unit_amount", "unit_amount_decimal", "amount", "amount_decimal")
        found = source.objects("tiers")
        if not found or mode not in {"graduated", "volume"}:
            source.ledger.refuse(
                (*source.path, "tiers"), "not_expanded",
                "the price has tiers and they are not here: fetch it with expand[]=tiers",
            )  # fmt: skip
        return mode, None, tuple(_tier(each, reader) for each in found)
    fields.harmless("tiers", "tiers_mode")
    price = reader.money(source, "unit_amount")
    if price is None:
        price = reader.money(source, "amount")
    if price is None:
        because = "the customer names it" if _is_open(fields) else "there is none"
        source.ledger.refuse((*source.path, "unit_amount"), "no_price", f"a unit price is wanted here, and {because}")
    elif not _is_open(fields):
        fields.harmless("custom_unit_amount")
    return "per_unit", price, ()


def _is_open(fields: Fields) -> bool:
    """Whether the customer chooses the amount. An object whose fields are all null stands for nothing."""
    custom = fields.value.get("custom_unit_amount")
    return isinstance(custom, dict) and any(value is not None for value in custom.values())


def _tier(fields: Fields, reader: Reader) -> Tier:
    bound = fields.text("up_to")
    open_ended = bound is None or bound == "inf"
    return Tier(
        up_to=None if open_ended else fields.number("up_to"),
        unit_price=reader.money(fields, "unit_amount"),
        flat_fee=reader.money(fields, "flat_amount"),
    )


def _package(fields: Fields) -> dict[str, Any] | None:
    """Blocks of units. A price and a plan have other names for it."""
    found = fields.object("transform_quantity") or fields.object("transform_usage")
    if found is None:
        return None
    size, rounding = found.number("divide_by"), found.text("round")
    return {"size": written(size), "rounding": "down" if rounding == "down" else "up"}


def _product(fields: Fields, reader: Reader) -> dict[str, Any]:
    """The product as the catalog knows it: by metadata, else by the price's lookup key where so wished, else Stripe's id."""
    product = fields.raw("product")
    own = metadata_of(fields)
    of_product = product.get("metadata") if isinstance(product, dict) else None
    key = reader.key("product_key")
    known = word(own, key) or word(of_product if isinstance(of_product, dict) else {}, key)
    if known is None and reader.option("product_from") == "lookup_key":
        known = fields.text("lookup_key")
    name = product.get("name") if isinstance(product, dict) else None
    unit = product.get("unit_label") if isinstance(product, dict) else None
    return {
        "product_id": known or identity(product) or identity(fields.value) or "?",
        "product_name": str(name) if name else fields.text("nickname"),
        "unit_of_measure": str(unit) if unit else None,
    }


def _written_tier(tier: Tier, reader: Reader) -> dict[str, Any]:
    flat = tier.flat_fee
    if flat is not None and abs(flat) < _LARGE:
        rounded = round(flat, reader.decimals())
        if rounded != flat:
            reader.note(f"a tier's fee of {plain_or(flat)} is rounded to {plain_or(rounded)}, as an invoice does")
        flat = rounded
    if tier.unit_price is None and flat is None:
        return {"up_to": written(tier.up_to), "unit_price": "0"}
    return {"up_to": written(tier.up_to), "unit_price": written(tier.unit_price), "flat_fee": written(flat)}


def plain_or(number: Decimal | None) -> str:
    return written(number) or "none"


def _times(number: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if number is None else number * factor


def _divides(price: Price, parts: int) -> bool:
    """Whether the price over so many parts still has at most twelve decimals; tiers of usage are never cut in parts."""
    if parts == 1:
        return True
    if price.is_metered and (price.tiers or price.package):
        return False
    numbers = [price.unit_price, *(each.unit_price for each in price.tiers), *(each.flat_fee for each in price.tiers)]
    known = [each for each in numbers if each is not None]
    return all(abs(each) < _LARGE and (each / parts).quantize(_EXACT) * parts == each for each in known)
