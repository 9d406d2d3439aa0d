"""A hold changes together with the decision that changes it, and what happened to it stays as it was written."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from app.store import BadPageToken, HoldFilter, HoldStep
from policies.domain.decision import Verdict
from policies.holding import HoldChange, HoldEvent, HoldState
from tests.app.store.builders import NOON, REASON, a_decision, a_hold, a_step

ROOT = Path(__file__).parents[3]


def held(store, *holds):
    for hold in holds:
        store.record(a_decision(), hold=a_step(hold, HoldEvent.HELD))


def test_a_hold_comes_back_as_it_was_recorded(store):
    hold = a_hold(
        agreement_id="AG-1",
        account_id="A-1",
        revision="2",
        first_invoice_date=NOON.date(),
        is_overdue=True,
        simulated=True,
        released_by="cfo",
        released_why="for now",
    )
    held(store, hold)
    assert store.holds.get("BC-1") == hold
    assert store.holds.get("BC-2") is None


def test_the_step_gets_the_hold_as_it_stands(store):
    seen = []
    step = HoldStep(billing_configuration_id="BC-1", after=seen.append)
    held(store, a_hold())
    store.record(a_decision(), hold=step)
    assert seen[-1] == a_hold()
    assert store.holds.get("BC-1") == a_hold()


def test_each_event_is_one_more_entry_of_the_history_that_nobody_has_sent(store):
    held(store, a_hold())
    near = a_hold(state=HoldState.ESCALATED, decision_id="dec_2")
    store.record(a_decision(), hold=a_step(near, HoldEvent.KEPT, HoldEvent.ESCALATED))
    entries = store.holds.history("BC-1")
    assert [(each.number, each.event, each.decision_id) for each in entries] == [
        (1, HoldEvent.HELD, "dec_1"),
        (2, HoldEvent.KEPT, "dec_2"),
        (3, HoldEvent.ESCALATED, "dec_2"),
    ]
    assert all(each.sent_at is None and each.reasons == (REASON,) for each in entries)


def test_a_step_that_fails_leaves_no_decision_either(store):
    def fails(_):
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        store.record(a_decision(), hold=HoldStep(billing_configuration_id="BC-1", after=fails))
    assert store.verify_chain().checked == 0
    assert store.holds.get("BC-1") is None


KILLED = """
import os, signal, sys
from app.store import HoldStep, Store
from policies.holding import HoldChange, HoldEvent
from tests.app.store.builders import NOON, a_decision, a_hold

url, when = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

def after(_):
    if when == "before the commit":
        die()
    return HoldChange(hold=a_hold(), at=NOON, events=(HoldEvent.HELD,))

Store.open(url).record(a_decision(), hold=HoldStep(billing_configuration_id="BC-1", after=after))
die()
"""


@pytest.mark.parametrize(("when", "recorded"), [("before the commit", 0), ("before the answer", 1)])
def test_killed_at_any_moment_there_is_no_hold_without_its_decision_nor_the_other_way_round(
    store, database_url, when, recorded
):
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url, when], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert store.verify_chain().checked == recorded
    assert (store.holds.get("BC-1") is not None) is bool(recorded)
    assert len(store.holds.history("BC-1")) == recorded


def test_a_decision_that_cannot_be_recorded_leaves_no_hold(store):
    store.record(a_decision(decision_id="dec_1"))
    with pytest.raises(DBAPIError):
        store.record(a_decision(decision_id="dec_1"), hold=a_step(a_hold(), HoldEvent.HELD))
    assert store.holds.get("BC-1") is None
    assert store.holds.history("BC-1") == ()


def test_holds_are_listed_by_the_day_of_the_first_invoice_page_by_page(store):
    days = [9, 3, None, 3]
    for number, day in enumerate(days, start=1):
        first = None if day is None else NOON.date() + timedelta(days=day)
        held(store, a_hold(number, first_invoice_date=first))
    first = store.holds.page(HoldFilter(), limit=2)
    second = store.holds.page(HoldFilter(), limit=2, page=first.next_page)
    assert [each.billing_configuration_id for each in (*first.holds, *second.holds)] == ["BC-2", "BC-4", "BC-1", "BC-3"]
    assert second.next_page is None


def test_holds_are_found_by_state_agreement_account_and_delay(store):
    held(store, a_hold(1, agreement_id="AG-1"), a_hold(2, state=HoldState.RELEASED, account_id="A-2"))
    held(store, a_hold(3, state=HoldState.ESCALATED, is_overdue=True))

    def found(**wanted):
        return [each.billing_configuration_id for each in store.holds.page(HoldFilter(**wanted)).holds]

    assert found(states=(HoldState.HELD, HoldState.ESCALATED)) == ["BC-1", "BC-3"]
    assert found(agreement_id="AG-1") == ["BC-1"]
    assert found(account_id="A-2") == ["BC-2"]
    assert found(overdue=True) == ["BC-3"]


@pytest.mark.parametrize("token", ["x", "", "W10", "WyJhIiwgMV0"])
def test_a_token_of_somebody_elses_is_refused(store, token):
    with pytest.raises(BadPageToken):
        store.holds.page(HoldFilter(), page=token)


def test_time_changes_the_holds_that_stand_and_no_others(store):
    held(store, a_hold(1), a_hold(2, state=HoldState.RELEASED), a_hold(3))

    def step(hold):
        if hold.billing_configuration_id == "BC-1":
            return None
        changed = replace(hold, state=HoldState.ESCALATED)
        return HoldChange(hold=changed, at=NOON, events=(HoldEvent.ESCALATED,))

    assert [each.billing_configuration_id for each in store.holds.escalate(step)] == ["BC-3"]
    assert [store.holds.get(f"BC-{number}").state.value for number in (1, 2, 3)] == ["held", "released", "escalated"]


def test_what_happened_is_not_changed_but_for_when_it_was_sent(store, database_url):
    held(store, a_hold())
    engine = create_engine(database_url)
    for statement in (
        "UPDATE hold_history SET event = 'released'",
        "DELETE FROM hold_history",
        "UPDATE hold_history SET sent_at = 'now', event = 'released'",
    ):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE hold_history SET sent_at = '2026-03-01T12:00:00.000000Z'")
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE hold_history SET sent_at = NULL")
    engine.dispose()
    assert store.holds.history("BC-1")[0].sent_at == NOON


def test_holds_are_found_by_the_verdict_of_their_decision_and_by_the_day_they_are_due(store):
    for number, verdict in ((1, Verdict.FLAG), (2, Verdict.BLOCK)):
        decision = a_decision(verdict=verdict)
        day = NOON.date() + timedelta(days=number)
        hold = a_hold(number, decision_id=decision.summary.decision_id, first_invoice_date=day)
        store.record(decision, hold=a_step(hold, HoldEvent.HELD))
    assert [each.billing_configuration_id for each in store.holds.page(HoldFilter(verdict=Verdict.FLAG)).holds] == [
        "BC-1"
    ]
    soon = HoldFilter(due_before=NOON.date() + timedelta(days=2))
    assert [each.billing_configuration_id for each in store.holds.page(soon).holds] == ["BC-1"]


def test_one_hold_is_changed_by_hand(store):
    held(store, a_hold())
    let_go = HoldChange(hold=a_hold(state=HoldState.RELEASED), at=NOON, events=(HoldEvent.RELEASED,))
    assert store.holds.change("BC-1", lambda _: let_go).state is HoldState.RELEASED
    assert store.holds.change("BC-1", lambda _: None) is None
    assert store.holds.change("BC-NONE", lambda _: let_go) is None
    assert [each.event for each in store.holds.history("BC-1")] == [HoldEvent.HELD, HoldEvent.RELEASED]
