"""Zuora's objects as tests need them: small, in the words of its REST API."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from cpq_hooks.adapter import Delivery
from cpq_hooks.connection import Connection

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
BASIC = "Basic " + base64.b64encode(b"zuora:pa:ss").decode()


def a_connection(secrets=None, **options):
    usual = {
        "user": ("zuora",),
        "password": ("pa:ss", "old"),
        "hmac": ("key", "older"),
        "client_id": ("c",),
        "client_secret": ("s3cret",),
    }
    return Connection(name="billing", connector="zuora", options=options, secrets=usual if secrets is None else secrets)


def a_delivery(body=b"", headers=None, query=(), method="POST", url="https://guard.example/v1/hooks/billing"):
    return Delivery(
        method=method,
        url=url,
        headers={"authorization": BASIC, **(headers or {})},
        body=body,
        received_at=NOON,
        query=tuple(query),
    )


def a_charge(number="C-1", **changes):
    charge = {
        "id": f"id-{number}", "productRatePlanChargeId": f"prpc-{number}", "number": number, "name": "Seats", "type": "Recurring",
        "model": "PerUnit", "uom": "Seat", "priceChangeOption": "NoChange", "currency": "USD", "price": 120, "quantity": 10,
        "tiers": None, "listPriceBase": "Per_Billing_Period", "billingPeriod": "Annual", "billingTiming": "IN_ADVANCE",
        "billingDay": "ChargeTriggerDay", "billingPeriodAlignment": "AlignToCharge", "segment": 1, "triggerEvent": "ContractEffective",
        "effectiveStartDate": "2026-01-01", "effectiveEndDate": "2027-01-01", "endDateCondition": "Subscription_End",
    }  # fmt: skip
    return {**charge, **changes}


def a_usage_charge(number="C-9", model="Tiered", **changes):
    usual = {
        "type": "Usage",
        "model": model,
        "price": None,
        "quantity": None,
        "billingPeriod": "Month",
        "billingTiming": None,
        "uom": "GB",
    }
    return a_charge(number, **{**usual, **changes})


def a_discount(model="DiscountPercentage", number="D-1", **changes):
    usual = {
        "model": model, "name": "Launch", "price": None, "quantity": None, "discountLevel": "subscription",
        "applyDiscountTo": "ONETIMERECURRINGUSAGE", "discountPercentage": None, "discountAmount": None, "discountApplyDetails": None,
    }  # fmt: skip
    return a_charge(number, **{**usual, **changes})


def a_tier(end, price, start=None, form="PerUnit"):
    return {"tier": 1, "startingUnit": start, "endingUnit": end, "price": price, "priceFormat": form}


def a_plan(*charges, **changes):
    plan = {
        "id": "rp-1",
        "productId": "p-1",
        "productName": "Platform",
        "productSku": "SKU-1",
        "productRatePlanId": "prp-1",
        "ratePlanName": "Annual",
    }
    return {**plan, "ratePlanCharges": list(charges), **changes}


def a_subscription(*charges, **changes):
    subscription = {
        "success": True, "id": "8a80", "accountId": "acc", "accountNumber": "A-1", "accountName": "ACME", "version": 3,
        "subscriptionNumber": "A-S1", "termType": "TERMED", "contractEffectiveDate": "2026-01-01", "serviceActivationDate": "2026-01-01",
        "customerAcceptanceDate": "2026-01-01", "subscriptionStartDate": "2026-01-01", "termStartDate": "2026-01-01",
        "termEndDate": "2027-01-01", "autoRenew": True, "currency": "USD", "status": "Active",
        "ratePlans": [a_plan(*(charges or (a_charge(),)))],
    }  # fmt: skip
    return {**subscription, **changes}


def an_order(*actions, number="O-1", **changes):
    order = {
        "orderNumber": number,
        "orderDate": "2026-01-01",
        "existingAccountNumber": "A-1",
        "currency": "USD",
        "status": "Completed",
    }
    return {**order, "subscriptions": [{"subscriptionNumber": "A-S1", "orderActions": list(actions)}], **changes}


def a_creation(*plans, **changes):
    terms = {
        "autoRenew": True, "initialTerm": {"startDate": "2026-01-01", "period": 12, "periodType": "Month", "termType": "TERMED"},
        "renewalTerms": [{"period": 12, "periodType": "Month"}],
    }  # fmt: skip
    created = {
        "subscriptionNumber": "A-S1",
        "terms": terms,
        "paymentTerm": "Net 30",
        "subscribeToRatePlans": list(plans),
        **changes,
    }
    triggers = [{"name": "ContractEffective", "triggerDate": "2026-01-01"}]
    return {"type": "CreateSubscription", "sequence": 0, "triggerDates": triggers, "createSubscription": created}


def an_override(template="prpc-1", block="recurringPerUnit", **pricing):
    return {"productRatePlanChargeId": template, "pricing": {block: pricing}}


def a_catalog_charge(identity="prpc-1", **changes):
    """A charge of the catalog as its own endpoint has it: prices by currency."""
    charge = {
        "id": identity, "name": "Seats", "type": "Recurring", "model": "PerUnit", "uom": "Seat", "defaultQuantity": 1,
        "pricing": [{"currency": "USD", "price": 100, "tiers": None}, {"currency": "EUR", "price": 90, "tiers": None}],
        "billingPeriod": "Month", "billingTiming": "IN_ADVANCE", "listPriceBase": "Per_Billing_Period", "priceChangeOption": "NoChange",
        "triggerEvent": "ContractEffective", "endDateCondition": "Subscription_End", "billingDay": "DefaultFromCustomer",
    }  # fmt: skip
    return {**charge, **changes}


def a_catalog(*charges, plan="prp-1"):
    return {
        plan: {
            "productRatePlanId": plan,
            "productId": "p-1",
            "productSku": "SKU-1",
            "productName": "Platform",
            "charges": list(charges),
        }
    }
