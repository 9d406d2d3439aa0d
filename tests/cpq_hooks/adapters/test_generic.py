"""Any system by a mapping file: genuine or not, told or waiting for the verdict."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cpq_hooks.adapter import Delivery, Genuine, NotUnderstood, Refusal, Shape
from cpq_hooks.adapters.generic import ADAPTER
from cpq_hooks.connection import Connection

EXAMPLES = Path(__file__).parents[3] / "examples" / "connectors"
MAPPING = (EXAMPLES / "acme-mapping.yaml").read_text("utf-8")
BODY = (EXAMPLES / "acme-quote.json").read_bytes()
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def a_connection(**options):
    secrets = {"webhook": ("new", "old"), "user": ("acme",)}
    return Connection(name="acme", connector="generic", options={"mapping": MAPPING} | options, secrets=secrets)


def a_delivery(body=BODY, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(method="POST", url="https://x/v1/hooks/acme", headers=named, body=body, received_at=NOON)


def signature(body, secret="new", algorithm="sha256"):
    return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


@pytest.mark.parametrize("secret", ["new", "old"])
def test_a_body_signed_with_a_secret_in_force_is_genuine(secret):
    assert ADAPTER.verify(a_delivery(x_signature=signature(BODY, secret)), a_connection()) == Genuine()


@pytest.mark.parametrize("given", [None, "", "0" * 64, signature(BODY)[:-1], signature(BODY + b" "), "é" * 64])
def test_any_other_signature_is_refused(given):
    delivery = a_delivery() if given is None else a_delivery(x_signature=given)
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Refusal)


def test_a_recipe_of_ones_own_is_followed():
    options = {
        "signature_algorithm": "sha512",
        "signature_encoding": "base64",
        "signature_prefix": "v1=",
        "signature_header": "Acme-Sig",
    }
    signed = base64.b64encode(hmac.new(b"new", BODY, hashlib.sha512).digest()).decode()
    assert ADAPTER.verify(a_delivery(acme_sig=f"v1={signed}"), a_connection(**options)) == Genuine()
    assert isinstance(ADAPTER.verify(a_delivery(acme_sig=signed), a_connection(**options)), Refusal)


@pytest.mark.parametrize(("seconds", "genuine"), [(0, True), (-299, True), (299, True), (-3600, False), (3600, False)])
def test_a_signed_moment_has_to_be_near_ours(seconds, genuine):
    stamp = str(int(NOON.timestamp()) + seconds)
    delivery = a_delivery(x_time=stamp, x_signature=signature(stamp.encode() + b"." + BODY))
    found = ADAPTER.verify(delivery, a_connection(timestamp_header="X-Time"))
    assert isinstance(found, Genuine) is genuine


def test_bearer_and_basic_are_told_apart():
    assert ADAPTER.verify(a_delivery(authorization="Bearer old"), a_connection(authentication="bearer")) == Genuine()
    assert isinstance(
        ADAPTER.verify(a_delivery(authorization="Bearer no"), a_connection(authentication="bearer")), Refusal
    )
    basic = base64.b64encode(b"acme:new").decode()
    assert ADAPTER.verify(a_delivery(authorization=f"Basic {basic}"), a_connection(authentication="basic")) == Genuine()
    refusal = ADAPTER.verify(a_delivery(), a_connection(authentication="basic"))
    assert dict(refusal.headers)["WWW-Authenticate"].startswith("Basic realm=")


def test_a_delivery_is_one_event_with_its_key_object_and_version():
    [event] = ADAPTER.events(a_delivery(), a_connection(event_id="number", object_version="version"))
    assert (event.key, event.object_id, event.shape) == ("AC-7781", "AC-7781", Shape.QUOTE)
    assert event.version == "00000000000000000002"
    assert event.needs == ()


def test_a_sender_that_waits_gets_the_decision_as_it_is():
    inline = ADAPTER.inline(a_delivery(), a_connection(waits="yes"))
    assert inline.translation.document["quote_id"] == "AC-7781"
    decision = {"decision_id": "dec_1", "verdict": "block", "headline": "…"}
    reply = ADAPTER.answer(decision, a_delivery(), a_connection(waits="yes"))
    assert (reply.status, json.loads(reply.body)) == (200, decision)
    assert ADAPTER.inline(a_delivery(), a_connection()) is None


def test_what_is_wrong_with_a_mapping_is_told_when_the_connection_is_read():
    assert ADAPTER.faults(a_connection()) == ()
    assert 'Did you mean "quote"' in ADAPTER.faults(a_connection(mapping="quotes: {fields: {}}"))[0]


def test_a_shape_that_the_mapping_does_not_make_is_not_guessed():
    with pytest.raises(NotUnderstood, match="invoice"):
        ADAPTER.translate({}, Shape.INVOICE, a_connection())
