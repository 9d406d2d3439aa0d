"""HubSpot's subscriptions as billing configurations, and its invoices.

A quote becomes one subscription for each billing frequency among its lines, so those of one quote are read as one configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.hubspot.documents import account_of, calculated, known_only, whole_of
from cpq_hooks.adapters.hubspot.lines import Item, item_of, terms_of
from cpq_hooks.adapters.hubspot.quotes import payment_days
from cpq_hooks.adapters.hubspot.reading import (
    Reader,
    currency_of,
    day,
    identity,
    moment,
    properties_of,
    records,
    written,
)
from cpq_hooks.problem import Path
from cpq_hooks.vendor_fields import Fields, stated
from policies.domain.money import format_amount

HOLD: Final = "quoteguard_hold"
_LARGE: Final = Decimal("1e15")  # beyond it an amount is refused anyway
_HARMLESS: Final = frozenset((
    "hs_name", "hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_last_payment_amount", "hs_last_payment_date",
    "hs_last_payment_status", "hs_next_payment_amount", "hs_next_payment_due_date", "hs_payment_method", "hs_payment_enabled",
    "hs_payments_source_app_id", "hs_payment_method_source_at_creation", "hs_language", "hs_locale", "hs_invoice_comments", "hs_domain",
    "hs_allowed_payment_methods", "hs_automatically_email_invoices", "hs_collect_address_types", "hs_tax_ids", "hs_acv", "hs_arr",
    "hs_mrr", "hs_tcv", "hs_completed_payments", "hs_total_collected_amount", "hs_number_of_completed_payments", "hs_owner",
    "hs_collection_process", "hs_external_subscription_id", "hs_currency_code", "hs_currency", "hs_recurring_billing_terms",
))  # fmt: skip
_HARMLESS_OF_INVOICE: Final = frozenset((
    "hs_number", "hs_title", "hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_invoice_status", "hs_due_date", "hs_balance_due",
    "hs_amount_paid", "hs_payment_date", "hs_payment_status", "hs_invoice_link", "hs_language", "hs_locale", "hs_domain", "hs_comments",
    "hs_tax_id", "hs_tax_ids", "hs_allowed_payment_methods", "hs_payment_enabled", "hs_net_payment_terms", "hs_subtotal",
    "hs_invoice_source", "hs_external_invoice_id", "hs_purchase_order_number", "hs_days_overdue", "hs_currency", "hs_total_discount",
))  # fmt: skip


def subscription(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """The subscriptions of one quote, or one that came from none. Raises `Invalid`."""
    fields = Fields.of(payload)
    parts = fields.objects("subscriptions") if fields.has("subscriptions") else (fields,)
    names = calculated(fields, "subscriptions")
    read = [_part(each, reader, names, calculated(fields, "line_items")) for each in parts]
    if not read:
        raise NotUnderstood("there is no subscription in it")
    first = read[0]
    quote_id = _quote_id(fields)
    items = [item for each in read for item in each.items]
    document = {
        "billing_configuration_id": min((each.id for each in read), key=lambda each: (len(each), each)),
        "source": "hubspot",
        "agreement_id": first.own.text(reader.option("agreement_property") or "quoteguard_agreement_id"),
        "quote_id": quote_id,
        "account": account_of(fields, reader),
        "currency": reader.currency,
        "status": _status(read),
        "created_at": moment(first.own, "hs_createdate"),
        "billing_anchor_day": first.starts.day if first.starts is not None else None,
        "auto_renew": all(item.goes_on for item in items if item.is_recurring) if items else None,
        "days_until_due": payment_days(first.own, reader),
        "charges": [charge for each in read for charge in each.charges(reader)],
    }
    if quote_id is not None:
        reader.note("what a quote sells once is charged when it is accepted, and is in no subscription")
    known_only(fields, reader)
    whole_of(fields, reader)
    fields.ledger.settle()
    return Translation(
        shape=Shape.BILLING_CONFIGURATION, document=stated(document), unused=(*reader.unused, *fields.unused()),
        notes=tuple(reader.notes),
    )  # fmt: skip


class _Part:
    """One subscription, read."""

    __slots__ = ("creates", "id", "items", "own", "starts", "status")

    def __init__(self, identity_: str, own: Fields, items: Sequence[Item], starts: date | None) -> None:
        self.id, self.own, self.items, self.starts = identity_, own, items, starts
        self.status = (own.text("hs_status") or own.text("hs_subscription_status") or "").lower()
        self.creates = (own.text("hs_invoice_creation") or "on").lower()

    def charges(self, reader: Reader) -> list[dict[str, Any]]:
        found = []
        for item in self.items:
            starts = item.starts or self.starts
            found.append({
                "charge_id": item.line_id, **terms_of(item, reader), "state": self.status or None,
                "start_date": _iso(starts), "end_date": _iso(replace(item, starts=starts).ends()),
                "invoiceable": False if self.creates == "off" else None,
            })  # fmt: skip
        return found


def _part(part: Fields, reader: Reader, names: Sequence[str], of_lines: Sequence[str]) -> _Part:
    record = part.object("subscription")
    if record is None:
        raise NotUnderstood("for a billing configuration, the subscription with its line items is wanted")
    own = properties_of(record, _HARMLESS, names)
    stated_currency = (
        currency_of(own, "hs_currency_code") or currency_of(own, "hs_currency") or reader.option("currency")
    )
    _one_currency(own, stated_currency, reader)
    if not isinstance(part.value.get("line_items"), list):
        part.ledger.refuse((*part.path, "line_items"), "not_fetched", "the subscription's line items are wanted here")
    items = [
        item_of(_with_frequency(each, own), number, reader, of_lines)
        for number, each in enumerate(part.objects("line_items"), 1)
    ]
    own.harmless(
        "hs_recurring_billing_frequency",
        "hs_recurring_billing_period",
        "hs_term_in_months",
        "hs_recurring_billing_end_date",
    )
    if own.value.get(HOLD):
        reader.note(f"it is paused by Quoteguard's own hold (decision {own.value[HOLD]})")
    return _Part(identity(record) or "", own, items, day(own, "hs_recurring_billing_start_date"))


def _one_currency(own: Fields, currency: str | None, reader: Reader) -> None:
    if currency is None:
        own.ledger.refuse(
            (*own.path, "hs_currency_code"), "unknown_currency", "no currency is stated: set the option currency"
        )
    elif reader.currency and currency != reader.currency:
        own.ledger.refuse(
            (*own.path, "hs_currency_code"), "currency", "the subscriptions of the quote are in several currencies"
        )
    reader.currency = reader.currency or (currency or "").upper()


def _with_frequency(line: Fields, own: Fields) -> Fields:
    """A line item of a subscription that does not repeat how often it is billed: the subscription says it."""
    known = line.value.get("properties")
    frequency = own.value.get("hs_recurring_billing_frequency") or own.value.get("recurringbillingfrequency")
    own.harmless("recurringbillingfrequency")
    if not isinstance(known, Mapping) or known.get("recurringbillingfrequency") or not frequency:
        return line
    return Fields(
        {**line.value, "properties": {**known, "recurringbillingfrequency": frequency}}, line.ledger, line.path
    )


def _status(read: Sequence[_Part]) -> str | None:
    """The state of the whole; one that we hold ourselves is not a fault of the set-up."""
    states = sorted(
        {
            "active" if each.status == "paused" and each.own.value.get(HOLD) else each.status
            for each in read
            if each.status
        }
    )
    return states[0] if len(states) == 1 else ", ".join(states) or None


def _quote_id(fields: Fields) -> str | None:
    record = fields.object("quote")
    fields.harmless("quote", "deal", "owner")
    return None if record is None else identity(record)


# ------------------------------------------------------------------------------------------------------ invoices


def invoice(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """An invoice with its line items. Raises `Invalid`."""
    fields = Fields.of(payload)
    record = fields.object("invoice")
    if record is None:
        raise NotUnderstood("for an invoice, the invoice with its line items is wanted")
    own = properties_of(record, _HARMLESS_OF_INVOICE, calculated(fields, "invoices"))
    currency = currency_of(own, "hs_currency") or (reader.option("currency") or "").upper()
    if not currency:
        own.ledger.refuse(
            (*own.path, "hs_currency"), "unknown_currency", "no currency is stated: set the option currency"
        )
    reader.currency = currency
    if not isinstance(fields.value.get("line_items"), list):
        fields.ledger.refuse((*fields.path, "line_items"), "not_fetched", "the invoice's line items are wanted here")
    names = calculated(fields, "line_items")
    lines = [_line(item_of(each, number, reader, names)) for number, each in enumerate(fields.objects("line_items"), 1)]
    account = account_of(fields, reader)
    total = own.number("hs_amount_billed")
    of_subscription = fields.object("subscription")
    fields.harmless("subscription", "quote", "deal", "owner")
    document = {
        "invoice_id": identity(record),
        "account_id": None if account is None else account["account_id"],
        "agreement_id": own.text(reader.option("agreement_property") or "quoteguard_agreement_id"),
        "billing_configuration_id": None if of_subscription is None else identity(of_subscription),
        "issued_on": _iso(day(own, "hs_invoice_date")),
        "currency": currency,
        "lines": lines,
        "total": written(total),
    }
    _rest(lines, total, currency, reader)
    whole_of(fields, reader)
    known_only(fields, reader)
    fields.ledger.settle()
    return Translation(
        shape=Shape.INVOICE,
        document=stated(document),
        unused=(*reader.unused, *fields.unused()),
        notes=tuple(reader.notes),
    )


def _line(item: Item) -> dict[str, Any]:
    """A line as invoiced, after its discount: HubSpot's amount, and without one its quantity times its net price."""
    fields = item.fields
    amount = fields.number("amount")
    if amount is None:
        path: Path = (*fields.path, "amount")
        fields.ledger.refuse(path, "missing", "the line's amount is wanted here")
    return {
        "charge_id": item.line_id,
        "product_id": item.product_id,
        "kind": "recurring" if item.is_recurring else "one_time",
        "period_start": _iso(day(fields, "hs_billing_period_start_date")),
        "period_end": _iso(day(fields, "hs_billing_period_end_date")),
        "quantity": written(item.quantity),
        "unit_price": written(item.price) if not item.tiers else None,
        "amount": written(amount),
    }


def _rest(lines: Sequence[Mapping[str, Any]], total: Decimal | None, currency: str, reader: Reader) -> None:
    amounts = [Decimal(each["amount"]) for each in lines if each.get("amount") is not None]
    lines_total = sum(amounts, Decimal(0))
    if total is not None and lines_total != total and max(abs(total), abs(lines_total)) < _LARGE:
        reader.note(
            f"the lines come to {format_amount(lines_total, currency)} and the invoice to {format_amount(total, currency)}:"
            " taxes, fees and discounts of the whole are on no line"
        )


def _iso(found: date | None) -> str | None:
    return None if found is None else found.isoformat()


def subscriptions_in(payload: Any) -> list[Mapping[str, Any]]:
    """The records of all subscriptions in a payload."""
    if not isinstance(payload, Mapping):
        return []
    parts = records(payload.get("subscriptions")) or [payload]
    return [each["subscription"] for each in parts if isinstance(each.get("subscription"), Mapping)]
