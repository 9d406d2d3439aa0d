"""Lago's client: objects come with what they refer to, and lists are read to their end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cpq_hooks.adapter import Need, Shape
from cpq_hooks.adapters.lago import ADAPTER
from cpq_hooks.clients import failures
from cpq_hooks.clients.lago import CLIENT, UnknownResource
from tests.cpq_hooks.adapters.lago_objects import (
    a_connection,
    a_customer,
    a_metric,
    a_plan,
    a_quote,
    an_applied,
    wrapped,
)
from tests.cpq_hooks.clients.wire import NOON, Reply, Scripted, StillClock


def _client(*replies):
    wire = Scripted(
        *(each if isinstance(each, (Reply, Exception)) else Reply(body=json.dumps(each).encode()) for each in replies)
    )
    return CLIENT(a_connection(), transport=wire, clock=StillClock().clock), wire


def test_a_subscription_that_is_pending_is_found_with_all_that_it_bills_by():
    subscription = wrapped()["subscription"]
    client, wire = _client(
        Reply(status=404), {"subscription": {**subscription, "status": "pending"}}, {"customer": a_customer()},
        {"applied_coupons": [an_applied()], "meta": {"next_page": None}}, {"coupon": {"code": "TEN", "plan_codes": []}}, {"invoices": []},
        {"billable_metric": a_metric()},
    )  # fmt: skip
    found = client.fetch(Need(resource="subscription", id="sub_1"))
    (translation,) = ADAPTER.translate(found, Shape.BILLING_CONFIGURATION, a_connection())
    assert translation.document["charges"][0]["net_unit_price"] == "450"
    assert translation.unused == ()
    assert wire.asked[0].url == "https://api.getlago.com/api/v1/subscriptions/sub_1"
    assert wire.asked[1].url.endswith("?status=pending")
    assert wire.asked[0].headers["Authorization"] == "Bearer lago_key"


def test_a_quote_comes_with_its_plans_and_metrics_and_an_order_form_with_its_quote():
    whole = a_quote()
    client, _ = _client(
        {"order_form": {"lago_id": "of1", "status": "signed", "signed_at": "2026-01-03T12:00:00Z", "lago_quote_id": "q1"}},
        {"quote": whole["quote"]}, {"plan": whole["plans"][0]}, {"billable_metric": a_metric()}, {"customer": a_customer()},
    )  # fmt: skip
    found = client.fetch(Need(resource="order_form", id="of1"))
    assert ADAPTER.translate(found, Shape.AGREEMENT, a_connection())[0].document["signed_on"] == "2026-01-03"


def test_what_was_started_since_is_told_with_a_key_of_its_own():
    old = (NOON - timedelta(days=9)).isoformat()
    client, _ = _client(
        {"subscriptions": [{"external_id": "a", "started_at": NOON.isoformat()}, {"external_id": "b", "started_at": old}], "meta": {"next_page": 2}},
        {"subscriptions": [{"external_id": "c", "created_at": NOON.isoformat()}], "meta": {}}, {"subscriptions": []},
    )  # fmt: skip
    assert [each.key for each in client.reconcile(NOON - timedelta(days=1))] == [
        "reconcile:subscription:a:",
        "reconcile:subscription:c:",
    ]


@pytest.mark.parametrize(("status", "failure"), [(401, failures.NotAllowed), (422, failures.Refused)])
def test_what_goes_wrong_is_told_apart(status, failure):
    client, _ = _client(*[Reply(status=status)] * 3)
    with pytest.raises(failure):
        client.fetch(Need(resource="invoice", id="i1"))
    with pytest.raises(UnknownResource):
        client.fetch(Need(resource="wallet", id="w1"))


def test_a_plan_that_did_not_come_with_its_subscription_is_asked_for():
    subscription = {**wrapped()["subscription"], "plan": None, "external_customer_id": None}
    client, _ = _client({"subscription": subscription}, {"plan": a_plan()})
    assert client.fetch(Need(resource="subscription", id="sub_1"))["subscription"]["plan"]["code"] == "scale"
