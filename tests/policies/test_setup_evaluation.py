"""Set-ups are judged by their own policies: stable ids, waivers, proven remedies, each amount once."""

from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from app.rules import library_files
from policies.checks import ALL
from policies.derivation import derive
from policies.domain.finding import Direction, Effect
from policies.evaluation import evaluate
from policies.loader import PoliciesRefused, load
from policies.policyset import PolicySet
from policies.setup_evaluation import evaluate_setup
from policies.twin.setup import SetUpFacts
from policies.twin.twin import twin
from policies.waiver import Waiver
from tests.builders import a_quote
from tests.judging import AS_OF
from tests.set_ups import a_set_up

NO_TRIALS = """\
id: no-trials
pattern: B06
title: No trials in billing
applies_to: billing_configuration
for_each: charge
when: charge.trial_days != null
require: charge.trial_days == 0
effect: flag
message: "{charge.charge_id} has a trial of {charge.trial_days} days for {configuration.billing_configuration_id}"
remedy: {set: charge.trial_days, to: "0"}
owner: billing-operations
tests:
  - {name: a trial, line: {quantity: "1", net_unit_price: "5"}, charge: {quantity: "1", net_unit_price: "5", trial_days: 7}, expect: violated}
  - {name: none, line: {quantity: "1", net_unit_price: "5"}, charge: {quantity: "1", net_unit_price: "5", trial_days: 0}, expect: satisfied}
"""


@cache
def library() -> PolicySet:
    return load(library_files(), ALL)


def judged(policies=None, waivers=(), **given):
    setup = a_set_up(**given)
    return evaluate_setup(SetUpFacts(setup=setup, twin=twin(setup)), policies or library(), waivers=waivers)


CHEAP = {"charges": ({"net_unit_price": "90"},)}


def test_a_set_up_as_agreed_has_no_finding() -> None:
    evaluation = judged()
    assert (evaluation.findings, evaluation.totals, evaluation.not_assessed) == ((), {}, ())


def test_a_wrong_price_blocks_with_its_money_and_a_patch_that_is_proven() -> None:
    # 10 * (100 - 90) * 12.
    [finding] = judged(**CHEAP).findings
    assert (finding.policy_id, finding.effect, finding.direction) == (
        "price-or-quantity-differs",
        Effect.BLOCK,
        Direction.UNDER,
    )
    assert finding.amount_at_risk.remaining_term == Decimal(1200)
    [change] = finding.remedy.changes
    assert (change.path, change.value, finding.remedy.clears) == ("/charges/0/net_unit_price", Decimal(100), True)


def test_a_finding_keeps_its_id_in_the_next_revision() -> None:
    [first] = judged(**CHEAP).findings
    [second] = judged(charges=({"net_unit_price": "85"},), billing={"revision": "2", "status": "active"}).findings
    assert first.finding_id == second.finding_id
    assert first.finding_id != judged(billing={"billing_configuration_id": "B-2"}, **CHEAP).findings[0].finding_id


@pytest.mark.parametrize(("subject", "owner"), [("B-1", "dana"), ("AG-1", None)])
def test_a_waiver_is_for_the_configuration(subject, owner) -> None:
    waiver = Waiver(
        policy_id="price-or-quantity-differs",
        subject_id=subject,
        owner="dana",
        reason="a pilot price",
        expires_on=date(2026, 1, 31),
    )
    [finding] = judged(waivers=[waiver], **CHEAP).findings
    assert finding.waived_by == owner


def test_too_little_and_too_much_are_never_one_sum() -> None:
    lines = ({}, {"product_id": "SUPPORT", "quantity": "1"})
    charges = ({"net_unit_price": "90"}, {"product_id": "SUPPORT", "quantity": "2"})
    totals = judged(lines=lines, charges=charges).totals
    assert totals == {Direction.UNDER: Decimal(1200), Direction.OVER: Decimal(1200)}


def test_one_root_owns_the_money_of_a_line_that_is_wrong_twice() -> None:
    evaluation = judged(charges=({"net_unit_price": "90", "state": "paused"},))
    by_policy = {each.policy_id: each for each in evaluation.findings}
    assert by_policy["price-or-quantity-differs"].root == by_policy["never-invoices"].finding_id
    assert evaluation.totals == {Direction.UNDER: Decimal(12000)}


def test_charges_that_nobody_sold_are_added_up() -> None:
    strays = ({}, {"product_id": "A", "line_id": "8"}, {"product_id": "B", "line_id": "9", "quantity": "3"})
    assert judged(charges=strays).totals == {Direction.OVER: Decimal(12000 + 3600)}


def test_a_remedy_of_one_of_two_causes_clears_its_own() -> None:
    findings = judged(charges=({"net_unit_price": "90", "trial_days": 31},)).findings
    assert {each.policy_id: each.remedy.clears for each in findings} == {
        "price-or-quantity-differs": True,
        "free-time-not-sold": True,
    }


@pytest.mark.slow
def test_of_many_remedies_on_a_large_configuration_the_first_are_proven_and_the_others_untried() -> None:
    # 5,000 lines at most, 20 for each of 50 charges: five proofs.
    many = [{"product_id": f"P-{number}", "quantity": "1"} for number in range(50)]
    findings = judged(lines=many, charges=[each | {"net_unit_price": "90"} for each in many]).findings
    assert [each.remedy.clears for each in findings].count(True) == 5
    assert [each.remedy.clears for each in findings].count(None) == 45


def test_what_was_assumed_is_not_assessed_with_the_policy_that_would_have_judged_it() -> None:
    untold = judged(charges=({"billing_timing": None},)).not_assessed
    assert [(each.policy_id, each.because) for each in untold] == [
        (
            "billing-rhythm-differs",
            "charge C-1 does not state its billing timing: in_advance was taken, from line 1 of the agreement",
        )
    ]


def test_an_expression_judges_each_charge_with_evidence_and_remedy_of_its_own() -> None:
    policies = load({"no-trials.yaml": NO_TRIALS}, {})
    findings = judged(policies, charges=({"trial_days": 7}, {"trial_days": 0}, {"trial_days": 9})).findings
    assert [each.message for each in findings] == [
        "C-1 has a trial of 7 days for B-1",
        "C-3 has a trial of 9 days for B-1",
    ]
    assert findings[0].evidence[0].field == "charges[C-1].trial_days"
    assert [each.remedy.changes[0].path for each in findings] == ["/charges/0/trial_days", "/charges/2/trial_days"]
    assert [each.remedy.clears for each in findings] == [True, True]
    assert len({each.finding_id for each in findings}) == 2


def test_quotes_and_set_ups_are_judged_by_their_own_policies_alone() -> None:
    facts = derive(a_quote(), as_of=AS_OF)
    about = {policy.id for policy in library().policies.values() if policy.applies_to == "billing_configuration"}
    assert {policy.id for policy, _, _ in library().hits(facts)}.isdisjoint(about)
    assert evaluate(facts, load({"no-trials.yaml": NO_TRIALS}, {})).findings == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("for_each: charge", "for_each: line", "for_each is charge or left out"),
        ("charge.trial_days == 0", "charge.trail_days == 0", "has no field trail_days"),
        ("applies_to: billing_configuration", "applies_to: agreement", "agreement is not judged by itself"),
        ("set: charge.trial_days", "set: agreement.term_months", "sets a field of the charge or of the configuration"),
        ("require: charge.trial_days == 0", "check: net-price", "judges a quote: write applies_to: quote"),
        ("for_each: charge\n", "for_each: charge\ncheck: rounding-drift\n", "judges the whole billing configuration"),
    ],
)
def test_a_slip_in_a_policy_on_set_ups_is_refused_in_its_own_words(before, after, words) -> None:
    with pytest.raises(PoliciesRefused) as refused:
        load({"no-trials.yaml": NO_TRIALS.replace(before, after)}, ALL)
    assert any(words in each.message for each in refused.value.problems), refused.value
