"""What a model is trained on: the features that stood with a decision, as long as nothing was known of the deal then."""

import json
from datetime import UTC, datetime, timedelta
from math import nan

import pytest

from app.assess import Call, Caller
from app.bootstrap import build
from app.config import Settings
from app.ingest import AGREEMENTS, OUTCOMES, QUOTES, read_records
from app.learning.deals import vector_in
from app.learning.examples import material_in
from app.scored import Scored, scoring_context
from app.store.decisions import DecisionNote
from app.store.upgrade import upgrade
from policies.domain.decision import Risk, RiskStatus, Verdict
from scoring.features import NAMES, FeatureVector
from tests.fakes import Clock

QUOTE = {
    "quote_id": "Q-1",
    "currency": "USD",
    "created_at": "2026-03-01T08:00:00Z",
    "lines": [
        {"line_id": "1", "product_id": "SEAT", "charge_type": "one_time", "net_unit_price": "9", "quantity": "2"}
    ],
}


@pytest.fixture
def recorded(tmp_path):
    """A store with a gate before it, and the clock that both go by."""
    url = f"sqlite:///{tmp_path / 'quoteguard.db'}"
    upgrade(url)
    clock = Clock()
    environ = {"QUOTEGUARD_HOME": str(tmp_path), "QUOTEGUARD_DATABASE_URL": url}
    services = build(Settings.from_environment(environ), clock=clock)
    yield services, clock
    services.gate.close()
    services.set_ups.close()
    services.store.close()


def put(services, sort, *records):
    services.store.documents.put(sort.kind, read_records(sort, json.dumps(records).encode()).documents)


def decided(services):
    services.gate.check_quote(Call(raw=json.dumps(QUOTE).encode(), caller=Caller(key_id=None)))


def an_outcome(at):
    subject = {"type": "quote", "id": "Q-1"}
    return {"outcome_id": "O", "subject": subject, "leaked": True, "discovered_at": at.isoformat()}


def a_note(risk):
    """A decision with the features of an empty deal on record."""
    features = FeatureVector(values=(nan,) * (len(NAMES) - 1) + (0.25,), details={}, currency="USD", value=18.0)
    context = json.dumps(scoring_context(Scored(risk=risk, vector=features))).encode()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return DecisionNote(
        decision_id="dec_1", subject_id="Q-1", created_at=now, verdict=Verdict.ALLOW, simulated=False, context=context
    )


def test_a_scored_decision_brings_its_features_along():
    found = vector_in(a_note(Risk(status=RiskStatus.SCORED, model_version="2026-01-01T00-00-00Z-00000000")))
    assert (found.values[-1], found.value, found.currency) == (0.25, 18.0, "USD")


def test_an_index_for_cold_starts_asked_no_history_and_teaches_nothing_of_it():
    assert vector_in(a_note(Risk(status=RiskStatus.PRIOR))) is None


def test_a_decision_before_the_outcome_says_what_the_verdict_was(recorded):
    services, clock = recorded
    decided(services)
    put(services, QUOTES, QUOTE)
    put(services, OUTCOMES, an_outcome(clock() + timedelta(days=9)))
    [deal] = material_in(services.store, clock() + timedelta(days=10)).deals
    assert deal.verdict is Verdict.ALLOW
    assert deal.made_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_a_decision_made_after_something_turned_out_teaches_nothing(recorded):
    services, clock = recorded
    put(services, QUOTES, QUOTE)
    put(services, OUTCOMES, an_outcome(clock() - timedelta(days=1)))
    decided(services)
    [deal] = material_in(services.store, clock() + timedelta(days=10)).deals
    assert (deal.vector, deal.verdict) == (None, None)


def test_a_quote_that_was_only_checked_is_a_deal_and_its_agreement_says_that_it_was_signed(recorded):
    services, clock = recorded
    decided(services)
    signed = {**QUOTE, "agreement_id": "A-1", "quote_id": "Q-1", "signed_on": f"{clock() + timedelta(days=3):%Y-%m-%d}"}
    put(services, AGREEMENTS, signed)
    [deal] = material_in(services.store, clock() + timedelta(days=10)).deals
    assert (deal.quote_id, deal.accepted, deal.verdict) == ("Q-1", True, Verdict.ALLOW)
