"""HubSpot's objects as tests need them: small, and put together as our client does it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from cpq_hooks.adapter import Delivery
from cpq_hooks.adapters.hubspot import signatures
from cpq_hooks.connection import Connection

URL = "https://hooks.example.com/v1/hooks/crm"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = "1767225600000"
SECRET = "our-own-secret"


def a_connection(*, tenant=None, public_url=URL, **options):
    return Connection(
        name="crm",
        connector="hubspot",
        tenant=tenant,
        public_url=public_url,
        options=options,
        secrets={"webhook": (SECRET, "an-older-secret"), "api": ("pat-na1-x",), "custom_code": ("code-secret",)},
    )


def a_record(identity, **properties):
    return {"id": identity, "properties": properties, "createdAt": "2026-01-01T09:00:00Z", "archived": False}


def a_line(identity="501", **properties):
    usual = {
        "name": "Seats", "hs_sku": "SEAT", "quantity": "10", "price": "20.00", "recurringbillingfrequency": "monthly",
        "hs_recurring_billing_period": "P12M", "hs_recurring_billing_start_date": "2026-01-01",
    }  # fmt: skip
    return a_record(identity, **{**usual, **properties})


def a_quote(*lines, deal=None, company=None, owner=None, around=None, **properties):
    usual = {"hs_title": "Offer", "hs_status": "DRAFT", "hs_currency": "USD", "hs_expiration_date": "2026-03-31"}
    return {
        "quote": a_record("101", **{**usual, **properties}),
        "line_items": list(lines or (a_line(),)),
        "deal": deal,
        "company": company,
        "owner": owner,
        **(around or {}),
    }


def a_subscription(*lines, identity="301", around=None, **properties):
    usual = {
        "hs_status": "active", "hs_currency_code": "USD", "hs_recurring_billing_start_date": "2026-01-01",
        "hs_recurring_billing_frequency": "monthly", "hs_invoice_creation": "on",
    }  # fmt: skip
    part = {"subscription": a_record(identity, **{**usual, **properties}), "line_items": list(lines or (a_line(),))}
    return {"subscriptions": [part], "company": None, **(around or {})}


def an_event(kind="object.propertyChange", **changes):
    usual = {
        "eventId": 1, "subscriptionId": 7, "portalId": 62515, "appId": 9, "occurredAt": 1767225600000, "subscriptionType": kind,
        "attemptNumber": 0, "objectId": 101, "objectTypeId": "0-14", "propertyName": "hs_status", "propertyValue": "APPROVED",
    }  # fmt: skip
    return {**usual, **changes}


def an_action(**changes):
    usual = {
        "callbackId": "ap-1-2-3",
        "origin": {"portalId": 62515, "actionDefinitionId": 2},
        "context": {"source": "WORKFLOWS", "workflowId": 4},
        "object": {"objectId": 101, "objectType": "QUOTE", "properties": {}},
        "inputFields": {},
    }
    return {**usual, **changes}


def a_delivery(body, *, url=URL, headers=None, method="POST"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(method=method, url=url, headers=headers or {}, body=raw, received_at=NOW)


def signed(body, *, url=URL, secret=SECRET, stamp=STAMP):
    found = a_delivery(body, url=url)
    signature = signatures.signature_v3(secret, "POST", url, found.body, stamp)
    return a_delivery(found.body, url=url, headers={signatures.SIGNATURE_V3: signature, signatures.MOMENT: stamp})


def signed_v2(body, *, url=URL, secret=SECRET):
    found = a_delivery(body, url=url)
    signature = signatures.signature_v2(secret, "POST", url, found.body)
    return a_delivery(found.body, url=url, headers={signatures.SIGNATURE: signature, signatures.VERSION: "v2"})


def a_finding(*line_ids, effect="block", message="The price is under its floor.", remedy="set it to 18.", **changes):
    usual = {
        "finding_id": "f", "policy_id": "floor", "effect": effect, "line_ids": list(line_ids), "message": message,
        "remedy": {"text": remedy} if remedy else None, "approved_by": None, "waived_by": None,
    }  # fmt: skip
    return {**usual, **changes}


def a_decision(*findings, verdict="block", **changes):
    return {
        "decision_id": "dec_1",
        "verdict": verdict,
        "headline": "Blocked: 1 finding.",
        "findings": list(findings),
        **changes,
    }
