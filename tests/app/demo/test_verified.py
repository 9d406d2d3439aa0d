"""The verification, which knows nothing of the simulator, lets its clean set-ups pass and finds what was planted in others."""

import json
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

import pytest

from app.demo import demo_company
from app.demo.documents import documents_of
from app.rules import read_home, take_up
from app.verify import Known, set_up, verify
from cpq_hooks.canonical import load_agreement, load_billing_configuration
from policies.domain.decision import Verdict
from policies.twin.decision import AgreementSource, ComparedWith
from policies.watching.renewals import NOT_IN_BILLING
from policies.watching.watch import watch


@pytest.fixture(scope="module")
def rules():
    return take_up(read_home(None), tested=False)


@pytest.fixture(scope="module")
def held(world):
    """The agreement of a contract and its configurations, as the documents have them."""

    def documents(deal):
        texts = defaultdict(list)
        for document in documents_of(deal, world.seed, world.end):
            texts[document.kind.value].append(json.loads(document.text))
        configurations = [load_billing_configuration(each) for each in texts["billing-configurations"]]
        return load_agreement(texts["agreements"][0]), configurations

    return documents


@pytest.fixture(scope="module")
def verified(rules, held):
    """The decision on each configuration of a contract, on the day that it was made."""

    def decisions(deal):
        agreement, configurations = held(deal)
        compared = ComparedWith(agreement_id=agreement.agreement_id, source=AgreementSource.STORED)
        for each in configurations:
            as_of = each.created_at or datetime.combine(agreement.signed_on, time(12), UTC)
            known = Known(agreement=agreement, compared_with=compared)
            yield verify(
                set_up(each, (), known, rules, as_of), rules, decision_id="test", compared_with=compared
            ).decision

    return decisions


@pytest.fixture(scope="module")
def clean(stories):
    """Contracts in which nothing was planted, nor in an amendment to them."""
    amended = {deal.alters for deals in stories for deal in deals if deal.leak}
    deals = [deal for deals in stories for deal in deals if deal.contract]
    return [
        deal
        for deal in deals
        if not (deal.leak or deal.over or deal.plant) and deal.contract.agreement_id not in amended
    ]


def test_clean_set_ups_are_allowed(clean, verified):
    found = [(deal.quote.quote_id, decision) for deal in clean for decision in verified(deal)]
    assert len(found) > 60
    assert [(name, each.headline) for name, each in found if each.verdict is not Verdict.ALLOW or each.findings] == []


def test_the_watch_finds_the_agreed_uplift_in_the_billing_of_clean_contracts(clean, held):
    near = 0
    for deal in clean:
        agreement, configurations = held(deal)
        day = deal.contract.term.last_day - timedelta(days=30)
        seen = watch(agreement, configurations[0], (), day, company=demo_company()) if configurations else None
        near += seen is not None
        assert seen is None or [a for a in seen.alerts if a.finding.policy_id == NOT_IN_BILLING] == []
    assert near > 60
