"""What lies in the outbox arrives: at least once, in order, again after failures, and where it cannot, a person is told why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.courier import Courier, calls_in, plan_of
from app.store import MessageFilter, MessageKind, MessageState
from app.undelivered import MOST_ATTEMPTS, pause
from cpq_hooks.adapter import VendorCall
from cpq_hooks.clients.failures import Conflicting, NotAllowed, NotThere, Refused, Throttled, Unreachable, VendorDown
from policies.domain.decision import Verdict
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock
from tests.receivers import Reply, Vendor, document, listening
from tests.sending import QUOTE, SUBSCRIPTION, a_verification, held, record, released, told


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock, sending=told("decision.recorded", "hold.not_carried_out")) as opened:
        yield opened


@pytest.fixture
def vendor():
    return Vendor()


def courier(store, clock, vendor, *endpoints, **terms):
    connected = vendor.connections("billing", "cpq")
    named = {each.name: each for each in endpoints}
    return Courier(store, connected, vendor, lambda: named, clock, chance=lambda: 1.0, **terms)


def decided(decision):
    summary = decision.summary
    answer = document(summary.decision_id, summary.subject.type.value, summary.subject.id, summary.verdict.value)
    return replace(decision, document=answer)


def block(store, origin=SUBSCRIPTION):
    decision = decided(a_verification())
    return record(store, decision, origin=origin, hold=held(decision))


def allow(store):
    decision = decided(a_verification(verdict=Verdict.ALLOW))
    return record(store, decision, origin=SUBSCRIPTION, hold=released(decision))


def message(store, kind=MessageKind.HOLD):
    return store.outbox.page(MessageFilter(kind=kind))[0]


def settle(store, clock, carrier, rounds=200):
    """Deliver until nothing waits but what has no turn for an hour, moving time on."""
    for _ in range(rounds):
        carrier.deliver_due()
        if not store.outbox.line.counts().waiting:
            return
        clock.advance(hours=25)


def test_a_hold_is_carried_out_and_said_to_be_then_released(store, clock, vendor):
    first = block(store)
    carrier = courier(store, clock, vendor)
    carrier.deliver_due()
    assert vendor.paths == ["/hold/sub_1/0", "/write/sub_1"]
    assert (vendor.held, vendor.made[0].idempotency_key) == ({"sub_1"}, f"hold/sub_1/0:{first}")
    allow(store)
    carrier.deliver_due()
    assert vendor.paths[2:] == ["/release/sub_1", "/write/sub_1"]
    assert [each.sent_at for each in store.holds.history("BC-1")] == [clock(), clock()]
    assert message(store).state is MessageState.DELIVERED


def test_an_event_arrives_signed_and_is_told_once(store, clock, vendor):
    with listening() as erp:
        record(store, decided(a_decision()))
        carrier = courier(store, clock, vendor, erp.endpoint())
        assert [carrier.deliver_due(), carrier.deliver_due()] == [1, 0]
        [(headers, _)] = erp.taken
    assert headers["webhook-id"] == message(store, MessageKind.EVENT).message_id


def test_a_hold_that_the_vendor_does_not_have_is_parked_told_and_not_marked(store, clock, vendor):
    vendor.can_hold = False
    block(store)
    with listening() as erp:
        courier(store, clock, vendor, erp.endpoint()).deliver_due()
        bodies = [body for _, body in erp.taken]
    assert "Acme has no hold for the subscription sub_1 as it is now" in message(store).reason
    assert message(store).state is MessageState.PARKED
    assert any(b"hold.not_carried_out" in body and b"Acme has no hold" in body for body in bodies)
    assert store.holds.history("BC-1")[0].sent_at is None


def test_a_quote_that_needs_no_hold_is_no_failure(store, clock, vendor):
    vendor.can_hold = False
    record(store, decided(a_decision(verdict=Verdict.BLOCK)), origin=replace(QUOTE, payload={"held": False}))
    courier(store, clock, vendor).deliver_due()
    assert (message(store).state, message(store).reason) == (
        MessageState.DELIVERED, "Acme has no hold for the quote qt_1 as it is now",
    )  # fmt: skip


def test_what_the_vendor_holds_already_counts_as_held(store, clock, vendor):
    vendor.held.add("sub_1")
    block(store)
    courier(store, clock, vendor).deliver_due()
    assert vendor.paths == ["/write/sub_1"]
    assert store.holds.history("BC-1")[0].sent_at is not None


def test_a_workflow_that_waits_gets_its_callback(store, clock, vendor):
    record(store, decided(a_decision(verdict=Verdict.ALLOW)), origin=replace(QUOTE, callback="cb_1"))
    courier(store, clock, vendor).deliver_due()
    assert vendor.paths == ["/complete/cb_1/qt_1"]


@pytest.mark.parametrize(
    "failure", [Refused("400 expired", status=400), NotThere("404", status=404), Conflicting("409 done", status=409)]
)
def test_a_callback_that_nobody_waits_for_any_more_is_done_with_a_word_on_it(store, clock, vendor, failure):
    record(store, decided(a_decision(verdict=Verdict.ALLOW)), origin=replace(QUOTE, callback="cb_1"))
    vendor.fails = [failure]
    courier(store, clock, vendor).deliver_due()
    found = message(store, MessageKind.CALLBACK)
    assert (found.state, found.reason) == (MessageState.DELIVERED, f"nobody waits any more ({failure})")


def test_a_callback_whose_credentials_are_refused_is_tried_again(store, clock, vendor):
    record(store, decided(a_decision(verdict=Verdict.ALLOW)), origin=replace(QUOTE, callback="cb_1"))
    vendor.fails = [NotAllowed("401", status=401)]
    courier(store, clock, vendor).deliver_due()
    assert message(store, MessageKind.CALLBACK).state is MessageState.WAITING


def test_calls_that_were_made_before_a_failure_are_not_made_again(store, clock, vendor):
    vendor.steps, vendor.fails = 3, [None, VendorDown("503", status=503)]
    block(store)
    carrier = courier(store, clock, vendor)
    settle(store, clock, carrier)
    assert vendor.paths == ["/hold/sub_1/0", "/hold/sub_1/1", "/hold/sub_1/1", "/hold/sub_1/2", "/write/sub_1"]


def test_calls_that_came_to_nothing_because_the_object_has_changed_are_made_anew(store, clock, vendor):
    vendor.steps, vendor.fails = 2, [VendorDown("503"), Refused("400", status=400)]
    block(store)
    carrier = courier(store, clock, vendor)
    settle(store, clock, carrier)
    assert vendor.paths[:4] == ["/hold/sub_1/0", "/hold/sub_1/0", "/hold/sub_1/0", "/hold/sub_1/1"]
    assert message(store).state is MessageState.DELIVERED


@pytest.mark.parametrize(
    "failure",
    [
        Unreachable("nobody"),
        Throttled("429", status=429, wait=3),
        VendorDown("500"),
        NotAllowed("401"),
        Conflicting("409"),
    ],
)
def test_what_may_pass_is_tried_again(store, clock, vendor, failure):
    vendor.fails = [failure]
    block(store)
    carrier = courier(store, clock, vendor)
    carrier.deliver_due()
    assert (message(store).state, message(store).attempts) == (MessageState.WAITING, 1)
    clock.advance(minutes=1)
    carrier.deliver_due()
    assert message(store).state is MessageState.DELIVERED


@pytest.mark.parametrize("failure", [Refused("400", status=400), NotThere("404", status=404)])
def test_what_the_vendor_will_not_do_is_parked_at_once_and_what_follows_goes_on(store, clock, vendor, failure):
    vendor.fails = [failure]
    block(store)
    courier(store, clock, vendor).deliver_due()
    assert message(store).state is MessageState.PARKED
    assert vendor.paths == ["/hold/sub_1/0", "/write/sub_1"]


def test_a_page_for_people_is_no_success(store, clock, vendor):
    vendor.html = True
    block(store)
    courier(store, clock, vendor).deliver_due()
    assert message(store).state is MessageState.WAITING
    assert "HTML page" in message(store).reason


def test_after_enough_attempts_it_is_left_to_a_person(store, clock, vendor):
    vendor.fails = [VendorDown("503")] * 100
    block(store)
    carrier = courier(store, clock, vendor)
    settle(store, clock, carrier)
    assert message(store).state is MessageState.PARKED
    assert message(store).reason == f"after {MOST_ATTEMPTS} attempts: 503"
    parked = store.outbox.page(MessageFilter(state=MessageState.PARKED))
    assert [each.note.kind.value for each in parked if each.note.destination == "billing"] == ["write_back", "hold"]


def test_a_fault_of_an_adapter_keeps_the_message_and_quotes_nothing(store, clock, vendor):
    vendor.fetch_fails = [KeyError("customer's name")] * 10
    block(store)
    carrier = courier(store, clock, vendor)
    settle(store, clock, carrier)
    assert message(store).state is MessageState.PARKED
    assert "KeyError" in message(store).reason
    assert "customer" not in message(store).reason


@pytest.mark.parametrize(
    ("connected", "told_of"),
    [((), "there is no connection billing any more"), (("billing",), "there is no client for it")],
)
def test_what_nobody_can_carry_out_is_parked_with_the_reason(store, clock, vendor, connected, told_of):
    class NoClients:
        def of(self, connection):
            return None

    block(store)
    Courier(store, vendor.connections(*connected), NoClients(), dict, clock).deliver_due()
    assert told_of in message(store).reason


def test_a_listener_that_is_no_more_leaves_its_events_to_a_person(store, clock, vendor):
    record(store, decided(a_decision()))
    courier(store, clock, vendor).deliver_due()
    assert message(store, MessageKind.EVENT).reason == "there is no webhook erp any more"


def test_a_listener_that_does_not_answer_is_left_alone_and_others_are_not(store, clock, vendor):
    with listening(Reply(503)) as erp:
        for number in range(5):
            record(store, decided(a_decision(quote_id=f"Q-{number}")))
        block(store)
        courier(store, clock, vendor, erp.endpoint()).deliver_due()
        assert len(erp.taken) == 1
    assert vendor.held == {"sub_1"}
    assert sum(each.attempts for each in store.outbox.page(MessageFilter(kind=MessageKind.EVENT))) == 1


def test_a_listener_says_when_to_come_back(store, clock, vendor):
    with listening(Reply(429, headers={"Retry-After": "7200"}), Reply()) as erp:
        record(store, decided(a_decision()))
        carrier = courier(store, clock, vendor, erp.endpoint())
        carrier.deliver_due()
        clock.advance(minutes=119)
        assert carrier.deliver_due() == 0
        clock.advance(minutes=2)
        assert carrier.deliver_due() == 1
    assert message(store, MessageKind.EVENT).state is MessageState.DELIVERED


def test_no_call_is_begun_that_could_outlast_the_claim(store, clock, vendor):
    vendor.steps = 3
    passing = iter([0.0, 0.0, 100.0, 100.0, 239.8, 239.9])
    block(store)
    carrier = courier(store, clock, vendor, seconds=lambda: next(passing, 239.9))
    carrier.handle(store.outbox.line.claim())
    assert "took all the time" in message(store).reason
    assert len(vendor.made) == 2


def test_a_later_state_is_never_overwritten_by_an_older_message(store, clock, vendor):
    block(store)
    carrier = courier(store, clock, vendor)
    carrier.deliver_due()
    allow(store)
    carrier.deliver_due()
    store.outbox.again([message(store).message_id])
    carrier.deliver_due()
    assert message(store).state is MessageState.SUPERSEDED
    assert vendor.held == set()


def test_a_release_does_not_wait_for_days_behind_a_hold_that_fails(store, clock, vendor):
    vendor.fails = [VendorDown("500", status=500)]
    block(store)
    carrier = courier(store, clock, vendor)
    carrier.deliver_due()
    allow(store)
    clock.advance(minutes=1)
    carrier.deliver_due()
    assert message(store).state is MessageState.SUPERSEDED
    assert (message(store, MessageKind.RELEASE).state, message(store, MessageKind.RELEASE).reason) == (
        MessageState.DELIVERED, "there is no hold of ours at Acme",
    )  # fmt: skip


def test_waits_grow_to_a_day_and_are_spread():
    assert [pause(attempt, 1.0) for attempt in (1, 2, 3, 9, 30)] == [
        timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=90), timedelta(seconds=65_610), timedelta(days=1),
    ]  # fmt: skip
    assert pause(1, 0.0) == timedelta(seconds=5)


def test_calls_are_kept_as_they_are_made():
    call = VendorCall(
        method="POST", path="/a", purpose="hold", form=(("b[c]", "ü"),), headers=(("X", "y"),), idempotency_key="k"
    )
    other = VendorCall(method="PUT", path="/d", purpose="write", json={"a": [1, "2"]})
    assert calls_in(plan_of([call, other])) == (call, other)
