"""Kill Bill's invoices, and the dry run of one: each item a line, the end of its period the day before the one that is stated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, day_before, mapping, written

_KINDS: Final = {
    "RECURRING": "recurring", "FIXED": "one_time", "USAGE": "usage", "EXTERNAL_CHARGE": "one_time", "TAX": "tax", "ITEM_ADJ": "credit",
    "REPAIR_ADJ": "credit", "CREDIT_ADJ": "credit", "REFUND_ADJ": "credit", "PARENT_SUMMARY": "recurring",
}  # fmt: skip
_READ: Final = frozenset({"invoiceId", "accountId", "currency", "amount", "items", "invoiceDate", "status"})


def invoice(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """An invoice. Raises `Invalid` where it cannot be read."""
    whole = Fields.of(wrapping)
    fields = whole.object("invoice") or Fields({}, whole.ledger, ("invoice",))
    reading.take_currency(fields, "currency")
    whole.ledger.settle()
    whole.harmless(*(name for name in wrapping if name != "invoice"))
    fields.harmless(*(name for name in fields.value if name not in _READ))
    status = fields.text("status")
    if not fields.value.get("invoiceId"):
        reading.note("it is a dry run: Kill Bill has not made this invoice")
    elif status in {"DRAFT", "VOID"}:
        reading.note(f"the invoice is {status}")
    items = fields.objects("items")
    if not items and fields.value.get("amount"):
        fields.ledger.refuse(
            (*fields.path, "items"), "not_expanded", "the invoice's items are wanted here: fetch it with its items"
        )
    lines = [line for each in items if (line := _item(each, reading))]
    account = mapping(wrapping.get("account"))
    owners = {owner for each in items if isinstance(owner := each.value.get("subscriptionId"), str)}
    document = {
        "invoice_id": fields.text("invoiceId") or "dry-run",
        "account_id": account.get("externalKey") or fields.text("accountId"),
        "billing_configuration_id": owners.pop() if len(owners) == 1 else None,
        "issued_on": fields.day("invoiceDate"),
        "currency": reading.currency,
        "lines": lines,
        "total": written(fields.number("amount")),
    }
    fields.raw("accountId")
    return reading.translation(Shape.INVOICE, document, whole)


def _item(item: Fields, reading: Reading) -> dict[str, Any] | None:
    item.harmless(*item.value)
    kind, amount = item.text("itemType") or "", item.number("amount")
    if kind == "CBA_ADJ":
        reading.note("credit of the account that is used or made is not in the invoice's amount and no line here")
        return None
    if amount is None:
        item.ledger.refuse((*item.path, "amount"), "required", "an item has to have an amount")
        return None
    if kind not in _KINDS:
        reading.say(item, "itemType", kind, "billing")
    first, end = _day(item.text("startDate")), _day(item.text("endDate"))
    last = None if first is None or end is None or end <= first else day_before(end)
    product = item.text("productName") or item.text("planName")
    owner, plan = item.text("subscriptionId"), item.text("planName")
    usage = item.text("usageName")
    return {
        "product_id": product,
        "charge_id": f"{owner}:{plan}" if owner and plan and not usage and kind == "RECURRING" else None,
        "kind": "credit" if amount < 0 and kind != "TAX" else _KINDS.get(kind, "one_time"),
        "period_start": None if first is None or last is None else first.isoformat(),
        "period_end": None if last is None else last.isoformat(),
        "quantity": written(item.number("quantity")),
        "unit_price": written(item.number("rate")),
        "amount": written(reading.amount(amount, "an item")),
    }


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        return None
