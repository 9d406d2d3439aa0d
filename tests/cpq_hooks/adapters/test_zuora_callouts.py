"""Zuora's callouts: who they are from, what they tell, and how they are answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

import pytest

from cpq_hooks.adapter import Genuine, Need, NotUnderstood, Refusal, Shape
from cpq_hooks.adapters.zuora import ADAPTER
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.zuora_objects import NOON, a_connection, a_delivery

FIELDS = {
    "<Event.Category>": "SubscriptionCreated", "<Subscription.SubscriptionNumber>": "A-S1", "<Subscription.Version>": "2",
    "<Event.Timestamp>": "2015-01-13T22:31:43.248+0800", "<Subscription.TCV>": "$12,500.00",
    "<Subscription.ServiceActivation>": "01/01/2016",
}  # fmt: skip
ENGLISH = {"locale": "en_US", "date_format": "MM/dd/yyyy"}


def _basic(text):
    return {"authorization": "Basic " + base64.b64encode(text).decode()}


def _event(fields, **options):
    (event,) = ADAPTER.events(a_delivery(json.dumps(fields).encode()), a_connection(**options))
    return event


def _verified(headers, body=b"{}", method="POST", query=(), **options):
    delivery = a_delivery(body, {"authorization": "", **headers}, query, method)
    return ADAPTER.verify(delivery, a_connection(**options))


# ---------------------------------------------------------------------------------------- who it is from


def test_a_call_without_credentials_is_asked_for_them():
    refused = _verified({})
    assert (refused.status, refused.headers) == (
        401,
        (("WWW-Authenticate", 'Basic realm="Quoteguard", charset="UTF-8"'),),
    )


@pytest.mark.parametrize("text", [b"zuora:pa:ss", b"zuora:old"])
def test_the_second_call_brings_them(text):
    assert _verified(_basic(text)) == Genuine(tenant=None)


@pytest.mark.parametrize(
    "headers",
    [
        _basic(b"zuora:wrong"), _basic(b"other:pa:ss"), _basic(b"zuora"), _basic(b""), {"authorization": "Basic"}, {"authorization": "Basic é"},
        {"authorization": "Basic !!!"}, {"authorization": "Bearer x"}, _basic("zuora:pä".encode("latin-1")),
    ],
)  # fmt: skip
def test_wrong_credentials_are_asked_for_again(headers):
    refused = _verified(headers)
    assert refused.status == 401
    assert dict(refused.headers)["WWW-Authenticate"].startswith("Basic realm=")


def test_a_connection_without_a_password_lets_nobody_in():
    found = ADAPTER.verify(a_delivery(), a_connection(secrets={}))
    assert isinstance(found, Refusal)
    assert found.status == 503


RECIPE = {"callout_auth": "hmac", "hmac_header": "X-Acme-Sign"}


def _sign(message, key=b"key", algorithm=hashlib.sha256):
    return hmac.new(key, message, algorithm).digest()


@pytest.mark.parametrize("key", [b"key", b"older"])
def test_the_tenants_own_recipe_is_what_proves_a_callout(key):
    signature = base64.b64encode(_sign(b'{"a":1}', key)).decode()
    assert _verified({"x-acme-sign": signature}, b'{"a":1}', **RECIPE) == Genuine(tenant=None)


def test_a_recipe_names_algorithm_encoding_data_and_header():
    query = (("id", "A-S1"),)
    options = {
        **RECIPE, "hmac_algorithm": "sha512", "hmac_encoding": "hex", "hmac_value": "ACME v1:{signature}",
        "hmac_data": r"{method}\n{header:Date}\n{path}\n{param:id}\n{body}",
    }  # fmt: skip
    message = b"PUT\nToday\n/v1/hooks/billing\nA-S1\nx=1"
    headers = {"x-acme-sign": "ACME v1:" + _sign(message, algorithm=hashlib.sha512).hex(), "date": "Today"}
    assert _verified(headers, b"x=1", "PUT", query, **options) == Genuine(tenant=None)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "é",
        "AAAA",
        base64.b64encode(_sign(b"{} ")).decode(),
        base64.b64encode(_sign(b"{}")).decode()[:-4],
        _sign(b"{}").hex(),
    ],
)
def test_a_signature_that_is_not_the_bodys_is_refused(signature):
    found = _verified({"x-acme-sign": signature}, **RECIPE)
    assert isinstance(found, Refusal)
    assert found.status == 401


@pytest.mark.parametrize(
    "options",
    [{"hmac_header": ""}, {"hmac_algorithm": "md5"}, {"hmac_encoding": "rot13"}, {"callout_auth": "none"}],
)
def test_a_recipe_that_is_not_whole_lets_nobody_in(options):
    signature = base64.b64encode(_sign(b"{}")).decode()
    found = _verified({"x-acme-sign": signature}, **{**RECIPE, **options})
    assert isinstance(found, Refusal)
    assert found.status == 503


def test_both_means_both():
    signature = base64.b64encode(_sign(b"{}")).decode()
    options = {**RECIPE, "callout_auth": "both"}
    assert _verified({**_basic(b"zuora:pa:ss"), "x-acme-sign": signature}, **options) == Genuine(tenant=None)
    assert isinstance(_verified(_basic(b"zuora:pa:ss"), **options), Refusal)
    assert isinstance(_verified({"x-acme-sign": signature}, **options), Refusal)


@pytest.mark.parametrize(
    "written",
    [
        lambda at: str(int(at.timestamp())),
        lambda at: str(int(at.timestamp() * 1000)),
        datetime.isoformat,
        format_datetime,
    ],
)
@pytest.mark.parametrize(("minutes", "genuine"), [(0, True), (-4, True), (4, True), (-60, False), (60, False)])
def test_a_timestamp_in_the_recipe_holds_in_both_directions(written, minutes, genuine):
    stamp = written(NOON + timedelta(minutes=minutes))
    options = {**RECIPE, "hmac_data": "{header:X-Time}.{body}", "hmac_timestamp_header": "X-Time"}
    signature = base64.b64encode(_sign(stamp.encode() + b".{}")).decode()
    found = _verified({"x-acme-sign": signature, "x-time": stamp}, **options)
    assert isinstance(found, Genuine) is genuine


@pytest.mark.parametrize("stamp", ["", "soon", "2026-01-31T12:00:00", "9" * 30])
def test_a_timestamp_that_cannot_be_read_is_none(stamp):
    options = {**RECIPE, "hmac_timestamp_header": "X-Time"}
    assert isinstance(
        _verified({"x-acme-sign": base64.b64encode(_sign(b"{}")).decode(), "x-time": stamp}, **options), Refusal
    )


# ------------------------------------------------------------------------------------------ what it tells


def _deliveries():
    form = urlencode(FIELDS).encode()
    nested = {
        "Event": {"Category": "SubscriptionCreated"},
        "Subscription": {"SubscriptionNumber": "A-S1", "Version": 2},
    }
    yield a_delivery(json.dumps(FIELDS).encode(), {"content-type": "application/json"})
    yield a_delivery(form, {"content-type": "application/x-www-form-urlencoded"})
    yield a_delivery(query=FIELDS.items(), method="GET")
    yield a_delivery(json.dumps(nested).encode())
    yield a_delivery(
        json.dumps({name: each for name, each in FIELDS.items() if "Event" in name}).encode(),
        query=[("SubscriptionNumber", "A-S1"), ("Version", "2")],
    )


@pytest.mark.parametrize("delivery", list(_deliveries()))
def test_parameters_are_the_same_in_query_form_and_json(delivery):
    (event,) = ADAPTER.events(delivery, a_connection())
    assert (event.key, event.kind) == ("SubscriptionCreated:subscription:A-S1:2", "SubscriptionCreated")
    assert (event.needs, event.shape) == ((Need(resource="subscription", id="A-S1"),), Shape.BILLING_CONFIGURATION)
    assert event.version == f"{2:020d}"


def test_a_retry_has_the_same_key_although_its_request_id_is_another():
    body = json.dumps(FIELDS).encode()
    first, second = (ADAPTER.events(a_delivery(body, {"zuora-request-id": each}), a_connection())[0] for each in "ab")
    assert first.key == second.key


def test_without_a_version_the_moment_tells_events_apart_and_nothing_orders_them():
    fields = {name: each for name, each in FIELDS.items() if "Version" not in name}
    event = _event(fields)
    assert event.version is None
    assert event.occurred_at == datetime(2015, 1, 13, 14, 31, 43, 248000, tzinfo=UTC)
    assert event.key == "SubscriptionCreated:subscription:A-S1:2015-01-13T14:31:43.248000+00:00"


def test_without_either_the_content_does():
    fields = {"event": "SubscriptionCreated", "SubscriptionNumber": "A-S1", "note": "a"}
    assert _event(fields).key == _event(fields).key != _event({**fields, "note": "b"}).key


@pytest.mark.parametrize(
    ("fields", "resource", "identity", "shape"),
    [
        (
            {"EventCategory": "InvoicePosted", "Invoice.ID": "402", "AccountNumber": "A"},
            "invoice",
            "402",
            Shape.INVOICE,
        ),
        (
            {"event": "OrderCreated", "Order.OrderNumber": "O-1", "Subscription.Name": "A-S1"},
            "order",
            "O-1",
            Shape.QUOTE,
        ),
        (
            {"event": "AmendmentProcessed", "Subscription.Name": "A-S1"},
            "subscription",
            "A-S1",
            Shape.BILLING_CONFIGURATION,
        ),
        ({"event": "Custom", "InvoiceNumber": "INV1"}, "invoice", "INV1", Shape.INVOICE),
    ],
)
def test_the_object_is_told_by_the_event_or_by_its_id(fields, resource, identity, shape):
    event = _event(fields)
    assert (event.object_type, event.object_id, event.shape) == (resource, identity, shape)


def test_an_administrators_own_names_are_options():
    options = {"event_field": "what", "object_field": "which", "object_type": "subscription", "version_field": "v"}
    event = _event({"what": "changed", "which": "A-S7", "v": 4}, **options)
    assert event.key == "changed:subscription:A-S7:4"


def test_an_order_may_be_checked_as_an_agreement():
    assert _event({"event": "OrderCreated", "OrderNumber": "O-1"}, order_is="agreement").shape is Shape.AGREEMENT


def test_what_was_deleted_is_not_fetched():
    event = _event({"event": "SubscriptionDeleted", "SubscriptionNumber": "A-S1"})
    assert (event.deleted, event.needs) == (True, ())


def test_a_callout_that_names_nothing_is_stored_and_ignored():
    event = _event({"AccountName": "ACME", "AccountNumber": "A-1"})
    assert "add its number" in (event.ignored or "")


def test_amounts_and_days_are_read_by_the_tenants_locale():
    said = _event(FIELDS, **ENGLISH).payload["said"]
    assert said == {"Subscription.TCV": "12500.00", "Subscription.ServiceActivation": "2016-01-01"}


def test_an_amount_that_is_written_otherwise_is_refused_with_its_place():
    with pytest.raises(Invalid) as refused:
        _event({**FIELDS, "<Subscription.TCV>": "1.234,56 €"}, **ENGLISH)
    assert [each.path for each in refused.value.problems] == ['$["Subscription.TCV"]']


def test_without_a_locale_nothing_is_read_and_nothing_guessed():
    assert _event({**FIELDS, "<Subscription.TCV>": "1.234"}).payload["said"] == {}


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe=1", b"{", b'{"a":1,"a":2}', b"[1]", b"just words", b'{"SubscriptionNumber":"<Subscription.Number>"}',
        b'{"SubscriptionNumber":"A","Version":"two"}', b'{"SubscriptionNumber":"A","Version":"-1"}',
        b'{"a":"1","<a>":"2"}', b'{"SubscriptionNumber":"' + b"A" * 300 + b'"}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(body):
    with pytest.raises((Malformed, NotUnderstood)):
        ADAPTER.events(a_delivery(body), a_connection())


def test_nothing_but_200_with_success_is_taken_as_success():
    for reply in (
        ADAPTER.acknowledge(a_delivery(), a_connection()),
        ADAPTER.answer({"verdict": "block"}, a_delivery(), a_connection()),
    ):
        assert (reply.status, json.loads(reply.body), reply.content_type) == (
            200,
            {"success": True},
            "application/json",
        )
    assert ADAPTER.inline(a_delivery(), a_connection()) is None
