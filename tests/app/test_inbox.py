"""What a vendor told is fetched, read, judged and recorded: each event once, the newest last, and nothing is lost."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.failing import MOST_ATTEMPTS
from app.replay import replay
from app.store import DocumentKind, EventState, StoreUnavailable
from app.vendor_notes import VENDOR_FIELDS
from cpq_hooks.adapter import Shape
from cpq_hooks.clients.failures import NotAllowed, NotThere, Refused, Throttled, Unreachable, Unreadable, VendorDown
from tests.acme import a_quote, an_event, connections


def told(*events):
    return {"events": list(events)}


def test_a_thin_event_is_fetched_judged_and_recorded(arrivals):
    arrivals.client.objects["Q-1"] = a_quote(version=3)
    took = arrivals.send(told(an_event(1, version=3)))
    assert (took.became, took.events, took.reply.body) == ("stored", 1, b"OK")
    handled = arrivals.handle()
    [event] = arrivals.events()
    [decision] = arrivals.decisions()
    assert (event.state, event.decision_id) == (EventState.DONE, decision.decision_id)
    assert (decision.subject.id, decision.subject.revision) == ("Q-1", "3")
    assert (decision.source, decision.key_id) == ("acme", "connection:acme")
    assert (handled.verdict, handled.decision_id) == (decision.verdict, decision.decision_id)


def test_a_payload_that_is_whole_is_judged_without_a_fetch(arrivals):
    arrivals.send(told(an_event(1, payload=a_quote())))
    assert arrivals.handle_all() == ["done"]
    assert arrivals.client.fetched == []


def test_an_event_that_is_delivered_again_and_again_is_judged_once(arrivals):
    for _ in range(3):
        arrivals.send(told(an_event(1, payload=a_quote())))
    assert arrivals.handle_all() == ["done"]
    assert arrivals.send(told(an_event(1, payload=a_quote()))).became == "known"
    assert len(arrivals.decisions()) == 1


def test_an_older_version_that_comes_late_changes_nothing(arrivals):
    for number, version in enumerate((3, 1, 2, 4)):
        arrivals.send(told(an_event(number, version=version, payload=a_quote(version=version))))
    assert arrivals.handle_all() == ["done", "superseded", "superseded", "done"]
    assert [each.subject.revision for each in arrivals.decisions()] == ["3", "4"]


def test_what_was_deleted_before_it_was_fetched_is_left_with_a_word(arrivals):
    arrivals.client.objects["Q-1"] = NotThere("GET /quote/Q-1: 404", status=404)
    arrivals.send(told(an_event(1)))
    assert arrivals.handle_all() == ["ignored"]
    assert arrivals.events()[0].reason == "the object was deleted before it was fetched"


def test_a_deletion_overtakes_what_was_sent_before_it(arrivals):
    arrivals.send(told(an_event(2, version=2, type="deleted")))
    arrivals.send(told(an_event(1, version=1, payload=a_quote())))
    assert arrivals.handle_all() == ["ignored", "superseded"]


@pytest.mark.parametrize(
    "failure", [Throttled("429", status=429), VendorDown("500", status=500), Unreadable("an HTML page"), Unreachable("never")]
)  # fmt: skip
def test_a_vendor_that_cannot_answer_is_asked_again(arrivals, failure):
    arrivals.client.objects["Q-1"] = failure
    arrivals.send(told(an_event(1)))
    assert arrivals.handle_all() == ["retried"]
    assert arrivals.events()[0].reason == str(failure)
    arrivals.clock.advance(seconds=11)
    arrivals.client.objects["Q-1"] = a_quote()
    assert arrivals.handle_all() == ["done"]


def test_a_vendor_that_asks_for_patience_gets_it(arrivals):
    arrivals.client.objects["Q-1"] = Throttled("429", status=429, wait=600)
    arrivals.send(told(an_event(1)))
    arrivals.handle()
    arrivals.clock.advance(seconds=599)
    assert arrivals.handle() is None
    arrivals.clock.advance(seconds=2)
    assert arrivals.handle().became == "retried"


@pytest.mark.parametrize("failure", [NotAllowed("401", status=401), Refused("400", status=400)])
def test_a_vendor_that_refuses_for_good_is_not_asked_again(arrivals, failure):
    arrivals.client.objects["Q-1"] = failure
    arrivals.send(told(an_event(1)))
    assert arrivals.handle_all() == ["parked"]
    assert arrivals.inbox.line.counts().parked == 1


def test_what_never_works_is_parked_in_the_end(arrivals):
    arrivals.client.objects["Q-1"] = VendorDown("500", status=500)
    arrivals.send(told(an_event(1)))
    became = []
    for _ in range(MOST_ATTEMPTS):
        became += arrivals.handle_all()
        arrivals.clock.advance(hours=4)
    assert became == ["retried"] * (MOST_ATTEMPTS - 1) + ["parked"]


def test_a_document_that_cannot_be_read_is_parked_with_every_reason(arrivals):
    arrivals.send(told(an_event(1, payload=a_quote(price="a lot", seats=[]))))
    assert arrivals.handle_all() == ["parked"]
    reason = arrivals.events()[0].reason
    assert "$.price: a number in plain digits is wanted here" in reason
    assert "$.seats" in reason


def test_a_fault_of_ours_is_tried_three_times_and_never_quotes_what_was_sent(arrivals):
    arrivals.client.objects["Q-1"] = KeyError("Jane Doe")
    arrivals.send(told(an_event(1)))
    became = []
    for _ in range(3):
        became += arrivals.handle_all()
        arrivals.clock.advance(hours=1)
    assert became == ["retried", "retried", "parked"]
    assert "KeyError" in arrivals.events()[0].reason
    assert "Jane" not in arrivals.events()[0].reason


def test_a_connection_that_is_gone_parks_its_events(arrivals):
    arrivals.send(told(an_event(1, payload=a_quote())))
    arrivals.connected = connections(*())
    arrivals.connected.by_name.clear()
    assert arrivals.handle_all() == ["parked"]
    assert arrivals.events()[0].reason == "there is no connection acme any more"


def test_what_was_not_understood_is_said_in_the_decision_and_replayed(arrivals):
    payload = a_quote(promo_price=80, billing_rhythm="odd", colour="red", rounded=True)
    arrivals.send(told(an_event(1, payload=payload)))
    decision_id = arrivals.handle().decision_id
    notes = [each for each in arrivals.decision(decision_id)["not_assessed"] if each["policy_id"] == VENDOR_FIELDS]
    assert [each["because"] for each in notes] == [
        "A field of Acme CPQ that bears on discount was not understood, and not judged by: $.promo_price (80).",
        "A field of Acme CPQ that bears on billing was not understood, and not judged by: $.billing_rhythm (odd).",
        "the price was rounded by Acme",
    ]
    assert replay(decision_id, arrivals.store).same


def test_what_was_not_understood_of_a_set_up_is_said_and_replayed_as_well(arrivals):
    contract = {"id": "A-1", "version": 1, "seats": 10, "price": "100"}
    subscription = contract | {"id": "B-1", "contract": "A-1", "trial_end_date": "2026-02-01"}
    arrivals.send(told(an_event(1, "A-1", object="contract", payload=contract)))
    arrivals.send(told(an_event(2, "B-1", object="subscription", payload=subscription)))
    arrivals.handle_all()
    [decision] = arrivals.decisions()
    [note] = [
        each for each in arrivals.decision(decision.decision_id)["not_assessed"] if each["policy_id"] == VENDOR_FIELDS
    ]
    assert "$.trial_end_date (2026-02-01)" in note["because"]
    assert replay(decision.decision_id, arrivals.store).same


def test_an_event_that_holds_several_documents_makes_each_decision_once(arrivals):
    arrivals.send(told(an_event(1, payload=[a_quote("Q-1"), a_quote("Q-2"), a_quote("Q-3")])))
    item = arrivals.inbox.line.claim()
    real = arrivals.services.gate.check_quote
    seen = []

    def breaks_off(call):
        if len(seen) == 2:
            raise StoreUnavailable("away")
        seen.append(call)
        return real(call)

    arrivals.judges = lambda: {Shape.QUOTE: breaks_off}
    assert arrivals.inbound().handle(item).became == "retried"
    del arrivals.judges
    arrivals.clock.advance(seconds=20)
    assert arrivals.handle_all() == ["done"]
    assert [each.subject.id for each in arrivals.decisions()] == ["Q-1", "Q-2", "Q-3"]


def test_agreements_and_invoices_are_stored_and_what_bills_an_agreement_is_verified_again(arrivals):
    contract = {"id": "A-1", "version": 1, "seats": 10, "price": "100"}
    subscription = {"id": "B-1", "version": 1, "contract": "A-1", "seats": 10, "price": "100"}
    arrivals.send(told(an_event(1, "A-1", object="contract", version=1, payload=contract)))
    arrivals.send(told(an_event(2, "B-1", object="subscription", version=1, payload=subscription)))
    arrivals.send(told(an_event(3, "I-1", object="invoice", version=1, payload={"id": "I-1"})))
    assert arrivals.handle_all() == ["done", "done", "done"]
    assert arrivals.store.documents.get(DocumentKind.INVOICE, "I-1").document.key_id == "connection:acme"
    changed = contract | {"price": "120", "version": 2}
    arrivals.send(told(an_event(4, "A-1", object="contract", version=2, payload=changed)))
    arrivals.handle_all()
    assert [(each.subject.id, each.verdict) for each in arrivals.decisions()] == [("B-1", "allow"), ("B-1", "block")]


def test_a_configuration_whose_agreement_is_still_on_its_way_waits_for_it(arrivals):
    subscription = {"id": "B-1", "version": 1, "contract": "A-1", "seats": 10, "price": "100"}
    arrivals.send(told(an_event(2, "B-1", object="subscription", payload=subscription)))
    assert arrivals.handle_all() == ["retried"]
    contract = {"id": "A-1", "version": 1, "seats": 10, "price": "100"}
    arrivals.send(told(an_event(1, "A-1", object="contract", payload=contract)))
    arrivals.clock.advance(minutes=1)
    assert sorted(arrivals.handle_all()) == ["done", "done"]


def test_what_follows_from_a_decision_is_in_its_transaction(arrivals):
    followed = []

    def follows(connected, target):
        return [lambda _, made: followed.append((target.object_id, target.payload["id"], made.summary.decision_id))]

    arrivals.consequences = follows
    arrivals.send(told(an_event(1, payload=a_quote())))
    handled = arrivals.handle()
    assert followed == [("Q-1", "Q-1", handled.decision_id)]


def test_what_fails_to_follow_undoes_the_decision(arrivals):
    def follows(connected, target):
        def breaks(_, made):
            raise StoreUnavailable("the outbox is away")

        return [breaks]

    arrivals.consequences = follows
    arrivals.send(told(an_event(1, payload=a_quote())))
    assert arrivals.handle().became == "retried"
    assert arrivals.decisions() == []


def test_a_delivery_that_could_not_be_read_is_kept_and_read_again(arrivals):
    assert arrivals.send({"nothing": "we know", "events": None}).became == "stored"
    assert arrivals.handle_all() == ["parked"]
    [event] = arrivals.events()
    assert json.loads(arrivals.inbox.delivery(event.delivery_id).body) == {"nothing": "we know", "events": None}


def test_a_replay_handles_again_and_never_brings_back_the_past(arrivals):
    for version in (1, 2):
        arrivals.send(told(an_event(version, version=version, payload=a_quote(version=version))))
        arrivals.clock.advance(seconds=1)
    arrivals.handle_all()
    old, new = arrivals.events()
    assert arrivals.inbox.again([old.event_id, new.event_id]) == 2
    assert arrivals.handle_all() == ["superseded", "done"]
    assert [each.subject.revision for each in arrivals.decisions()] == ["1", "2", "2"]


def test_several_workers_make_each_decision_once_and_end_with_the_newest(arrivals):
    versions = [(f"Q-{number % 5}", number) for number in range(60)]
    for number, (name, version) in enumerate(sorted(versions, key=lambda each: hash(each) % 7)):
        arrivals.send(told(an_event(number, name, version=version, payload=a_quote(name, version))))
    with ThreadPoolExecutor(3) as pool:
        became = [each for found in pool.map(lambda _: arrivals.handle_all(), range(3)) for each in found]
    decisions = arrivals.decisions()
    assert set(became) <= {"done", "superseded"}
    assert became.count("done") == len(decisions)
    newest = {each.subject.id: each.subject.revision for each in decisions}
    assert newest == {f"Q-{number}": str(55 + number) for number in range(5)}
    assert len({event.decision_id for event in arrivals.events() if event.decision_id}) == len(decisions)
