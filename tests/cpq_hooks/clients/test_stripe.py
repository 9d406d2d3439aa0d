"""Stripe's client: objects come whole, lists to their end, and calls with their version and key."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from cpq_hooks.adapter import Need, Shape, VendorCall
from cpq_hooks.adapters.stripe import ADAPTER
from cpq_hooks.adapters.stripe.deliveries import event_of
from cpq_hooks.canonical import load_billing_configuration, load_quote
from cpq_hooks.clients import failures
from cpq_hooks.clients.stripe import StripeClient, UnknownResource
from tests.cpq_hooks.adapters.stripe_objects import (
    a_connection,
    a_discount,
    a_line_item,
    a_list,
    a_phase,
    a_phase_item,
    a_price,
    a_quote,
    a_schedule,
    a_subscription,
    an_event,
    an_item,
    at,
    tiered,
)
from tests.cpq_hooks.clients.wire import NOON, Reply, Scripted, StillClock


class Account(BaseAdapter):
    """A Stripe account of a few objects by path; lists are given out two by two."""

    def __init__(self, objects):
        super().__init__()
        self.objects = objects
        self.asked = []

    def send(self, request, **settings):
        parts = urlsplit(request.url)
        self.asked.append(request)
        found = self.objects.get(parts.path)
        if isinstance(found, list):
            found = self._page(found, parse_qs(parts.query))
        status = 200 if found is not None else 404
        body = json.dumps(found if found is not None else {"error": {"message": "No such object"}}).encode()
        response = requests.Response()
        response.status_code = status
        response.headers["Content-Type"] = "application/json"
        response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
        return response

    @staticmethod
    def _page(found, query):
        after = query.get("starting_after", [None])[0]
        start = 1 + next((at for at, each in enumerate(found) if each["id"] == after), -1)
        return a_list(*found[start : start + 2], has_more=start + 2 < len(found))

    def close(self):
        pass


def _client(objects, **options):
    account = Account(objects)
    return StripeClient.of(a_connection(**options), transport=account, clock=StillClock().clock), account


def test_a_quote_comes_with_all_its_lines_tiers_and_products():
    bare = tiered("volume")
    del bare["tiers"]
    lines = [a_line_item(identity=f"li_{n}") for n in range(4)] + [a_line_item(bare, identity="li_4")]
    tier = {"up_to": None, "unit_amount": 300}
    client, _ = _client(
        {
            "/v1/quotes/qt_1": a_quote(line_items=None),
            "/v1/quotes/qt_1/line_items": lines,
            "/v1/prices/price_api": tiered("volume", tier),
            "/v1/products/prod_price_seat": {
                "id": "prod_price_seat",
                "object": "product",
                "name": "Seats",
                "unit_label": "seat",
            },
        }
    )
    (found,) = ADAPTER.translate(client.fetch(Need(resource="quote", id="qt_1")), Shape.QUOTE)
    quote = load_quote(found.document)
    assert len(quote.lines) == 5
    assert (quote.lines[0].product_name, quote.lines[0].unit_of_measure) == ("Seats", "seat")
    assert quote.lines[4].tiers[0].unit_price == 3


def test_a_subscription_comes_with_its_schedule_its_coupons_and_its_drafts():
    coupon = a_discount(percent_off=10)
    use = {**coupon, "source": {"type": "coupon", "coupon": "LAUNCH"}}
    schedule = a_schedule(
        a_phase("2026-01-01", "2027-01-01", a_phase_item("price_seat")), status="active", subscription="sub_1"
    )
    schedule["phases"][0]["discounts"] = [{"coupon": "LAUNCH", "discount": None}]
    objects = {
        "/v1/subscriptions/sub_1": a_subscription(
            items=a_list(an_item(), has_more=True), discounts=[use], schedule="sub_sched_1"
        ),
        "/v1/subscription_items": [an_item(identity=f"si_{n}") for n in range(3)],
        "/v1/coupons/LAUNCH": coupon["source"]["coupon"],
        "/v1/prices/price_seat": a_price(),
        "/v1/subscription_schedules/sub_sched_1": schedule,
        "/v1/invoices": [{"id": "in_1", "object": "invoice", "status": "draft"}, {"id": "in_2", "status": "open"}],
    }
    client, _ = _client(objects)
    fetched = client.fetch(Need(resource="subscription", id="sub_1"))
    assert len(fetched["items"]["data"]) == 3
    assert [each["id"] for each in fetched["draft_invoices"]] == ["in_1"]
    (found,) = ADAPTER.translate(fetched, Shape.BILLING_CONFIGURATION)
    configuration = load_billing_configuration(found.document)
    assert configuration.billing_configuration_id == "sub_sched_1"
    assert configuration.charges[0].terms.net_unit_price == 18


def test_a_schedule_comes_with_its_subscription():
    schedule = a_schedule(a_phase("2026-01-01", "2027-01-01", a_phase_item()), status="active", subscription="sub_1")
    client, _ = _client(
        {
            "/v1/subscription_schedules/sub_sched_1": schedule,
            "/v1/subscriptions/sub_1": a_subscription(),
            "/v1/invoices": [],
        }
    )
    fetched = client.fetch(Need(resource="subscription_schedule", id="sub_sched_1"))
    assert fetched["subscription"]["status"] == "active"


def test_an_invoice_comes_with_all_its_lines():
    lines = [{"id": f"il_{n}", "amount": 100, "pricing": {"price_details": {"price": "price_seat"}}} for n in range(3)]
    invoice = {"id": "in_1", "object": "invoice", "currency": "usd", "lines": a_list(has_more=True), "total": 300}
    client, _ = _client(
        {"/v1/invoices/in_1": invoice, "/v1/invoices/in_1/lines": lines, "/v1/prices/price_seat": a_price()}
    )
    fetched = client.fetch(Need(resource="invoice", id="in_1"))
    assert [each["pricing"]["price_details"]["price"]["unit_amount"] for each in fetched["lines"]["data"]] == [2000] * 3


def test_calls_carry_key_version_and_idempotency_key():
    client, account = _client({"/v1/invoices/in_1": {}}, api_version="2026-09-30")
    call = VendorCall(
        method="POST", path="/v1/invoices/in_1", purpose="x", form=(("auto_advance", "false"),), idempotency_key="k1"
    )
    client.execute(call)
    (asked,) = account.asked
    assert asked.headers["Stripe-Version"] == "2026-09-30"
    assert asked.headers["Idempotency-Key"] == "k1"
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"rk_1:"
    assert asked.body == b"auto_advance=false"


CALL = VendorCall(method="POST", path="/v1/x", purpose="x", idempotency_key="k")


def _answering(*replies):
    vendor = Scripted(*replies)
    return StripeClient.of(a_connection(), transport=vendor, clock=StillClock().clock), vendor


def test_stripes_own_word_on_repeating_goes_before_the_status():
    client, vendor = _answering(Reply(409, headers={"Stripe-Should-Retry": "true"}), Reply())
    client.execute(CALL)
    assert len(vendor.asked) == 2
    client, vendor = _answering(Reply(500, headers={"Stripe-Should-Retry": "false"}))
    with pytest.raises(failures.VendorDown) as failed:
        client.execute(CALL)
    assert not failed.value.again
    assert len(vendor.asked) == 1


def test_what_is_not_there_is_said():
    client, _ = _client({})
    with pytest.raises(failures.NotThere, match="No such object"):
        client.fetch(Need(resource="invoice", id="in_9"))
    with pytest.raises(UnknownResource):
        client.fetch(Need(resource="charge", id="ch_1"))


class Past(Account):
    """An account's events, given out as Stripe does: by kind, since a moment, two by two."""

    def _page(self, found, query):
        kind, since = query["type"][0].removesuffix("*"), int(query["created[gte]"][0])
        wanted = [each for each in found if each["type"].startswith(kind) and each["created"] >= since]
        return super()._page(wanted, query)


def _missed(*events, **options):
    past = Past({"/v1/events": list(events)})
    return StripeClient.of(a_connection(**options), transport=past, clock=StillClock().clock), past


def test_what_a_webhook_did_not_tell_of_is_listed_by_the_ids_that_it_would_have_had():
    subject = a_subscription()
    listed = [an_event("customer.subscription.updated", subject, f"evt_{n}") for n in range(5)]
    gone = an_event("customer.subscription.deleted", subject, "evt_gone")
    client, past = _missed(*listed, gone, an_event("charge.failed", {"id": "ch_1", "object": "charge"}, "evt_other"))
    found = list(client.reconcile(NOON - timedelta(hours=1)))
    assert found == [event_of(each, client.session.connection) for each in (*listed, gone)]
    assert {each.key for each in found} == {f"evt_{n}" for n in range(5)} | {"evt_gone"}
    assert all(
        at("2026-11-01T11:00:00") == int(parse_qs(urlsplit(each.url).query)["created[gte]"][0]) for each in past.asked
    )


def test_events_of_the_other_mode_of_our_own_doing_and_of_no_account_of_ours_are_left_out():
    subject = a_subscription()
    other = an_event("customer.subscription.updated", subject, "evt_test", livemode=True)
    foreign = an_event("customer.subscription.updated", subject, "evt_acct", account="acct_other")
    nothing = an_event("quote.canceled", a_quote(), "evt_canceled")
    client, _ = _missed(other, foreign, nothing, {"id": 5, "type": "quote.x", "created": 2**31}, livemode="false")
    client.session.connection = replace(client.session.connection, tenant="acct_1")
    assert list(client.reconcile(NOON - timedelta(days=1))) == []


def test_what_is_older_than_stripe_keeps_is_said():
    client, _ = _missed()
    (gap,) = client.reconcile(NOON - timedelta(days=40))
    assert gap.ignored == (
        "Stripe keeps events for 30 days: what changed from 2026-09-22 to 2026-10-02 and did not change again is not listed by it"
    )
