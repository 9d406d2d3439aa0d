"""Chargebee's subscription items, with their item prices, as the terms of charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import FREQUENCIES, Rate, Reading, Step, period_of, written

_MODELS: Final[Mapping[str, str]] = {
    "flat_fee": "flat",
    "per_unit": "per_unit",
    "tiered": "graduated",
    "volume": "volume",
    "stairstep": "stairstep",
}
_BASES: Final = {"sum_of_usages": "sum", "last_usage": "latest", "max_usage": "peak"}
_MONTHS: Final = {"month": 1, "year": 12}
_HARMLESS_OF_PRICE: Final = (
    "id", "object", "name", "external_name", "item_family_id", "product_id", "item_id", "description", "status", "created_at",
    "updated_at", "archived_at", "is_taxable", "tax_detail", "tax_providers_fields", "accounting_detail", "resource_version",
    "currency_code", "price_variant_id", "invoice_notes", "metadata", "channel", "show_description_in_invoices",
    "show_description_in_quotes", "business_entity_id", "deleted", "parent_item_id", "item_type", "trial_period", "trial_period_unit",
    "trial_end_action", "shipping_period", "shipping_period_unit", "billing_cycles", "type",
)  # fmt: skip
_HARMLESS_OF_TIER: Final = ("object", "item_price_id", "index", "item_type", "ramp_tier_id")
_HARMLESS_OF_ITEM: Final = (
    "object",
    "service_period_days",
    "item_type",
    "charge_on_option",
    "metered_quantity",
    "last_calculated_at",
)
ONE_TIME: Final = frozenset({"charge", "adhoc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: what it costs for `months` (None where that is days or weeks, 0 where it comes once), before discounts.

    `listed` is the price of the item price itself, where the subscription has its own. `billed` is how many months lie
    between two invoices: an addon may be priced by the month and billed with a yearly plan.
    """

    fields: Fields
    item_price_id: str
    item_type: str
    product_id: str
    product_name: str | None
    unit_of_measure: str | None
    quantity: Decimal | None
    rate: Rate
    listed: Decimal | None
    months: int | None
    billed: int | None
    basis: str | None
    is_metered: bool
    cycles: int | None

    @property
    def charge_type(self) -> str:
        return "usage" if self.is_metered else "one_time" if self.months == 0 else "recurring"

    @property
    def is_plain(self) -> bool:
        """Whether one number says the price, so that a ramp can hold it."""
        return self.rate.model in {"flat", "per_unit"} and self.charge_type == "recurring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What items refer to: item prices by id, and the tiers that the document gives in their place."""

    prices: Mapping[str, Fields]
    tiers: Mapping[str, Sequence[Fields]]
    months: int | None


def shelf_of(fields: Fields, tiers: Sequence[Fields], months: int | None) -> Shelf:
    """The item prices that came along under `item_prices`, which is our own field, and tiers by item price."""
    prices: dict[str, Fields] = {}
    for each in fields.objects("item_prices"):
        each.harmless(*_HARMLESS_OF_PRICE)
        prices[str(each.value.get("id"))] = each
    by_price: dict[str, list[Fields]] = {}
    for each in tiers:
        by_price.setdefault(str(each.value.get("item_price_id")), []).append(each.harmless(*_HARMLESS_OF_TIER))
    return Shelf(prices=prices, tiers=by_price, months=months)


def item_of(fields: Fields, shelf: Shelf, reading: Reading) -> Item | None:
    """An item, read; None and a problem where it names no item price."""
    fields.harmless(*_HARMLESS_OF_ITEM)
    item_price_id, kind = fields.text("item_price_id"), fields.text("item_type") or "plan"
    if item_price_id is None:
        fields.ledger.refuse((*fields.path, "item_price_id"), "required", "an item has to name its item price")
        return None
    price = shelf.prices.get(item_price_id)
    quantity = _number(fields, "quantity")
    rate = _rate(fields, item_price_id, price, quantity, shelf, reading)
    months, billed = _months(fields, kind, price, shelf, reading)
    _free(fields, reading)
    _on_event(fields, kind, reading)
    return Item(
        fields=fields, item_price_id=item_price_id, item_type=kind, rate=rate,
        quantity=None if _is_metered(price) else Decimal(1) if rate.model == "flat" else quantity,
        listed=_listed(price, reading), months=months, billed=billed,
        basis=_basis(fields, price, reading), is_metered=_is_metered(price), cycles=fields.whole("billing_cycles"),
        **_product(item_price_id, price, reading),
    )  # fmt: skip


def months_of(fields: Fields, length: str = "billing_period") -> int | None:
    """How many months a period of so many units has; None where it is of days or weeks, or is not there."""
    unit, count = fields.text(f"{length}_unit"), fields.whole(length)
    months = _MONTHS.get(unit or "")
    return None if months is None or not count else months * count


def tier_of(fields: Fields, model: str | None, reading: Reading) -> Step:
    """One tier: for stairstep the price is the tier's own, else each unit's, unless the tier says otherwise."""
    price = money(fields, "price", reading)
    kind = fields.text("pricing_type") or ("flat_fee" if model == "stairstep" else "per_unit")
    size = fields.whole("package_size")
    if kind == "package":
        reading.say(
            fields,
            "pricing_type",
            f"package of {size}",
            "price",
            "a tier that is priced by packages cannot be expressed",
        )
    flat = kind == "flat_fee"
    return Step(
        starts_at=_number(fields, "starting_unit"),
        up_to=_number(fields, "ending_unit"),
        unit_price=None if flat else price,
        flat_fee=price if flat else None,
    )


def money(fields: Fields, name: str, reading: Reading) -> Decimal | None:
    """An amount: `name_in_decimal` is in whole units of the currency and goes before `name`, in its smallest."""
    exact, minor = fields.number(f"{name}_in_decimal"), reading.cents(fields, name)
    return minor if exact is None else exact


def period_terms(item: Item, reading: Reading) -> tuple[dict[str, Any], int]:
    """The item's period, frequency and timing, and into how many canonical periods its price is cut."""
    if item.months == 0:
        return {"price_period": "one_time", "billing_frequency": "once"}, 1
    found = None if item.months is None else period_of(item.months, item.rate, cuttable=not item.is_metered)
    frequency = FREQUENCIES.get(item.billed or -1)
    if found is None or frequency is None:
        about = (
            "an interval of days or weeks, or none that is stated" if item.months is None else f"{item.months} months"
        )
        reading.say(
            item.fields, "billing_period", about, "billing",
            f"{item.item_price_id} recurs by {about}, for which there is no canonical period",
        )  # fmt: skip
    period, parts = found or (None, 1)
    timing = "in_arrears" if item.is_metered else "in_advance"
    return {"price_period": period, "billing_frequency": frequency, "billing_timing": timing}, parts


def described(item: Item) -> dict[str, Any]:
    """What the item is, without its price."""
    return {
        "product_id": item.product_id,
        "product_name": item.product_name,
        "unit_of_measure": item.unit_of_measure,
        "charge_type": item.charge_type,
        "quantity": written(item.quantity),
        "quantity_basis": item.basis,
    }


def _rate(
    fields: Fields, item_price_id: str, price: Fields | None, quantity: Decimal | None, shelf: Shelf, reading: Reading
) -> Rate:
    stated = None if price is None else price.text("pricing_model")
    own, of_price = shelf.tiers.get(item_price_id, ()), price.objects("tiers") if price is not None else ()
    for each in of_price:
        each.harmless(*_HARMLESS_OF_TIER)
        if own:
            each.harmless(*each.value)
    unit_price, amount = money(fields, "unit_price", reading), money(fields, "amount", reading)
    found = own or of_price
    if stated is None and found:
        reading.say(
            fields, "item_price_id", item_price_id, "price",
            f"whether the tiers of {item_price_id} are tiered, volume or stairstep is in its item price, which did not come along",
        )  # fmt: skip
    model = _MODELS.get(stated) if stated else None
    if stated and model is None and price is not None:
        reading.say(price, "pricing_model", stated, "price")
    if found and stated not in {"flat_fee", "per_unit"}:
        return Rate(model=model, steps=tuple(tier_of(each, model, reading) for each in found))
    if unit_price is None and price is not None:
        unit_price = money(price, "price", reading)
    if unit_price is None and amount is not None:
        unit_price = amount / quantity if quantity and (amount / quantity) * quantity == amount else amount
    if unit_price is None:
        fields.ledger.refuse((*fields.path, "unit_price"), "no_price", "an item has to have a price, and there is none")
    return Rate(model=model or ("flat" if quantity is None else "per_unit"), unit_price=unit_price)


def _listed(price: Fields | None, reading: Reading) -> Decimal | None:
    if price is None or price.value.get("tiers"):
        return None
    own = (price.text("currency_code") or reading.currency).upper()
    found = money(price, "price", reading)
    return found if own == reading.currency else None


def _months(
    fields: Fields, kind: str, price: Fields | None, shelf: Shelf, reading: Reading
) -> tuple[int | None, int | None]:
    """The months that the price pays for, its own or else the plan's, and those between invoices; 0 for what comes once."""
    own = None if price is None else months_of(price, "period")
    if kind in ONE_TIME or (price is not None and price.text("charge_type") == "non_recurring"):
        return 0, 0
    stated = months_of(fields) if fields.has("billing_period") else shelf.months
    if own is not None and stated is not None and own != stated:
        reading.note(
            f"{fields.value.get('item_price_id')} is priced for {own} months and billed with a plan of {stated}: its price is taken "
            f"as one for {own} months"
        )
    return own or stated, stated or own


def _is_metered(price: Fields | None) -> bool:
    if price is None:
        return False
    own, item = price.flag("metered"), price.object("item")
    return bool(own or (item is not None and item.value.get("metered") is True))


def _basis(fields: Fields, price: Fields | None, reading: Reading) -> str | None:
    if price is None or not _is_metered(price):
        return None
    item = price.object("item")
    stated = price.text("usage_calculation") or (None if item is None else item.text("usage_calculation"))
    if stated is None:
        reading.say(
            fields, "metered", "true", "billing",
            f"how usage of {fields.value.get('item_price_id')} adds up is the site's own setting: take the sum, the latest or the "
            "largest from Chargebee's settings of metered billing",
        )  # fmt: skip
    reset = price.text("usage_accumulation_reset_frequency")
    if reset not in (None, "subscription_billing_frequency"):
        reading.say(price, "usage_accumulation_reset_frequency", reset, "billing")
    return _BASES.get(stated or "")


def _product(item_price_id: str, price: Fields | None, reading: Reading) -> dict[str, Any]:
    """The product as the catalog knows it: the item price, or the item where the connection says so."""
    if price is None:
        return {"product_id": item_price_id, "product_name": None, "unit_of_measure": None}
    item = price.object("item")
    if item is not None:
        item.harmless(*item.value)
    by_item = reading.option("product_from") == "item"
    item_id = price.value.get("item_id")
    name = price.value.get("external_name") or price.value.get("name")
    unit = price.text("unit") or (item.text("unit") if item is not None else None)
    return {
        "product_id": item_id if by_item and isinstance(item_id, str) and item_id else item_price_id,
        "product_name": str(name) if name else None,
        "unit_of_measure": unit,
    }


def _free(fields: Fields, reading: Reading) -> None:
    free = _number(fields, "free_quantity")
    if free:
        reading.say(
            fields, "free_quantity", written(free), "price",
            f"{written(free)} units of {fields.value.get('item_price_id')} are free, which is not in its price",
        )  # fmt: skip


def _on_event(fields: Fields, kind: str, reading: Reading) -> None:
    """A charge that comes with an event comes once unless it says otherwise."""
    event, once = fields.text("charge_on_event"), fields.flag("charge_once")
    if kind == "charge" and event and once is False:
        reading.say(
            fields,
            "charge_once",
            "false",
            "billing",
            f"{fields.value.get('item_price_id')} is charged at every {event}",
        )


def _number(fields: Fields, name: str) -> Decimal | None:
    exact, whole = fields.number(f"{name}_in_decimal"), fields.number(name)
    return whole if exact is None else exact
