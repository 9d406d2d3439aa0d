"""Once in a while each vendor is asked what has changed: what no delivery told of becomes an event, and nothing else does."""

from datetime import timedelta

import pytest

from app.reconciling import Reconciler
from app.store import EventState
from cpq_hooks.adapter import Event, Need, Shape, ordered
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.failures import VendorDown
from tests.acme import a_quote, an_event


def changed(name="Q-1", version=1, **terms):
    found = {
        "key": reconciled("quote", name, ordered(version)),
        "kind": "reconciled",
        "object_type": "quote",
        "object_id": name,
        "version": ordered(version),
        "shape": Shape.QUOTE,
        "needs": (Need(resource="quote", id=name),),
    }
    return Event(**(found | terms))


@pytest.fixture
def reconciler(arrivals):
    line, clock = arrivals.inbox.asking, arrivals.clock
    every = timedelta(hours=24)
    made = Reconciler(arrivals.inbox, line, arrivals.connected, arrivals.client, clock, every=every, chance=lambda: 0.5)
    made.plan()
    clock.advance(minutes=10)
    return made


def test_what_no_delivery_told_of_becomes_an_event(arrivals, reconciler):
    arrivals.client.objects["Q-1"] = a_quote()
    arrivals.client.changed = [changed()]
    told = reconciler.handle(arrivals.inbox.asking.claim())
    assert told == {"became": "done", "connection": "acme", "missed": 1}
    assert arrivals.handle_all() == ["done"]
    assert arrivals.decisions()[0].subject.id == "Q-1"


def test_what_was_seen_or_waits_is_not_told_again(arrivals, reconciler):
    arrivals.send({"events": [an_event(1, "Q-1", version=3, payload=a_quote())]})
    arrivals.handle_all()
    arrivals.send({"events": [an_event(2, "Q-2", version=3, payload=a_quote("Q-2"))]})
    arrivals.client.changed = [changed("Q-1", 3), changed("Q-2", 3), changed("Q-1", 2), changed("Q-1", 4)]
    assert reconciler.handle(arrivals.inbox.asking.claim())["missed"] == 1


def test_each_look_goes_on_where_the_last_began_with_an_hour_to_spare(arrivals, reconciler):
    asked, line = arrivals.client.asked, arrivals.inbox.asking
    first = arrivals.clock()
    reconciler.handle(line.claim())
    assert line.claim() is None
    arrivals.clock.advance(hours=25)
    reconciler.handle(line.claim())
    assert asked == [first - timedelta(hours=25), first - timedelta(hours=1)]


def test_a_look_that_breaks_off_keeps_what_it_saw_and_is_made_again(arrivals, reconciler):
    line = arrivals.inbox.asking
    arrivals.client.changed = [*(changed(f"Q-{number}") for number in range(250)), VendorDown("500", status=500)]
    assert reconciler.handle(line.claim())["became"] == "retried"
    assert arrivals.inbox.since("acme") is None
    assert arrivals.inbox.line.counts().waiting == 200
    arrivals.clock.advance(minutes=1)
    arrivals.client.changed.pop()
    assert reconciler.handle(line.claim())["missed"] == 50


def test_one_that_says_nothing_of_what_to_fetch_is_kept_with_a_word(arrivals, reconciler):
    arrivals.client.changed = [changed(needs=())]
    reconciler.handle(arrivals.inbox.asking.claim())
    assert arrivals.events()[0].state is EventState.IGNORED


def test_planning_again_changes_nothing_and_a_connection_that_is_gone_leaves_the_line(arrivals, reconciler):
    reconciler.plan()
    assert arrivals.inbox.asking.counts().waiting == 1
    arrivals.connected.by_name.clear()
    assert reconciler.handle(arrivals.inbox.asking.claim()) == {"became": "gone"}
    assert arrivals.inbox.asking.counts().waiting == 0


def test_connections_that_cannot_be_asked_are_named(arrivals, reconciler):
    assert reconciler.plan() == ()
    unasked = Reconciler(
        arrivals.inbox, arrivals.inbox.asking, arrivals.connected, Nobody(), arrivals.clock, every=timedelta(days=1)
    )
    assert unasked.plan() == ("acme",)


class Nobody:
    """Where no connection has a client."""

    def of(self, connection):
        return None
