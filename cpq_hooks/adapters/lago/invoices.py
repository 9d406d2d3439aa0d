"""Lago's invoices with their fees, its events, and a customer's usage of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, day_of, iso, mapping, mappings, written

_KINDS: Final = {
    "charge": "usage", "instant_charge": "usage", "subscription": "recurring", "fixed_charge": "recurring", "commitment": "recurring",
    "add_on": "one_time", "one_off": "one_time", "credit": "one_time",
}  # fmt: skip
_TAKEN_OFF: Final = (
    ("coupons_amount_cents", "discount"),
    ("credit_notes_amount_cents", "credit"),
    ("progressive_billing_credit_amount_cents", "credit"),
    ("prepaid_credit_amount_cents", "credit"),
)
_HARMLESS_OF_USAGE: Final = (
    "events_count", "amount_cents", "amount_currency", "total_aggregated_units", "pricing_unit_details", "filters", "grouped_usage",
    "presentation_breakdowns", "charge", "projected_units", "projected_amount_cents",
)  # fmt: skip


def invoice(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """An invoice, or the preview of one. Raises `Invalid` where it cannot be read."""
    whole = Fields.of(wrapping)
    fields = whole.object("invoice") or Fields({}, whole.ledger, ("invoice",))
    reading.take_currency(fields, "currency")
    whole.ledger.settle()
    whole.harmless(*(name for name in wrapping if name != "invoice"))
    fields.harmless(
        *(name for name in fields.value if name not in {"currency", "fees", "total_amount_cents", "taxes_amount_cents"})
    )
    status = fields.text("status")
    if status in {"draft", "voided", "failed", "pending", "generating"}:
        reading.note(f"the invoice is {status}")
    if not fields.value.get("lago_id"):
        reading.note("it is a preview: Lago has not made this invoice")
    lines = [_fee(each, reading) for each in fields.objects("fees")]
    if not lines and fields.value.get("fees_amount_cents"):
        fields.ledger.refuse(
            (*fields.path, "fees"), "not_expanded", "the invoice's fees are wanted here: fetch the invoice by its id"
        )
    lines = [each for each in lines if each] + list(_of_the_whole(fields, reading))
    customer = mapping(fields.value.get("customer"))
    document = {
        "invoice_id": fields.text("number") or fields.text("lago_id") or "preview",
        "account_id": customer.get("external_id"),
        "billing_configuration_id": _subscription(fields),
        "issued_on": fields.day("issuing_date"),
        "currency": reading.currency,
        "lines": lines,
        "total": written(reading.cents(fields, "total_amount_cents")),
    }
    return reading.translation(Shape.INVOICE, document, whole)


def _subscription(fields: Fields) -> str | None:
    """The one subscription that it is for; an invoice for several names none."""
    listed = mappings(fields.value.get("subscriptions"))
    found = {str(each.get("external_id") or each.get("lago_id")) for each in listed}
    return found.pop() if len(found) == 1 else None


def _fee(fee: Fields, reading: Reading) -> dict[str, Any]:
    fee.harmless(*fee.value)
    amount = reading.cents(fee, "amount_cents")
    if amount is None:
        fee.ledger.refuse((*fee.path, "amount_cents"), "required", "a fee has to have an amount")
        return {}
    item = mapping(fee.value.get("item"))
    period = _period(fee, reading)
    price = fee.number("precise_unit_amount")
    return {
        "product_id": item.get("code") if isinstance(item.get("code"), str) else None,
        "charge_id": _charge_id(fee, item),
        "kind": "credit" if amount < 0 else _KINDS.get(str(item.get("type")), "recurring"),
        "period_start": period[0],
        "period_end": period[1],
        "quantity": written(fee.number("units")),
        "unit_price": written(price),
        "amount": written(amount),
    }


def _charge_id(fee: Fields, item: Mapping[str, Any]) -> str | None:
    """The charge as the configuration calls it: subscription, plan and metric, where the fee says all three."""
    owner, plan = fee.value.get("external_subscription_id"), fee.value.get("plan_code")
    if not isinstance(owner, str) or not isinstance(plan, str):
        return None
    return f"{owner}:{plan}" if item.get("type") == "subscription" else f"{owner}:{plan}:{item.get('code')}"


def _period(fee: Fields, reading: Reading) -> tuple[str | None, str | None]:
    """The days that a fee is for, by its own dates; what is no date is none."""
    own = mapping(fee.value.get("properties"))
    days = []
    for name in ("from_date", "to_date"):
        found = _lenient(fee.value.get(name) or own.get(name) or own.get(f"{name}time"), reading)
        days.append(day_of(found))
    first, last = days
    return (None, None) if first is None or last is None or last < first else (first, last)


def _lenient(value: Any, reading: Reading) -> datetime | None:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return reading.moment(Fields.of({"at": value}), "at")


def _of_the_whole(fields: Fields, reading: Reading) -> Iterable[dict[str, Any]]:
    """What is taken off the whole, by the invoice's own totals, and the tax on top."""
    for name, kind in _TAKEN_OFF:
        off = reading.cents(fields, name)
        if off:
            yield {"kind": kind, "amount": written(-off)}
    tax = reading.cents(fields, "taxes_amount_cents")
    if tax:
        yield {"kind": "tax", "amount": written(tax)}


def event(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """One event of use, with the metric that says what it counts. Raises `Invalid` where it needs the metric and it is not here."""
    whole = Fields.of(wrapping)
    fields = whole.object("event") or Fields({}, whole.ledger, ("event",))
    metric = mapping(wrapping.get("billable_metric"))
    whole.harmless(*(name for name in wrapping if name != "event"))
    fields.harmless(*fields.value)
    field, kind = metric.get("field_name"), metric.get("aggregation_type")
    properties = Fields(dict(mapping(fields.value.get("properties"))), whole.ledger, (*fields.path, "properties"))
    quantity: Decimal | None = Decimal(1) if kind in {"count_agg", "count"} else None
    if quantity is None and isinstance(field, str) and field:
        quantity = properties.number(field)
    if quantity is None:
        fields.ledger.refuse(
            (*fields.path, "properties"), "not_expanded",
            "how much was used is wanted here: put the billable metric of the event's code beside it, under billable_metric",
        )  # fmt: skip
    at = _moment(fields, reading)
    document = {
        "usage_id": fields.text("transaction_id"),
        "product_id": fields.text("code"),
        "at": iso(at),
        "quantity": written(quantity),
    }
    owner = fields.text("external_subscription_id")
    if owner:
        reading.note(f"it is usage of subscription {owner}")
    return reading.translation(Shape.USAGE, document, whole)


def _moment(fields: Fields, reading: Reading) -> datetime | None:
    """An event's moment: a Unix time, with parts of a second, or an ISO moment."""
    value = fields.raw("timestamp")
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        return reading.moment(fields, "timestamp")
    number = fields.number("timestamp")
    found = None if number is None else reading.unix(number)
    if found is None:
        fields.ledger.refuse((*fields.path, "timestamp"), "required", "the moment of use is wanted here")
    return found


def usages(wrapping: Mapping[str, Any], reading: Reading) -> tuple[Translation, ...]:
    """A customer's usage of one period, charge by charge, as Lago adds it up."""
    whole = Fields.of(wrapping)
    fields = whole.object("customer_usage") or Fields({}, whole.ledger, ("customer_usage",))
    whole.harmless(*(name for name in wrapping if name != "customer_usage"))
    starts, ends = reading.moment(fields, "from_datetime"), reading.moment(fields, "to_datetime")
    fields.harmless(*fields.value)
    found = []
    for position, each in enumerate(fields.objects("charges_usage"), start=1):
        each.harmless(*_HARMLESS_OF_USAGE)
        charge, metric = mapping(each.value.get("charge")), mapping(each.raw("billable_metric"))
        document = {
            "usage_id": f"{charge.get('lago_id') or position}:{day_of(starts)}",
            "product_id": metric.get("code"),
            "period_start": day_of(starts),
            "period_end": day_of(ends),
            "quantity": written(each.number("units")),
        }
        found.append(reading.translation(Shape.USAGE, document, whole))
    return tuple(found)
