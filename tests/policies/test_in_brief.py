"""Judging in brief finds what judging in full finds, as far as verdicts and scores go, on simulated quotes with their defects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.demo import demo_catalog, demo_company
from benchmarks.features import simulated
from policies.derivation import derive
from policies.evaluation import evaluate, in_brief
from policies.policy import WhenUndetermined
from policies.policyset import PolicySet
from policies.waiver import Waiver
from scoring.decide import verdict
from scoring.features import vector
from scoring.history import HistoryBuilder
from tests.policies.test_evaluation import library

LATER = timedelta(days=200)
"""So long after it was made most quotes are stale, and prices have moved."""


@pytest.fixture(scope="module")
def deals():
    """The facts of simulated quotes, each when it was made and long after."""
    tables = {"catalog": demo_catalog(), "company": demo_company()}
    made = [(quote, quote.created_at or datetime(2026, 1, 1, tzinfo=UTC)) for quote in simulated(11, 150).quotes]
    return [derive(quote, as_of=at + after, **tables) for quote, at in made for after in (timedelta(), LATER)]


def flagging(policy):
    """The policy, flagging what it cannot tell."""
    return replace(policy, when_undetermined=WhenUndetermined.FLAG)


def what_counts(findings):
    """Findings without their words, their roots by their places."""
    places = {each.finding_id: at for at, each in enumerate(findings)}
    assert len(places) == len(findings)
    names = ("policy_id", "pattern", "effect", "direction", "line_ids", "amount_at_risk", "exposures", "approver")
    consents = ("approved_by", "waived_by")
    return [(*(getattr(each, name) for name in (*names, *consents)), places.get(each.root)) for each in findings]


def test_what_counts_is_found_with_its_money_consent_and_root(deals):
    found = [(evaluate(each, library()).findings, in_brief(each, library())) for each in deals]
    assert all(what_counts(full) == what_counts(brief) for full, brief in found)
    assert sum(len(brief) for _, brief in found) > 100
    assert any(each.root is not None for _, brief in found for each in brief)


def test_the_verdict_and_the_features_are_the_same(deals):
    history = HistoryBuilder().history
    for facts in deals:
        full, brief = evaluate(facts, library()).findings, in_brief(facts, library())
        assert verdict(full) is verdict(brief)
        assert repr(vector(facts, full, history, facts.as_of)) == repr(vector(facts, brief, history, facts.as_of))


def test_waivers_count(deals):
    facts = next(each for each in deals if in_brief(each, library()))
    first = in_brief(facts, library())[0]
    waiver = Waiver(
        policy_id=first.policy_id, subject_id=facts.quote.quote_id, owner="ann", reason="agreed", expires_on=facts.today
    )
    assert in_brief(facts, library(), waivers=[waiver])[0].waived_by == "ann"


def test_what_cannot_be_told_counts_where_the_policy_says_so(deals):
    policies = library().policies.values()
    strict = PolicySet.of([flagging(each) for each in policies])
    facts = deals[:40]
    found = [(evaluate(each, strict).findings, in_brief(each, strict)) for each in facts]
    assert all(what_counts(full) == what_counts(brief) for full, brief in found)
    assert sum(len(brief) for _, brief in found) > sum(len(in_brief(each, library())) for each in facts)
