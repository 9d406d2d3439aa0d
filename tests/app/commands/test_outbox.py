"""The outbox from the command line: what goes out, why something is parked, and how it gets another chance or none."""

import json

import pytest

from app.store import MessageState, Origin, Store
from app.store.upgrade import upgrade
from policies.domain.decision import Verdict
from tests.app.store.builders import POLICIES, a_decision
from tests.receivers import document
from tests.sending import told

QUOTE = Origin(connection="cpq", object_type="quote", object_id="qt_1", payload={"id": "qt_1"})


@pytest.fixture
def store(home):
    url = f"sqlite:///{home / 'quoteguard.db'}"
    upgrade(url)
    with Store.open(url, sending=told("decision.recorded")) as opened:
        opened.artefacts.put("policies", POLICIES)
        yield opened


def park(store, reason="Acme has no hold for it"):
    """Record a blocked quote, and park the hold that it calls for."""
    answer = document("dec_1", "quote", "Q-1", "block")
    store.record(a_decision(verdict=Verdict.BLOCK, document=answer), beside=(store.outbox.came_from(QUOTE),))
    item, message = store.outbox.claim()
    store.outbox.park(item, message, reason)
    return message.message_id


def test_messages_are_listed_with_what_became_of_them(run, home, store):
    park(store)
    listed = run("outbox", "list", "--home", home)
    assert listed.exit_code == 1
    assert "parked      hold  to cpq  quote/qt_1" in listed.stdout
    assert "Acme has no hold for it" in listed.stdout
    assert "2 waiting, 1 parked." in listed.stdout
    told = json.loads(run("outbox", "list", "--json", "--to", "erp", "--home", home).stdout)
    assert [(each["event"], each["state"]) for each in told["messages"]] == [("decision.recorded", "waiting")]


def test_a_message_is_shown_with_its_calls(run, home, store):
    message_id = park(store)
    store.outbox.plan(
        store.outbox.get(message_id), b'[{"method": "POST", "path": "/hold", "purpose": "keep as a draft"}]'
    )
    shown = run("outbox", "show", message_id, "--home", home)
    assert "POST /hold: keep as a draft (to be made)" in shown.stdout
    assert json.loads(run("outbox", "show", message_id, "--json", "--home", home).stdout)["calls"][0]["path"] == "/hold"
    assert run("outbox", "show", "msg_nobody", "--home", home).exit_code == 3


def test_parked_messages_get_another_chance(run, home, store):
    message_id = park(store)
    assert "1 of 1 are in line again." in run("outbox", "retry", "--all", "--home", home).stdout
    assert store.outbox.get(message_id).state is MessageState.WAITING
    assert run("outbox", "list", "--home", home).exit_code == 0


def test_a_message_that_nobody_wants_is_dropped_with_the_reason(run, home, store):
    message_id = park(store)
    assert run("outbox", "drop", message_id, "--home", home).exit_code == 3
    done = run("outbox", "drop", message_id, "--because", "held by hand", "--home", home)
    assert (done.exit_code, done.stdout) == (0, "1 of 1 are dropped.\n")
    dropped = store.outbox.get(message_id)
    assert (dropped.state, dropped.reason) == (MessageState.DROPPED, "held by hand")


@pytest.mark.parametrize("arguments", [("retry",), ("retry", "msg_1", "--all"), ("retry", "msg_nobody")])
def test_what_is_not_given_right_does_nothing(run, home, store, arguments):
    park(store)
    assert run("outbox", *arguments, "--home", home).exit_code == 3
    assert store.outbox.line.counts().parked == 1


def test_a_broken_file_of_listeners_is_said(run, home, store):
    (home / "connections.yaml").write_text("webhooks: [{name: erp}]\n")
    listed = run("outbox", "list", "--home", home)
    assert listed.exit_code == 3
    assert "connections.yaml:1" in listed.stderr
