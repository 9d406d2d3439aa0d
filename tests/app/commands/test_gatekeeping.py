"""Holds as a person lists and escalates them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.store import digest_of
from policies.holding import HoldEvent, HoldState
from tests.app.store.builders import POLICIES, a_decision, a_hold, a_step, a_store


@pytest.fixture
def held(database):
    """Puts holds into the database."""

    def put(*holds):
        with a_store(database) as store:
            for hold in holds:
                store.record(a_decision(policies=digest_of(POLICIES)), hold=a_step(hold, HoldEvent.HELD))

    return put


def test_what_is_held_is_listed_with_its_reasons(run, held, home):
    held(a_hold(1), a_hold(2, state=HoldState.RELEASED, released_by="cfo", released_why="for now"))
    done = run("holds", "list", "--home", home)
    assert done.exit_code == 1
    assert "HELD  BC-1  first invoice unknown" in done.stdout
    assert "overage-not-set-up: No overage price" in done.stdout
    assert "BC-2" not in done.stdout
    assert "released by cfo: for now" in run("holds", "list", "--all", "--home", home).stdout


def test_nothing_held_is_zero(run, held, home):
    held(a_hold(state=HoldState.RELEASED))
    done = run("holds", "list", "--home", home, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"holds": []})


def test_what_is_near_is_escalated_once_and_what_has_passed_is_overdue(run, held, home):
    today = datetime.now(UTC).date()
    held(
        a_hold(1, first_invoice_date=today - timedelta(days=4)),
        a_hold(2, first_invoice_date=today + timedelta(days=90)),
    )
    done = run("holds", "escalate", "--home", home)
    assert done.exit_code == 1
    assert "OVERDUE  BC-1" in done.stdout
    assert "BC-2" not in done.stdout
    assert run("holds", "escalate", "--home", home).exit_code == 0
