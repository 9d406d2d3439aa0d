"""Chargebee's deliveries: who is let in, what an event tells, and what a hold, a release and a comment are."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from cpq_hooks.adapter import Delivery, Genuine, Need, NotUnderstood, Target
from cpq_hooks.adapters.chargebee import ADAPTER
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.chargebee_objects import a_connection, a_quote, a_subscription, an_event, at, wrapped

DECISION = {
    "decision_id": "dec_1",
    "verdict": "block",
    "headline": "20 % is more than you may give",
    "evaluated_at": "2026-01-02T00:00:00+00:00",
}


def _delivery(body=b"{}", authorization=None, query=()):
    headers = {} if authorization is None else {"authorization": authorization}
    return Delivery(
        method="POST",
        url="https://x.example/v1/hooks/billing",
        headers=headers,
        body=body,
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
        query=query,
    )


def _basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("given", ["hook:new-word", "hook:old-word"])
def test_who_knows_user_and_password_is_let_in_while_they_change(given):
    assert isinstance(ADAPTER.verify(_delivery(authorization=_basic(given)), a_connection()), Genuine)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        _basic("hook"),
        _basic("hook:wrong"),
        _basic("other:new-word"),
        _basic("hook:näh"),
        "Bearer x",
        "Basic ü",
    ],
)
def test_nobody_else_is_let_in(given):
    refusal = ADAPTER.verify(_delivery(authorization=given), a_connection())
    assert (refusal.status, refusal.headers[0][0]) == (401, "WWW-Authenticate")
    assert "word" not in refusal.because.replace("password", "")


def test_a_key_in_the_address_serves_where_there_is_no_password():
    connection = a_connection({"webhook": ("key-1",)})
    assert isinstance(ADAPTER.verify(_delivery(query=(("key", "key-1"),)), connection), Genuine)
    assert ADAPTER.verify(_delivery(query=(("key", "key-2"),)), connection).status == 401
    assert ADAPTER.verify(_delivery(query=(("key", "key-1"),)), a_connection({})).status == 503


def _event(**changes):
    (found,) = ADAPTER.events(_delivery(json.dumps({**an_event(), **changes}).encode()), a_connection())
    return found


def test_an_event_names_what_to_read_again_and_is_ordered_by_the_resource_version():
    event = _event()
    assert (event.key, event.object_type, event.object_id) == ("ev_1", "subscription", "sub_1")
    assert event.needs == (Need(resource="subscription", id="sub_1"),)
    later = _event(content={"subscription": a_subscription(resource_version=1767225600124)})
    assert event.version is not None
    assert event.version < later.version


def test_a_ramp_changes_its_subscription():
    event = _event(
        event_type="subscription_ramp_created",
        content={"ramp": {"id": "r1", "subscription_id": "sub_9", "resource_version": 5}},
    )
    assert (event.object_type, event.object_id, event.version) == ("subscription", "sub_9", None)


def test_a_pending_invoice_is_an_invoice_and_a_deleted_quote_is_gone():
    invoice = _event(
        event_type="pending_invoice_created", content={"invoice": {"id": "draft_inv_1", "resource_version": 7}}
    )
    assert (invoice.object_type, invoice.object_id) == ("invoice", "draft_inv_1")
    gone = _event(event_type="quote_deleted", content={"quote": {"id": "Q-7"}})
    assert (gone.deleted, gone.needs) == (True, ())


@pytest.mark.parametrize(
    "kind", ["card_expired", "customer_changed", "subscription_renewal_reminder", "brand_new_thing"]
)
def test_other_events_are_ignored_with_a_word_on_why(kind):
    assert _event(event_type=kind, content={}).ignored


@pytest.mark.parametrize("body", [b"\xff", b"", b"{", b"[" * 200])
def test_what_is_no_json_is_malformed(body):
    with pytest.raises(Malformed):
        ADAPTER.events(_delivery(body), a_connection())


@pytest.mark.parametrize("body", [b"[]", b"7", b"{}", b'{"id":"x"}'])
def test_json_that_is_no_event_is_not_understood(body):
    with pytest.raises(NotUnderstood):
        ADAPTER.events(_delivery(body), a_connection())


# ---------------------------------------------------------------------------------------------------- holds


def _hold(payload=None, kind="subscription", identity="sub_1", **options):
    return ADAPTER.hold(
        Target(object_type=kind, object_id=identity, payload=payload or wrapped()), DECISION, a_connection(**options)
    )


def test_a_hold_keeps_the_invoices_pending_and_notes_what_was_before():
    (call,) = _hold(wrapped(a_subscription(meta_data={"ours": 1}, auto_close_invoices=True)))
    form = dict(call.form)
    assert call.path == "/api/v2/subscriptions/sub_1/update_for_items"
    assert (form["create_pending_invoices"], form["auto_close_invoices"]) == ("true", "false")
    assert json.loads(form["meta_data"]) == {
        "ours": 1, "quoteguard_hold": {"decision": "dec_1", "by": "pending", "since": at("2026-01-02"), "auto_close_invoices": True},
    }  # fmt: skip


def _held(**changes):
    mark = {"decision": "dec_1", "by": "pending", "since": at("2026-01-02"), **changes}
    return a_subscription(
        meta_data={"ours": 1, "quoteguard_hold": mark}, create_pending_invoices=True, auto_close_invoices=False
    )


def test_a_release_puts_back_what_was_and_closes_what_was_kept():
    pending = [{"id": "draft_1", "date": at("2026-02-01")}, {"id": "draft_0", "date": at("2025-12-01")}]
    target = Target(object_type="subscription", object_id="sub_1", payload=wrapped(_held(), pending_invoices=pending))
    update, close = ADAPTER.release(target, DECISION, a_connection())
    form = dict(update.form)
    assert (form["create_pending_invoices"], form["auto_close_invoices"]) == ("false", "true")
    assert json.loads(form["meta_data"]) == {"ours": 1}
    assert close.path == "/api/v2/invoices/draft_1/close"


def test_what_waited_for_a_person_before_goes_on_waiting_after_the_release():
    held = _held(create_pending_invoices=True, auto_close_invoices=False)
    pending = [{"id": "draft_1", "date": at("2026-02-01")}]
    target = Target(object_type="subscription", object_id="sub_1", payload=wrapped(held, pending_invoices=pending))
    (update,) = ADAPTER.release(target, DECISION, a_connection())
    assert dict(update.form)["auto_close_invoices"] == "false"


def test_what_we_hold_already_or_what_is_over_is_not_held():
    assert _hold(wrapped(_held())) == ()
    assert _hold(wrapped(a_subscription(status="cancelled"))) == ()
    assert _hold(hold="none") == ()


def test_our_own_hold_is_no_fault_of_the_set_up():
    from cpq_hooks.adapter import Shape

    (found,) = ADAPTER.translate(wrapped(_held()), Shape.BILLING_CONFIGURATION, a_connection())
    assert "auto_close_invoices" not in found.document
    assert any("Quoteguard's own hold" in note for note in found.notes)


def test_a_pause_is_used_where_it_loses_nothing():
    mark, pause = _hold(hold="pause")
    assert pause.path.endswith("/pause")
    assert dict(pause.form)["pause_option"] == "immediately"
    (call,) = _hold(wrapped(a_subscription(contract_term={"id": "c"})), hold="pause")
    assert dict(call.form)["create_pending_invoices"] == "true"
    assert "create_pending_invoices" not in dict(mark.form)


def test_a_pause_of_ours_is_ended_by_the_release():
    paused = a_subscription(status="paused", meta_data={"quoteguard_hold": {"decision": "d", "by": "pause"}})
    target = Target(object_type="subscription", object_id="sub_1", payload=wrapped(paused))
    resume, unmark = ADAPTER.release(target, DECISION, a_connection())
    assert resume.path.endswith("/resume")
    assert json.loads(dict(unmark.form)["meta_data"]) == {}


def test_an_open_quote_is_closed_and_others_are_left():
    (call,) = _hold(a_quote(), "quote", "Q-7")
    assert (call.path, call.form) == ("/api/v2/quotes/Q-7/update_status", (("status", "closed"),))
    assert _hold(a_quote(status="accepted"), "quote", "Q-7") == ()
    assert _hold(a_quote(), "quote", "Q-7", quote_hold="none") == ()


def test_the_verdict_is_a_comment_and_catalog_1_has_another_place_for_updates():
    (call,) = ADAPTER.write_back(Target(object_type="quote", object_id="Q-7"), DECISION, a_connection())
    assert dict(call.form) == {
        "entity_type": "quote", "entity_id": "Q-7", "notes": "Quoteguard: block. 20 % is more than you may give", "added_by": "Quoteguard",
    }  # fmt: skip
    assert _hold(catalog="1.0")[0].path == "/api/v2/subscriptions/sub_1"
