"""Lago's deliveries: signatures of both kinds, what a webhook tells, and what a hold and a release are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import lru_cache

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cpq_hooks.adapter import Delivery, Genuine, Need, NotUnderstood, Shape, Target
from cpq_hooks.adapters.lago import ADAPTER
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.lago_objects import a_connection, a_customer, a_quote, wrapped

BODY = b'{"webhook_type":"subscription.started","object_type":"subscription","organization_id":"org_1","subscription":{"external_id":"sub_1"}}'
DECISION = {"decision_id": "dec_1", "verdict": "block", "headline": "no"}


def _delivery(body=BODY, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return Delivery(
        method="POST",
        url="https://x.example/v1/hooks/lago",
        headers=named,
        body=body,
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def _hmac(body=BODY, token="token-new"):
    return base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()


@lru_cache
def _keys(number=0):
    del number
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()


def _token(body=BODY, number=0, **claims):
    return jwt.encode(
        {"data": body.decode(), "iss": "https://lago.example", **claims}, _keys(number)[0], algorithm="RS256"
    )


@pytest.mark.parametrize("token", ["token-new", "token-old"])
def test_an_hmac_signature_is_right_under_each_token_in_force(token):
    delivery = _delivery(x_lago_signature=_hmac(token=token), x_lago_signature_algorithm="hmac")
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Genuine)


@pytest.mark.parametrize(
    "given", [None, "", "x", "ü", _hmac(token="other"), _hmac(BODY + b" "), _hmac()[:-4], _hmac().lower()]
)
def test_an_hmac_signature_that_is_wrong_is_refused(given):
    refusal = ADAPTER.verify(_delivery(x_lago_signature=given, x_lago_signature_algorithm="hmac"), a_connection())
    assert refusal.status == 401


def test_a_body_that_was_read_and_written_again_is_refused():
    rewritten = json.dumps(json.loads(BODY)).encode()
    assert (
        ADAPTER.verify(
            _delivery(rewritten, x_lago_signature=_hmac(), x_lago_signature_algorithm="hmac"), a_connection()
        ).status
        == 401
    )


@pytest.mark.parametrize("form", [str, lambda pem: base64.b64encode(pem.encode()).decode()])
def test_a_jwt_is_right_under_the_public_key_in_both_of_its_forms(form):
    connection = a_connection({"public_key": (form(_keys(1)[1]), form(_keys(0)[1]))}, issuer="https://lago.example")
    assert isinstance(ADAPTER.verify(_delivery(x_lago_signature=_token()), connection), Genuine)


@pytest.mark.parametrize(
    "given",
    [
        lambda: _token(BODY + b" "), lambda: _token(number=1), lambda: _token()[:-3], lambda: "a.b.c", lambda: "ü.ü.ü", lambda: _token(iss="https://other"),
        lambda: jwt.encode({"data": BODY.decode()}, None, algorithm="none"),
        lambda: jwt.encode({"data": BODY.decode(), "iss": "https://lago.example"}, "k" * 32, algorithm="HS256"),
    ],
)  # fmt: skip
def test_a_jwt_that_is_wrong_is_refused(given):
    connection = a_connection({"public_key": (_keys(0)[1],)}, issuer="https://lago.example")
    assert (
        ADAPTER.verify(_delivery(x_lago_signature=given(), x_lago_signature_algorithm="jwt"), connection).status == 401
    )


def test_an_algorithm_without_a_key_is_refused_and_so_is_a_connection_without_any():
    assert ADAPTER.verify(_delivery(x_lago_signature=_token()), a_connection()).status == 401
    assert (
        ADAPTER.verify(_delivery(x_lago_signature=_hmac(), x_lago_signature_algorithm="none"), a_connection()).status
        == 401
    )
    assert ADAPTER.verify(_delivery(x_lago_signature="x"), a_connection({})).status == 503
    assert ADAPTER.verify(_delivery(x_lago_signature="x"), a_connection({"public_key": ("no key",)})).status == 401


def test_another_organization_is_refused():
    delivery = _delivery(x_lago_signature=_hmac(), x_lago_signature_algorithm="hmac")
    assert ADAPTER.verify(delivery, a_connection(tenant="org_1")).tenant == "org_1"
    assert ADAPTER.verify(delivery, a_connection(tenant="org_2")).status == 403


def _event(told, **headers):
    (found,) = ADAPTER.events(_delivery(json.dumps(told).encode(), **headers), a_connection())
    return found


def test_the_unique_key_is_the_events_and_the_body_stands_in_for_it():
    told = json.loads(BODY)
    event = _event(told, x_lago_unique_key="u-1")
    assert (event.key, event.object_id, event.needs) == ("u-1", "sub_1", (Need(resource="subscription", id="sub_1"),))
    assert _event(told).key.startswith("body:")
    assert _event(told).key == _event(told).key


def test_a_quote_is_fetched_because_its_webhook_is_thin_and_is_ordered_by_version():
    quote = a_quote()["quote"]
    event = _event({"webhook_type": "quote.approved", "object_type": "quote", "quote": quote})
    later = _event(
        {
            "webhook_type": "quote.approved",
            "object_type": "quote",
            "quote": {**quote, "current_version": {"version": 3, "updated_at": "2026-01-01T00:00:00Z"}},
        }
    )
    assert event.needs == (Need(resource="quote", id="q1"),)
    assert event.version < later.version


def test_a_signed_order_form_is_an_agreement():
    event = _event(
        {
            "webhook_type": "order_form.signed",
            "object_type": "order_form",
            "order_form": {"lago_id": "of1", "updated_at": "x"},
        }
    )
    assert (event.shape, event.needs, event.version) == (
        Shape.AGREEMENT,
        (Need(resource="order_form", id="of1"),),
        None,
    )


@pytest.mark.parametrize(
    "kind", ["fee.created", "event.error", "customer.updated", "subscription.trial_ended", "quite.new"]
)
def test_other_webhooks_are_ignored_with_a_word_on_why(kind):
    assert _event({"webhook_type": kind, "object_type": kind.split(".")[0]}).ignored


def test_what_is_no_webhook_is_refused():
    with pytest.raises(Malformed):
        ADAPTER.events(_delivery(b"\xff"), a_connection())
    with pytest.raises(NotUnderstood):
        ADAPTER.events(_delivery(b"[]"), a_connection())


# ---------------------------------------------------------------------------------------------------- holds


def _target(**beside):
    return Target(object_type="subscription", object_id="sub_1", payload=wrapped(**beside))


def test_a_hold_keeps_the_customers_invoices_drafts_and_notes_what_was_before():
    (call,) = ADAPTER.hold(_target(), DECISION, a_connection())
    customer = call.json["customer"]
    assert (call.method, call.path, customer["external_id"]) == ("POST", "/api/v1/customers", "cust_1")
    assert customer["billing_configuration"] == {"invoice_grace_period": 365}
    assert customer["metadata"] == [
        {"id": "md1", "key": "agreement_id", "value": "A-1", "display_in_invoice": False},
        {"key": "quoteguard_hold", "value": "3:dec_1", "display_in_invoice": False},
    ]


@pytest.mark.parametrize(("value", "days"), [("3:dec_1", 3), ("0:dec_1", 0), ("none:dec_1", None), ("rubbish", None)])
def test_a_release_puts_back_what_was(value, days):
    held = a_customer(metadata=[{"lago_id": "md2", "key": "quoteguard_hold", "value": value}])
    (call,) = ADAPTER.release(_target(customer=held), DECISION, a_connection())
    assert call.json["customer"] == {
        "external_id": "cust_1",
        "billing_configuration": {"invoice_grace_period": days},
        "metadata": [],
    }


def test_nothing_is_held_twice_or_where_it_cannot_be():
    held = a_customer(metadata=[{"key": "quoteguard_hold", "value": "3:dec_1"}])
    assert ADAPTER.hold(_target(customer=held), DECISION, a_connection()) == ()
    assert ADAPTER.hold(_target(status="terminated"), DECISION, a_connection()) == ()
    assert ADAPTER.hold(_target(), DECISION, a_connection(hold="none")) == ()
    assert ADAPTER.hold(Target(object_type="quote", object_id="q1", payload=a_quote()), DECISION, a_connection()) == ()
    assert ADAPTER.release(_target(), DECISION, a_connection()) == ()
