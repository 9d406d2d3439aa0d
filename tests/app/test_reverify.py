"""What was verified is verified again when its agreement changes, beside the request and without harm to it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, read_records
from app.reverify import SYSTEM, NotStored, Reverifier
from policies.domain.outcome import SubjectType
from policies.twin.content import set_up_hash
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock, FakeVerifier

LINE = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "5", "net_unit_price": "40"}
AGREEMENT = {"agreement_id": "AG-1", "quote_id": "Q-1", "currency": "USD", "lines": [LINE]}
CONFIGURATION = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [LINE | {"charge_id": "C-1"}]}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(sqlite_url, clock):
    with a_store(sqlite_url, clock=clock) as opened:
        yield opened


def put(store, sort, document, **filed):
    documents = [replace(each, **filed) for each in read_records(sort, json.dumps(document).encode()).documents]
    store.documents.put(sort.kind, documents)
    return documents


def verified(store, content_hash="sha256:other"):
    """The record of an earlier verification of BC-1."""
    decision = a_decision(content_hash=content_hash)
    subject = replace(decision.summary.subject, type=SubjectType.BILLING_CONFIGURATION, id="BC-1")
    store.record(replace(decision, summary=replace(decision.summary, subject=subject)))


def noted(store, agreements):
    """That these agreements were stored, as the transaction that does so notes it."""
    again = Reverifier(FakeVerifier(), store)
    documents = list(agreements)
    store.documents.put(AGREEMENTS.kind, documents, beside=lambda connection: again.stored_in(connection, documents))


def caught_up(store, agreements, verifier=None):
    """The calls that verified again because of these agreements, and what could not be."""
    verifier, failures = verifier or FakeVerifier(), []
    noted(store, agreements)
    reverifier = Reverifier(verifier, store, lambda *failure: failures.append(failure), clock=Clock())
    reverifier.soon()
    reverifier.close()
    return verifier.calls, failures


def test_a_changed_agreement_has_its_configuration_verified_by_the_system(store):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    verified(store)
    [call], failures = caught_up(store, put(store, AGREEMENTS, AGREEMENT))
    assert call.caller.key_id == SYSTEM
    assert not call.dry_run
    # The configuration names no agreement itself; the store knows which one it is to bill.
    assert json.loads(call.raw) == CONFIGURATION | {"agreement_id": "AG-1"}
    assert failures == []


def test_so_has_one_that_is_known_by_its_quote(store):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION | {"quote_id": "Q-1"})
    verified(store)
    [call], _ = caught_up(store, put(store, AGREEMENTS, AGREEMENT))
    assert json.loads(call.raw)["billing_configuration_id"] == "BC-1"


def test_what_was_never_verified_or_is_verified_as_it_stands_is_left_alone(store):
    [document] = put(store, AGREEMENTS, AGREEMENT)
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    assert caught_up(store, [document]) == ([], [])
    configuration = BILLING_CONFIGURATIONS.load(CONFIGURATION | {"agreement_id": "AG-1"})
    verified(store, set_up_hash(AGREEMENTS.load(AGREEMENT), configuration))
    assert caught_up(store, [document]) == ([], [])


def test_what_fails_is_told_and_the_others_have_their_turn(store):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION | {"quote_id": "Q-1"})
    verified(store)
    both = [put(store, AGREEMENTS, AGREEMENT | {"agreement_id": each})[0] for each in ("AG-1", "AG-2")]
    fault = RuntimeError("no")
    calls, failures = caught_up(store, both, FakeVerifier(raises=fault))
    assert len(calls) == 2
    assert failures == [("AG-1", fault), ("AG-2", fault)]


def test_what_failed_has_its_turn_later_in_another_process(store, clock):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    verified(store)
    agreements = put(store, AGREEMENTS, AGREEMENT)
    caught_up(store, agreements, FakeVerifier(raises=RuntimeError("no")))
    [waiting] = store.rechecks.page()
    assert (waiting.attempts, waiting.reason) == (1, "RuntimeError")
    assert waiting.due_at - clock.now == timedelta(seconds=30)
    store.rechecks.again([waiting.item_id])
    verifier = FakeVerifier()
    assert Reverifier(verifier, store, clock=clock).work_off() == 1
    assert len(verifier.calls) == 1
    assert store.rechecks.page() == ()


def test_what_was_noted_and_not_begun_before_a_crash_is_done_afterwards(store):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    verified(store)
    noted(store, put(store, AGREEMENTS, AGREEMENT))
    verifier = FakeVerifier()
    assert Reverifier(verifier, store).work_off() == 1
    assert len(verifier.calls) == 1


def test_a_change_that_comes_while_one_is_worked_on_is_looked_at_too(store):
    agreements = put(store, AGREEMENTS, AGREEMENT)
    noted(store, agreements)
    item = store.rechecks.claim()
    noted(store, agreements)
    store.rechecks.finish(item)
    assert len(store.rechecks.page()) == 1


def test_what_fails_again_and_again_waits_for_a_person(store, clock):
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    verified(store)
    noted(store, put(store, AGREEMENTS, AGREEMENT))
    verifier = FakeVerifier(raises=RuntimeError("no"))
    again = Reverifier(verifier, store, clock=clock)
    for _ in range(20):
        again.work_off()
        clock.advance(hours=1)
    assert len(verifier.calls) == 12
    assert store.rechecks.counts().parked == 1


def test_a_configuration_that_is_not_stored_cannot_be_verified_again(store):
    with pytest.raises(NotStored):
        Reverifier(FakeVerifier(), store).again("BC-9")
