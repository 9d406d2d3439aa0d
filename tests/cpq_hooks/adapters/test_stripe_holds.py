"""Holds on Stripe's objects: what works in each state, and a release that puts back exactly what was there."""

from __future__ import annotations

import pytest

from cpq_hooks.adapter import Target
from cpq_hooks.adapters.stripe import ADAPTER
from tests.cpq_hooks.adapters.stripe_objects import a_connection, a_quote, a_schedule, a_subscription, at

BLOCK = {
    "decision_id": "dec_1",
    "verdict": "block",
    "headline": "Too cheap",
    "evaluated_at": "2026-01-01T11:00:00+00:00",
}
ALLOW = {"decision_id": "dec_2", "verdict": "allow", "headline": "Fixed", "evaluated_at": "2026-01-02T11:00:00+00:00"}


def _target(payload):
    return Target(object_type=payload["object"], object_id=payload["id"], payload=payload)


def _hold(payload, **options):
    return ADAPTER.hold(_target(payload), BLOCK, a_connection(**options))


def _release(payload):
    return ADAPTER.release(_target(payload), ALLOW, a_connection())


def _applied(payload, calls):
    """The object as Stripe would have it after the calls on it: an independent reading of their forms."""
    found = {**payload, "metadata": dict(payload.get("metadata") or {})}
    for call in calls:
        if not call.path.endswith(payload["id"]):
            continue
        for name, value in call.form:
            if name.startswith("metadata["):
                found["metadata"].pop(name[9:-1], None)
                found["metadata"] |= {name[9:-1]: value} if value else {}
            elif name == "pause_collection":
                found["pause_collection"] = None
            elif name.startswith("pause_collection["):
                pause = dict(found.get("pause_collection") or {"resumes_at": None})
                field = name[17:-1]
                pause[field] = (int(value) if value else None) if field == "resumes_at" else value
                found["pause_collection"] = pause
            elif name == "auto_advance":
                found["auto_advance"] = value == "true"
            elif name == "automatically_finalizes_at":
                found[name] = int(value)
    return found


def _invoice(**changes):
    invoice = {
        "id": "in_1", "object": "invoice", "status": "draft", "auto_advance": True, "metadata": {},
        "billing_reason": "subscription_cycle", "created": at("2026-01-01T12:00:00"),
    }  # fmt: skip
    return {**invoice, **changes}


def test_an_open_quote_is_copied_to_a_draft_and_then_canceled():
    copy, cancel = _hold(a_quote())
    assert (copy.path, copy.form) == ("/v1/quotes", (("from_quote[quote]", "qt_1"),))
    assert (cancel.path, cancel.form) == ("/v1/quotes/qt_1/cancel", ())
    assert len({copy.idempotency_key, cancel.idempotency_key}) == 2
    assert _hold(a_quote(), quote_hold="none") == ()


@pytest.mark.parametrize("status", ["draft", "accepted", "canceled"])
def test_a_quote_in_another_state_is_left(status):
    assert _hold(a_quote(status=status)) == ()
    assert _release(a_quote(status=status)) == ()


@pytest.mark.parametrize("status", ["active", "trialing", "past_due", "unpaid"])
def test_a_subscription_is_paused_and_resumed(status):
    before = a_subscription(status=status, metadata={"theirs": "1"})
    held = _applied(before, _hold(before))
    assert held["pause_collection"]["behavior"] == "keep_as_draft"
    assert held["metadata"]["quoteguard_hold"] == "dec_1"
    assert _applied(held, _release(held)) == before


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired", "paused", "canceled"])
def test_what_makes_no_invoice_by_itself_is_left(status):
    assert _hold(a_subscription(status=status)) == ()


@pytest.mark.parametrize("behavior", ["void", "keep_as_draft", "mark_uncollectible"])
def test_a_pause_of_theirs_stays_as_it_is(behavior):
    before = a_subscription(pause_collection={"behavior": behavior, "resumes_at": None})
    calls = _hold(before)
    assert not any("pause" in name for name, _ in calls[0].form)
    held = _applied(before, calls)
    assert _applied(held, _release(held)) == before


def test_a_pause_of_theirs_that_would_end_is_kept_on_and_its_end_put_back():
    before = a_subscription(pause_collection={"behavior": "void", "resumes_at": at("2026-02-01")})
    held = _applied(before, _hold(before))
    assert held["pause_collection"] == {"behavior": "void", "resumes_at": None}
    assert _applied(held, _release(held)) == before


def test_the_invoice_that_is_there_is_held_with_its_subscription_and_let_go_with_it():
    before = a_subscription(latest_invoice=_invoice())
    calls = _hold(before)
    assert [call.path for call in calls] == ["/v1/subscriptions/sub_1", "/v1/invoices/in_1"]
    held_invoice = _applied(_invoice(), calls)
    assert held_invoice["auto_advance"] is False
    held = {**_applied(before, calls), "latest_invoice": held_invoice}
    assert _applied(held_invoice, _release(held)) == _invoice()


def test_drafts_that_the_hold_made_are_let_go_and_others_are_not():
    held = _applied(a_subscription(), _hold(a_subscription()))
    made = _invoice(id="in_2", auto_advance=False)
    older = _invoice(id="in_3", auto_advance=False, created=at("2025-12-31"))
    theirs = _invoice(id="in_4", auto_advance=False, billing_reason="manual")
    calls = _release({**held, "draft_invoices": [made, older, theirs]})
    assert [call.path for call in calls] == ["/v1/subscriptions/sub_1", "/v1/invoices/in_2"]
    assert calls[1].form == (("auto_advance", "true"),)


@pytest.mark.parametrize("advances", [True, False])
def test_a_draft_goes_back_to_what_it_was(advances):
    before = _invoice(auto_advance=advances)
    held = _applied(before, _hold(before))
    assert held["auto_advance"] is False
    assert _applied(held, _release(held)) == before


def test_a_draft_gets_its_own_time_back():
    before = _invoice(automatically_finalizes_at=at("2026-03-01"))
    held = _applied(before, _hold(before))
    assert _applied(held, _release(held))["automatically_finalizes_at"] == at("2026-03-01")


def test_what_has_gone_out_is_not_collected_further_and_what_is_paid_is_left():
    (call,) = _hold(_invoice(status="open"))
    assert "gone out" in call.purpose
    assert _hold(_invoice(status="open", auto_advance=False)) == ()
    assert _hold(_invoice(status="paid")) == ()


def test_a_schedule_that_has_not_begun_is_marked_and_one_that_has_is_held_by_its_subscription():
    waiting = a_schedule()
    held = _applied(waiting, _hold(waiting))
    assert held["metadata"]["quoteguard_hold"] == "dec_1"
    assert _applied(held, _release(held)) == waiting
    (call,) = _hold(a_schedule(status="active", subscription=a_subscription()))
    assert call.path == "/v1/subscriptions/sub_1"


def test_what_is_held_already_is_not_held_again_and_what_is_not_held_is_not_released():
    held = _applied(a_subscription(), _hold(a_subscription()))
    assert _hold(held) == ()
    assert _release(a_subscription()) == ()
    assert _release(_invoice()) == ()


def test_the_verdict_is_written_where_the_dashboard_shows_it():
    decision = {**BLOCK, "headline": "x" * 600}
    (call,) = ADAPTER.write_back(_target(a_quote()), decision, a_connection())
    form = dict(call.form)
    assert call.path == "/v1/quotes/qt_1"
    assert (form["metadata[quoteguard_verdict]"], form["metadata[quoteguard_decision]"]) == ("block", "dec_1")
    assert len(form["metadata[quoteguard_headline]"]) == 500


def test_an_id_cannot_lead_a_call_elsewhere():
    target = Target(object_type="invoice", object_id="../customers/cus_1?x=", payload={})
    (call,) = ADAPTER.write_back(target, BLOCK, a_connection())
    assert call.path == "/v1/invoices/..%2Fcustomers%2Fcus_1%3Fx%3D"
