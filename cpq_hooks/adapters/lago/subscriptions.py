"""A subscription with its plan, its customer's coupons and the metrics as a billing configuration; or a plan by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.lago.coupons import applied
from cpq_hooks.adapters.lago.marks import mark_of
from cpq_hooks.adapters.lago.plans import Plan, Setting
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, day_of, iso, mapping, mappings, word

_HARMLESS: Final = (
    "lago_id", "lago_customer_id", "external_customer_id", "name", "plan_code", "plan_amount_cents", "plan_amount_currency", "created_at",
    "updated_at", "previous_plan_code", "current_billing_period_started_at", "current_billing_period_ending_at", "payment_method",
    "applied_invoice_custom_sections", "entitlements", "on_termination_credit_note", "on_termination_invoice", "consolidate_invoice",
    "customer", "started_at", "activated_at", "cancelation_reason", "applicable_usage_thresholds", "usage_threshold", "trial_ended_at",
    "progressive_billing_disabled", "activation_rules", "payment_method_type", "skip_invoice_custom_sections", "external_id",
)  # fmt: skip
_HARMLESS_BESIDE: Final = ("customer", "draft_invoices", "webhook_type", "object_type", "organization_id", "meta")
_OVER: Final = frozenset({"terminated", "canceled"})


def subscription(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """A subscription's plan as charges. Raises `Invalid` where it cannot be read."""
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("subscription") or Fields({}, whole.ledger, ("subscription",))
    customer = mapping(wrapping.get("customer")) or mapping(fields.value.get("customer"))
    reading.in_zone(_zone(customer))
    plan = _plan(fields, whole, reading)
    _currency(plan, fields, reading)
    whole.ledger.settle()
    fields.harmless(*_HARMLESS)
    starts, ends = _starts(fields, reading), _ends(fields, reading)
    identity = fields.text("external_id") or fields.text("lago_id")
    setting = Setting(
        owner=str(identity), coupons=applied(whole.objects("applied_coupons"), whole.objects("coupons"), reading),
        metrics=metrics_of(whole), start=starts, listed={},
    )  # fmt: skip
    lines = Plan(plan, setting, reading).lines()
    status = fields.text("status")
    document = {
        "billing_configuration_id": identity,
        "source": "lago",
        "agreement_id": _own(fields, customer, "agreement_key", "agreement_id", reading),
        "quote_id": _own(fields, customer, "quote_key", "quote_id", reading),
        "account": account_of(
            customer, fields.value.get("external_customer_id") or fields.value.get("lago_customer_id")
        ),
        "currency": reading.currency,
        "time_zone": reading.zone_name,
        "status": status,
        "created_at": iso(reading.moment(fields, "created_at")),
        "billing_anchor_day": _anchor(fields, starts),
        "auto_renew": ends is None and status not in _OVER,
        "charges": [_charge(each, identity, status, starts, ends) for each in lines],
    }
    _said(fields, customer, reading)
    return reading.translation(Shape.BILLING_CONFIGURATION, document, whole)


def plan_alone(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """A plan that nobody is subscribed to, for looking at what is understood of it."""
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("plan") or Fields({}, whole.ledger, ("plan",))
    reading.take_currency(fields, "amount_currency")
    whole.ledger.settle()
    reading.note("it is a plan by itself: it bills nobody")
    setting = Setting(owner="plan", coupons=(), metrics=metrics_of(whole), start=None, listed={})
    lines = Plan(fields, setting, reading).lines()
    code = fields.text("code")
    document = {
        "billing_configuration_id": code,
        "source": "lago",
        "currency": reading.currency,
        "charges": [{"charge_id": each["id"], **{k: v for k, v in each.items() if k != "id"}} for each in lines],
    }
    return reading.translation(Shape.BILLING_CONFIGURATION, document, whole)


def metrics_of(whole: Fields) -> dict[str, Fields]:
    """The billable metrics that came along, by code."""
    found = {}
    for each in whole.objects("billable_metrics"):
        found[str(each.value.get("code"))] = each
    return found


def account_of(customer: Mapping[str, Any], identity: Any) -> dict[str, Any] | None:
    known = customer.get("external_id") or identity
    if not isinstance(known, str) or not known:
        return None
    country = customer.get("country")
    return {
        "account_id": known,
        "name": word(customer, "name") or word(customer, "legal_name"),
        "country": country if isinstance(country, str) and len(country) == 2 else None,
        "time_zone": _zone(customer),
    }


def _zone(customer: Mapping[str, Any]) -> str | None:
    found = customer.get("applicable_timezone") or customer.get("timezone")
    return found if isinstance(found, str) and found else None


def _own(fields: Fields, customer: Mapping[str, Any], option: str, usual: str, reading: Reading) -> str | None:
    """The company's own id: from the customer's metadata, for Lago's subscriptions have none."""
    key = reading.option(option) or usual
    known = {str(each.get("key")): each.get("value") for each in mappings(customer.get("metadata"))}
    return word(mapping(fields.value.get("metadata")), key) or word(known, key)


def _plan(fields: Fields, whole: Fields, reading: Reading) -> Fields:
    """The plan with the subscription's overrides; without it, the fee that the subscription names, and a word on the rest."""
    for holder in (fields, whole):
        found = holder.object("plan")
        if found is not None:
            whole.harmless("plan") if holder is fields else None
            return found
    reading.say(
        fields, "plan_code", fields.value.get("plan_code"), "price",
        f"the plan {fields.value.get('plan_code')} did not come along: its charges, commitments and interval are not here",
    )  # fmt: skip
    bare = {"code": fields.value.get("plan_code"), "amount_cents": fields.value.get("plan_amount_cents")}
    return Fields(bare, fields.ledger, (*fields.path, "plan"))


def _currency(plan: Fields, fields: Fields, reading: Reading) -> None:
    if plan.has("amount_currency"):
        reading.take_currency(plan, "amount_currency")
        return
    stated = fields.value.get("plan_amount_currency") or reading.option("currency")
    reading.take_currency(Fields({"plan_amount_currency": stated}, fields.ledger, fields.path), "plan_amount_currency")


def _starts(fields: Fields, reading: Reading) -> datetime | None:
    """The day that the subscription counts from; Lago may have started it later."""
    counted, started = reading.moment(fields, "subscription_at"), reading.moment(fields, "started_at")
    if counted is not None and started is not None and started - counted > timedelta(days=1):
        reading.note(
            f"it counts from {counted.date()} and was started on {started.date()}: the period that ran then counts as paid"
        )
    return counted or started


def _ends(fields: Fields, reading: Reading) -> date | None:
    """The last day: that of its end, for Lago ends a subscription at the end of it."""
    terminated, ending = reading.moment(fields, "terminated_at"), reading.moment(fields, "ending_at")
    canceled = reading.moment(fields, "canceled_at") if fields.value.get("status") == "canceled" else None
    fields.harmless("canceled_at")
    found = terminated or ending or canceled
    return None if found is None else found.date()


def _anchor(fields: Fields, starts: datetime | None) -> int | None:
    """The first where it bills by the calendar, which is what Lago does unless it is told; else the day that it began on."""
    if (fields.text("billing_time") or "calendar") == "calendar":
        return 1
    return None if starts is None else starts.day


def _charge(
    line: Mapping[str, Any], identity: str | None, status: str | None, starts: datetime | None, ends: date | None
) -> dict[str, Any]:
    last = None if ends is None or (starts is not None and ends < starts.date()) else ends.isoformat()
    rest = {name: value for name, value in line.items() if name != "id"}
    return {
        "charge_id": f"{identity}:{line['id']}",
        **rest,
        "state": status,
        "start_date": day_of(starts),
        "end_date": last,
    }


def _said(fields: Fields, customer: Mapping[str, Any], reading: Reading) -> None:
    """What is set to happen and what holds the invoices."""
    following, on = fields.text("next_plan_code"), fields.text("downgrade_plan_date")
    if following:
        reading.say(
            fields,
            "next_plan_code",
            following,
            "price",
            f"it changes to the plan {following} on {on or 'its next period'}",
        )
    if fields.text("billing_time") is None:
        reading.note(
            "it bills by the calendar, which is what Lago does unless it is told: its first period is part of one"
        )
    mark = mark_of(customer)
    if mark is not None:
        reading.note(
            f"the customer's invoices are kept as drafts by Quoteguard's own hold (decision {mark.decision_id})"
        )
