"""Notices are kept with what causes them, told once, and never lost on their way."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.store import DeliveryNote, DeliveryState, LeaseLost, NoticeKind, NoticeNote
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock


def a_notice(headline="Overage price missing.", **terms):
    told = {"kind": NoticeKind.ALERT, "dedupe_key": "alert:Q-1", "subject_type": "quote", "subject_id": "Q-1"}
    money = {"currency": "USD", "amount": Decimal("14400.00"), "facts": {"headline": headline}}
    return NoticeNote(**(told | money | terms))


class Telling:
    def of_decision(self, decision):
        return (a_notice(subject_id=decision.summary.subject.id, decision_id=decision.summary.decision_id),)

    def of_alerts(self, raised):
        return ()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock, noticing=Telling()) as opened:
        yield opened


def planned(store, clock, *channels):
    item = store.notices.planning.claim()
    store.notices.plan(item, [DeliveryNote(channel=each, due_at=clock.now) for each in channels or ("slack",)])
    return store.notices.notice(item.item_id)


def test_a_decision_leaves_its_notice_in_the_same_transaction(store, clock):
    decision = a_decision()
    store.record(decision)
    notice = planned(store, clock)
    assert notice.note.decision_id == decision.summary.decision_id
    assert (notice.note.amount, notice.note.currency) == (Decimal("14400.00"), "USD")


def test_the_same_again_is_counted_and_something_else_is_an_update_of_it(store, clock):
    assert [store.notices.put([a_notice()]) for _ in range(3)] == [1, 0, 0]
    first = planned(store, clock)
    assert store.notices.notice(first.notice_id).repeats == 2
    assert store.notices.put([a_notice("It got worse.")]) == 1
    update = planned(store, clock)
    assert (update.is_update, update.thread_id) == (True, first.notice_id)


def test_the_same_after_the_window_is_told_anew(store, clock):
    store.notices.put([a_notice()])
    clock.now += timedelta(days=8)
    assert store.notices.put([a_notice()]) == 1


def test_a_telling_has_an_id_that_stays_when_its_sender_dies(store, clock):
    store.notices.put([a_notice()])
    planned(store, clock)
    first = store.notices.sending.claim()
    clock.now += timedelta(minutes=6)
    second = store.notices.sending.claim()
    assert second.item_id == first.item_id
    store.notices.end(second, [second.item_id], DeliveryState.SENT)
    with pytest.raises(LeaseLost):
        store.notices.end(first, [first.item_id], DeliveryState.SENT)


def test_what_was_given_up_is_sent_again_by_hand(store, clock):
    store.notices.put([a_notice()])
    planned(store, clock)
    item = store.notices.sending.claim()
    store.notices.end(item, [item.item_id], DeliveryState.GIVEN_UP, "no such channel")
    assert store.notices.counts()[DeliveryState.GIVEN_UP] == 1
    assert store.notices.again([item.item_id]) == 1
    assert store.notices.sending.claim().item_id == item.item_id
    assert store.notices.again(["tel_unknown"]) == 0


def test_what_is_urgent_does_not_wait_behind_what_waits_for_the_morning(store, clock):
    store.notices.put([a_notice()])
    later = DeliveryNote(channel="slack", due_at=clock.now + timedelta(hours=9), reason="quiet hours")
    store.notices.plan(store.notices.planning.claim(), [later])
    store.notices.put([a_notice(dedupe_key="other")])
    store.notices.plan(store.notices.planning.claim(), [DeliveryNote(channel="slack", due_at=clock.now, urgent=True)])
    assert store.notices.delivery(store.notices.sending.claim().item_id).urgent


def test_hostile_names_are_kept_and_old_tellings_forgotten(store, clock):
    store.notices.put([a_notice("\x00\ud800<script>", subject_id="Q\x00\ud800")])
    notice = planned(store, clock)
    assert notice.note.facts["headline"] == "\x00\ud800<script>"
    item = store.notices.sending.claim()
    store.notices.end(item, [item.item_id], DeliveryState.SENT)
    assert store.notices.purge(timedelta(days=30)) == 0
    clock.now += timedelta(days=31)
    assert store.notices.purge(timedelta(days=30)) == 1
    assert store.notices.page() == ()
