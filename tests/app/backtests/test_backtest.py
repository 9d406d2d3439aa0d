"""Backtests, held against what was worked out by hand on a dozen deals (conftest.py)."""

from decimal import Decimal

import pytest

from app.backtests.backtest import backtest, of_draft
from app.backtests.recipe import Recipe
from app.backtests.told import as_json
from app.rules import RuleFiles, RulesRefused
from tests.app.backtests.conftest import DEALS, NOW, OUTCOMES, a_deal, a_policy, an_outcome


@pytest.fixture
def run(rules, deals):
    def call(*files, without=(), quotes=DEALS, outcomes=OUTCOMES, **options):
        recipe = Recipe.to_files(rules.files, {f"{at}.yaml": text for at, text in enumerate(files)}, without)
        return backtest(rules, recipe, deals(quotes, outcomes), now=NOW, **options)

    return call


def test_an_added_policy_is_held_against_how_deals_ended(run):
    found = run(a_policy()).past
    caught = found.gained
    # whose time ran out
    assert (found.deals, caught.deals, caught.leaked, caught.clean, caught.unknown) == (10, 5, 2, 1, 2)
    assert caught.money == {"USD": Decimal(500), "EUR": Decimal(200)}
    assert caught.precision == pytest.approx(2 / 3)
    assert dict(found.flips) == {("allow", "flag"): 5}


def test_amounts_are_added_across_currencies_by_the_companys_rates_only(run):
    told = as_json(run(a_policy()))["history"]["newly_found"]
    assert told["leaked_money"] == [{"currency": "EUR", "amount": "200.00"}, {"currency": "USD", "amount": "500.00"}]
    assert told["leaked_money_in_company_currency"] == {"currency": "USD", "amount": "900.00"}


def test_the_open_pipeline_is_told_apart(run):
    found = run(a_policy()).open
    assert [each.quote_id for each in found.flipped] == ["Q-05", "Q-06"]
    assert found.flipped[0].amount == Decimal(12000)


def test_flips_are_counted_by_rep(run):
    reps = run(a_policy()).past.reps
    assert {rep: each.stricter for rep, each in reps.items()} == {"ann": 2, "bob": 2, "cat": 1}


def test_a_policy_in_shadow_touches_deals_and_flips_none(run):
    found = run(a_policy(effect="shadow")).past
    assert (found.gained.deals, len(found.flipped)) == (5, 0)


def test_a_policy_left_out_releases_what_it_held(run):
    found = run(without=("monthly",)).past
    assert dict(found.flips) == {("block", "allow"): 1}
    assert (found.lost.deals, found.released.deals) == (1, 1)


def test_a_weaker_effect_of_the_same_policy_is_a_flip_from_block_to_flag(run):
    found = run(a_policy("monthly", "monthly", "flag")).past
    assert dict(found.flips) == {("block", "flag"): 1}
    assert found.reps["dan"].milder == 1


def test_a_deal_that_others_block_anyway_does_not_flip(run):
    found = run(a_policy("also", "monthly", "flag")).past
    assert found.gained.deals == 1
    assert not found.flipped


def test_the_dates_of_a_candidate_are_left_aside(run):
    assert run(a_policy() + "effective: {from: 2027-01-01}\n").past.gained.deals == 5


def test_other_tables_are_judged_on_both_sides(rules, deals):
    company = "name: Test\ncurrency: USD\npolicy_overrides: {monthly: {effect: shadow}}\n"
    other = RuleFiles(policies=rules.files.policies, company=company)
    found = backtest(rules, Recipe.to_rules(rules.files, other), deals(), now=NOW)
    assert not found.change.same_tables
    assert dict(found.past.flips) == {("block", "allow"): 1}


def test_a_quote_that_comes_again_counts_as_it_came_last(run):
    found = run(a_policy(), quotes=[*DEALS, a_deal(1, "annual", "ann")])
    assert (found.repeated, found.past.gained.deals) == (1, 4)


def test_what_cannot_be_read_is_told_and_the_rest_is_judged(run):
    found = run(a_policy(), quotes=[*DEALS, {"quote_id": "Q-13"}])
    assert (found.quotes, found.unmatched) == (12, 1)
    assert found.unreadable > 0


def test_a_deal_that_was_found_clean_later_is_a_false_alarm(run):
    later = an_outcome(1, leaked=False, discovered_at="2026-05-01T00:00:00Z")
    caught = run(a_policy(), outcomes=[*OUTCOMES, later]).past.gained
    assert (caught.leaked, caught.clean) == (1, 2)


def test_faults_of_a_candidate_are_told_with_file_line_and_caret(run):
    with pytest.raises(RulesRefused) as refused:
        run(a_policy().replace("quote.billing_frequency !=", "quote.biling_frequency !="))
    assert "0.yaml:5:" in refused.value.reasons[0]
    assert "did you mean" in refused.value.reasons[0]


def test_the_text_of_a_draft_is_tested_before_it_is_saved(rules, deals):
    found = of_draft(rules, a_policy(), deals(), now=NOW)
    assert [each.quote_id for each in found.past.flipped] == ["Q-01", "Q-02", "Q-03", "Q-04", "Q-07"]


@pytest.mark.slow
def test_several_processes_give_the_same(run):
    many = [a_deal(number, ("annual", "quarterly")[number % 3 == 0], "ann") for number in range(16_000)]
    one, two = (as_json(run(a_policy(), quotes=many, processes=processes)) for processes in (1, 2))
    assert one == two
