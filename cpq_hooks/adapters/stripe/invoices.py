"""Stripe's invoices, and previews of them, as invoices: amounts before discounts, the discounts, and the tax, each a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.stripe.quotes import listed
from cpq_hooks.adapters.stripe.reading import Reader, currency_of, identity, last_day, word, written
from cpq_hooks.vendor_fields import Fields, stated

_KEPT: Final = (
    "id", "currency", "customer", "status", "lines", "total", "subtotal", "metadata", "subscription", "parent", "created",
    "effective_at", "subscription_details", "quote", "amount_shipping", "shipping_cost", "date",
)  # fmt: skip


def invoice(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """An invoice. Raises `Invalid` where its lines are cut short."""
    fields = Fields.of(payload)
    reader.currency = currency_of(fields) or ""
    fields.ledger.settle()
    fields.harmless(
        *(name for name in payload if name not in _KEPT), "shipping_cost", "subtotal", "status", "quote", "date"
    )
    subscription, details = _subscription(fields)
    lines = [line for each in listed(fields, "lines") for line in _lines(each, reader)]
    lines.extend(_of_the_whole(fields, reader))
    total = fields.number("total")
    document = {
        "invoice_id": fields.text("id") or "preview",
        "account_id": identity(fields.raw("customer")),
        "agreement_id": _agreement(fields, details, reader),
        "billing_configuration_id": subscription,
        "issued_on": _issued_on(fields, reader),
        "currency": reader.currency,
        "lines": lines,
        "total": None if total is None else written(reader.major(total)),
    }
    fields.ledger.settle()
    if not payload.get("id"):
        reader.note("it is a preview: Stripe has not made this invoice")
    elif str(payload.get("status")) in {"draft", "void", "uncollectible"}:
        reader.note(f"the invoice is {payload['status']}")
    found = stated(document)
    return Translation(
        shape=Shape.INVOICE,
        document={**found, "lines": found.get("lines", [])},
        unused=(*reader.unused, *fields.unused()),
        notes=tuple(reader.notes),
    )


def _subscription(fields: Fields) -> tuple[str | None, Mapping[str, Any]]:
    """The subscription that it is for, and that one's metadata: under `parent` in newer versions, beside in older ones."""
    parent = fields.raw("parent")
    details = parent.get("subscription_details") if isinstance(parent, Mapping) else None
    older = fields.raw("subscription_details")
    known = details if isinstance(details, Mapping) else older if isinstance(older, Mapping) else {}
    subscription = fields.raw("subscription")
    schedule = subscription.get("schedule") if isinstance(subscription, Mapping) else None
    metadata = known.get("metadata")
    return (
        identity(schedule) or identity(known.get("subscription")) or identity(subscription),
        metadata if isinstance(metadata, Mapping) else {},
    )


def _agreement(fields: Fields, details: Mapping[str, Any], reader: Reader) -> str | None:
    own = fields.raw("metadata")
    key = reader.key("agreement_key")
    return word(own if isinstance(own, Mapping) else {}, key) or word(details, key)


def _issued_on(fields: Fields, reader: Reader) -> str | None:
    """The day on which it counts as issued: its effective date, when it was finalized, or when it was made."""
    transitions = fields.value.get("status_transitions")
    finalized = transitions.get("finalized_at") if isinstance(transitions, Mapping) else None
    created = reader.stamp(fields, "created") or reader.moment(fields.value.get("date"))
    moment = reader.stamp(fields, "effective_at") or reader.moment(finalized) or created
    return None if moment is None else moment.date().isoformat()


def _lines(fields: Fields, reader: Reader) -> Iterable[dict[str, Any]]:
    fields.harmless(*fields.value)
    amount = fields.number("amount")
    if amount is None:
        fields.ledger.refuse((*fields.path, "amount"), "required", "a line has to have an amount")
        return
    shared = {**_tied(fields, reader), **_period(fields, reader)}
    price = _price(fields)
    quantity = fields.number("quantity_decimal")
    yield {
        **shared,
        "product_id": _product(fields, price),
        "kind": _kind(fields, price, amount),
        "quantity": written(quantity if quantity is not None else fields.number("quantity")),
        "unit_price": written(_unit_price(fields, price, reader)),
        "amount": written(reader.major(amount)),
    }
    for kind, off in (("discount", _sum(fields, "discount_amounts")), ("credit", _credits(fields))):
        if off:
            yield {**shared, "product_id": _product(fields, price), "kind": kind, "amount": written(-reader.major(off))}


def _tied(fields: Fields, reader: Reader) -> dict[str, Any]:
    """The charge that the line bills, and the contract's line where the metadata say so."""
    metadata = fields.value.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    item = fields.value.get("subscription_item") or _parent(fields).get("subscription_item")
    line = word(known, reader.key("line_key")) or word(known, reader.key("quote_line_key"))
    return {"line_id": line, "charge_id": identity(item)}


def _parent(fields: Fields) -> Mapping[str, Any]:
    """What a line came from, in newer versions: a subscription's item or an invoice item."""
    parent = fields.value.get("parent")
    if not isinstance(parent, Mapping):
        return {}
    kind = parent.get("type")
    details = parent.get(kind) if isinstance(kind, str) else None
    return details if isinstance(details, Mapping) else {}


def _period(fields: Fields, reader: Reader) -> dict[str, Any]:
    period = fields.value.get("period")
    if not isinstance(period, Mapping):
        return {}
    start, end = reader.moment(period.get("start")), reader.moment(period.get("end"))
    if start is None or end is None or end < start:
        return {}
    last: date = start.date() if end - start < timedelta(hours=2) else last_day(start, end)
    return {"period_start": start.date().isoformat(), "period_end": last.isoformat()}


def _price(fields: Fields) -> Mapping[str, Any]:
    """The price, where it was expanded: beside the line, as a plan, or under `pricing` in newer versions."""
    pricing = fields.value.get("pricing")
    details = pricing.get("price_details") if isinstance(pricing, Mapping) else None
    newer = details.get("price") if isinstance(details, Mapping) else None
    for each in (newer, fields.value.get("price"), fields.value.get("plan")):
        if isinstance(each, Mapping):
            return each
    return {}


def _product(fields: Fields, price: Mapping[str, Any]) -> str | None:
    pricing = fields.value.get("pricing")
    details = pricing.get("price_details") if isinstance(pricing, Mapping) else None
    newer = details.get("product") if isinstance(details, Mapping) else None
    return identity(newer) or identity(price.get("product"))


def _unit_price(fields: Fields, price: Mapping[str, Any], reader: Reader) -> Decimal | None:
    """The price of one unit, where there is one for all of them."""
    if price.get("billing_scheme") == "tiered":
        return None
    pricing = fields.value.get("pricing")
    exact = pricing.get("unit_amount_decimal") if isinstance(pricing, Mapping) else None
    found = next((each for each in (exact, *map(price.get, _AMOUNTS)) if each not in (None, "")), None)
    number = Fields({"found": found}, fields.ledger, (*fields.path, "pricing")).number("found")
    return None if number is None else reader.major(number)


_AMOUNTS: Final = ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount")


def _kind(fields: Fields, price: Mapping[str, Any], amount: Decimal) -> str:
    prorated = fields.value.get("proration") or _parent(fields).get("proration")
    if amount < 0:
        return "credit"
    recurring = price.get("recurring") if isinstance(price.get("recurring"), Mapping) else price
    if isinstance(recurring, Mapping) and recurring.get("usage_type") == "metered":
        return "usage"
    parent = fields.value.get("parent")
    named = parent.get("type") if isinstance(parent, Mapping) else fields.value.get("type")
    if prorated or str(named) in {"subscription_item_details", "subscription"} or price.get("type") == "recurring":
        return "recurring"
    return "one_time"


def _sum(fields: Fields, name: str) -> Decimal:
    return sum(
        (Decimal(each["amount"]) for each in _dicts(fields.value.get(name)) if _is_whole(each.get("amount"))),
        Decimal(0),
    )


def _credits(fields: Fields) -> Decimal:
    """Credit that was granted and is used up here; discounts are in the same list and counted elsewhere."""
    listed_ = _dicts(fields.value.get("pretax_credit_amounts"))
    used = [
        each for each in listed_ if each.get("type") == "credit_balance_transaction" and _is_whole(each.get("amount"))
    ]
    return sum((Decimal(each["amount"]) for each in used), Decimal(0))


def _of_the_whole(fields: Fields, reader: Reader) -> Iterable[dict[str, Any]]:
    """Tax on top and shipping, as the invoice has them."""
    tax = _tax(fields, reader)
    if tax:
        yield {"kind": "tax", "amount": written(reader.major(tax))}
    shipping = fields.number("amount_shipping")
    if shipping:
        yield {"kind": "one_time", "product_id": "shipping", "amount": written(reader.major(shipping))}


def _tax(fields: Fields, reader: Reader) -> Decimal:
    """The tax that comes on top: by `total_taxes` in newer versions, `total_tax_amounts` or `tax` in older ones."""
    newer, older = _dicts(fields.value.get("total_taxes")), _dicts(fields.value.get("total_tax_amounts"))
    amounts = newer or older
    if not amounts:
        tax = fields.value.get("tax")
        return Decimal(tax) if isinstance(tax, int) and not isinstance(tax, bool) else Decimal(0)
    inclusive = [each for each in amounts if each.get("tax_behavior") == "inclusive" or each.get("inclusive") is True]
    if inclusive:
        reader.note("tax is contained in the amounts of the lines")
    added = [each for each in amounts if each not in inclusive and _is_whole(each.get("amount"))]
    return sum((Decimal(each["amount"]) for each in added), Decimal(0))


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
