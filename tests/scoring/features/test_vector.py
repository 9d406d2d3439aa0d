"""The vector: deterministic, whatever the order of lines, from the past alone, and NaN where nothing is known."""

import json
from dataclasses import replace
from itertools import permutations
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import FEATURES, NAMES, digest, vector
from scoring.features.vector import _MODULES
from scoring.history import History, HistoryBuilder
from tests.builders import a_line, a_usage_line, tiers
from tests.scoring.sold import built_from, day, facts, many, outcome

LINES = (
    a_line(line_id="1", list_unit_price="120", product_family="Seats"),
    a_line(line_id="2", product_id="DATA", product_family="Data", free_months="2", uplift_percent="3"),
    a_usage_line(line_id="3", included_quantity="1000", tiers=tiers(("10", "1"), (None, "0.5")), net_unit_price=None),
    a_line(line_id="4", product_id="HELP", product_family="Support", charge_type="one_time", list_unit_price="100"),
)


def some_history():
    deals, outcomes = many(20, 8)
    others, known = many(20, 2, rep="R2", team="T2", lines=list(LINES))
    return built_from(*deals, *others, outcomes=[*outcomes, *known]).as_of(day(200))


def same(one, other):
    return repr(one.values) == repr(other.values)


def test_the_list_is_ordered_without_repetition_and_complete():
    assert len(set(NAMES)) == len(NAMES) == len(FEATURES)
    assert all(each.direction in (-1, 0, 1) and each.sentence and each.topic for each in FEATURES)


def test_every_module_computes_exactly_the_features_that_it_names():
    deal = facts()
    for module in _MODULES:
        computed = vector(deal, (), History(), day(0))
        assert {each.name for each in module.FEATURES} <= set(NAMES)
        assert len(computed.values) == len(NAMES)


def test_the_digest_tells_other_features_apart():
    assert digest().startswith("sha256:")
    assert digest() == digest()


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_the_order_of_lines_does_not_matter(order):
    history = some_history()
    as_sent = facts("Q-9", on=200, lines=list(LINES))
    turned = facts("Q-9", on=200, lines=[LINES[at] for at in order])
    assert same(vector(as_sent, (), history, day(200)), vector(turned, (), history, day(200)))


@given(st.lists(st.tuples(st.integers(0, 7), st.booleans(), st.integers(1, 90)), max_size=12), st.integers(0, 90))
def test_what_is_learned_later_changes_no_earlier_vector(learned, moment):
    """Outcomes at or after the moment, of the quote itself and of others, change nothing."""
    deals = [(facts(f"Q{at}", on=at), at) for at in range(8)]
    known = [outcome(f"Q{at}", leaked=leaked, on=on) for at, leaked, on in learned]
    turned = [each if each.discovered_at < day(moment) else replace(each, leaked=not each.leaked) for each in known]
    vectors = [
        vector(facts("Q7", on=7), None, built_from(*deals, outcomes=some).as_of(day(moment)), day(moment))
        for some in (known, turned, [each for each in known if each.discovered_at < day(moment)])
    ]
    assert same(vectors[0], vectors[1])
    assert same(vectors[0], vectors[2])


def test_the_own_outcome_is_in_no_vector_of_the_stream():
    def stream(leaked):
        builder = HistoryBuilder()
        builder.add_outcome(outcome("Q-1", leaked=leaked, on=30))
        first = vector(facts("Q-1", on=10), None, builder.as_of(day(10)), day(10))
        builder.add_quote(facts("Q-1", on=10), at=day(10))
        return first, vector(facts("Q-2", on=40), None, builder.as_of(day(40)), day(40))

    (clean, after_clean), (leaked, after_leaked) = stream(False), stream(True)
    assert same(clean, leaked)
    assert not same(after_clean, after_leaked)


def test_a_new_rep_is_judged_as_one_of_the_team():
    history = some_history()
    new = vector(facts(rep="NEW", team="T1"), None, history, day(200))
    assert new.of("rep_leakage_rate") == new.of("team_leakage_rate")
    assert new.of("rep_known_deals") == 0.0


def test_what_nobody_stated_is_unknown_and_never_zero():
    bare = facts(rep=None, created_at=None, billing_frequency=None, billing_timing=None, end_date=None, start_date=None)
    found = vector(bare, None, History(), day(0))
    unknown = {
        *("rep_leakage_rate", "rep_known_deals", "rep_tenure", "rep_load", "product_rate_highest", "currency_rate"),
        *("discount_depth", "discount_mean", "peer_price_deviation", "account_rate", "account_deals", "deal_size"),
        *("term_months", "non_standard_frequency", "arrears_lines", "payment_days", "convenience", "renews"),
        *("quarter_end_days", "quarter_end_rush", "revision", "lead_days", "findings_block", "finding_rate_highest"),
    }
    assert {name for name in unknown if not isnan(found.of(name))} == set()


def test_nothing_found_is_zero_and_not_evaluated_is_unknown():
    deal = facts()
    assert vector(deal, (), History(), day(0)).of("findings_block") == 0.0
    assert isnan(vector(deal, None, History(), day(0)).of("findings_block"))


def test_a_restored_history_gives_the_same_vector():
    history = some_history()
    restored = History.restored(json.loads(json.dumps(history.snapshot())))
    deal = facts("Q-9", on=200, lines=list(LINES))
    assert same(vector(deal, (), history, day(200)), vector(deal, (), restored, day(200)))


def test_the_vector_names_what_the_deal_is_counted_under_and_what_it_is_worth():
    found = vector(facts(lines=list(LINES[:2])), (), some_history(), day(200))
    assert found.categories["rep"] == ("R1",)
    assert found.categories["product"] == ("DATA", "SEATS")
    assert found.categories["pair"] == ("Data + Seats",)
    assert (found.currency, found.value) == ("USD", 10 * 100 * 12 + 10 * 100 * 10)


def test_a_kind_of_which_nothing_is_known_has_no_name():
    found = vector(facts(rep=None), None, History(), day(0))
    assert {"rep", "team", "segment", "pair", "pattern"}.isdisjoint(found.categories)
