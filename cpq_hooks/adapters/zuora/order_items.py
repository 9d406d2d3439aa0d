"""Order line items: what an order sells once, beside its subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.zuora.reading import Reader, currency_of, day_of, iso, word, written
from cpq_hooks.vendor_fields import Fields


def item_lines(fields: Fields, reader: Reader) -> Iterable[dict[str, Any]]:
    for position, each in enumerate(fields.objects("orderLineItems")):
        yield item_line(each, position, reader)


def line_item(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """One order line item by itself, as a quote with one line."""
    fields = Fields.of(payload).harmless("success")
    item = fields.object("orderLineItem") or fields
    reader.currency = currency_of(item, reader)
    document = {
        "quote_id": word(item.value.get("orderId")) or "order line item", "source": "zuora", "currency": reader.currency,
        "account": {"account_id": str(item.value.get("ownerAccountNumber") or item.value.get("ownerAccountId") or "?")},
        "lines": [item_line(item, 0, reader)],
    }  # fmt: skip
    reader.note("this is one line of an order; the order may have others")
    return reader.translation(Shape.QUOTE, document, fields)


def item_line(item: Fields, position: int, reader: Reader) -> dict[str, Any]:
    """An order line item, which is sold once, as a line."""
    price = next((item.number(name) for name in ("amountPerUnit", "chargeAmountPerUnit") if item.has(name)), None)
    quantity, amount = item.number("quantity"), item.number("amount")
    if price is None:
        item.ledger.refuse((*item.path, "amountPerUnit"), "no_price", "an order line item has an amount per unit")
    elif quantity is not None and amount is not None and price * quantity != amount:
        reader.note(
            f"item {item.value.get('itemName')} says {written(amount)}, and {written(quantity)} at {written(price)} is not that"
        )
    start = day_of(item, "transactionStartDate") or day_of(item, "transactionDate")
    item.harmless(*item.value)
    listed = item.number("listPricePerUnit")
    discounts = []
    if listed is not None and price is not None and listed > price >= 0:
        discounts = [{"kind": "order line item", "amount": written(listed - price)}]
    return {
        "line_id": word(item.value.get("itemNumber")) or word(item.value.get("id")) or f"item-{position + 1}",
        "product_id": word(item.value.get("productCode")) or word(item.value.get("itemName")) or "?",
        "product_name": word(item.value.get("itemName")),
        "unit_of_measure": word(item.value.get("UOM")),
        "charge_type": "one_time",
        "charge_model": "per_unit",
        "quantity": written(quantity if quantity is not None else Decimal(1)),
        "price_period": "one_time",
        "list_unit_price": written(listed),
        "net_unit_price": written(price),
        "discounts": discounts,
        "billing_frequency": "once",
        "start_date": iso(start),
        "end_date": iso(start),
        "stated_total": written(amount),
    }
