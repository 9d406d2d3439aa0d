"""What was verified is verified again when its agreement changes, beside the request and without harm to it."""

import json
from dataclasses import replace

import pytest

from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, read_records
from app.reverify import SYSTEM, NotStored, Reverifier
from policies.domain.outcome import SubjectType
from policies.twin.content import set_up_hash
from tests.app.store.builders import a_decision, a_store
from tests.fakes import FakeVerifier

LINE = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "5", "net_unit_price": "40"}
AGREEMENT = {"agreement_id": "AG-1", "quote_id": "Q-1", "currency": "USD", "lines": [LINE]}
CONFIGURATION = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [LINE | {"charge_id": "C-1"}]}


@pytest.fixture
def store(sqlite_url):
    with a_store(sqlite_url) as opened:
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


def caught_up(store, agreements, verifier=None):
    """The calls that verified again because of these agreements, and what could not be."""
    verifier, failures = verifier or FakeVerifier(), []
    reverifier = Reverifier(verifier, store, lambda *failure: failures.append(failure))
    reverifier.agreements_stored(agreements)
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
    put(store, BILLING_CONFIGURATIONS, CONFIGURATION, agreement_id="AG-1")
    verified(store)
    agreements = put(store, AGREEMENTS, AGREEMENT)
    fault = RuntimeError("no")
    calls, failures = caught_up(store, [*agreements, *agreements], FakeVerifier(raises=fault))
    assert len(calls) == 2
    assert failures == [("AG-1", fault), ("AG-1", fault)]


def test_a_configuration_that_is_not_stored_cannot_be_verified_again(store):
    with pytest.raises(NotStored):
        Reverifier(FakeVerifier(), store).again("BC-9")
