"""What is kept for a time only is forgotten after it, whatever goes wrong in between."""

import io
import json
from datetime import timedelta

import pytest

from app.config import Settings
from app.housekeeping import Housekeeper, chores
from app.observability.logs import make_logger
from app.store import Answer, KeyedAnswer, KeyedRequest, RefusedRequest, Store, StoreUnavailable
from app.store.upgrade import upgrade
from policies.holding import HoldState
from tests.app.store.builders import NOON, a_decision, a_hold, a_step, a_store
from tests.fakes import Clock


class Rounds:
    """Waits for nothing, remembers how long it should have, and says stop after so many times."""

    def __init__(self, times):
        self.times = times
        self.pauses = []

    def __call__(self, seconds):
        self.pauses.append(seconds)
        return len(self.pauses) > self.times


@pytest.fixture
def logged():
    return io.StringIO()


@pytest.fixture
def log(logged):
    return make_logger(logged, level="info", log_format="json")


def test_it_cleans_soon_after_the_start_and_then_about_hourly(log):
    done, rounds = [], Rounds(3)
    keeper = Housekeeper(
        {"sweep": lambda: done.append(1) or 0}, log, wait=rounds, chance=iter([0.5, 0, 1, 0.5]).__next__
    )
    keeper.run()
    assert len(done) == 3
    assert rounds.pauses == [180, 1800, 5400, 3600]


def test_a_failure_is_logged_without_its_message_and_the_rest_goes_on(log, logged):
    def broken():
        raise StoreUnavailable("password in here")

    done = []
    Housekeeper({"broken": broken, "sweep": lambda: done.append(1) or 7}, log, wait=Rounds(2)).run()
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert len(done) == 2
    assert [(each["event"], each["chore"]) for each in events[:2]] == [
        ("housekeeping_failed", "broken"),
        ("housekeeping", "sweep"),
    ]
    assert events[1]["done"] == 7
    assert "password" not in logged.getvalue()


def test_it_ends_when_it_is_told_to(log):
    keeper = Housekeeper({}, log)
    keeper.start()
    keeper.stop()
    assert not keeper._thread.is_alive()


def test_what_is_past_its_time_is_forgotten_and_nothing_else(sqlite_url):
    clock = Clock()
    upgrade(sqlite_url)
    settings = Settings.from_environment({"QUOTEGUARD_REFUSED_RETENTION_DAYS": "30"})
    with Store.open(sqlite_url, clock=clock) as store:
        todo = chores(store, settings, lambda: None, clock)
        for number in (1, 2):
            refused = RefusedRequest(
                ref_id=f"ref_{number}", received_at=clock(), route="r", status=422, problem=b"{}", body=b"{}", length=2
            )
            store.refused.keep(refused)
            request = KeyedRequest(key_id="k", route="r", idempotency_key=str(number), digest="sha256:d")
            answer = Answer(status=200, content_type="application/json", body=b"{}")
            store.idempotency.keep(KeyedAnswer(request=request, answer=answer, expires_at=clock() + timedelta(days=30)))
            clock.advance(days=20)
        assert {name: chore() for name, chore in todo.items()} == {
            "idempotency_answers": 1,
            "inbox_events": 0,
            "outbox_messages": 0,
            "told_notices": 0,
            "ended_sessions": 0,
            "refused_requests": 1,
            "expired_cases": 0,
            "escalated_holds": 0,
            "erased_documents": 0,
        }
        assert store.refused.get("ref_1") is None
        assert store.refused.get("ref_2") is not None
        assert {name: chore() for name, chore in todo.items()} == dict.fromkeys(todo, 0)


def test_a_hold_is_escalated_when_its_first_invoice_comes_near(sqlite_url):
    clock = Clock(NOON)
    with a_store(sqlite_url) as store:
        todo = chores(store, Settings.from_environment({}), lambda: None, clock)
        hold = a_hold(first_invoice_date=NOON.date() + timedelta(days=15))
        store.record(a_decision(), hold=a_step(hold))
        assert todo["escalated_holds"]() == 0
        clock.advance(days=10)  # from Sunday 1 March to Wednesday the 11th, three working days before Monday the 16th
        assert todo["escalated_holds"]() == 1
        assert store.holds.get("BC-1").state is HoldState.ESCALATED
        assert [each.event.value for each in store.holds.history("BC-1")] == ["escalated"]
        assert todo["escalated_holds"]() == 0
