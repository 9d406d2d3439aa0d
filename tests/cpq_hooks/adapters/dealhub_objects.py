"""DealHub's documents as tests need them: small, in the names that are usual where a connection says nothing else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from cpq_hooks.adapter import Delivery
from cpq_hooks.connection import Connection

URL = "https://hooks.example.com/v1/hooks/cpq"


def a_connection(*, secrets=None, **options):
    return Connection(
        name="cpq",
        connector="dealhub",
        options=options,
        secrets={"token": ("tok-new", "tok-old"), "api": ("api-token",)} if secrets is None else secrets,
    )


def a_delivery(body, *, authorization="Bearer tok-new", query=()):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if authorization is None else {"authorization": authorization}
    return Delivery(
        method="POST", url=URL, headers=headers, body=raw, received_at=datetime(2026, 1, 1, tzinfo=UTC), query=query
    )


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def a_query(*products, **answers):
    usual = {"general.currency": "USD", "general.quote_id": "Q-1", "general.start_date": 1767225600000}
    seat = {"ITEM NAME": "Seats", "SKU": "SEAT", "quantity": 10, "duration": 12, "net_per_unit": 18, "list_price": 20}
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return {"playbook_data": {**usual, **given}, "product_data": list(products or (seat,))}


def a_callout(*items):
    usual = {
        "id": 1, "sku": "A-1", "type": "product", "quantity": 15, "duration": 12, "family": "hardware", "list_price": 100,
        "returned_attributes": {"MSRP": "number", "quoteguard_verdict": "text", "quoteguard_message": "text"},
    }  # fmt: skip
    return {
        "request_id": "r", "authentication": "tok-new", "playbook_answers": {"general.currency": "USD"},
        "items": list(items or (usual,)),
    }  # fmt: skip


def an_item(identity="li-1", **changes):
    usual = {
        "id": identity, "sku": "SEAT", "name": "Seats", "list_price": 20, "net_per_unit": 18, "net_price": 2160,
        "product_factors": {"quantity": 10, "duration": 12}, "attributes": {}, "bundle_ref": "",
    }  # fmt: skip
    return {**usual, **changes}


def a_quote(*items, status="ReadyToBeSent", answers=(), **info):
    usual = {
        "external_opportunity_id": "006X", "external_customer_id": "001X", "account_name": "Acme", "currency": "USD",
        "created_by": "ada@example.com", "creation_date": "2026-01-01 09:30:00", "expiration_date": "2026-03-31 00:00:00",
    }  # fmt: skip
    listed = [
        {"group_id": group, "question_id": question, "question": "?", "answer": answer}
        for group, question, answer in answers
    ]
    return {
        "dealhub_quote_id": "dh-1", "status": status, "quote_upgrade_required": False, "info": {**usual, **info},
        "line_items": list(items or (an_item(),)), "answers": listed, "summary": {"total_net_price": 2160},
    }  # fmt: skip


def a_webhook(**changes):
    usual = {
        "event_info": {"webhook_id": "quoteReady", "event_id": "evt-1", "api_version": "1.0"}, "dealhub_quote_id": "dh-1",
        "dealhub_opportunity_id": "opp", "execution_date": "2026-01-01 09:30:00", "executed_by": "ada",
    }  # fmt: skip
    return {**usual, **changes}
