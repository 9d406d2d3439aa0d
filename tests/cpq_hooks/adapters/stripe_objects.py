"""Stripe's objects as tests need them: small, in the words of its current API version unless they say otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from cpq_hooks.connection import Connection


def at(text: str) -> int:
    """A Unix time from an ISO moment or day in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def a_connection(**options: str) -> Connection:
    return Connection(
        name="billing",
        connector="stripe",
        options=options,
        secrets={"webhook": ("whsec_new", "whsec_old"), "api": ("rk_1",)},
    )


def a_price(identity="price_seat", amount=2000, interval="month", count=1, **changes):
    recurring = {"interval": interval, "interval_count": count, "usage_type": "licensed", "meter": None}
    price = {
        "id": identity, "object": "price", "active": True, "billing_scheme": "per_unit", "currency": "usd",
        "product": f"prod_{identity}", "recurring": recurring if interval else None,
        "type": "recurring" if interval else "one_time", "tiers_mode": None, "transform_quantity": None,
        "unit_amount": amount, "unit_amount_decimal": None if amount is None else str(amount), "metadata": {},
    }  # fmt: skip
    return {**price, **changes}


def tiered(mode="graduated", *tiers, metered=False, **changes):
    price = a_price("price_api", None, billing_scheme="tiered", tiers_mode=mode, tiers=list(tiers), **changes)
    if metered:
        price["recurring"] = {**price["recurring"], "usage_type": "metered"}
    return price


def an_item(price=None, quantity=1, identity="si_1", **changes):
    item = {
        "id": identity, "object": "subscription_item", "price": price or a_price(), "quantity": quantity, "metadata": {},
        "discounts": [], "current_period_start": at("2026-01-01"), "current_period_end": at("2026-02-01"),
    }  # fmt: skip
    return {**item, **changes}


def a_list(*objects, has_more=False):
    return {"object": "list", "data": list(objects), "has_more": has_more, "url": "/v1/x"}


def a_subscription(*items, **changes):
    subscription = {
        "id": "sub_1", "object": "subscription", "status": "active", "currency": "usd", "customer": "cus_1",
        "collection_method": "charge_automatically", "days_until_due": None, "created": at("2026-01-01T10:00:00"),
        "start_date": at("2026-01-01T10:00:00"), "billing_cycle_anchor": at("2026-01-01T10:00:00"), "discounts": [],
        "items": a_list(*(items or (an_item(),))), "metadata": {}, "pause_collection": None, "latest_invoice": None,
        "cancel_at": None, "cancel_at_period_end": False, "ended_at": None, "trial_start": None, "trial_end": None,
    }  # fmt: skip
    return {**subscription, **changes}


def a_discount(duration="forever", months=None, start="2026-01-01T10:00:00", end=None, **coupon):
    return {
        "id": "di_1", "object": "discount", "start": at(start), "end": None if end is None else at(end),
        "source": {
            "type": "coupon",
            "coupon": {
                "id": "LAUNCH", "object": "coupon", "name": "launch", "duration": duration, "duration_in_months": months,
                "percent_off": None, "amount_off": None, "currency": None, "valid": True, **coupon,
            },
        },
    }  # fmt: skip


def a_quote(*items, **changes):
    quote = {
        "id": "qt_1", "object": "quote", "status": "open", "currency": "usd", "customer": "cus_1",
        "collection_method": "send_invoice", "invoice_settings": {"days_until_due": 30}, "created": at("2026-01-05"),
        "expires_at": at("2026-02-04"), "discounts": [], "metadata": {}, "line_items": a_list(*items),
        "subscription_data": {"effective_date": at("2026-03-01"), "trial_period_days": None, "metadata": {}},
        "status_transitions": {"accepted_at": None}, "computed": {"recurring": None, "upfront": {}},
    }  # fmt: skip
    return {**quote, **changes}


def a_line_item(price=None, quantity=1, identity="li_1", **changes):
    item = {"id": identity, "object": "item", "price": price or a_price(), "quantity": quantity, "currency": "usd"}
    return {**item, **changes}


def a_schedule(*phases, **changes):
    schedule = {
        "id": "sub_sched_1", "object": "subscription_schedule", "status": "not_started", "customer": "cus_1",
        "created": at("2026-01-01"), "end_behavior": "release", "phases": list(phases), "metadata": {},
        "subscription": None, "default_settings": {"billing_cycle_anchor": "automatic"},
    }  # fmt: skip
    return {**schedule, **changes}


def a_phase(start, end, *items, **changes):
    phase = {
        "start_date": at(start), "end_date": at(end), "currency": "usd", "items": list(items), "discounts": [],
        "add_invoice_items": [], "proration_behavior": "create_prorations", "trial_end": None, "metadata": {},
    }  # fmt: skip
    return {**phase, **changes}


def a_phase_item(price=None, quantity=1, **changes):
    return {"price": price or a_price(), "quantity": quantity, "metadata": {}, "discounts": [], **changes}


def an_event(kind, subject, identity="evt_1", created="2026-11-01T12:00:00", **changes):
    event = {
        "id": identity, "object": "event", "type": kind, "created": at(created), "livemode": False,
        "api_version": "2026-09-30", "data": {"object": subject},
    }  # fmt: skip
    return {**event, **changes}
