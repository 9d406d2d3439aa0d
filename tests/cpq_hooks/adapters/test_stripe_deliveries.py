"""Stripe's deliveries: only what was signed, now, by a secret in force is taken; events name what to fetch."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.adapter import Delivery, Genuine, Need, NotUnderstood, Refusal, Shape
from cpq_hooks.adapters.stripe import ADAPTER
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.stripe_objects import a_connection, a_subscription, an_event

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
BODY = json.dumps(an_event("customer.subscription.updated", {"object": "subscription", "id": "sub_1"})).encode()


def _sign(body: bytes, secret: str, when: datetime = NOON) -> str:
    """The signature by its definition: HMAC-SHA256 over time, point and body."""
    stamp = str(int(when.timestamp())).encode()
    return f"t={stamp.decode()},v1={hmac.new(secret.encode(), stamp + b'.' + body, hashlib.sha256).hexdigest()}"


def _delivery(body=BODY, header=None, **changes):
    headers = {} if header is None else {"stripe-signature": header}
    return Delivery(
        method="POST",
        url="https://us.example/v1/hooks/billing",
        headers=headers,
        body=body,
        received_at=NOON,
        **changes,
    )


@pytest.mark.parametrize("secret", ["whsec_new", "whsec_old"])
def test_each_secret_in_force_signs(secret):
    assert isinstance(ADAPTER.verify(_delivery(header=_sign(BODY, secret)), a_connection()), Genuine)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-301, False), (-299, True), (299, True), (301, False), (31_536_000, False)]
)
def test_the_time_of_signing_is_bounded_in_both_directions(seconds, taken):
    header = _sign(BODY, "whsec_new", NOON + timedelta(seconds=seconds))
    assert isinstance(ADAPTER.verify(_delivery(header=header), a_connection()), Genuine) is taken


_GOOD = _sign(BODY, "whsec_new")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "nonsense", _GOOD[:-1], _GOOD.replace("v1=", "v0="), _sign(BODY, "other"),
        _sign(BODY, ""), "t=x,v1=y", "v1=é", "t=1793534400,v1=é", "t=,v1=", "t=\u0661,v1=a", "=" * 1000, "t=1e9,v1=1",
    ],
)  # fmt: skip
def test_what_is_not_signed_right_is_refused_as_stripe_expects(header):
    refusal = ADAPTER.verify(_delivery(header=header), a_connection())
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
    assert "whsec" not in refusal.because


def test_another_body_under_the_same_signature_is_refused():
    again = json.dumps(json.loads(BODY), indent=1).encode()
    assert isinstance(ADAPTER.verify(_delivery(body=again, header=_GOOD), a_connection()), Refusal)


def test_a_body_that_is_not_utf_8_is_refused():
    assert isinstance(
        ADAPTER.verify(_delivery(body=b"\xff", header=_sign(b"\xff", "whsec_new")), a_connection()), Refusal
    )


def test_without_a_secret_nothing_is_genuine():
    refusal = ADAPTER.verify(_delivery(header=_sign(BODY, "")), Connection(name="x", connector="stripe"))
    assert isinstance(refusal, Refusal)


@given(st.text(), st.binary())
def test_no_header_and_no_body_makes_it_raise(header, body):
    assert isinstance(ADAPTER.verify(_delivery(body=body, header=header), a_connection()), Refusal)


def _events(event, **options):
    return ADAPTER.events(_delivery(body=json.dumps(event).encode()), a_connection(**options))


@pytest.mark.parametrize(
    ("kind", "subject", "need", "shape"),
    [
        ("quote.finalized", {"object": "quote", "id": "qt_1"}, Need(resource="quote", id="qt_1"), Shape.QUOTE),
        (
            "customer.subscription.created", {"object": "subscription", "id": "sub_1"},
            Need(resource="subscription", id="sub_1"), Shape.BILLING_CONFIGURATION,
        ),
        (
            "subscription_schedule.updated", {"object": "subscription_schedule", "id": "sub_sched_1"},
            Need(resource="subscription_schedule", id="sub_sched_1"), Shape.BILLING_CONFIGURATION,
        ),
        ("invoice.created", {"object": "invoice", "id": "in_1"}, Need(resource="invoice", id="in_1"), Shape.INVOICE),
        (
            "customer.discount.created", {"object": "discount", "id": "di_1", "subscription": "sub_1"},
            Need(resource="subscription", id="sub_1"), Shape.BILLING_CONFIGURATION,
        ),
    ],
)  # fmt: skip
def test_an_event_names_the_whole_object_to_fetch(kind, subject, need, shape):
    (event,) = _events(an_event(kind, subject))
    assert (event.key, event.needs, event.shape) == ("evt_1", (need,), shape)


def test_later_events_have_later_versions_as_text():
    subject = {"object": "quote", "id": "qt_1"}
    (early,) = _events(an_event("quote.created", subject, created="2026-11-01T11:59:59"))
    (late,) = _events(an_event("quote.finalized", subject, created="2026-11-01T12:00:00"))
    assert early.version < late.version


@pytest.mark.parametrize(
    "kind", ["charge.succeeded", "invoice.upcoming", "quote.canceled", "quote.will_expire", "v2.core.x"]
)
def test_what_bears_on_nothing_is_stored_and_said_to_be_ignored(kind):
    (event,) = _events(an_event(kind, {"object": "charge", "id": "ch_1"}))
    assert event.ignored
    assert event.needs == ()


def test_an_event_of_the_other_mode_or_account_is_ignored():
    event = an_event("quote.created", {"object": "quote", "id": "qt_1"})
    assert _events(event, livemode="true")[0].ignored
    assert _events(event, livemode="false")[0].ignored is None


MARKED = a_subscription(metadata={"quoteguard_verdict": "block", "quoteguard_hold": "d", "agreement_id": "A-1"})
VERDICT = {"quoteguard_verdict": None}


@pytest.mark.parametrize(
    ("previous", "ignored"),
    [
        ({"metadata": VERDICT}, True),
        ({"metadata": {"quoteguard_hold": None}, "pause_collection": None}, True),
        ({"metadata": VERDICT, "pause_collection": None}, False),
        ({"metadata": VERDICT, "items": {}}, False),
        ({"metadata": {**VERDICT, "agreement_id": "A-0"}}, False),
        ({"metadata": {**VERDICT, "agreement_id": "A-1"}}, True),
        ({"metadata": {}}, False),
        ({"quantity": 1}, False),
        ([], False),
    ],
)
def test_what_we_wrote_ourselves_causes_no_further_check(previous, ignored):
    event = an_event("customer.subscription.updated", MARKED)
    event["data"]["previous_attributes"] = previous
    assert bool(_events(event)[0].ignored) is ignored


def test_a_deleted_subscription_is_told_without_a_fetch():
    (event,) = _events(an_event("customer.subscription.deleted", a_subscription(status="canceled")))
    assert event.deleted
    assert event.needs == ()
    assert event.payload["status"] == "canceled"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1"])
def test_what_is_no_json_is_malformed(body):
    with pytest.raises(Malformed):
        ADAPTER.events(_delivery(body=body), a_connection())


@pytest.mark.parametrize("body", [b"[]", b"{}", b"1", b'{"id": 1, "type": 2}'])
def test_what_is_no_event_is_not_understood(body):
    with pytest.raises(NotUnderstood):
        ADAPTER.events(_delivery(body=body), a_connection())


@pytest.mark.parametrize("created", [None, -1, "soon", 10**20, True])
def test_an_event_without_a_time_has_no_order(created):
    event = {**an_event("quote.created", {"object": "quote", "id": "qt_1"}), "created": created}
    assert _events(event)[0].version is None
