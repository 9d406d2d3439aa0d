"""Lago's objects as tests need them: small, in the words of its API."""

from __future__ import annotations

from cpq_hooks.connection import Connection


def a_connection(secrets=None, tenant=None, **options):
    known = {"webhook": ("token-new", "token-old"), "api": ("lago_key",)}
    return Connection(
        name="lago", connector="lago", tenant=tenant, options=options, secrets=known if secrets is None else secrets
    )


def a_charge(model="standard", code="api_calls", **changes):
    known = {
        "lago_id": "c1", "billable_metric_code": code, "charge_model": model, "invoiceable": True, "pay_in_advance": False, "prorated": False,
        "min_amount_cents": 0, "properties": {"amount": "0.25"}, "filters": [], "regroup_paid_fees": None,
    }  # fmt: skip
    return {**known, **changes}


def a_fixed_charge(**changes):
    known = {
        "lago_id": "f1", "add_on_code": "support", "charge_model": "standard", "pay_in_advance": True, "prorated": False, "units": 5,
        "properties": {"amount": "80"},
    }  # fmt: skip
    return {**known, **changes}


def a_metric(code="api_calls", aggregation="sum_agg", **changes):
    return {
        "lago_id": "m1",
        "code": code,
        "name": code,
        "aggregation_type": aggregation,
        "recurring": False,
        "field_name": "n",
        **changes,
    }


def a_plan(*charges, fixed=(), **changes):
    known = {
        "lago_id": "p1", "code": "scale", "name": "Scale", "interval": "monthly", "amount_cents": 50000, "amount_currency": "USD",
        "pay_in_advance": True, "bill_charges_monthly": None, "trial_period": 0.0, "charges": list(charges), "fixed_charges": list(fixed),
        "usage_thresholds": [],
    }  # fmt: skip
    return {**known, **changes}


def a_customer(**changes):
    known = {
        "lago_id": "cu1", "external_id": "cust_1", "name": "Initech", "country": "US", "applicable_timezone": "America/New_York",
        "billing_configuration": {"invoice_grace_period": 3}, "metadata": [{"lago_id": "md1", "key": "agreement_id", "value": "A-1"}],
    }  # fmt: skip
    return {**known, **changes}


def wrapped(plan=None, metrics=None, customer=None, coupons=(), applied=(), **changes):
    subscription = {
        "lago_id": "s1", "external_id": "sub_1", "external_customer_id": "cust_1", "status": "active", "plan_code": "scale",
        "billing_time": "anniversary", "subscription_at": "2026-01-15T05:00:00Z", "started_at": "2026-01-15T05:00:00Z",
        "created_at": "2026-01-10T00:00:00Z", "plan": a_plan(a_charge()) if plan is None else plan,
    }  # fmt: skip
    return {
        "subscription": {**subscription, **changes}, "customer": a_customer() if customer is None else customer,
        "billable_metrics": [a_metric()] if metrics is None else metrics, "coupons": list(coupons), "applied_coupons": list(applied),
        "draft_invoices": [],
    }  # fmt: skip


def an_applied(**changes):
    known = {
        "lago_id": "ac1", "coupon_code": "TEN", "external_customer_id": "cust_1", "status": "active", "amount_cents": None, "amount_currency": None,
        "percentage_rate": "10.0", "frequency": "forever", "frequency_duration": None, "created_at": "2026-01-10T00:00:00Z", "terminated_at": None,
    }  # fmt: skip
    return {**known, **changes}


def a_quote(items=None, form=None, **version):
    plan = {
        "id": "p1", "type": "plan",
        "payload": {"code": "scale", "startDate": "2026-01-01", "endDate": "2026-12-31", "billingTime": "anniversary",
                    "charges": [{"id": "c1", "billableMetric": {"code": "api_calls"}, "chargeModel": "standard"}]},
        "overrides": {"amountCents": 45000, "charges": [{"billableMetricCode": "api_calls", "properties": {"amount": "0.2"}}]},
    }  # fmt: skip
    current = {
        "lago_id": "v1", "version": 2, "status": "approved", "currency": "USD", "updated_at": "2026-01-02T00:00:00Z",
        "billing_items": {"plans": [plan]} if items is None else items,
    }  # fmt: skip
    quote = {
        "lago_id": "q1", "number": "QT-2026-0001", "order_type": "subscription_creation", "lago_customer_id": "cu1",
        "created_at": "2025-12-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z", "current_version": {**current, **version},
        "owners": [{"lago_id": "u1", "email": "rep@example.com"}],
    }  # fmt: skip
    beside = {} if form is None else {"order_form": form}
    return {
        "quote": quote,
        "plans": [a_plan(a_charge())],
        "billable_metrics": [a_metric()],
        "customer": a_customer(),
        **beside,
    }
