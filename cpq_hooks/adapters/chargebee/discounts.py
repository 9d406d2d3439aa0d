"""Chargebee's coupons and discounts: how much, on what, and for how long.

Those on an item come first, those on the invoice take their share of what is left. What cannot be expressed is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.chargebee.items import Item, money, months_of
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Rate, Reading, cut, mappings, written

_HUNDRED: Final = Decimal(100)
_HARMLESS: Final = (
    "id", "object", "coupon_code", "applied_count", "index", "included_in_mrr", "name", "invoice_name", "entity_id",
    "entity_type", "updated_at", "coupon_id",
)  # fmt: skip
_HARMLESS_OF_COUPON: Final = (
    "id", "object", "name", "invoice_name", "status", "valid_till", "valid_from", "max_redemptions", "redemptions", "created_at",
    "updated_at", "archived_at", "invoice_notes", "meta_data", "resource_version", "apply_discount_on", "included_in_mrr",
    "discount_quantity", "deleted", "coupon_constraints", "valid_till_date",
)  # fmt: skip
_ON_INVOICE: Final = frozenset({"invoice_amount"})
_ON_UNIT: Final = frozenset({"each_unit_of_specified_items"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One reduction in use. `items` are the item prices that it is for (None: all), `per` is invoice, item or unit."""

    name: str
    fields: Fields
    percent: Decimal | None
    amount: Decimal | None
    per: str
    items: frozenset[str] | None
    kinds: frozenset[str] | None
    duration: str
    months: int | None
    starts: datetime | None
    ends: datetime | None

    def is_for(self, item: Item) -> bool:
        by_kind = self.kinds is None or item.item_type in self.kinds
        return by_kind and (self.items is None or item.item_price_id in self.items)


def coupons_of(holder: Fields, known: Iterable[Fields], reading: Reading) -> tuple[Coupon, ...]:
    """The coupons and the discounts of a subscription, those on items first. `known` are the coupons that came along."""
    by_id = {str(each.value.get("id")): each for each in known}
    found = [_discount(each, reading) for each in holder.objects("discounts")]
    found += [_coupon(each, by_id.get(str(each.raw("coupon_id"))), reading) for each in holder.objects("coupons")]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.per == "invoice"))


def _discount(use: Fields, reading: Reading) -> Coupon | None:
    use.harmless(*_HARMLESS)
    item_price_id, kind = use.text("item_price_id"), use.text("apply_on_item_type")
    if (use.text("currency_code") or reading.currency).upper() != reading.currency:
        reading.say(use, "currency_code", use.value["currency_code"], "discount", "a discount is in another currency")
        return None
    if use.text("type") == "offer_quantity":
        reading.say(
            use,
            "quantity",
            use.raw("quantity"),
            "discount",
            "a discount gives units for free: it is not in the net price",
        )
        return None
    return Coupon(
        name=str(use.value.get("invoice_name") or use.value.get("coupon_id") or use.value.get("id") or "discount"),
        fields=use, percent=use.number("percentage"), amount=money(use, "amount", reading),
        per="invoice" if use.text("apply_on") in _ON_INVOICE else "item",
        items=None if item_price_id is None else frozenset({item_price_id}),
        kinds=None if kind is None else frozenset({kind}),
        duration=use.text("duration_type") or "forever", months=_months(use, reading),
        starts=reading.stamp(use, "start_date") or reading.stamp(use, "created_at"),
        ends=reading.stamp(use, "apply_till") or reading.stamp(use, "end_date"),
    )  # fmt: skip


def _coupon(use: Fields, coupon: Fields | None, reading: Reading) -> Coupon | None:
    use.harmless(*_HARMLESS)
    till = reading.stamp(use, "apply_till")
    if coupon is None:
        reading.say(
            use, "coupon_id", use.value.get("coupon_id"), "discount",
            f"what coupon {use.value.get('coupon_id')} takes off did not come along: it is not in the net price",
        )  # fmt: skip
        return None
    coupon.harmless(*_HARMLESS_OF_COUPON)
    kind = coupon.text("discount_type")
    if kind == "offer_quantity":
        reading.say(
            use,
            "coupon_id",
            use.value.get("coupon_id"),
            "discount",
            "a coupon gives units for free: it is not in the net price",
        )
        return None
    items, kinds = _constraints(coupon, reading)
    apply_on = coupon.text("apply_on")
    percent = coupon.number("discount_percentage")
    amount = money(coupon, "discount_amount", reading)
    own = (coupon.text("currency_code") or reading.currency).upper()
    if own != reading.currency and kind != "percentage":
        reading.say(coupon, "currency_code", own, "discount", f"a coupon of {own} takes nothing off {reading.currency}")
        return None
    return Coupon(
        name=str(coupon.value.get("name") or coupon.value.get("id")), fields=use,
        percent=percent if kind != "fixed_amount" else None, amount=amount if kind != "percentage" else None,
        per="invoice" if apply_on in _ON_INVOICE else "unit" if apply_on in _ON_UNIT else "item",
        items=items, kinds=kinds, duration=coupon.text("duration_type") or "forever",
        months=_months(coupon, reading), starts=None, ends=till,
    )  # fmt: skip


def _months(fields: Fields, reading: Reading) -> int | None:
    """How many months a limited one lasts; `duration_month` in older coupons."""
    older, months = fields.whole("duration_month"), months_of(fields, "period")
    if months is None and fields.has("period") and older is None:
        reading.say(fields, "period", f"{fields.value['period']} {fields.value.get('period_unit')}", "discount")
    return older if months is None else months


def _constraints(coupon: Fields, reading: Reading) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """The item prices and the kinds of item that a coupon is for. Criteria are said."""
    ids: set[str] = set()
    kinds: set[str] = set()
    limited = False
    for each in coupon.objects("item_constraints"):
        kind, constraint = each.text("item_type") or "", each.text("constraint")
        listed = each.raw("item_price_ids")
        if constraint == "all":
            kinds.add(kind)
        elif constraint == "specific" and isinstance(listed, list):
            limited = True
            kinds.add(kind)
            ids.update(map(str, listed))
        elif constraint == "criteria":
            reading.say(
                each, "constraint", "criteria", "discount", "a coupon is for items by criteria, which were not followed"
            )
            kinds.add(kind)
    coupon.harmless("item_constraint_criteria")
    _older(coupon, ids, kinds)
    limited = limited or bool(ids)
    return (frozenset(ids) if limited else None), (frozenset(kinds) if kinds else None)


def _older(coupon: Fields, ids: set[str], kinds: set[str]) -> None:
    """Constraints on plans and addons, as product catalog 1.0 has them."""
    for kind in ("plan", "addon"):
        constraint, listed = coupon.text(f"{kind}_constraint"), coupon.raw(f"{kind}_ids")
        if constraint in {"all", "specific"}:
            kinds.add(kind)
        if constraint == "specific" and isinstance(listed, list):
            ids.update(map(str, listed))


@dataclass(slots=True, kw_only=True)
class Reduced:
    """A rate with its discounts, and the discounts themselves, still for the item's own period."""

    rate: Rate
    discounts: list[dict[str, Any]] = field(default_factory=list)


def reduce(item: Item, coupons: Sequence[Coupon], start: datetime | None, *, alone: bool, reading: Reading) -> Reduced:
    """What an item's coupons come to; those that begin later are listed and not contained in the price."""
    found = Reduced(rate=item.rate)
    for coupon in coupons:
        if not coupon.is_for(item) or (coupon.percent is None and coupon.amount is None):
            continue
        off = None if coupon.percent is not None else _per_unit(coupon, item, found.rate, alone=alone)
        if coupon.percent is None and off is None:
            reading.say(
                coupon.fields, "amount", written(coupon.amount), "discount",
                f"{coupon.name} takes {written(coupon.amount)} {reading.currency} off, which is no amount per unit of "
                f"{item.item_price_id}: it is not in the net price",
            )  # fmt: skip
            continue
        late = _is_late(coupon, start)
        found.discounts.append(
            {"kind": coupon.name, "percent": written(coupon.percent), "amount": off, **_dates(coupon, item, late=late)}
        )
        if not late:
            found.rate = _lowered(found.rate, coupon.percent, off)
    return found


def _lowered(rate: Rate, percent: Decimal | None, off: Decimal | None) -> Rate:
    if percent is not None:
        return rate.scaled(1 - percent / _HUNDRED)
    lowered = None if rate.unit_price is None or off is None else rate.unit_price - off
    return Rate(model=rate.model, unit_price=lowered, steps=rate.steps, package=rate.package)


def _per_unit(coupon: Coupon, item: Item, rate: Rate, *, alone: bool) -> Decimal | None:
    """An amount off an item or an invoice as one off each unit; None where that is not exact or not so."""
    price, amount, quantity = rate.unit_price, coupon.amount, item.quantity
    if amount is None or price is None or rate.steps or item.is_metered or not quantity:
        return None
    if coupon.per == "invoice" and not alone:
        return None
    each = amount if coupon.per == "unit" else cut(amount / quantity)
    exact = coupon.per == "unit" or each * quantity == amount
    return each if exact and each <= price else None


def _is_late(coupon: Coupon, start: datetime | None) -> bool:
    return coupon.starts is not None and start is not None and coupon.starts - start > timedelta(days=1)


def _dates(coupon: Coupon, item: Item, *, late: bool) -> dict[str, Any]:
    """When it holds. A limited one takes its share off every invoice made meanwhile, and an invoice is for a whole period."""
    starts_on = coupon.starts.date().isoformat() if late and coupon.starts is not None else None
    if item.months == 0:
        return {}
    if coupon.duration == "one_time":
        return {"starts_on": starts_on, "periods": 1}
    if coupon.duration != "limited_period":
        return {"starts_on": starts_on}
    if not late and coupon.months and item.months:
        return {"periods": -(-coupon.months // item.months)}
    return {"starts_on": starts_on, "ends_on": None if coupon.ends is None else coupon.ends.date().isoformat()}


def has_any(fields: Fields) -> bool:
    """Whether the object has coupons or discounts at all."""
    return bool(mappings(fields.value.get("coupons")) or mappings(fields.value.get("discounts")))
