"""Items as the terms of canonical lines: list price, net price and the discounts between them, and ramps over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cpq_hooks.adapters.chargebee.discounts import Coupon, reduce
from cpq_hooks.adapters.chargebee.items import Item, described, period_terms
from cpq_hooks.vendor_terms import Reading, written


def terms_of(
    item: Item, coupons: Sequence[Coupon], items: Iterable[Item], start: datetime | None, reading: Reading
) -> dict[str, Any]:
    """The canonical terms of an item that begins at a moment."""
    period, parts = period_terms(item, reading)
    reduced = reduce(item, coupons, start, alone=is_alone(item, items), reading=reading)
    share = Decimal(1) / parts
    terms = {**described(item), **period, **reduced.rate.scaled(share).terms(reading)}
    for each in reduced.discounts:
        each["amount"] = written(None if each["amount"] is None else each["amount"] * share)
    listed = item.listed if item.listed is not None else item.rate.unit_price if reduced.discounts else None
    if reduced.discounts and item.listed is not None and item.listed != item.rate.unit_price:
        reading.note(
            f"{item.item_price_id} has a price of its own ({written(item.rate.unit_price)}) under the listed one; "
            "the discounts are counted from its own"
        )
        listed = item.rate.unit_price
    if listed is not None and not item.rate.steps:
        terms["list_unit_price"] = written(listed * share)
    return {**terms, "discounts": reduced.discounts}


def net_price(
    item: Item, coupons: Sequence[Coupon], items: Iterable[Item], start: datetime | None, reading: Reading
) -> str | None:
    """The net unit price per canonical price period at the start."""
    found = terms_of(item, coupons, items, start, reading)["net_unit_price"]
    return found if isinstance(found, str) else None


def is_alone(item: Item, items: Iterable[Item]) -> bool:
    """Whether nothing else is on the same invoices, so that an amount off the invoice is one off this item."""
    return all(each is item for each in items)


def names_of(items: Sequence[Item]) -> list[str]:
    """A name for each item that is its own: the item price, with a number where it stands twice."""
    seen: dict[str, int] = {}
    names = []
    for each in items:
        count = seen[each.item_price_id] = seen.get(each.item_price_id, 0) + 1
        names.append(each.item_price_id if count == 1 else f"{each.item_price_id}:{count}")
    return names
