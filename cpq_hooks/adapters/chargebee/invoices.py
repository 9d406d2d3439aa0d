"""Chargebee's invoices, and estimates of them: amounts before discounts, the discounts, and the tax, each a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.chargebee.items import money
from cpq_hooks.adapters.chargebee.subscriptions import own_word, take_currency
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, day_of, last_day, written

_READ: Final = frozenset(
    {
        "id",
        "currency_code",
        "line_items",
        "discounts",
        "tax",
        "total",
        "amount",
        "date",
        "end_date",
        "round_off_amount",
        "subscription_id",
    }
)
_ONCE: Final = frozenset({"adhoc", "charge_item_price", "plan_setup", "plan_setup_item_price", "setup_charge"})
_USED: Final = frozenset({"metered"})


def invoice(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """An invoice. Raises `Invalid` where it cannot be read."""
    whole = Fields.of(wrapping)
    fields = whole.object("invoice") or Fields({}, whole.ledger, ("invoice",))
    take_currency(fields, reading)
    whole.ledger.settle()
    whole.harmless(*(name for name in wrapping if name != "invoice"))
    fields.harmless(*(name for name in fields.value if name not in _READ))
    status = fields.text("status")
    if status == "pending":
        reading.note("the invoice is pending: it has not gone out")
    elif status == "voided":
        reading.note("the invoice is voided")
    if fields.value.get("price_type") == "tax_inclusive":
        reading.note("tax is contained in the amounts of the lines")
    lines = [line for each in fields.objects("line_items") for line in _lines(each, fields, reading)]
    lines.extend(_of_the_whole(fields, lines, reading))
    total = _first(reading.cents(fields, "total"), reading.cents(fields, "amount"))
    document = {
        "invoice_id": fields.text("id") or "estimate",
        "account_id": fields.value.get("customer_id"),
        "agreement_id": own_word(fields, "agreement_key", "agreement_id", reading),
        "billing_configuration_id": _subscription(fields),
        "issued_on": day_of(reading.stamp(fields, "date") or reading.stamp(fields, "end_date")),
        "currency": reading.currency,
        "lines": lines,
        "total": written(total),
    }
    return reading.translation(Shape.INVOICE, document, whole)


def _subscription(fields: Fields) -> str | None:
    """The one subscription that it is for; a consolidated invoice is for several, which its lines name."""
    own = fields.text("subscription_id")
    named = {
        name for each in fields.objects("line_items") if isinstance(name := each.value.get("subscription_id"), str)
    }
    return own or (named.pop() if len(named) == 1 else None)


def _lines(line: Fields, fields: Fields, reading: Reading) -> Iterable[dict[str, Any]]:
    line.harmless(*line.value)
    amount = money(line, "amount", reading)
    if amount is None:
        line.ledger.refuse((*line.path, "amount"), "required", "a line has to have an amount")
        return
    name, subscription = line.text("entity_id"), line.text("subscription_id") or fields.text("subscription_id")
    starts, ends = reading.stamp(line, "date_from"), reading.stamp(line, "date_to")
    shared = {
        "product_id": name or "adhoc",
        "charge_id": f"{subscription}:{name}" if subscription and name else None,
        "period_start": day_of(starts),
        "period_end": last_day(starts, ends).isoformat()
        if starts is not None and ends is not None and ends >= starts
        else None,
    }
    price = money(line, "unit_amount", reading)
    yield {
        **shared,
        "kind": _kind(line, amount),
        "quantity": written(_first(line.number("quantity_in_decimal"), line.number("quantity"))),
        "unit_price": None if line.value.get("pricing_model") in {"tiered", "volume", "stairstep"} else written(price),
        "amount": written(reading.amount(amount, "a line's amount")),
    }
    off = reading.cents(line, "discount_amount")
    if off:
        yield {**shared, "kind": "discount", "amount": written(-off)}


def _kind(line: Fields, amount: Decimal) -> str:
    if amount < 0:
        return "credit"
    if line.flag("metered") is True or line.text("usage_type") in _USED:
        return "usage"
    kinds = {line.text("entity_type"), line.text("type")}
    return "one_time" if kinds & _ONCE else "recurring"


def _of_the_whole(fields: Fields, lines: list[dict[str, Any]], reading: Reading) -> Iterable[dict[str, Any]]:
    """Discounts that are on no line (older versions have them on the whole alone), tax on top, and rounding."""
    on_lines = any(each["kind"] == "discount" for each in lines)
    for each in fields.objects("discounts"):
        each.harmless(*each.value)
        off = reading.cents(each, "amount")
        if off and not on_lines:
            yield {"kind": "discount", "amount": written(-off)}
    tax = reading.cents(fields, "tax")
    if tax and fields.value.get("price_type") != "tax_inclusive":
        yield {"kind": "tax", "amount": written(tax)}
    rounding = reading.cents(fields, "round_off_amount")
    if rounding:
        yield {"kind": "credit" if rounding < 0 else "one_time", "product_id": "rounding", "amount": written(rounding)}


def usage(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """One usage as Chargebee recorded it, on the day of its date."""
    whole = Fields.of(wrapping)
    whole.harmless(*(name for name in wrapping if name != "usage"))
    fields = whole.object("usage") or Fields({}, whole.ledger, ("usage",))
    fields.harmless(
        "object",
        "created_at",
        "updated_at",
        "resource_version",
        "source",
        "note",
        "invoice_id",
        "line_item_id",
        "usage_file",
    )
    item_price_id, subscription = fields.text("item_price_id"), fields.text("subscription_id")
    moment = reading.stamp(fields, "usage_date")
    document = {
        "usage_id": fields.text("id"),
        "product_id": item_price_id,
        "at": None if moment is None else moment.isoformat(),
        "quantity": written(fields.number("quantity")),
    }
    if subscription:
        reading.note(f"it is usage of subscription {subscription}")
    return reading.translation(Shape.USAGE, document, whole)


def _first(*numbers: Decimal | None) -> Decimal | None:
    return next((each for each in numbers if each is not None), None)
