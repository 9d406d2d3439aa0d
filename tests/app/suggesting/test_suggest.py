"""Suggestions: what is planted is found, what is noise is not, and what is written passes its own tests."""

import json
from random import Random

import pytest

from app.backtests.history import FiledDeals
from app.backtests.recipe import Recipe
from app.rules import RuleFiles, take_up
from app.suggesting.suggest import suggest
from tests.app.backtests.conftest import NOW, a_deal, a_policy, an_outcome

REPS = ("ann", "bob", "cat", "dan")


@pytest.fixture(scope="module")
def rules():
    policies = {"policies/once.yaml": a_policy("once", "once", "block")}
    return take_up(RuleFiles(policies=policies), tested=False)


def a_history(folder, odds, *, source="audit", deals=700):
    """Deals with a rhythm, a deal type and a term by lot, and how each ended, by odds that may depend on the deal."""
    chance = Random(7)
    quotes, outcomes = [], []
    for number in range(deals):
        frequency = chance.choice(("annual", "annual", "monthly", "monthly", "quarterly"))
        terms = {
            "deal_type": chance.choice(("new", "renewal")),
            "created_at": f"2025-01-01T00:{number // 60:02}:{number % 60:02}Z",
        }
        deal = a_deal(number, frequency, chance.choice(REPS), payment_terms_days=chance.choice((30, 45, 60)), **terms)
        quotes.append(deal)
        outcomes.append(an_outcome(number, leaked=chance.random() < odds(deal), source=source))
    for name, rows in (("quotes", quotes), ("outcomes", outcomes)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return FiledDeals(folder / "quotes.jsonl", folder / "outcomes.jsonl", 1 << 24)


def quarterly_leaks(deal):
    return 0.4 if deal["billing_frequency"] == "quarterly" else 0.08


def test_a_planted_habit_is_found_confirmed_and_written_as_a_policy_that_passes(tmp_path, rules):
    found = suggest(rules, a_history(tmp_path, quarterly_leaks), now=NOW, most=3)
    best = found.found[0]
    assert "quarterly" in best.text
    assert best.mined.confirmed.interval.low > 1
    recipe = Recipe.to_files(rules.files, {"suggested.yaml": best.text})
    taken_up = recipe.change(before=rules, tested=True).after.policies.policies[best.policy_id]
    assert (taken_up.effect.value, taken_up.owner) == ("shadow", "revops")


def test_of_pure_noise_nothing_is_suggested_and_that_is_said(tmp_path, rules):
    found = suggest(rules, a_history(tmp_path, lambda _: 0.2), now=NOW)
    assert found.found == ()
    assert "Nothing is suggested" in found.because


def test_reps_are_never_suggested(tmp_path, rules):
    found = suggest(rules, a_history(tmp_path, lambda deal: 0.6 if deal["rep"]["rep_id"] == "ann" else 0.05), now=NOW)
    assert not any("rep" in each.text.split("expect:")[0].split("require:")[1] for each in found.found)


def test_what_a_policy_finds_already_is_not_suggested_again(tmp_path):
    policies = {"policies/q.yaml": a_policy()}
    known = take_up(RuleFiles(policies=policies), tested=False)
    found = suggest(known, a_history(tmp_path, quarterly_leaks), now=NOW)
    assert found.caught_already > 100
    assert found.found == ()


def test_leaks_that_came_to_light_by_themselves_are_no_ground_for_a_comparison(tmp_path, rules):
    found = suggest(rules, a_history(tmp_path, quarterly_leaks, source="reconciliation"), now=NOW)
    assert found.looked_at == 0
    assert "are needed" in found.because
