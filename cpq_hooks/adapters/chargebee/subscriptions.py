"""A subscription as a billing configuration, with its ramps.

What Chargebee leaves unsaid is written out: items are billed in advance and metered ones in arrears, an amount is for the
plan's own period, and a subscription goes on until somebody cancels it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.chargebee.discounts import Coupon, coupons_of
from cpq_hooks.adapters.chargebee.items import Item, item_of, money, months_of, shelf_of
from cpq_hooks.adapters.chargebee.lines import names_of, net_price, terms_of
from cpq_hooks.adapters.chargebee.marks import mark_of
from cpq_hooks.adapters.chargebee.older import is_older, modern
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import (
    Rate,
    Reading,
    day_before,
    day_of,
    iso,
    last_day,
    mapping,
    months_after,
    word,
    written,
)

_HARMLESS: Final = (
    "object", "po_number", "auto_collection", "offline_payment_method", "customer_id", "created_from_ip", "resource_version",
    "updated_at", "payment_source_id", "cancel_reason", "cancel_reason_code", "affiliate_token", "invoice_notes", "shipping_address",
    "referral_info", "due_invoices_count", "due_since", "total_dues", "mrr", "arr", "exchange_rate", "base_currency_code", "channel",
    "gift_id", "override_relationship", "business_entity_id", "deleted", "card", "cancel_schedule_created_at", "activated_at",
    "current_term_start", "meta_data", "metadata", "trial_end_action", "billing_override", "net_term_days", "active_id", "next_billing_at",
    "has_scheduled_changes", "charged_items", "contract_term_billing_cycle_on_renewal", "changes_scheduled_at", "decommissioned",
)  # fmt: skip
_HARMLESS_BESIDE: Final = (
    "customer",
    "card",
    "pending_invoices",
    "invoice",
    "unbilled_charges",
    "credit_notes",
    "object",
)
_HARMLESS_OF_RAMP: Final = (
    "id", "object", "description", "subscription_id", "created_at", "resource_version", "updated_at", "deleted",
    "status_transition_reason",
)  # fmt: skip
_RENEWS: Final = frozenset({"renew", "renew_once", "evergreen"})
_LONGEST: Final = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when it bills, whether it goes on then, and how many days of trial come first."""

    starts: datetime | None
    ends: date | None
    goes_on: bool
    trial_days: int | None


def subscription(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """A subscription's items as charges. Raises `Invalid` where it cannot be read."""
    if is_older(mapping(wrapping.get("subscription"))):
        wrapping = modern(wrapping)
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("subscription") or Fields({}, whole.ledger, ("subscription",))
    take_currency(fields, reading)
    whole.ledger.settle()
    fields.harmless(*_HARMLESS, *(name for name in fields.value if name.startswith("cf_")))
    months = months_of(fields)
    shelf = shelf_of(whole, fields.objects("item_tiers"), months)
    items = [found for each in fields.objects("subscription_items") if (found := item_of(each, shelf, reading))]
    coupons = coupons_of(fields, whole.objects("coupons"), reading)
    span = span_of(fields, months, reading)
    charges = _Charges(fields=fields, items=items, coupons=coupons, span=span, reading=reading).all()
    charges = ramped(charges, items, coupons, whole.objects("ramps"), span, reading)
    document = {
        **_head(fields, wrapping, reading),
        "status": fields.text("status"),
        "created_at": iso(reading.stamp(fields, "created_at")),
        "billing_anchor_day": _anchor(fields, span, reading),
        "auto_renew": span.goes_on,
        **_pending(fields, reading),
        "charges": charges,
    }
    _to_come(fields, wrapping, reading)
    return reading.translation(Shape.BILLING_CONFIGURATION, document, whole)


def take_currency(fields: Fields, reading: Reading) -> None:
    """The object's currency; API v1 gives a subscription none, so there it is the connection's option."""
    own = reading.option("currency")
    if own and not fields.has("currency_code"):
        reading.take_currency(Fields({"currency_code": own}, fields.ledger, fields.path), "currency_code")
        return
    reading.take_currency(fields, "currency_code")


def _head(fields: Fields, wrapping: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    return {
        "billing_configuration_id": fields.text("id"),
        "source": "chargebee",
        "agreement_id": own_word(fields, "agreement_key", "agreement_id", reading),
        "quote_id": own_word(fields, "quote_key", "quote_id", reading),
        "account": account_of(wrapping, fields.value.get("customer_id")),
        "currency": reading.currency,
        "time_zone": reading.zone_name,
        "net_term_days": fields.whole("net_term_days"),
    }


def own_word(fields: Fields, option: str, usual: str, reading: Reading) -> str | None:
    """The company's own word under a key: a custom field (cf_…) or one of the meta data."""
    key = reading.option(option) or usual
    found = word(fields.value, key) if key.startswith("cf_") else None
    meta = mapping(fields.value.get("meta_data")) or mapping(fields.value.get("metadata"))
    return found or word(meta, key) or word(fields.value, f"cf_{key}")


def account_of(wrapping: Mapping[str, Any], customer_id: Any) -> dict[str, Any] | None:
    """The customer, with what is known of it where it came along."""
    customer = mapping(wrapping.get("customer"))
    identity = customer.get("id") or customer_id
    if not isinstance(identity, str) or not identity:
        return None
    names = [str(each) for each in (customer.get("first_name"), customer.get("last_name")) if each]
    country = mapping(customer.get("billing_address")).get("country")
    return {
        "account_id": identity,
        "name": word(customer, "company") or " ".join(names) or None,
        "country": country if isinstance(country, str) and len(country) == 2 else None,
    }


def span_of(fields: Fields, months: int | None, reading: Reading) -> Span:
    starts = reading.stamp(fields, "started_at") or reading.stamp(fields, "start_date")
    starts = starts or reading.stamp(fields, "created_at")
    fields.harmless("started_at", "start_date", "created_at")
    trial_starts, trial_ends = reading.stamp(fields, "trial_start"), reading.stamp(fields, "trial_end")
    days = (trial_ends.date() - starts.date()).days if trial_ends is not None and starts is not None else 0
    if trial_starts is not None and starts is not None and trial_starts - starts > timedelta(days=1):
        reading.note(f"a trial from {trial_starts.date()} was given after the subscription began")
    ends, goes_on = _end(fields, starts, months, reading)
    return Span(starts=starts, ends=ends, goes_on=goes_on, trial_days=days if days > 0 else None)


def _end(fields: Fields, starts: datetime | None, months: int | None, reading: Reading) -> tuple[date | None, bool]:
    """When it ends and whether it goes on then: canceled, at the end of its contract term, or after its last cycle."""
    cancelled, term_ends = reading.stamp(fields, "cancelled_at"), reading.stamp(fields, "current_term_end")
    left = fields.whole("remaining_billing_cycles")
    contract = fields.object("contract_term")
    if cancelled is not None:
        if contract is not None:
            contract.harmless(*contract.value)
        return last_day(starts or cancelled, cancelled), False
    if contract is not None:
        return _contract_end(contract, starts, reading)
    if left is None or term_ends is None:
        return None, True
    if not months or not 0 <= left * months <= _LONGEST:
        reading.say(
            fields, "remaining_billing_cycles", left, "term", "it ends after some cycles, on a day that is not known"
        )
        return None, False
    after = months_after(term_ends.date(), left * months)
    if after is None:
        return None, False
    final = term_ends.replace(year=after.year, month=after.month, day=after.day)
    return last_day(starts or final, final), False


def _contract_end(contract: Fields, starts: datetime | None, reading: Reading) -> tuple[date | None, bool]:
    contract.harmless(
        "id", "object", "status", "created_at", "subscription_id", "billing_cycle", "remaining_billing_cycles",
        "total_contract_value", "total_contract_value_before_tax", "cancellation_cutoff_period", "renewal_billing_cycles",
    )  # fmt: skip
    begins, ends = reading.stamp(contract, "contract_start"), reading.stamp(contract, "contract_end")
    action = contract.text("action_at_term_end") or "renew"
    if action == "renew_once":
        reading.note("its contract term renews once and ends then")
    if begins is not None and starts is not None and begins - starts > timedelta(days=1):
        reading.note(f"its contract term began on {begins.date()}, after the subscription did")
    return (None if ends is None else last_day(begins or starts or ends, ends)), action in _RENEWS


def _anchor(fields: Fields, span: Span, reading: Reading) -> int | None:
    """The day of the month on which periods begin; a short month hides the 31st, which the start still tells."""
    following = reading.unix(fields.value.get("next_billing_at")) or reading.unix(fields.value.get("current_term_end"))
    if following is None:
        return None if span.starts is None else span.starts.day
    is_last = following.day == monthrange(following.year, following.month)[1]
    if span.starts is not None and is_last and span.starts.day > following.day:
        return span.starts.day
    return following.day


def _pending(fields: Fields, reading: Reading) -> dict[str, Any]:
    """Whether its invoices wait for somebody to close them, in Chargebee's words. Our own hold is none of its faults."""
    creates, closes = fields.flag("create_pending_invoices"), fields.flag("auto_close_invoices")
    mark = mark_of(fields.value)
    if mark is not None:
        reading.note(f"its invoices are kept pending by Quoteguard's own hold (decision {mark.decision_id})")
        return {}
    return {"create_pending_invoices": creates, "auto_close_invoices": closes}


def _to_come(fields: Fields, wrapping: Mapping[str, Any], reading: Reading) -> None:
    """What is set to happen and is not in the charges."""
    pauses, resumes = reading.stamp(fields, "pause_date"), reading.stamp(fields, "resume_date")
    if pauses is not None and fields.value.get("status") != "paused":
        reading.say(fields, "pause_date", pauses.date(), "billing", f"it is to be paused on {pauses.date()}")
    if resumes is not None:
        reading.note(f"it is to be resumed on {resumes.date()}")
    if fields.value.get("has_scheduled_changes") is True and not wrapping.get("ramps"):
        reading.say(
            fields, "has_scheduled_changes", "true", "price", "changes are scheduled that are not in these charges"
        )
    if fields.flag("has_scheduled_advance_invoices"):
        reading.say(
            fields, "has_scheduled_advance_invoices", "true", "billing", "advance invoices are scheduled for it"
        )
    free = fields.whole("free_period")
    if free:
        unit = fields.text("free_period_unit")
        reading.say(
            fields, "free_period", f"{free} {unit}", "billing", f"its first term is {free} {unit} longer, for free"
        )
    fields.harmless("free_period_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charges:
    fields: Fields
    items: Sequence[Item]
    coupons: Sequence[Coupon]
    span: Span
    reading: Reading

    def all(self) -> list[dict[str, Any]]:
        return [self._charge(item, name) for item, name in zip(self.items, names_of(self.items), strict=True)]

    def _charge(self, item: Item, name: str) -> dict[str, Any]:
        others = [each for each in self.items if each.charge_type != "one_time" or each is item]
        starts = self.span.starts
        return {
            "charge_id": f"{self.fields.value.get('id')}:{name}",
            **terms_of(item, self.coupons, others, starts, self.reading),
            "state": self.fields.text("status"),
            "start_date": day_of(starts),
            "end_date": self._ends(item),
            "trial_days": self._trial(item),
        }

    def _ends(self, item: Item) -> str | None:
        """The subscription's end, or the item's own where it is charged for some cycles only."""
        ends, starts = self.span.ends, self.span.starts
        if item.cycles and item.months and starts is not None and 0 < item.cycles * 12 <= _LONGEST:
            after = months_after(starts.date(), item.cycles * (item.billed or item.months))
            own = date.max if after is None else day_before(after)
            ends = own if ends is None else min(own, ends)
        return None if ends is None or item.months == 0 else ends.isoformat()

    def _trial(self, item: Item) -> int | None:
        own = self.reading.stamp(item.fields, "trial_end")
        if own is None or self.span.starts is None:
            return self.span.trial_days
        return max(0, (own.date() - self.span.starts.date()).days) or None


# ---------------------------------------------------------------------------------------------------- ramps


def ramped(
    charges: list[dict[str, Any]], items: Sequence[Item], coupons: Sequence[Coupon], ramps: Sequence[Fields], span: Span,
    reading: Reading,
) -> list[dict[str, Any]]:  # fmt: skip
    """The charges with the ramps that are scheduled: what is updated becomes a ramp, what is removed ends. The rest is said."""
    steps: dict[str, list[tuple[datetime, Item]]] = {}
    for ramp in sorted(ramps, key=lambda each: str(each.value.get("effective_from")).zfill(20)):
        _read_ramp(ramp, charges, items, steps, reading)
    for charge, item in zip(charges, items, strict=True):
        changes = steps.get(item.item_price_id)
        if changes:
            charge["ramp"] = _segments(charge, item, changes, coupons, span, reading)
    return charges


def _read_ramp(
    ramp: Fields,
    charges: list[dict[str, Any]],
    items: Sequence[Item],
    steps: dict[str, list[tuple[datetime, Item]]],
    reading: Reading,
) -> None:
    ramp.harmless(*_HARMLESS_OF_RAMP)
    at = reading.stamp(ramp, "effective_from")
    if ramp.text("status") != "scheduled" or at is None:
        ramp.harmless(*ramp.value)
        return
    by_id = {each.item_price_id: each for each in items}
    for each in ramp.objects("items_to_update"):
        item = by_id.get(str(each.raw("item_price_id")))
        changed = None if item is None else _changed(item, each, reading)
        if item is None or changed is None:
            reading.say(
                each,
                "item_price_id",
                each.value.get("item_price_id"),
                "price",
                "a ramp changes an item in a way that was not followed",
            )
            continue
        steps.setdefault(item.item_price_id, []).append((at, changed))
    removed = ramp.raw("items_to_remove")
    for charge, item in zip(charges, items, strict=True):
        if isinstance(removed, list) and item.item_price_id in removed:
            charge["end_date"] = day_before(at.date()).isoformat()


def _changed(item: Item, change: Fields, reading: Reading) -> Item | None:
    """The item with a ramp's quantity and price. What a ramp step does not name stays as it was."""
    change.harmless("object", "item_type", "amount", "amount_in_decimal", "metered_quantity", "service_period_days")
    if not item.is_plain:
        return None
    quantity = change.number("quantity_in_decimal")
    whole = change.number("quantity")
    quantity = whole if quantity is None else quantity
    price = money(change, "unit_price", reading)
    rate = item.rate if price is None else Rate(model=item.rate.model, unit_price=price)
    return replace(
        item, quantity=item.quantity if quantity is None or item.rate.model == "flat" else quantity, rate=rate
    )


def _segments(
    charge: dict[str, Any],
    item: Item,
    changes: Sequence[tuple[datetime, Item]],
    coupons: Sequence[Coupon],
    span: Span,
    reading: Reading,
) -> list[dict[str, Any]]:
    """The dated steps, the first from the charge's own start."""
    dated = [(charge["start_date"], item), *((at.date().isoformat(), each) for at, each in changes)]
    segments = []
    for position, (starts, each) in enumerate(dated):
        following = dated[position + 1][0] if position + 1 < len(dated) else None
        ends = charge["end_date"] if following is None else day_before(date.fromisoformat(following)).isoformat()
        segments.append(
            {
                "start_date": starts,
                "end_date": ends,
                "quantity": written(each.quantity),
                "net_unit_price": net_price(each, coupons, [each], span.starts, reading),
            }
        )
    return [each for each in segments if each["start_date"] is not None]
