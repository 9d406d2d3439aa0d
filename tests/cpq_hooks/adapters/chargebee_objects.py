"""Chargebee's objects as tests need them: small, in the words of API v2 and product catalog 2.0 unless they say otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from cpq_hooks.connection import Connection


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def a_connection(secrets=None, **options):
    known = {"user": ("hook",), "password": ("new-word", "old-word"), "api": ("cb_key",)}
    return Connection(
        name="billing",
        connector="chargebee",
        tenant="acme-test",
        options=options,
        secrets=known if secrets is None else secrets,
    )


def an_item_price(identity="seat-USD-Monthly", model="per_unit", price=2000, period=1, unit="month", **changes):
    known = {
        "id": identity, "object": "item_price", "name": identity, "item_id": identity.split("-")[0], "item_type": "plan",
        "pricing_model": model, "price": price, "period": period, "period_unit": unit, "currency_code": "USD", "free_quantity": 0,
        "status": "active", "is_taxable": True,
    }  # fmt: skip
    return {**known, **changes}


def an_item(identity="seat-USD-Monthly", quantity=10, unit_price=2000, **changes):
    known = {
        "item_price_id": identity, "object": "subscription_item", "item_type": "plan", "quantity": quantity,
        "unit_price": unit_price, "amount": (unit_price or 0) * (quantity or 1), "free_quantity": 0,
    }  # fmt: skip
    return {**known, **changes}


def a_subscription(*items, **changes):
    known = {
        "id": "sub_1", "object": "subscription", "status": "active", "currency_code": "USD", "customer_id": "cust_1",
        "billing_period": 1, "billing_period_unit": "month", "created_at": at("2026-01-01"), "started_at": at("2026-01-01"),
        "activated_at": at("2026-01-01"), "current_term_start": at("2026-01-01"), "current_term_end": at("2026-02-01"),
        "next_billing_at": at("2026-02-01"), "resource_version": 1767225600123, "updated_at": at("2026-01-01"), "deleted": False,
        "has_scheduled_changes": False, "mrr": 20000, "auto_collection": "on", "subscription_items": list(items or [an_item()]),
    }  # fmt: skip
    return {**known, **changes}


def wrapped(subscription=None, *prices, **beside):
    customer = {"id": "cust_1", "object": "customer", "company": "Initech", "billing_address": {"country": "US"}}
    return {
        "subscription": subscription or a_subscription(), "customer": customer,
        "item_prices": list(prices or [an_item_price()]), "coupons": [], "ramps": [], "pending_invoices": [], **beside,
    }  # fmt: skip


def a_discount(**changes):
    known = {
        "id": "d1", "object": "discount", "invoice_name": "launch", "type": "percentage", "percentage": 10, "duration_type": "forever",
        "apply_on": "invoice_amount", "created_at": at("2026-01-01"), "included_in_mrr": True,
    }  # fmt: skip
    return {**known, **changes}


def a_quote(quoted=None, **changes):
    head = {
        "id": "Q-7", "object": "quote", "status": "open", "operation_type": "create_subscription_for_customer", "currency_code": "USD",
        "customer_id": "cust_1", "price_type": "tax_exclusive", "date": at("2025-12-01"), "valid_till": at("2025-12-31"), "sub_total": 240000,
        "total": 240000, "version": 1, "resource_version": 1764547200000, "updated_at": at("2025-12-01"),
    }  # fmt: skip
    subscription = {
        "id": "sub_1", "object": "quoted_subscription", "billing_period": 1, "billing_period_unit": "month", "start_date": at("2026-01-01"),
        "subscription_items": [an_item()],
        "quoted_contract_term": {
            "contract_start": at("2026-01-01"), "contract_end": at("2027-01-01"), "billing_cycle": 12, "action_at_term_end": "renew",
            "cancellation_cutoff_period": 30, "total_contract_value": 240000, "total_contract_value_before_tax": 240000,
        },
    }  # fmt: skip
    return {
        "quote": {**head, **changes}, "quoted_subscription": {**subscription, **(quoted or {})}, "item_prices": [an_item_price()],
        "customer": {"id": "cust_1", "company": "Initech", "net_term_days": 30}, "coupons": [],
    }  # fmt: skip


def an_event(kind="subscription_changed", event_id="ev_1", **content):
    return {
        "id": event_id, "object": "event", "occurred_at": at("2026-01-02"), "source": "admin_console", "event_type": kind, "api_version": "v2",
        "webhook_status": "scheduled", "content": content or {"subscription": a_subscription()},
    }  # fmt: skip
