"""An alert is kept once, for as long as it is found, and comes back when it is found again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.store import AlertNote
from tests.app.store.builders import a_store
from tests.fakes import Clock

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock(MARCH)


@pytest.fixture
def alerts(database_url, clock):
    with a_store(database_url, clock=clock) as store:
        yield store.alerts


def a_note(number=1, **terms):
    defaults = {
        "alert_id": f"alr_{number}",
        "agreement_id": "AG-1",
        "account_id": "A-1",
        "policy_id": "notice-deadline",
        "pattern": "R03",
        "due_on": date(2026, 4, number),
        "document": b'{"alert_id": "x"}',
    }
    return AlertNote(**(defaults | terms))


def test_what_is_found_is_kept_and_is_new_once(alerts, clock):
    assert alerts.note("AG-1", [a_note(2), a_note(1)]).new == ("alr_2", "alr_1")
    clock.advance(days=1)
    assert alerts.note("AG-1", [a_note(2), a_note(1)]).new == ()
    first, second = alerts.of("AG-1")
    assert (first.alert, second.alert) == (a_note(1), a_note(2))
    assert (first.first_seen, first.last_seen) == (MARCH, MARCH + timedelta(days=1))
    assert (first.resolved_at, first.sent_at) == (None, None)


def test_what_is_found_no_more_is_resolved(alerts, clock):
    alerts.note("AG-1", [a_note(1), a_note(2)])
    clock.advance(days=1)
    assert alerts.note("AG-1", [a_note(2)]).resolved == ("alr_1",)
    clock.advance(days=1)
    assert alerts.note("AG-1", []).resolved == ("alr_2",)
    assert [each.resolved_at for each in alerts.of("AG-1")] == [MARCH + timedelta(days=1), MARCH + timedelta(days=2)]
    assert alerts.note("AG-1", []).resolved == ()


def test_what_comes_back_is_new_again(alerts, clock):
    alerts.note("AG-1", [a_note()])
    alerts.note("AG-1", [])
    clock.advance(days=1)
    assert alerts.note("AG-1", [a_note()]).new == ("alr_1",)
    [kept] = alerts.of("AG-1")
    assert (kept.resolved_at, kept.first_seen, kept.last_seen) == (None, MARCH, MARCH + timedelta(days=1))


def test_agreements_do_not_disturb_each_other(alerts):
    alerts.note("AG-1", [a_note(1)])
    alerts.note("AG-2", [a_note(2, agreement_id="AG-2")])
    assert alerts.note("AG-2", []).resolved == ("alr_2",)
    assert alerts.of("AG-1")[0].resolved_at is None


def test_what_changed_about_an_alert_is_kept_as_it_is_now(alerts):
    alerts.note("AG-1", [a_note()])
    alerts.note("AG-1", [a_note(document=b'{"alert_id": "y"}')])
    assert alerts.of("AG-1")[0].alert.document == b'{"alert_id": "y"}'
