"""An item of a quote, a subscription or a schedule as the terms of one charge: its price, quantity and discounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cpq_hooks.adapters.stripe.discounts import Coupon, Placing, coupons_of, reduce
from cpq_hooks.adapters.stripe.prices import Price, price_of
from cpq_hooks.adapters.stripe.reading import Reader, metadata_of, word, written
from cpq_hooks.vendor_fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item with its price, read; `coupons` are those of its own and then those of the whole, in Stripe's order."""

    fields: Fields
    price: Price
    price_fields: Fields
    quantity: Decimal | None
    coupons: tuple[Coupon, ...]
    line_id: str | None
    quote_line_id: str | None
    item_id: str | None

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What stays the same when a phase changes quantity or price: the contract's line, or the product and its rhythm."""
        return (self.line_id or self.quote_line_id or self.price.product_id, self.price.charge_type, self.price.months)


def item_of(fields: Fields, shared: Sequence[Coupon], reader: Reader) -> Item | None:
    """An item, read; None, and a problem noted, where it has no price that can be read."""
    found = price_of(fields, reader)
    metadata = metadata_of(fields)
    own = coupons_of(fields, reader)
    quantity = fields.number("quantity")
    if found is None:
        return None
    price, price_fields = found
    price_metadata = price_fields.value.get("metadata")
    known = price_metadata if isinstance(price_metadata, dict) else {}
    line_key, quote_line_key = reader.key("line_key"), reader.key("quote_line_key")
    identity = fields.value.get("id")
    return Item(
        fields=fields,
        price=price,
        price_fields=price_fields,
        quantity=None if price.is_metered else quantity,
        coupons=(*own, *shared),
        line_id=word(metadata, line_key) or word(known, line_key),
        quote_line_id=word(metadata, quote_line_key) or word(known, quote_line_key),
        item_id=identity if isinstance(identity, str) else None,
    )


def terms_of(item: Item, *, start: datetime | None, alone: bool, reader: Reader) -> dict[str, Any]:
    """The canonical terms of an item that begins at a moment: list price, net price and the discounts between them."""
    placing = Placing(
        price=item.price, price_fields=item.price_fields, quantity=item.quantity, start=start, alone=alone
    )
    reduced = reduce(item.coupons, placing, reader)
    terms = item.price.scaled(reduced.factor).terms(reader, item.price_fields)
    if reduced.discounts:
        listed = item.price.terms(reader, item.price_fields)
        terms["list_unit_price"] = listed["net_unit_price"]
        terms["discounts"] = reduced.discounts
    if reduced.off and terms["net_unit_price"] is not None:
        terms["net_unit_price"] = written(Decimal(terms["net_unit_price"]) - reduced.off)
    return {**terms, "quantity": written(item.quantity)}


def net_price(item: Item, *, start: datetime | None, alone: bool, reader: Reader) -> Decimal | None:
    """The net unit price at the start, per canonical price period."""
    net = terms_of(item, start=start, alone=alone, reader=reader)["net_unit_price"]
    return None if net is None else Decimal(net)
