"""Invoices with their items, and previews of bills as the invoices that Zuora says it will make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.zuora.charges import Segment
from cpq_hooks.adapters.zuora.reading import ONE_DAY, Reader, currency_of, day_of, iso, spelt, word, written
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.vendor_fields import Fields, stated

_KINDS: Final[Mapping[str, str]] = {"onetime": "one_time", "recurring": "recurring", "usage": "usage"}
_HARMLESS_OF_ITEM: Final = (
    "id", "subscriptionId", "balance", "chargeDescription", "chargeName", "chargeDate", "description", "productName",
    "sourceItemType", "unitOfMeasure", "soldToContactId", "soldToContactSnapshotId", "invoiceScheduleId", "invoiceScheduleItemId",
    "numberOfDeliveries", "excludeItemBillingFromRevenueAccounting", "productRatePlanChargeId", "additionalInfo", "appliedToItemId",
    "orderLineItemNumber", "accountingCode", "availableToCreditAmount", "bookingReference", "purchaseOrderNumber", "revRecCode", "chargeType", "processingType",
    "taxCode", "taxMode", "sku", "skuName", "unitPrice", "taxationItems", "chargeId", "subscriptionName", "deferredRevenueAccount",
)  # fmt: skip
_HARMLESS_OF_PREVIEW: Final = (
    "success",
    "contractedMrr",
    "targetDate",
    "invoiceTargetDate",
    "accountId",
    "accountNumber",
    "invoiceNumber",
)


def invoice(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """An invoice with its items. Raises `Invalid` where they are not here."""
    fields = Fields.of(payload)
    reader.currency = currency_of(fields, reader)
    items = fields.objects("invoiceItems") or fields.objects("items")
    _items_are_here(items, fields)
    lines = [line for each in items for line in _lines(each, reader)]
    fields.harmless(*(name for name in payload if name not in {"invoiceItems", "items"}))
    subscriptions = {name for each in items if (name := _subscription(each)) is not None}
    document = {
        "invoice_id": word(payload.get("invoiceNumber")) or word(payload.get("id")) or "items",
        "account_id": word(payload.get("accountNumber")) or word(payload.get("accountId")),
        "billing_configuration_id": next(iter(subscriptions)) if len(subscriptions) == 1 else None,
        "issued_on": iso(day_of(fields, "invoiceDate")),
        "currency": reader.currency,
        "lines": lines,
        "total": written(fields.number("amount")),
    }
    if not payload.get("invoiceNumber") and not payload.get("id"):
        reader.note("these are items of an invoice without the invoice: its number, date and total are not here")
    return reader.translation(Shape.INVOICE, document, fields)


def _items_are_here(items: Sequence[Fields], fields: Fields) -> None:
    if not items:
        message = "the invoice has no items here: they are at /v1/invoices/ID/items, and belong under invoiceItems"
        fields.ledger.refuse((*fields.path, "invoiceItems"), "no_items", message)
        fields.ledger.settle()


def _subscription(item: Fields) -> str | None:
    return word(item.value.get("subscriptionNumber")) or word(item.value.get("subscriptionName"))


def _lines(item: Fields, reader: Reader) -> Iterable[dict[str, Any]]:
    """An item as a line without its tax, and its tax as another. A discount's amount is negative as Zuora has it."""
    name = "chargeAmount" if item.has("chargeAmount") else "amountWithoutTax"
    amount = item.number(name)
    item.harmless(*_HARMLESS_OF_ITEM, "chargeAmount", "amountWithoutTax", "subscriptionNumber")
    if amount is None:
        item.ledger.refuse((*item.path, name), "no_amount", "an item of an invoice has an amount")
        return
    line = _line(item, amount)
    yield line
    tax = _tax(item, reader)
    if tax:
        yield {**line, "amount": written(tax), "kind": "tax", "quantity": None, "unit_price": None}


def _line(item: Fields, amount: Decimal) -> dict[str, Any]:
    kind = (
        "discount" if spelt(item.text("processingType")) == "discount" else _KINDS.get(spelt(item.text("chargeType")))
    )
    extra = item.value.get("additionalInfo")
    quantity = item.number("quantity") or (extra.get("quantity") if isinstance(extra, Mapping) else None)
    return {
        "amount": written(amount),
        "kind": kind,
        "charge_id": item.text("chargeNumber") or word(item.value.get("chargeId")),
        "period_start": iso(day_of(item, "serviceStartDate")),
        "period_end": iso(day_of(item, "serviceEndDate")),
        "quantity": _counted(quantity) if kind != "discount" else None,
    }


def _counted(quantity: Any) -> str | None:
    return written(Decimal(quantity)) if isinstance(quantity, (int, Decimal)) and quantity > 0 else None


def _tax(item: Fields, reader: Reader) -> Decimal | None:
    """The tax by its own items where there are any, else the item's field. Where the two differ, that is said."""
    stated_tax = item.number("taxAmount")
    listed = item.value.get("taxationItems")
    data = listed.get("data") if isinstance(listed, Mapping) else listed
    parts = [each.get("taxAmount") for each in data if isinstance(each, Mapping)] if isinstance(data, list) else []
    known = [Decimal(each) for each in parts if isinstance(each, (int, Decimal)) and not isinstance(each, bool)]
    if known and sum(known) != (stated_tax or 0):
        reader.note(
            f"item {item.value.get('chargeName')} says a tax of {written(stated_tax)}, and its taxation items come to "
            f"{written(sum(known, Decimal(0)))}, which is what is read"
        )
    return sum(known, Decimal(0)) if known else stated_tax


# ------------------------------------------------------------------------------------------------- previews


def preview(payload: Mapping[str, Any], reader: Reader) -> tuple[Translation, ...]:
    """A preview of bills, of an order, of a subscription or of an account, as invoices by the day on which each part is due."""
    items, currency = _previewed(payload)
    if not items:
        raise Invalid([Problem(path="$", message="the preview has no invoice items", code="no_items")])
    reader.currency = currency or currency_of(Fields.of(payload), reader)
    found = _by_day(items, reader, {})
    for each in items:
        each.ledger.settle()
    if not reader.currency:
        message = "there is no currency in a preview: give the connection's option currency"
        raise Invalid([Problem(path="$.currency", message=message, code="unknown_currency")])
    reader.note(
        "a preview has no dates of invoices: each part is dated by the first day of its service, and usage by the day after it"
    )
    for name in payload:
        _say_credits(payload, name, reader)
    return tuple(
        Translation(shape=Shape.INVOICE, document=stated(each), unused=tuple(reader.unused), notes=tuple(reader.notes))
        for each in found
    )


def _say_credits(payload: Mapping[str, Any], name: str, reader: Reader) -> None:
    if name in {"creditMemoItems", "creditMemos"} and payload[name]:
        reader.say(
            Fields.of(payload),
            name,
            f"{len(payload[name])} entries",
            "price",
            "its credit memos are not in these invoices",
        )


def _previewed(payload: Mapping[str, Any]) -> tuple[list[Fields], str | None]:
    """The items of a preview in any of its forms, and the currency where one is told."""
    fields = Fields.of(payload)
    result = fields.object("previewResult")
    holder = result or fields
    bills = holder.objects("invoices") or tuple(each for each in (holder.object("invoice"),) if each is not None)
    items = [item for bill in bills for item in (bill.objects("invoiceItems") or bill.objects("items"))]
    return items or list(holder.objects("invoiceItems")), _told_currency(holder.value.get("orderDeltaMetrics"))


def _told_currency(metrics: Any) -> str | None:
    """The one currency in an order's metrics, which is that of its invoices."""
    groups = metrics.values() if isinstance(metrics, Mapping) else ()
    entries = [each for group in groups if isinstance(group, list) for each in group if isinstance(each, Mapping)]
    known = {code for each in entries if isinstance(code := each.get("currency"), str)}
    return known.pop() if len(known) == 1 else None


def _by_day(items: Sequence[Fields], reader: Reader, timings: Mapping[str, str | None]) -> list[dict[str, Any]]:
    days: dict[date | None, list[dict[str, Any]]] = {}
    subscriptions: dict[date | None, set[str | None]] = {}
    for each in items:
        day = _due(each, timings)
        days.setdefault(day, []).extend(_lines(each, reader))
        subscriptions.setdefault(day, set()).add(_subscription(each))
    return [
        {
            "invoice_id": f"preview:{day or 'undated'}", "issued_on": iso(day), "currency": reader.currency, "lines": lines,
            "billing_configuration_id": next(iter(subscriptions[day])) if len(subscriptions[day]) == 1 else None,
            "total": written(sum((Decimal(line["amount"]) for line in lines), Decimal(0))),
        }
        for day, lines in sorted(days.items(), key=lambda each: (each[0] is None, each[0] or date.min))
    ]  # fmt: skip


def _due(item: Fields, timings: Mapping[str, str | None]) -> date | None:
    """The day on which a part is due: the first of its service in advance, the day after it in arrears."""
    number = str(item.value.get("chargeNumber"))
    arrears = timings.get(number) == "in_arrears" or (
        number not in timings and spelt(str(item.value.get("chargeType") or "")) == "usage"
    )
    start, end = day_of(item, "serviceStartDate"), day_of(item, "serviceEndDate")
    return end + ONE_DAY if arrears and end is not None and end != date.max else start


def previews_of(payload: Any, reader: Reader, *, document_id: str, charges: Sequence[Segment]) -> list[dict[str, Any]]:
    """What a billing preview has of one subscription, by day, for the configuration that it is held against."""
    if not isinstance(payload, Mapping):
        return []
    items = [each for each in Fields.of(payload).objects("invoiceItems") if _subscription(each) == document_id]
    return _by_day(items, reader, {each.number: each.price.timing for each in charges})
