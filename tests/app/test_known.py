"""What a configuration is held against: the best agreement that is known, what was approved, and how it was before."""

import json
from datetime import timedelta

import pytest

from app.answering import Limits
from app.assess import Call, Caller
from app.gate import QuoteGate
from app.ingest import AGREEMENTS, read_records
from app.known import look_up, offline
from app.recording import material_of
from app.set_up_gate import SetUpGate
from app.store import DocumentKind
from cpq_hooks.canonical import load_verify_request
from cpq_hooks.problem import Invalid
from policies.twin.decision import AgreementSource
from tests.app.store.builders import a_store
from tests.fakes import Clock, NoRules

LINE = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "5", "net_unit_price": "40"}
QUOTE = {"quote_id": "Q-1", "currency": "USD", "lines": [LINE]}
AGREEMENT = {"agreement_id": "AG-1", "quote_id": "Q-1", "currency": "USD", "lines": [LINE]}
CONFIGURATION = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [LINE | {"charge_id": "C-1"}]}


class Record:
    """A store, and gates without a policy that fill it."""

    def __init__(self, store, limits):
        self.store, self.clock = store, Clock()
        self.quotes = QuoteGate(store, NoRules().current, self.clock, limits)
        self.set_ups = SetUpGate(store, NoRules().current, self.clock, limits)

    def check(self, **terms):
        """Check the quote; the decision."""
        return self._told(self.quotes.check_quote, QUOTE | terms)

    def verify(self, **terms):
        """Verify the configuration; the decision."""
        return self._told(self.set_ups.verify, CONFIGURATION | terms)

    def sign(self, **terms):
        """Store the agreement."""
        read = read_records(AGREEMENTS, json.dumps(AGREEMENT | terms).encode())
        self.store.documents.put(DocumentKind.AGREEMENT, read.documents)

    def known(self, **terms):
        return look_up(load_verify_request(CONFIGURATION | terms), self.store)

    def _told(self, gate, document):
        self.clock.advance(minutes=1)
        return json.loads(gate(Call(raw=json.dumps(document).encode(), caller=Caller(key_id=None))).body)


@pytest.fixture
def record(database_url):
    with a_store(database_url) as store:
        yield Record(store, Limits(max_bytes=100_000, max_lines=100, idempotency=timedelta(hours=1)))


def source(known):
    return known.compared_with.source


def test_an_agreement_that_is_sent_along_goes_before_one_that_is_stored(record):
    record.sign(agreement_id="AG-2")
    known = record.known(agreement=AGREEMENT, agreement_id="AG-2")
    assert (source(known), known.agreement.agreement_id) == (AgreementSource.REQUEST, "AG-1")


def test_one_that_is_stored_is_found_by_its_id_and_by_its_quote_in_its_version_in_force(record):
    record.sign()
    record.sign(signed_on="2026-01-05")
    for named in ({"agreement_id": "AG-1"}, {"quote_id": "Q-1"}, {"agreement_id": "AG-9", "quote_id": "Q-1"}):
        known = record.known(**named)
        assert (source(known), known.compared_with.version) == (AgreementSource.STORED, 2)
        assert str(known.agreement.signed_on) == "2026-01-05"


def test_then_the_one_that_it_was_verified_against_before(record):
    first = record.verify(agreement=AGREEMENT)
    for revision in "23":
        compared = record.verify(revision=revision)["compared_with"]
        assert (compared["source"], compared["decision_id"]) == ("earlier_verification", first["decision_id"])
    assert source(record.known(agreement_id="AG-1")) is AgreementSource.EARLIER_VERIFICATION
    with pytest.raises(Invalid):
        record.known(agreement_id="AG-9")
    record.sign()
    assert source(record.known()) is AgreementSource.STORED


def test_at_last_the_quote_as_it_was_decided_stands_in_and_that_is_said(record):
    record.check(revision="1")
    newest = record.check(revision="2")
    told = record.verify(quote_id="Q-1")
    assert told["compared_with"] == {
        "agreement_id": "Q-1",
        "source": "quote_decision",
        "quote_id": "Q-1",
        "signed_on": None,
        "version": None,
        "decision_id": newest["decision_id"],
    }
    assert "no signed agreement" in told["not_assessed"][0]["because"]


@pytest.mark.parametrize(
    ("named", "path"),
    [({}, "$.agreement"), ({"quote_id": "Q-9"}, "$.agreement"), ({"agreement_id": "AG-9"}, "$.agreement_id")],
)
def test_without_any_the_answer_says_what_to_do(record, named, path):
    with pytest.raises(Invalid) as refused:
        record.known(**named)
    [problem] = refused.value.problems
    assert problem.path == path
    assert "store it with POST /v1/agreements" in problem.message
    for name in named.values():
        assert name in problem.message


def test_the_approved_content_is_what_an_approval_names_else_what_was_sent_else_what_passed(record):
    passed = record.check()
    approved = record.check(lines=[LINE | {"net_unit_price": "41"}])
    assert record.known(agreement=AGREEMENT).approved_in == approved["decision_id"]
    sent = record.check(lines=[LINE | {"net_unit_price": "42"}], stage="sent")
    record.check(lines=[LINE | {"net_unit_price": "43"}], stage="draft")
    known = record.known(agreement=AGREEMENT)
    assert known.approved_in == sent["decision_id"]
    assert known.approved == material_of(record.store.decisions.get(sent["decision_id"]).decision.request)
    approval = {"approver_id": "VP-1", "content_hash": passed["subject"]["content_hash"]}
    assert record.known(agreement=AGREEMENT | {"approvals": [approval]}).approved_in == passed["decision_id"]


def test_the_previous_configuration_is_the_last_with_other_content(record):
    assert record.known(agreement=AGREEMENT).previous is None
    record.verify(agreement=AGREEMENT, revision="1")
    cheaper = [LINE | {"charge_id": "C-1", "net_unit_price": "39"}]
    record.verify(agreement=AGREEMENT, revision="2", charges=cheaper)
    record.verify(agreement=AGREEMENT, revision="3", charges=cheaper)
    assert record.known(agreement=AGREEMENT, revision="4", charges=cheaper).previous.revision == "1"
    assert record.known(agreement=AGREEMENT, revision="4").previous.revision == "3"


def test_without_a_record_the_agreement_has_to_be_there():
    request = load_verify_request(CONFIGURATION | {"agreement": AGREEMENT})
    assert source(offline(request)) is AgreementSource.REQUEST
    with pytest.raises(Invalid):
        offline(load_verify_request(CONFIGURATION | {"agreement_id": "AG-1"}))


def test_other_configurations_of_the_agreement_that_make_invoices_are_known(record):
    record.sign()
    for name, terms in {
        "BC-1": {},
        "BC-2": {},
        "BC-3": {"status": "cancelled"},
        "BC-4": {"agreement_id": "AG-9"},
    }.items():
        record.verify(**{"billing_configuration_id": name, "agreement_id": "AG-1", "agreement": AGREEMENT} | terms)
    found = record.known(agreement_id="AG-1").others
    assert [each.billing_configuration_id for each in found] == ["BC-2"]
