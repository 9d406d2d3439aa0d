"""A subscription, with the schedule that steers it where there is one, as a billing configuration.

Stripe's own words for states are kept, for readiness judges by them; defaults that Stripe leaves unsaid are written out:
licensed prices are billed in advance and metered ones in arrears, and a subscription goes on until somebody cancels it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.stripe.discounts import Coupon, coupons_of
from cpq_hooks.adapters.stripe.lines import Item, item_of, terms_of
from cpq_hooks.adapters.stripe.marks import mark_of
from cpq_hooks.adapters.stripe.quotes import account_of, listed
from cpq_hooks.adapters.stripe.reading import Reader, currency_of, identity, last_day, metadata_of, word
from cpq_hooks.vendor_fields import Fields, stated

DRAFTS: Final = "draft_invoices"
"""Where our client puts the draft invoices of a subscription; Stripe's own object has none."""

_HARMLESS: Final = (
    "object", "application", "application_fee_percent", "automatic_tax", "cancellation_details", "default_payment_method",
    "default_source", "default_tax_rates", "description", "invoice_settings", "livemode", "on_behalf_of",
    "payment_settings", "pending_setup_intent", "test_clock", "transfer_data", "trial_settings", "billing_mode",
    "customer_account", "managed_payments", "plan", "quantity", "latest_invoice", "billing_cycle_anchor_config",
    "tax_percent", "trial_from_plan", "trial_period_days", "canceled_at", "billing", "current_period_start", "schedule",
    "start", DRAFTS,
)  # fmt: skip
_HARMLESS_OF_ITEM: Final = (
    "id", "object", "created", "subscription", "tax_rates", "current_period_start", "current_period_end", "deleted", "livemode", "invoice",
)  # fmt: skip
_OVER: Final = frozenset({"canceled", "incomplete_expired"})


def subscription(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """A subscription's items as charges. Raises `Invalid` where a list is cut short or a price is not expanded."""
    fields = Fields.of(payload)
    reader.currency = currency_of(fields) or _currency_of_items(payload)
    if reader.currency:
        fields.ledger.problems.clear()
    fields.ledger.settle()
    fields.harmless(*_HARMLESS)
    span = _Span.of(fields, reader)
    document = {
        **head(fields, identity(payload.get("schedule")) or identity(payload), reader),
        "status": fields.text("status"),
        "created_at": _iso(reader.stamp(fields, "created")),
        "billing_anchor_day": anchor_day(fields, reader),
        "auto_renew": span.ends is None and str(fields.value.get("status")) not in _OVER,
        **collection(fields, reader),
        "charges": _charges(fields, span, reader),
    }
    _changes_to_come(fields, reader)
    fields.ledger.settle()
    return translation(document, fields, reader)


def translation(document: Mapping[str, Any], fields: Fields, reader: Reader) -> Translation:
    return Translation(
        shape=Shape.BILLING_CONFIGURATION,
        document=stated(document),
        unused=(*reader.unused, *fields.unused()),
        notes=tuple(reader.notes),
    )


class _Span:
    """From when to when a subscription bills, and how many days of trial come first."""

    __slots__ = ("ends", "starts", "trial_days")

    def __init__(self, starts: datetime | None, ends: datetime | None, trial_days: int | None) -> None:
        self.starts, self.ends, self.trial_days = starts, ends, trial_days

    @classmethod
    def of(cls, fields: Fields, reader: Reader) -> _Span:
        started = reader.stamp(fields, "start_date") or reader.moment(fields.value.get("start"))
        starts = started or reader.stamp(fields, "created")
        trial_ends, trial_starts = reader.stamp(fields, "trial_end"), reader.stamp(fields, "trial_start")
        days = _trial_days(starts, trial_ends)
        if trial_starts is not None and starts is not None and trial_starts - starts > timedelta(days=1):
            reader.note(f"a trial from {trial_starts.date()} was given after the subscription began")
        return cls(starts, _end(fields, reader), days)


def _trial_days(starts: datetime | None, ends: datetime | None) -> int | None:
    if starts is None or ends is None or ends <= starts:
        return None
    return (ends.date() - starts.date()).days or None


def _end(fields: Fields, reader: Reader) -> datetime | None:
    """When it ends: when it ended, when it is to be canceled, or with the period in which it stands."""
    ended, cancel_at = reader.stamp(fields, "ended_at"), reader.stamp(fields, "cancel_at")
    at_period_end = fields.flag("cancel_at_period_end")
    period_ends = [reader.stamp(fields, "current_period_end")]
    items = fields.value.get("items")
    listed_items = items.get("data") if isinstance(items, Mapping) else None
    each_item = [each for each in listed_items if isinstance(each, Mapping)] if isinstance(listed_items, list) else []
    period_ends += [reader.moment(each.get("current_period_end")) for each in each_item]
    known = [each for each in period_ends if each is not None]
    return ended or cancel_at or (max(known) if at_period_end and known else None)


def head(fields: Fields, configuration_id: str | None, reader: Reader) -> dict[str, Any]:
    """What ties a configuration to our documents, by the metadata keys that the connection names."""
    metadata = metadata_of(fields)
    fields.raw("id")
    return {
        "billing_configuration_id": configuration_id,
        "source": "stripe",
        "agreement_id": word(metadata, reader.key("agreement_key")),
        "quote_id": word(metadata, reader.key("quote_key")),
        "account": account_of(fields, metadata, reader),
        "currency": reader.currency,
        "time_zone": reader.zone_name,
    }


def anchor_day(fields: Fields, reader: Reader) -> int | None:
    """The day of the month on which periods begin: as configured (the 31st is lost in a moment of February), else as it fell."""
    config = fields.value.get("billing_cycle_anchor_config")
    day = config.get("day_of_month") if isinstance(config, Mapping) else None
    anchor = reader.stamp(fields, "billing_cycle_anchor")
    if isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 31:
        return day
    return None if anchor is None else anchor.day


def collection(fields: Fields, reader: Reader) -> dict[str, Any]:
    """How it collects, in Stripe's words. A pause that is our own hold is none of the set-up's faults."""
    found: dict[str, Any] = {
        "collection_method": fields.text("collection_method"),
        "days_until_due": fields.whole("days_until_due"),
    }
    paused = fields.raw("pause_collection")
    behavior = paused.get("behavior") if isinstance(paused, Mapping) else None
    mark = mark_of(fields.value)
    if behavior and mark is not None and mark.before == "none":
        reader.note(f"its collection is paused by Quoteguard's own hold (decision {mark.decision_id})")
    elif behavior:
        found["pause_collection"] = behavior
        resumes = reader.moment(paused.get("resumes_at")) if isinstance(paused, Mapping) else None
        if resumes is not None:
            reader.note(f"its collection is paused until {resumes.date()}")
    _draft(fields, found, reader)
    return found


def _draft(fields: Fields, found: dict[str, Any], reader: Reader) -> None:
    """A latest invoice that stays a draft because nobody lets it go; one that we hold ourselves is said to be so."""
    latest = fields.value.get("latest_invoice")
    if not isinstance(latest, Mapping) or latest.get("status") != "draft" or latest.get("auto_advance") is not False:
        return
    if mark_of(latest) is not None or mark_of(fields.value) is not None:
        reader.note(f"invoice {latest.get('id')} is a draft that Quoteguard's own hold keeps")
    elif not found.get("pause_collection"):
        found["auto_advance"] = False


def _charges(fields: Fields, span: _Span, reader: Reader) -> list[dict[str, Any]]:
    shared = shared_coupons(fields, reader)
    items: list[Item] = []
    for each in listed(fields, "items"):
        each.harmless(*_HARMLESS_OF_ITEM)
        item = item_of(each, shared, reader)
        if item is not None:
            items.append(item)
    return [_charge(item, items, fields, span, reader) for item in items]


def shared_coupons(fields: Fields, reader: Reader) -> tuple[Coupon, ...]:
    """The coupons of the whole: its own, or the customer's where it has none."""
    own = coupons_of(fields, reader)
    customer = fields.value.get("customer")
    if own or not isinstance(customer, Mapping) or not isinstance(customer.get("discount"), Mapping):
        return own
    reader.note("the customer's own coupon is on every invoice")
    return coupons_of(Fields({"discount": customer["discount"]}, fields.ledger, (*fields.path, "customer")), reader)


def _charge(item: Item, items: list[Item], fields: Fields, span: _Span, reader: Reader) -> dict[str, Any]:
    start, end = span.starts, span.ends
    return {
        **identified(item),
        **terms_of(item, start=start, alone=is_alone(item, items), reader=reader),
        "state": fields.value.get("status"),
        "start_date": None if start is None else start.date().isoformat(),
        "end_date": None if end is None else last_day(start or end, end).isoformat(),
        "trial_days": span.trial_days,
    }


def is_alone(item: Item, items: list[Item]) -> bool:
    """Whether an amount off the invoice is one off this charge: its own coupon, or no other charge on the invoice."""
    others = [each for each in items if each is not item]
    shared = any(any(mine is theirs for theirs in other.coupons) for other in others for mine in item.coupons)
    return not others or not shared


def identified(item: Item, suffix: str = "") -> dict[str, Any]:
    name = item.item_id or f"{item.line_id or item.quote_line_id or item.price.product_id}:{item.price.price_id}"
    return {
        "charge_id": f"{name}{suffix}",
        "line_id": item.line_id or item.quote_line_id,
        "quote_line_id": item.quote_line_id,
    }


def _changes_to_come(fields: Fields, reader: Reader) -> None:
    """What is set to change: named, for it is not in the charges."""
    pending = fields.raw("pending_update")
    if isinstance(pending, Mapping) and pending.get("subscription_items"):
        reader.say(
            fields, "pending_update", "a change of its items", "price",
            "a change of its items waits for a payment and is not in these charges",
        )  # fmt: skip
    if isinstance(fields.value.get("schedule"), str):
        reader.note("a schedule steers it, which was not fetched: its later phases are not here")


def _currency_of_items(payload: Mapping[str, Any]) -> str:
    """The currency of the first price: older subscriptions state none of their own."""
    items = payload.get("items")
    data = items.get("data") if isinstance(items, Mapping) else None
    for each in data if isinstance(data, list) else []:
        price = (each.get("price") or each.get("plan")) if isinstance(each, Mapping) else None
        if isinstance(price, Mapping) and price.get("currency"):
            return currency_of(Fields.of(price)) or ""
    return ""


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
