"""The audit, which knows nothing of the simulator, agrees with it: to the cent where all is well, and on what is not."""

import json
from collections import defaultdict
from datetime import timedelta

import pytest

from app.demo.documents import documents_of
from cpq_hooks.canonical import load_agreement, load_invoice, load_usage
from policies.auditing.audit import audit


@pytest.fixture(scope="module")
def audited(world):
    """What an audit at the end of history finds in a contract's agreement, usage and invoices."""

    def findings(deal):
        texts = defaultdict(list)
        for document in documents_of(deal, world.seed, world.end):
            texts[document.kind.value].append(json.loads(document.text))
        return audit(
            load_agreement(texts["agreements"][0]),
            [load_usage(each) for each in texts["usage"]],
            [load_invoice(each) for each in texts["invoices"]],
            as_of=world.end - timedelta(days=1),
        ).findings

    return findings


def test_contracts_in_which_nothing_was_planted_are_billed_to_the_cent(stories, audited):
    amended = {deal.alters for deals in stories for deal in deals if deal.leak}
    clean = [
        deal
        for deals in stories
        for deal in deals
        if deal.contract and not (deal.leak or deal.over or deal.plant) and deal.contract.agreement_id not in amended
    ]
    assert len(clean) > 60
    assert [(deal.quote.quote_id, finding.message) for deal in clean for finding in audited(deal)] == []


@pytest.mark.parametrize(
    "pattern", ["I01", "I03", "P01", "P03", "R01", "R02", "R03", "U01", "U03", "U04", "U05", "U06"]
)
def test_what_was_planted_is_found(planted, audited, pattern):
    assert pattern in {finding.pattern for finding in audited(planted[pattern])}
