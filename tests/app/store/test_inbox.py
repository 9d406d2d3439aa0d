"""The inbox: each event once, the newest version wins, and an event leaves with what was made of it."""

from datetime import timedelta

import pytest

from app.store import (
    Document,
    DocumentKind,
    EventFilter,
    EventNote,
    EventState,
    KeptDelivery,
    LeaseLost,
    Superseded,
    new_id,
)
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock) as opened:
        yield opened


@pytest.fixture
def inbox(store):
    return store.inbox


def a_delivery(clock, **terms):
    defaults = {
        "delivery_id": new_id("dlv"),
        "connection": "acme",
        "received_at": clock(),
        "method": "POST",
        "url": "https://quotes.example/v1/hooks/acme?a=1",
        "body": b'{"id": "e1"}',
        "headers": (("content-type", "application/json"),),
        "query": (("a", "1"),),
    }
    return KeptDelivery(**(defaults | terms))


def a_note(number=1, **terms):
    defaults = {"key": f"e{number}", "kind": "quote.changed", "object_type": "quote", "object_id": "Q-1"}
    return EventNote(**(defaults | terms))


def versions(*texts):
    return [a_note(number, version=text) for number, text in enumerate(texts, 1)]


def handled(inbox):
    """The next event, with the item by which it is claimed."""
    item = inbox.line.claim()
    return item, inbox.event(item.item_id)


def test_a_delivery_and_what_it_tells_are_kept_as_they_came(inbox, clock):
    delivery = a_delivery(clock)
    note = a_note(needs=(("quote", "Q-1"), ("deal", "D-1")), shape="quote", version="1", occurred_at=clock())
    taken = inbox.take("acme", [note], delivery)
    event = inbox.event(taken.new[0])
    assert (event.note, event.delivery_id, event.state) == (note, delivery.delivery_id, EventState.WAITING)
    assert inbox.delivery(delivery.delivery_id) == delivery


def test_an_event_that_came_before_is_known_and_leaves_nothing_behind(inbox, clock):
    inbox.take("acme", [a_note()], a_delivery(clock))
    again = a_delivery(clock)
    assert (inbox.take("acme", [a_note()], again).new, inbox.take("acme", [a_note()], again).known) == ((), 1)
    assert inbox.delivery(again.delivery_id) is None
    assert inbox.line.counts().waiting == 1


def test_the_same_key_of_another_connection_is_another_event(inbox, clock):
    inbox.take("acme", [a_note()], a_delivery(clock))
    assert len(inbox.take("other", [a_note()], a_delivery(clock, connection="other")).new) == 1


def test_what_is_ignored_is_kept_and_waits_for_nothing(inbox, clock):
    [event_id] = inbox.take("acme", [a_note(ignored="nothing to do")], a_delivery(clock)).new
    event = inbox.event(event_id)
    assert (event.state, event.reason) == (EventState.IGNORED, "nothing to do")
    assert inbox.line.claim() is None


def test_an_event_leaves_in_the_transaction_of_its_decision(store, inbox, clock):
    inbox.take("acme", [a_note(version="1")], a_delivery(clock))
    item, event = handled(inbox)
    store.record(
        a_decision(decision_id="dec_1"),
        beside=[lambda connection, made: inbox.done_in(connection, item, event, made.summary.decision_id)],
    )
    after = inbox.event(event.event_id)
    assert (after.state, after.decision_id, after.handled_at) == (EventState.DONE, "dec_1", clock())
    assert inbox.line.get(event.event_id) is None


def test_an_older_version_never_overwrites_a_newer_one(store, inbox, clock):
    inbox.take("acme", versions("2", "1"), a_delivery(clock))
    inbox.done(*handled(inbox))
    item, event = handled(inbox)
    assert inbox.is_outdated(event)
    with pytest.raises(Superseded):
        store.record(a_decision(), beside=[lambda connection, _: inbox.done_in(connection, item, event)])
    assert store.verify_chain().checked == 0
    inbox.end(item, event, EventState.SUPERSEDED, "a newer version was handled")
    assert inbox.event(event.event_id).state is EventState.SUPERSEDED


def test_what_is_newer_or_as_new_or_has_no_version_goes_on(inbox, clock):
    inbox.take("acme", versions("1", "1", None, "2"), a_delivery(clock))
    for _ in range(4):
        item, event = handled(inbox)
        assert not inbox.is_outdated(event)
        inbox.done(item, event)
    assert inbox.line.counts().waiting == 0


def test_one_without_a_version_does_not_make_forget_the_version(inbox, clock):
    inbox.take("acme", versions("2", None, "1"), a_delivery(clock))
    inbox.done(*handled(inbox))
    inbox.done(*handled(inbox))
    assert inbox.is_outdated(handled(inbox)[1])


def test_of_two_that_handle_one_event_only_one_gets_through(store, inbox, clock):
    inbox.take("acme", [a_note()], a_delivery(clock))
    slow = handled(inbox)
    clock.advance(minutes=6)
    inbox.done(*handled(inbox))
    with pytest.raises(LeaseLost):
        store.documents.put(
            DocumentKind.QUOTE,
            [Document(id="Q-1", body=b"{}")],
            beside=lambda connection: inbox.done_in(connection, *slow),
        )
    assert store.documents.get(DocumentKind.QUOTE, "Q-1") is None


def test_what_is_parked_or_waits_says_why_and_can_be_put_back(inbox, clock):
    inbox.take("acme", [a_note()], a_delivery(clock))
    item, event = handled(inbox)
    inbox.retry(item, event, clock() + timedelta(minutes=1), "the vendor is away")
    assert inbox.event(event.event_id).reason == "the vendor is away"
    clock.advance(minutes=1)
    inbox.park(*handled(inbox), "it never works")
    assert inbox.event(event.event_id).state is EventState.PARKED
    assert inbox.again([event.event_id, "evt_nobody"]) == 1
    inbox.done(*handled(inbox))
    assert inbox.again([event.event_id]) == 1
    assert handled(inbox)[1].state is EventState.WAITING


def test_what_is_being_handled_is_not_put_back(inbox, clock):
    inbox.take("acme", [a_note()], a_delivery(clock))
    assert inbox.again([handled(inbox)[1].event_id]) == 0


def test_events_are_found_by_what_they_are(inbox, clock):
    inbox.take("acme", [a_note(1), a_note(2, object_id="Q-2", ignored="no")], a_delivery(clock))
    clock.advance(seconds=1)
    inbox.take("other", [a_note(1)], a_delivery(clock, connection="other"))
    assert [each.note.object_id for each in inbox.page(EventFilter(connection="acme", object_id="Q-2"))] == ["Q-2"]
    assert len(inbox.page(EventFilter(state=EventState.WAITING))) == 2
    newest = inbox.page(EventFilter(), limit=1)[0]
    assert len(inbox.page(EventFilter(), before=newest.event_id)) == 2


def test_how_far_a_vendor_was_asked_is_kept(inbox, clock):
    assert inbox.since("acme") is None
    for _ in range(2):
        clock.advance(days=1)
        inbox.note_since("acme", clock())
        assert inbox.since("acme") == clock()


def test_what_was_dealt_with_long_ago_is_forgotten_and_nothing_else(inbox, clock):
    deliveries = [a_delivery(clock) for _ in range(3)]
    for number, delivery in enumerate(deliveries):
        inbox.take("acme", [a_note(number, object_id=f"Q-{number}")], delivery)
    inbox.done(*handled(inbox))
    inbox.park(*handled(inbox), "broken")
    clock.advance(days=91)
    assert inbox.purge(timedelta(days=90)) == 1
    assert [inbox.delivery(each.delivery_id) is None for each in deliveries] == [True, False, False]


def test_names_of_any_length_or_content_are_taken(inbox, clock):
    for number, name in enumerate(("x" * 100_000, "\ud800\x00ü")):
        note = a_note(number, key=f"{name}{number}", object_id=name, version=name, kind=name)
        inbox.take("acme", [note], a_delivery(clock, url=name, body=b"\xff\x00"))
        inbox.done(*handled(inbox))
