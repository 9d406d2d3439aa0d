"""Zuora's client: it signs in, fetches objects whole, and takes Zuora's word for it when a 200 was none."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from cpq_hooks.adapter import Need, Shape, Target, VendorCall
from cpq_hooks.adapters.zuora import ADAPTER
from cpq_hooks.canonical import load_billing_configuration, load_invoice, load_quote
from cpq_hooks.clients import failures
from cpq_hooks.clients.client import installed_clients
from cpq_hooks.clients.zuora import UnknownResource, ZuoraClient
from tests.cpq_hooks.adapters.zuora_objects import a_catalog_charge, a_connection, a_creation, a_subscription, an_order
from tests.cpq_hooks.clients.wire import Reply, Scripted, StillClock

TOKEN = Reply(body=b'{"access_token":"t1","token_type":"bearer","expires_in":3600}')
NEED = Need(resource="subscription", id="A-S1")
DONE = Reply(body=b'{"success":true}')


class Tenant(BaseAdapter):
    """A Zuora tenant of a few answers by path; a list of answers is given out one by one."""

    def __init__(self, answers):
        super().__init__()
        self.answers = {"/oauth/token": {"access_token": "t1", "expires_in": 3600}, **answers}
        self.asked = []

    def send(self, request, **settings):
        path = urlsplit(request.url).path
        self.asked.append(request)
        found = self.answers.get(
            path, {"success": False, "reasons": [{"code": 50000040, "message": f"Cannot find {path}"}]}
        )
        if isinstance(found, list):
            found = found.pop(0)
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response.raw = HTTPResponse(io.BytesIO(json.dumps(found).encode()), preload_content=False)
        return response

    def paths(self):
        return [urlsplit(each.url).path for each in self.asked]

    def close(self):
        pass


def _client(answers, **options):
    tenant = Tenant(answers)
    return ZuoraClient.of(a_connection(**options), transport=tenant, clock=StillClock().clock), tenant


def _scripted(*replies, clock=None):
    wire = Scripted(*replies)
    return ZuoraClient.of(a_connection(), transport=wire, clock=(clock or StillClock()).clock), wire


def test_a_subscription_comes_with_all_segments_and_its_account():
    account = {"basicInfo": {"batch": "Batch1"}, "billingAndPayment": {"billCycleDay": 10}, "success": True}
    client, tenant = _client({"/v1/subscriptions/A-S1": a_subscription(), "/v1/accounts/A-1": account})
    found = client.fetch(NEED)
    assert found["quoteguardAccount"] == account
    assert parse_qs(urlsplit(tenant.asked[1].url).query) == {"charge-detail": ["all-segments"]}
    assert tenant.asked[1].headers["Authorization"] == "Bearer t1"
    (translation,) = ADAPTER.translate(found, Shape.BILLING_CONFIGURATION, a_connection())
    load_billing_configuration(json.loads(json.dumps(translation.document)))


def test_a_preview_of_bills_comes_with_it_where_one_is_wanted():
    preview = {"accountId": "a", "invoiceItems": [], "success": True}
    answers = {
        "/v1/subscriptions/A-S1": a_subscription(),
        "/v1/accounts/A-1": {"success": True},
        "/v1/operations/billing-preview": preview,
    }
    client, tenant = _client(answers, preview_months="12")
    assert client.fetch(NEED)["quoteguardBillingPreview"] == preview
    body = json.loads(tenant.asked[-1].body)
    assert (body["accountNumber"], body["targetDate"], body["assumeRenewal"]) == ("A-1", "2027-10-31", "Autorenew")


def test_an_invoice_comes_with_the_items_of_every_page():
    item = {"chargeAmount": 5, "chargeNumber": "C-1", "serviceStartDate": "2026-01-01", "serviceEndDate": "2026-01-31"}
    pages = [
        {
            "invoiceItems": [item, item],
            "nextPage": "https://elsewhere.example/apps/v1/invoices/i/items?page=2&pageSize=2",
            "success": True,
        },
        {"invoiceItems": [item], "success": True},
    ]
    client, tenant = _client(
        {"/v1/invoices/i": {"id": "i", "currency": "USD", "success": True}, "/v1/invoices/i/items": pages}
    )
    found = client.fetch(Need(resource="invoice", id="i"))
    assert len(found["invoiceItems"]) == 3
    assert {urlsplit(each.url).netloc for each in tenant.asked} == {"rest.zuora.com"}
    assert parse_qs(urlsplit(tenant.asked[-1].url).query) == {"page": ["2"], "pageSize": ["2"]}
    (translation,) = ADAPTER.translate(found, Shape.INVOICE, a_connection())
    load_invoice(json.loads(json.dumps(translation.document)))


@pytest.mark.parametrize(
    "page", [{"success": True}, {"invoiceItems": [], "nextPage": "https://x.example/other"}, {"invoiceItems": 3}]
)
def test_half_a_list_is_none(page):
    client, _ = _client({"/v1/invoices/i": {"id": "i"}, "/v1/invoices/i/items": page})
    with pytest.raises(failures.Unreadable):
        client.fetch(Need(resource="invoice", id="i"))


def test_pages_that_lead_back_come_to_no_end():
    page = {"invoiceItems": [], "nextPage": "https://rest.zuora.com/v1/invoices/i/items?page=2"}
    client, _ = _client({"/v1/invoices/i": {"id": "i"}, "/v1/invoices/i/items": page})
    with pytest.raises(failures.Unreadable, match="no end"):
        client.fetch(Need(resource="invoice", id="i"))


def test_an_order_comes_with_the_catalogs_prices():
    order = an_order(a_creation({"productRatePlanId": "prp-1"}))
    plan = {
        "productId": "p-1",
        "product": {"name": "Platform", "sku": "SKU-1"},
        "productRatePlanCharges": [{"id": "prpc-1"}],
    }
    answers = {"/v1/orders/O-1": {"success": True, "order": order}, "/object-query/product-rate-plans/prp-1": plan,
               "/v1/product-rate-plan-charges/prpc-1": a_catalog_charge(success=True)}  # fmt: skip
    client, _ = _client(answers)
    (translation,) = ADAPTER.translate(client.fetch(Need(resource="order", id="O-1")), Shape.QUOTE, a_connection())
    quote = load_quote(json.loads(json.dumps(translation.document)))
    assert [(each.product_id, each.net_unit_price) for each in quote.lines] == [("SKU-1", 100)]


def test_what_the_adapter_never_asks_for_is_told():
    client, _ = _client({})
    with pytest.raises(UnknownResource):
        client.fetch(Need(resource="payment", id="1"))


# ----------------------------------------------------------------------------------------------- signing in


def test_one_token_serves_until_shortly_before_its_end():
    clock = StillClock()
    client, wire = _scripted(TOKEN, DONE, DONE, TOKEN, DONE, clock=clock)
    call = VendorCall(method="PUT", path="/v1/x", json={}, purpose="try")
    client.execute(call)
    client.execute(call)
    clock.at = 3_541.0
    client.execute(call)
    assert [urlsplit(each.url).path for each in wire.asked].count("/oauth/token") == 2


def test_a_token_that_is_worth_no_more_is_renewed_once():
    second = Reply(body=b'{"access_token":"t2","expires_in":3600}')
    client, wire = _scripted(TOKEN, Reply(status=401), second, DONE)
    client.execute(VendorCall(method="PUT", path="/v1/x", json={}, purpose="try"))
    assert wire.asked[-1].headers["Authorization"] == "Bearer t2"


def test_credentials_that_are_wrong_are_no_outage():
    client, _ = _scripted(TOKEN, Reply(status=401), TOKEN, Reply(status=401))
    with pytest.raises(failures.NotAllowed):
        client.fetch(NEED)


def test_without_credentials_nothing_is_sent():
    client = ZuoraClient.of(a_connection(secrets={}), transport=Scripted(), clock=StillClock().clock)
    with pytest.raises(failures.NotAllowed, match="client_id"):
        client.fetch(NEED)


def test_credentials_travel_in_the_body_and_never_in_a_message():
    client, wire = _scripted(Reply(status=400, body=b'{"message":"bad s3cret"}'))
    with pytest.raises(failures.CallFailed) as refused:
        client.fetch(NEED)
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in wire.asked[0].url


# ----------------------------------------------------------------------------------- what Zuora answers with


@pytest.mark.parametrize(
    ("code", "failure", "again"),
    [
        (50000040, failures.NotThere, False), (53100011, failures.NotAllowed, False), (53100010, failures.NotAllowed, False),
        (53100050, failures.Throttled, True), (53100070, failures.Throttled, True), (53100060, failures.VendorDown, True),
        (53100061, failures.VendorDown, True), (53100020, failures.Refused, False), ("odd", failures.Refused, False),
    ],
)  # fmt: skip
def test_a_200_that_says_it_failed_has_failed(code, failure, again):
    body = {"success": False, "reasons": [{"code": code, "message": "no s3cret"}]}
    client, _ = _scripted(TOKEN, Reply(body=json.dumps(body).encode()))
    with pytest.raises(failure) as refused:
        client.execute(VendorCall(method="PUT", path="/v1/x", json={}, purpose="try"))
    assert refused.value.again is again
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>busy</html>", headers={"Content-Type": "text/html"}), Reply(body=b'{"success": tr'),
        Reply(status=503), Reply(status=429, headers={"Retry-After": "1"}), requests.ConnectionError("reset"),
    ],
)  # fmt: skip
def test_what_may_work_later_says_so(reply):
    client, _ = _scripted(TOKEN, *[reply] * 6)
    with pytest.raises(failures.CallFailed) as refused:
        client.fetch(NEED)
    assert refused.value.again


def test_a_hold_and_its_release_are_calls_with_keys():
    connection = a_connection(hold="filter")
    (call,) = ADAPTER.hold(
        Target(object_type="subscription", object_id="A-S1", payload=a_subscription()), {"decision_id": "d"}, connection
    )
    client, wire = _scripted(TOKEN, DONE)
    client.execute(call)
    sent = wire.asked[-1]
    assert (sent.method, sent.headers["Idempotency-Key"]) == ("PUT", "quoteguard:mark:A-S1:d")
    assert json.loads(sent.body) == {"customFields": {"Quoteguard_Hold__c": "filter||d"}}


# -------------------------------------------------------------------------------------------- reconciliation


def test_what_changed_is_told_as_events_with_the_versions_of_callouts():
    rows = [{"Id": "1", "Name": "A-S1", "Version": 1}, {"Id": "2", "Name": "A-S1", "Version": 2}]
    query = [
        {"records": rows, "done": False, "queryLocator": "q"},
        {"records": [{"Id": "402", "InvoiceNumber": "INV1"}], "done": True},
    ]
    more = {"records": [{"Id": "3", "Name": "A-S2", "Version": 1}], "done": True}
    orders = {"orders": [{"orderNumber": "O-1"}], "success": True}
    client, tenant = _client({"/v1/action/query": query, "/v1/action/queryMore": more, "/v1/orders": orders})
    events = list(client.reconcile(datetime(2026, 10, 31, tzinfo=UTC)))
    assert [(each.object_type, each.object_id) for each in events] == [
        ("subscription", "A-S1"), ("subscription", "A-S2"), ("invoice", "402"), ("order", "O-1"),
    ]  # fmt: skip
    assert events[0].version == f"{2:020d}"
    assert events[0].key == f"reconcile:subscription:A-S1:{2:020d}"
    assert "2026-10-31T00:00:00+00:00" in json.loads(tenant.asked[1].body)["queryString"]


def test_a_tenant_without_orders_has_none_that_changed():
    client, _ = _client({"/v1/action/query": {"records": [], "done": True}})
    assert list(client.reconcile(datetime(2026, 10, 31, tzinfo=UTC))) == []


def test_the_client_registers_by_its_connector():
    assert isinstance(installed_clients().of(a_connection()), ZuoraClient)
