"""Verifying through the real gate and store, on both databases: recorded first, once for each key, replayed to the same answer."""

import json
from pathlib import Path

import pytest

from app.answering import Limits
from app.assess import Call, Caller
from app.ingest import AGREEMENTS, read_records
from app.known import context_in
from app.replay import replay
from app.reverify import SYSTEM, Reverifier
from app.set_up_gate import SetUpGate
from app.store import DecisionFilter, DocumentKind, IdempotencyConflict
from cpq_hooks.problem import Invalid
from policies.domain.outcome import SubjectType

EXAMPLE = Path(__file__).parents[2] / "examples" / "audits" / "seat-contract"
AGREEMENT = json.loads((EXAMPLE / "agreement.json").read_text("utf-8"))
CONFIGURATION = json.loads((EXAMPLE / "billing-configuration.json").read_text("utf-8"))
PREVIEW = {
    "invoice_id": "P-1",
    "billing_configuration_id": "BC-SEATS",
    "issued_on": "2024-01-01",
    "currency": "USD",
    "lines": [{"charge_id": "CH-1", "kind": "recurring", "quantity": "500", "unit_price": "40", "amount": "20000.00"}],
}


def call(document, **terms):
    return Call(raw=json.dumps(document).encode(), caller=Caller(key_id=None), **terms)


@pytest.fixture
def verify(services):
    """Sends a configuration to the gate, and gives the decision."""
    return lambda document, **terms: json.loads(services.set_ups.verify(call(document, **terms)).body)


@pytest.fixture
def store(services):
    return services.store


def sign(store, **terms):
    read = read_records(AGREEMENTS, json.dumps(AGREEMENT | terms).encode())
    store.documents.put(DocumentKind.AGREEMENT, read.documents)
    return read.documents


def verifications(store):
    return store.decisions.page(DecisionFilter(subject_type=SubjectType.BILLING_CONFIGURATION)).decisions


def test_a_decision_is_recorded_with_its_configuration_before_it_is_answered(verify, store):
    told = verify(CONFIGURATION | {"agreement": AGREEMENT})
    stored = store.decisions.get(told["decision_id"])
    assert json.loads(stored.decision.document) == told
    summary = stored.decision.summary
    assert (summary.subject.type, summary.subject.id) == (SubjectType.BILLING_CONFIGURATION, "BC-SEATS")
    assert (summary.source, summary.account_id) == ("example", "ACC-EXAMPLE")
    document = store.documents.get(DocumentKind.BILLING_CONFIGURATION, "BC-SEATS").document
    assert json.loads(document.body) == CONFIGURATION
    assert (document.agreement_id, document.parent_id) == ("AG-SEATS", "Q-SEATS")
    assert store.verify_chain().is_whole


def test_a_preview_of_the_decision_leaves_nothing_behind(verify, store):
    assert verify(CONFIGURATION | {"agreement": AGREEMENT}, dry_run=True)["verdict"] == "block"
    assert verifications(store) == ()
    assert store.documents.get(DocumentKind.BILLING_CONFIGURATION, "BC-SEATS") is None
    assert store.holds.get("BC-SEATS") is None


def test_a_key_gets_its_first_answer_again_and_no_second_record(services, store):
    document = CONFIGURATION | {"agreement": AGREEMENT}
    first = services.set_ups.verify(call(document, idempotency_key="k-1"))
    again = services.set_ups.verify(call(document, idempotency_key="k-1"))
    assert (again.replayed, again.body) == (True, first.body)
    assert len(verifications(store)) == 1
    with pytest.raises(IdempotencyConflict):
        services.set_ups.verify(call(document | {"revision": "2"}, idempotency_key="k-1"))


def test_the_same_content_gets_the_same_decision(verify):
    document = CONFIGURATION | {"agreement": AGREEMENT}
    first, second = (verify(document) for _ in range(2))
    # Spelt otherwise, and in another order.
    charge = {**CONFIGURATION["charges"][0], "net_unit_price": 40.00, "quantity": "500.0"}
    third = verify({"agreement": AGREEMENT, **CONFIGURATION, "charges": [charge]})
    for name in ("verdict", "headline", "subject", "first_months", "matches", "totals"):
        assert first[name] == second[name] == third[name], name


def test_what_nobody_waited_for_is_held_and_its_decision_found_later(services, store):
    document = call(CONFIGURATION | {"agreement": AGREEMENT}, wait_seconds=0)
    answer = services.set_ups.verify(document)
    told = json.loads(answer.body)
    assert (answer.status, told["checked"], told["fail_mode"], told["verdict"]) == (202, False, "hold", "flag")
    services.set_ups.close()
    assert store.decisions.get(told["decision_id"]).decision.summary.verdict == "block"


def test_what_nobody_waited_for_and_is_refused_is_kept(services, store):
    told = json.loads(services.set_ups.verify(call(CONFIGURATION | {"agreement_id": "AG-9"}, wait_seconds=0)).body)
    services.set_ups.close()
    kept = store.refused.get(told["links"]["refused"].rpartition("/")[2])
    assert kept.request.route == "POST /v1/billing-configurations/verify"
    assert b"AG-9" in kept.request.problem


@pytest.mark.parametrize("source", ["request", "stored", "earlier_verification", "quote_decision"])
def test_every_decision_is_made_again_from_the_record(verify, ask, store, source):
    document = CONFIGURATION
    if source == "request":
        document = CONFIGURATION | {"agreement": AGREEMENT, "previews": [PREVIEW]}
    elif source == "stored":
        sign(store)
    elif source == "earlier_verification":
        verify(CONFIGURATION | {"agreement": AGREEMENT})
        document = CONFIGURATION | {"charges": [CONFIGURATION["charges"][0] | {"net_unit_price": "39"}]}
    else:
        ask({name: AGREEMENT[name] for name in ("quote_id", "currency", "start_date", "end_date", "lines")})
        document = {name: value for name, value in CONFIGURATION.items() if name != "agreement_id"}
    told = verify(document)
    assert told["compared_with"]["source"] == source
    if source == "stored":
        sign(store, end_date="2025-12-31", term_months=24)  # what came later does not matter
    assert replay(told["decision_id"], store).differences == ()


def test_the_context_keeps_what_the_decision_saw(verify, store, ask):
    sent = {name: AGREEMENT[name] for name in ("quote_id", "currency", "start_date", "end_date", "lines")}
    decided = json.loads(ask(sent | {"stage": "sent"}).body)
    sign(store)
    verify(CONFIGURATION | {"revision": "0", "charges": [CONFIGURATION["charges"][0] | {"net_unit_price": "38"}]})
    told = verify(CONFIGURATION)
    context = context_in(store.decisions.get(told["decision_id"]))
    assert context["agreement"]["document"]["agreement_id"] == "AG-SEATS"
    assert context["previous"]["revision"] == "0"
    assert context["approved_in"] == decided["decision_id"]
    assert replay(told["decision_id"], store).same


def test_a_changed_agreement_has_it_verified_again_by_the_system(services, verify, store):
    sign(store)
    mended = CONFIGURATION["charges"][0] | {"included_quantity": "500", "overage_unit_price": "50"}
    assert verify(CONFIGURATION | {"charges": [mended]})["verdict"] == "allow"
    dearer = [AGREEMENT["lines"][0] | {"overage_unit_price": "60"}]
    reverifier = Reverifier(services.set_ups, store)
    changed = read_records(AGREEMENTS, json.dumps(AGREEMENT | {"lines": dearer}).encode()).documents
    store.documents.put(
        DocumentKind.AGREEMENT, changed, beside=lambda connection: reverifier.stored_in(connection, changed)
    )
    reverifier.soon()
    reverifier.close()
    newest, _ = verifications(store)
    assert (newest.key_id, newest.verdict) == (SYSTEM, "block")
    assert store.holds.get("BC-SEATS").state.holds
    assert replay(newest.decision_id, store).same


def test_what_cannot_be_held_against_anything_is_refused(services):
    with pytest.raises(Invalid):
        services.set_ups.verify(call(CONFIGURATION))


def test_more_charges_than_are_taken_are_refused(services):
    limits = Limits(max_bytes=1_000_000, max_lines=1, idempotency=services.settings.idempotency)
    gate = SetUpGate(services.store, services.rules.current, services.clock, limits)
    charges = [CONFIGURATION["charges"][0] | {"charge_id": str(number)} for number in range(2)]
    with pytest.raises(Invalid, match="at most 1"):
        gate.verify(call(CONFIGURATION | {"charges": charges, "agreement": AGREEMENT}))
