"""Chargebee's client: objects come with what they refer to, and the events of a site are asked for by the page."""

from __future__ import annotations

import json

import pytest

from cpq_hooks.adapter import Need, Shape
from cpq_hooks.adapters.chargebee import ADAPTER
from cpq_hooks.canonical import load_billing_configuration
from cpq_hooks.clients import failures
from cpq_hooks.clients.chargebee import CLIENT, UnknownResource
from tests.cpq_hooks.adapters.chargebee_objects import a_connection, a_subscription, an_event, an_item_price
from tests.cpq_hooks.clients.wire import NOON, Reply, Scripted, StillClock


def _client(*replies):
    wire = Scripted(
        *(each if isinstance(each, (Reply, Exception)) else Reply(body=json.dumps(each).encode()) for each in replies)
    )
    return CLIENT(a_connection(), transport=wire, clock=StillClock().clock), wire


def test_a_subscription_comes_with_ramps_drafts_prices_and_coupons():
    held = a_subscription(coupons=[{"coupon_id": "TEN"}])
    coupon = {
        "id": "TEN",
        "discount_type": "percentage",
        "discount_percentage": 10,
        "apply_on": "invoice_amount",
        "duration_type": "forever",
    }
    client, wire = _client(
        {"subscription": held, "customer": {"id": "cust_1"}}, {"list": []}, {"list": [{"invoice": {"id": "draft_1"}}]},
        {"item_price": an_item_price()}, {"item": {"id": "seat", "metered": False}}, {"coupon": coupon},
    )  # fmt: skip
    found = client.fetch(Need(resource="subscription", id="sub_1"))
    assert [each["id"] for each in found["pending_invoices"]] == ["draft_1"]
    (translation,) = ADAPTER.translate(found, Shape.BILLING_CONFIGURATION, a_connection())
    assert load_billing_configuration(dict(translation.document)).charges[0].terms.net_unit_price == 18
    assert translation.unused == ()
    assert wire.asked[0].url == "https://acme-test.chargebee.com/api/v2/subscriptions/sub_1"
    assert wire.asked[0].headers["Authorization"] == "Basic Y2Jfa2V5Og=="


def test_a_site_without_ramps_has_none():
    client, _ = _client(
        {"subscription": a_subscription()}, Reply(status=400, body=b'{"message":"ramps are not enabled"}'), {"list": []},
        {"item_price": an_item_price(item_id=None)},
    )  # fmt: skip
    assert client.fetch(Need(resource="subscription", id="sub_1"))["ramps"] == []


def test_what_happened_since_is_read_to_the_end_of_the_list():
    client, wire = _client(
        {"list": [{"event": an_event(event_id="ev_1")}], "next_offset": '["1"]'},
        {"list": [{"event": an_event(event_id="ev_2")}, {"event": {}}]},
    )
    assert [each.key for each in client.reconcile(NOON)] == ["ev_1", "ev_2"]
    assert "offset=" in wire.asked[1].url


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(status=404), failures.NotThere), (Reply(status=401), failures.NotAllowed),
        (Reply(body=b"<html>", headers={"Content-Type": "text/html"}), failures.Unreadable), (Reply(body=b'{"a":'), failures.Unreadable),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_apart(reply, failure):
    client, _ = _client(reply, reply)
    with pytest.raises(failure):
        client.fetch(Need(resource="quote", id="Q-7"))


def test_what_the_adapter_never_asks_for_is_refused():
    with pytest.raises(UnknownResource):
        _client()[0].fetch(Need(resource="card", id="x"))
