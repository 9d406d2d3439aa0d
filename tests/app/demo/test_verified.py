"""The verification, which knows nothing of the simulator, lets its clean set-ups pass and finds what was planted in others."""

import json
from collections import defaultdict
from datetime import timedelta
from random import Random

import pytest

from app.demo import demo_company
from app.demo.documents import documents_of
from app.demo.setup import configuration
from app.demo.setup import set_up as set_up_of
from app.rules import read_home, take_up
from app.verify import Known, set_up, verify
from cpq_hooks.canonical import load_agreement, load_billing_configuration
from policies.domain.decision import Verdict
from policies.domain.material import material
from policies.twin.decision import AgreementSource, ComparedWith
from policies.watching.renewals import NOT_IN_BILLING
from policies.watching.watch import watch

SET_UP = [f"B{number:02}" for number in range(1, 15)] + ["K01", "K02", "R01", "R03"]


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
    """The decision on each configuration of a contract on the day that it was made, knowing all that a record would hold."""

    def decisions(deal):
        contract = deal.contract
        agreement, configurations = held(deal)
        compared = ComparedWith(agreement_id=agreement.agreement_id, source=AgreementSource.STORED)
        for each in configurations:
            known = Known(
                agreement=agreement,
                compared_with=compared,
                approved=material(contract.quote),
                previous=configuration(contract, set_up_of(contract, Random(0))) if each.revision == "2" else None,
                others=tuple(other for other in configurations if other is not each),
            )
            setup = set_up(each, (), known, rules, each.created_at)
            yield verify(setup, rules, decision_id="test", compared_with=compared).decision

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


@pytest.fixture(scope="module")
def signed(stories):
    """The deal that holds the contract which a deal made, or altered."""
    by_agreement = {deal.contract.agreement_id: deal for deals in stories for deal in deals if deal.contract}
    return lambda deal: deal if deal.contract else by_agreement[deal.alters]


def test_clean_set_ups_are_allowed(clean, verified):
    found = [(deal.quote.quote_id, decision) for deal in clean for decision in verified(deal)]
    assert len(found) > 60
    assert [(name, each.headline) for name, each in found if each.verdict is not Verdict.ALLOW or each.findings] == []


@pytest.mark.parametrize("pattern", SET_UP)
def test_what_was_planted_in_a_set_up_is_found_by_its_name_and_nothing_besides(planted, signed, verified, pattern):
    found = {finding.pattern for decision in verified(signed(planted[pattern])) for finding in decision.findings}
    assert found == {pattern}


@pytest.mark.parametrize("pattern", ["P02", "P03"])
def test_what_was_cancelled_or_waits_for_its_milestone_shows_as_a_charge_that_never_invoices(
    planted, signed, verified, pattern
):
    [decision] = verified(signed(planted[pattern]))
    assert {finding.pattern for finding in decision.findings} == {"B08"}


@pytest.mark.parametrize(
    "pattern", ["K03", "P01", "I01", "I03", "U01", "U02", "U03", "U04", "U05", "U06", "R02", "R04"]
)
def test_what_goes_wrong_later_or_outside_of_billing_is_no_fault_of_the_set_up(planted, signed, verified, pattern):
    assert [decision.verdict for decision in verified(signed(planted[pattern]))] == [Verdict.ALLOW]


def test_no_message_has_empty_words(stories, verified):
    deals = [deal for deals in stories for deal in deals if deal.contract and (deal.leak or deal.over or deal.plant)]
    messages = [each.message for deal in deals for decision in verified(deal) for each in decision.findings]
    assert len(messages) > 30
    assert [each for each in messages if " ," in each or "  " in each or ": ." in each] == []


def test_the_watch_finds_the_agreed_uplift_in_the_billing_of_clean_contracts(clean, held):
    near = 0
    for deal in clean:
        agreement, configurations = held(deal)
        day = deal.contract.term.last_day - timedelta(days=30)
        seen = watch(agreement, configurations[0], (), day, company=demo_company()) if configurations else None
        near += seen is not None
        assert seen is None or [a for a in seen.alerts if a.finding.policy_id == NOT_IN_BILLING] == []
    assert near > 60
