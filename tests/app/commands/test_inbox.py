"""The inbox from the command line: what came, why something is parked, and how it gets another chance."""

import json

import pytest

from app.commands.inbox import inbox
from app.deliveries import delivery_of, kept, note_of
from app.store import EventState, Store
from app.store.upgrade import upgrade
from tests.acme import ADAPTER, SECRET, a_connection, a_quote, an_event, signed
from tests.app.arrivals import sent
from tests.fakes import Clock


@pytest.fixture
def store(home):
    url = f"sqlite:///{home / 'quoteguard.db'}"
    upgrade(url)
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def take(store):
    """Takes a delivery, and gives the ids of its events."""

    def took(*events):
        body, headers = signed({"events": list(events)})
        connection = a_connection()
        delivery = delivery_of(sent(body, headers | {"Authorization": SECRET}), connection, Clock()())
        notes = [note_of(each) for each in ADAPTER.events(delivery, connection)]
        return store.inbox.take("acme", notes, kept(delivery, connection)).new

    return took


def park(store, reason="$.price: a number is wanted"):
    item = store.inbox.line.claim()
    store.inbox.park(item, store.inbox.event(item.item_id), reason)


def test_events_are_listed_with_what_became_of_them(run, home, store, take):
    take(an_event(1), an_event(2, type="ignored"))
    park(store)
    listed = run("inbox", "list", "--home", home)
    assert listed.exit_code == 1
    assert "parked      acme  changed  quote/Q-1" in listed.stdout
    assert "$.price: a number is wanted" in listed.stdout
    assert "0 waiting, 1 parked." in listed.stdout
    told = json.loads(run("inbox", "list", "--json", "--state", "ignored", "--home", home).stdout)
    assert [each["reason"] for each in told["events"]] == ["nothing to do"]


def test_an_event_is_shown_with_its_delivery_and_without_secrets(run, home, store, take):
    [event_id] = take(an_event(1, payload=a_quote()))
    shown = run("inbox", "show", event_id, "--home", home)
    assert shown.exit_code == 0
    assert '"object_id": "Q-1"' in shown.stdout
    assert SECRET not in shown.stdout
    told = json.loads(run("inbox", "show", event_id, "--json", "--home", home).stdout)
    assert json.loads(told["delivery"]["body"])["events"][0]["id"] == "e1"
    assert run("inbox", "show", "evt_no", "--home", home).exit_code == 3


def test_parked_events_get_another_chance_one_by_one_or_all(run, home, store, take):
    one, two = take(an_event(1), an_event(2, "Q-2"))
    park(store)
    park(store)
    assert "1 of 1" in run("inbox", "retry", one, "--home", home).stdout
    assert "1 of 1" in run("inbox", "retry", "--all", "--connection", "acme", "--home", home).stdout
    assert {store.inbox.event(each).state for each in (one, two)} == {EventState.WAITING}
    assert run("inbox", "retry", "--home", home).exit_code == 3


def test_what_was_dealt_with_is_replayed_and_not_retried(run, home, store, take):
    one, two = take(an_event(1), an_event(2, "Q-2"))
    for _ in range(2):
        item = store.inbox.line.claim()
        store.inbox.done(item, store.inbox.event(item.item_id))
    refused = run("inbox", "retry", one, "--home", home)
    assert (refused.exit_code, "`inbox replay` handles it again" in refused.stderr) == (3, True)
    assert "1 of 1" in run("inbox", "replay", one, "--home", home).stdout
    delivery = store.inbox.event(two).delivery_id
    assert "2 of 2" in run("inbox", "replay", delivery, "--home", home).stdout
    assert run("inbox", "replay", "evt_no", "--home", home).exit_code == 3


def test_a_worker_says_at_once_what_it_cannot_work_with(run, home, store):
    (home / "connections.yaml").write_text("connections:\n  - {name: acme, connector: nobody}\n")
    refused = run("worker", "--home", home)
    assert refused.exit_code == 3
    assert "connections.yaml:2: acme: there is no connector nobody" in refused.stderr
    assert run("serve", "--home", home).exit_code == 3


def test_the_commands_say_what_they_do():
    assert {"list", "show", "retry", "replay"} == set(inbox.commands)


def test_a_token_that_the_vendor_repeats_in_its_body_is_kept_and_not_shown(run, home, store, take):
    [event_id] = take(an_event(1, authentication="tok-in-the-body"))
    delivery = store.inbox.delivery(store.inbox.event(event_id).delivery_id)
    assert b"tok-in-the-body" in delivery.body
    for options in ((), ("--json",)):
        shown = run("inbox", "show", event_id, *options, "--home", home).stdout
        assert ("tok-in-the-body" in shown, "•••" in shown or "\\u2022" in shown) == (False, True)
