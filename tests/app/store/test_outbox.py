"""The outbox's room: put in with what it tells of, had by one at a time and in order, and marked where that was told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.store import AlertNote, LeaseLost, MessageFilter, MessageKind, MessageState, RefusedRequest
from policies.domain.decision import Verdict
from policies.holding import HoldChange, HoldEvent, HoldState
from tests.app.store.builders import NOON, a_decision, a_store
from tests.fakes import Clock
from tests.sending import QUOTE, SUBSCRIPTION, a_verification, held, record, released, told, vendors_only, waiting


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(database_url, clock):
    """Opens the store with what decides what is sent."""
    stores = []

    def open_with(sending):
        stores.append(a_store(database_url, clock=clock, sending=sending))
        return stores[-1]

    yield open_with
    for each in stores:
        each.close()


def block(store, number=1, origin=SUBSCRIPTION):
    decision = a_verification(number)
    return record(store, decision, origin=origin, hold=held(decision))


def allow(store, number=1, origin=SUBSCRIPTION):
    decision = a_verification(number, Verdict.ALLOW, headline="Nothing stands in the way.")
    return record(store, decision, origin=origin, hold=released(decision))


def deliver(store):
    """Take the next message out, as if it had arrived."""
    item, message = store.outbox.claim()
    store.outbox.delivered(item, message)
    return message.note


def test_a_decision_on_what_a_connection_brought_is_held_and_written_back_with_it(opened):
    store = opened(vendors_only())
    decision_id = block(store)
    assert waiting(store) == [("hold", "billing"), ("write_back", "billing")]
    _, hold = store.outbox.claim()
    assert (hold.note.object_id, hold.note.subject_id, hold.note.decision_id) == ("sub_1", "BC-1", decision_id)


def test_what_is_put_in_and_what_it_tells_of_are_recorded_together_or_not_at_all(opened):
    store = opened(told())

    def broken(connection, decision):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.record(a_decision(decision_id="dec_x"), beside=(store.outbox.came_from(QUOTE), broken))
    assert store.decisions.get("dec_x") is None
    assert waiting(store) == []


def test_a_store_that_sends_nothing_puts_nothing_in(opened):
    store = opened(None)
    block(store)
    assert waiting(store) == []


def test_a_hold_that_was_carried_out_is_marked_and_not_asked_for_again(opened, clock):
    store = opened(vendors_only())
    block(store)
    deliver(store)
    deliver(store)
    [entry] = store.holds.history("BC-1")
    assert entry.sent_at == clock()
    again = a_verification(1)
    record(
        store, again, origin=SUBSCRIPTION, hold=replace(held(again), after=lambda hold: HoldChange(hold=hold, at=NOON))
    )
    assert waiting(store) == []


def test_a_hold_that_never_got_through_is_asked_for_with_the_next_decision(opened):
    store = opened(vendors_only())
    block(store)
    item, message = store.outbox.claim()
    store.outbox.park(item, message, "it cannot be held")
    again = a_verification(1)
    record(
        store, again, origin=SUBSCRIPTION, hold=replace(held(again), after=lambda hold: HoldChange(hold=hold, at=NOON))
    )
    assert waiting(store).count(("hold", "billing")) == 1


def test_a_release_follows_a_hold_and_ends_one_that_was_parked(opened):
    store = opened(vendors_only())
    block(store)
    item, parked = store.outbox.claim()
    store.outbox.park(item, parked, "it cannot be held")
    allow(store)
    while store.outbox.line.counts().waiting:
        deliver(store)
    ended = store.outbox.get(parked.message_id)
    assert (ended.state, store.outbox.line.counts().parked) == (MessageState.SUPERSEDED, 0)
    assert [each.sent_at is None for each in store.holds.history("BC-1")] == [True, False]


def test_what_was_never_held_is_not_released(opened):
    store = opened(vendors_only())
    allow(store)
    assert waiting(store) == [("write_back", "billing")]


def test_a_decision_from_elsewhere_moves_the_hold_where_the_configuration_came_from_and_writes_nothing(opened):
    store = opened(vendors_only())
    block(store)
    deliver(store)
    deliver(store)
    allow(store, origin=None)
    assert waiting(store) == [("release", "billing")]


def test_our_own_writing_does_not_cause_the_next(opened):
    store = opened(vendors_only())
    for _ in range(3):
        decision = a_decision(verdict=Verdict.FLAG)
        record(store, decision, origin=QUOTE)
    assert waiting(store) == [("write_back", "cpq")]


def test_what_is_simulated_touches_no_vendor_and_is_told_as_such(opened):
    store = opened(told("decision.recorded"))
    record(store, a_decision(simulated=True, verdict=Verdict.BLOCK), origin=QUOTE)
    assert waiting(store) == [("decision.recorded", "erp")]


def test_an_object_that_a_configuration_moved_to_is_held_anew(opened):
    store = opened(vendors_only())
    block(store)
    while store.outbox.line.counts().waiting:
        deliver(store)
    moved = a_verification(1)
    elsewhere = replace(SUBSCRIPTION, object_id="sub_2")
    unchanged = replace(held(moved), after=lambda hold: HoldChange(hold=hold, at=NOON))
    record(store, moved, origin=elsewhere, hold=unchanged)
    assert waiting(store) == [("hold", "billing"), ("write_back", "billing")]


def test_of_one_object_one_message_is_had_at_a_time_and_in_order(opened):
    store = opened(vendors_only())
    block(store, 1)
    block(store, 2, replace(SUBSCRIPTION, object_id="sub_2"))
    first, second = store.outbox.claim(), store.outbox.claim()
    assert store.outbox.claim() is None
    assert [each[1].note.object_id for each in (first, second)] == ["sub_1", "sub_2"]
    store.outbox.delivered(*first)
    assert store.outbox.claim()[1].note.kind is MessageKind.WRITE_BACK


def test_a_message_whose_sender_died_comes_back_with_its_plan(opened, clock):
    store = opened(vendors_only())
    block(store)
    lost = store.outbox.claim(timedelta(minutes=5))
    store.outbox.plan(lost[1], b'["call"]')
    store.outbox.made(lost[1], 1)
    clock.advance(minutes=5)
    item, again = store.outbox.claim()
    assert (again.message_id, again.plan, again.calls_made) == (lost[1].message_id, b'["call"]', 1)
    with pytest.raises(LeaseLost):
        store.outbox.delivered(*lost)
    assert store.outbox.get(again.message_id).state is MessageState.WAITING
    store.outbox.delivered(item, again)


def test_a_message_that_did_not_arrive_waits_and_says_why(opened, clock):
    store = opened(vendors_only())
    block(store)
    item, message = store.outbox.claim()
    store.outbox.retry(item, message, clock() + timedelta(hours=1), "503")
    assert store.outbox.claim() is None
    clock.advance(hours=1)
    again = store.outbox.claim()[1]
    assert (again.message_id, again.attempts, again.reason) == (message.message_id, 1, "503")


def test_a_parked_hold_is_told_and_can_be_sent_anew_or_dropped(opened):
    store = opened(told("hold.not_carried_out"))
    block(store)
    item, message = store.outbox.claim()
    store.outbox.park(item, message, "Stripe cannot hold it")
    assert waiting(store) == [("write_back", "billing"), ("hold.not_carried_out", "erp")]
    assert store.outbox.again([message.message_id, "msg_nobody"]) == 1
    assert store.outbox.get(message.message_id).attempts == 0
    assert store.outbox.drop([message.message_id, "msg_nobody"], "not wanted") == 1
    assert store.outbox.get(message.message_id).state is MessageState.DROPPED


def test_a_hold_that_is_sent_anew_after_its_release_is_pointless(opened):
    store = opened(vendors_only())
    block(store)
    hold = deliver(store)
    allow(store)
    while store.outbox.line.counts().waiting:
        deliver(store)
    [message] = store.outbox.page(MessageFilter(kind=MessageKind.HOLD))
    store.outbox.again([message.message_id])
    assert hold.kind is MessageKind.HOLD
    assert store.outbox.is_pointless(store.outbox.claim()[1])


def test_what_time_does_to_a_hold_is_told_and_not_carried_to_the_vendor(opened):
    store = opened(told("hold.escalated"))
    block(store)
    while store.outbox.line.counts().waiting:
        deliver(store)
    store.holds.escalate(
        lambda hold: HoldChange(hold=replace(hold, state=HoldState.ESCALATED), at=NOON, events=(HoldEvent.ESCALATED,))
    )
    assert waiting(store) == [("hold.escalated", "erp")]


def test_an_alert_is_told_once_and_marked_when_that_arrived(opened, clock):
    store = opened(told("alert.raised", "alert.resolved"))
    alert = AlertNote(
        alert_id="alr_1",
        agreement_id="A-1",
        policy_id="p",
        pattern="x",
        due_on=NOON.date(),
        document=b'{"alert_id": "alr_1"}',
    )
    store.alerts.note("A-1", [alert])
    store.alerts.note("A-1", [alert])
    assert waiting(store) == [("alert.raised", "erp")]
    deliver(store)
    assert store.alerts.of("A-1")[0].sent_at == clock()
    store.alerts.note("A-1", [])
    assert waiting(store) == [("alert.resolved", "erp")]


def test_a_refused_request_of_a_caller_of_ours_is_told_without_its_body(opened):
    store = opened(told("request.refused"))
    request = RefusedRequest(
        ref_id="ref_1",
        received_at=NOON,
        route="POST /v1/quotes/check",
        status=422,
        problem=b"{}",
        body=b"secret",
        length=6,
    )
    store.refused.keep(request)
    assert waiting(store) == []
    store.refused.keep(replace(request, ref_id="ref_2", key_id="key_1"))
    assert waiting(store) == [("request.refused", "erp")]
    assert b"secret" not in store.outbox.claim()[1].note.body


def test_pages_follow_each_other(opened):
    store = opened(vendors_only())
    block(store, 1)
    block(store, 2, replace(SUBSCRIPTION, object_id="sub_2"))
    first = store.outbox.page(MessageFilter(), limit=3)
    [rest] = store.outbox.page(MessageFilter(), limit=3, before=first[-1].message_id)
    assert [each.note.object_id for each in (*first, rest)] == ["sub_2", "sub_2", "sub_1", "sub_1"]
    assert store.outbox.page(MessageFilter(), before=rest.message_id) == ()


def test_what_arrived_long_ago_is_forgotten_and_nothing_else(opened, clock):
    store = opened(vendors_only())
    block(store)
    deliver(store)
    clock.advance(days=31)
    assert store.outbox.purge(timedelta(days=30)) == 1
    assert waiting(store) == [("write_back", "billing")]


def test_ids_of_any_length_or_content_are_taken(opened):
    store = opened(vendors_only())
    long = replace(SUBSCRIPTION, object_id="ü\x00" + "x" * 5_000, payload={"a": "\ud800"})
    block(store, origin=long)
    item, message = store.outbox.claim()
    store.outbox.delivered(item, message)
    assert message.note.kind is MessageKind.HOLD
    assert store.holds.history("BC-1")[0].sent_at is not None
