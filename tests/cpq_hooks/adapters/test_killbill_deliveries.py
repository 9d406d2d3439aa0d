"""Kill Bill's deliveries: who is let in, what a notification tells, and what a hold and a release are."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cpq_hooks.adapter import Delivery, Genuine, Need, NotUnderstood, Shape, Target
from cpq_hooks.adapters.killbill import ADAPTER
from cpq_hooks.adapters.killbill.deliveries import meta_of
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.killbill_objects import a_connection, wrapped

NOW = datetime(2026, 1, 2, 10, 30, tzinfo=UTC)
TOLD = {
    "eventType": "SUBSCRIPTION_CREATION",
    "accountId": "acc-1",
    "objectType": "SUBSCRIPTION",
    "objectId": "sub-1",
    "metaData": '{"a":1}',
}
PUSH = Path(__file__).parents[4] / "shared" / "fixtures" / "killbill" / "push_notification.json"
DECISION = {"decision_id": "dec_1"}


def _delivery(told=TOLD, query=(), authorization=None, at=NOW):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {} if authorization is None else {"authorization": authorization}
    return Delivery(
        method="POST", url="https://x.example/v1/hooks/kb", headers=headers, body=body, received_at=at, query=query
    )


@pytest.mark.parametrize("secret", ["s3cret-new", "s3cret-old"])
def test_the_secret_in_the_address_lets_in(secret):
    assert isinstance(ADAPTER.verify(_delivery(query=(("secret", secret),)), a_connection()), Genuine)


@pytest.mark.parametrize(
    "query", [(), (("secret", ""),), (("secret", "s3cret"),), (("secret", "ü"),), (("other", "s3cret-new"),)]
)
def test_nobody_else_is_let_in(query):
    refusal = ADAPTER.verify(_delivery(query=query), a_connection())
    assert refusal.status == 401
    assert "s3cret" not in refusal.because
    assert ADAPTER.verify(_delivery(query=(("secret", "x"),)), a_connection({})).status == 503


def test_user_and_password_serve_as_well_and_then_alone():
    connection = a_connection({"user": ("kb",), "password": ("pw",), "webhook": ("s",)})
    right = "Basic " + base64.b64encode(b"kb:pw").decode()
    assert isinstance(ADAPTER.verify(_delivery(authorization=right), connection), Genuine)
    assert ADAPTER.verify(_delivery(query=(("secret", "s"),)), connection).headers[0][0] == "WWW-Authenticate"


def _event(told=TOLD, at=NOW):
    (found,) = ADAPTER.events(_delivery(told, at=at), a_connection())
    return found


def test_a_notification_names_what_to_read():
    event = _event()
    assert (event.object_type, event.object_id, event.shape) == ("subscription", "sub-1", Shape.BILLING_CONFIGURATION)
    assert event.needs == (Need(resource="subscription", id="sub-1"),)
    assert event.payload["metaData"] == {"a": 1}
    assert _event({**TOLD, "objectType": "INVOICE", "eventType": "INVOICE_CREATION"}).shape is Shape.INVOICE


def test_what_is_sent_twice_at_once_is_one_and_a_later_change_is_another():
    assert _event().key == _event().key
    assert _event().key != _event(at=NOW + timedelta(minutes=15)).key
    assert _event().key != _event({**TOLD, "objectId": "sub-2"}).key


@pytest.mark.parametrize("text", [None, "", "{", "\ud800", 7, '{"a":NaN}'])
def test_metadata_that_cannot_be_read_disturb_nobody(text):
    assert meta_of({"metaData": text}) is None


@pytest.mark.parametrize("kind", ["TENANT_CONFIG_CHANGE", "TAG_CREATION", "PAYMENT_SUCCESS", "BRAND_NEW"])
def test_other_notifications_are_ignored_with_a_word_on_why(kind):
    assert _event({**TOLD, "eventType": kind}).ignored


def test_the_notification_of_the_vendor_is_ignored_because_it_names_no_subscription():
    if not PUSH.exists():
        pytest.skip("the vendor's fixtures are not here")
    assert "catalog" in _event(PUSH.read_bytes()).ignored


def test_what_is_no_notification_is_refused():
    with pytest.raises(Malformed):
        ADAPTER.events(_delivery(b"\xff"), a_connection())
    with pytest.raises(NotUnderstood):
        ADAPTER.events(_delivery([]), a_connection())


# ---------------------------------------------------------------------------------------------------- holds


def _target(**changes):
    return Target(object_type="subscription", object_id="sub-1", payload=wrapped(**changes))


def test_a_hold_notes_itself_and_sets_the_tag_that_stops_invoicing():
    noting, tagging = ADAPTER.hold(_target(), DECISION, a_connection())
    assert (noting.path, noting.json) == (
        "/1.0/kb/accounts/acc-1/customFields", [{"objectType": "ACCOUNT", "name": "quoteguard_hold", "value": "dec_1"}],
    )  # fmt: skip
    assert (tagging.path, tagging.json) == ("/1.0/kb/accounts/acc-1/tags", ["00000000-0000-0000-0000-000000000002"])
    assert tagging.headers == (("X-Killbill-CreatedBy", "quoteguard"),)


def test_a_release_takes_our_tag_away_and_no_other():
    ours = [{"name": "quoteguard_hold", "value": "dec_1", "customFieldId": "f1"}]
    calls = ADAPTER.release(_target(custom=ours), DECISION, a_connection())
    assert [(each.method, each.path) for each in calls] == [
        ("DELETE", "/1.0/kb/accounts/acc-1/tags?tagDef=00000000-0000-0000-0000-000000000002"),
        ("DELETE", "/1.0/kb/accounts/acc-1/customFields?customField=f1"),
    ]
    assert ADAPTER.release(_target(tags=[{"tagDefinitionName": "AUTO_INVOICING_OFF"}]), DECISION, a_connection()) == ()


def test_what_is_stopped_already_or_over_is_not_held():
    assert ADAPTER.hold(_target(tags=[{"tagDefinitionName": "AUTO_INVOICING_OFF"}]), DECISION, a_connection()) == ()
    assert ADAPTER.hold(_target(state="CANCELLED"), DECISION, a_connection()) == ()
    assert ADAPTER.hold(_target(), DECISION, a_connection(hold="none")) == ()


def test_a_hold_that_was_noted_and_broke_off_sets_the_tag_alone():
    (tagging,) = ADAPTER.hold(_target(custom=[{"name": "quoteguard_hold", "value": "dec_1"}]), DECISION, a_connection())
    assert tagging.path.endswith("/tags")
