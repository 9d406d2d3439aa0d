"""Reasons: at most five, the most important first, what belongs together told once, none of the principal left out."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import FEATURES, NAMES, FeatureVector
from scoring.reasons import MOST, reasons, sentence

FEATURE = {each.name: each for each in FEATURES}


def a_vector(details=None, **values):
    return FeatureVector(values=tuple(values.get(name, 0.0) for name in NAMES), details=details or {})


def test_the_largest_contribution_comes_first_whichever_way_it_goes():
    found = reasons(
        {"ramp_lines": 0.4, "lines": -0.9, "convenience": 0.6}, a_vector(ramp_lines=1, lines=2, convenience=1)
    )
    assert [each.feature for each in found] == ["lines", "convenience", "ramp_lines"]
    assert found[0].label == "The quote has 2 lines: this lowers the risk"


def test_features_of_one_topic_speak_once_with_all_of_their_weight():
    found = reasons({"ramp_lines": 0.5, "ramp_steps": 0.7, "tiers": 0.9}, a_vector(ramp_lines=1, ramp_steps=3, tiers=4))
    assert [(each.feature, each.contribution) for each in found] == [("ramp_steps", pytest.approx(1.2)), ("tiers", 0.9)]
    assert found[0].label == "The ramps have 3 steps"
    assert found[0].together_with == ("ramp_lines",)


def test_who_speaks_for_a_topic_goes_the_way_of_the_topic():
    found = reasons(
        {"ramp_lines": -0.9, "ramp_steps": 0.5, "tiers": 0.1}, a_vector(ramp_lines=1, ramp_steps=2, tiers=2)
    )
    assert (found[0].feature, found[0].contribution) == ("ramp_lines", pytest.approx(-0.4))


def test_there_are_at_most_five():
    names = ("lines", "tiers", "ramp_lines", "discount_depth", "convenience", "revision", "approvals")
    found = reasons({name: 1.0 - at / 10 for at, name in enumerate(names)}, a_vector(**dict.fromkeys(names, 1.0)))
    assert [each.feature for each in found] == list(names[:5])


def test_what_hardly_moves_the_odds_is_no_reason():
    assert reasons({"lines": 0.01, "tiers": 0.0, "revision": nan}, a_vector()) == ()


def test_a_contribution_of_what_is_no_feature_is_refused():
    with pytest.raises(KeyError):
        reasons({"shoe_size": 1.0}, a_vector())


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(-3, 3), max_size=30))
def test_no_topic_left_out_moves_more_than_one_that_is_told(contributions):
    found = reasons(contributions, a_vector())
    sums = {}
    for name, amount in contributions.items():
        sums[FEATURE[name].topic] = sums.get(FEATURE[name].topic, 0.0) + amount
    told = {each.topic for each in found}
    weakest = min((abs(each.contribution) for each in found), default=0.0)
    assert len(told) == len(found) <= MOST
    if len(found) == MOST:
        assert all(abs(amount) <= weakest + 1e-9 for topic, amount in sums.items() if topic not in told)
    total = sum(map(abs, sums.values()))
    principal = {topic for topic, amount in sums.items() if abs(amount) > max(0.0501, total / 4)}
    assert principal <= told


@pytest.mark.parametrize(
    ("name", "value", "detail", "text"),
    [
        (
            "rep_leakage_rate", 0.22, {"average": 0.071, "n": 14},
            "Deals of this rep leaked 3.1 times as often as the average (22 % against 7.1 %, 14 known deals)",
        ),
        (
            "rep_leakage_rate", 0.142, {"average": 0.071, "n": 0},
            "Nothing is known of this rep's deals yet; those of the team leaked 2.0 times as often as the average",
        ),
        ("pair_excess", 0.6931, {"name": "Data and Services"}, "With Data and Services sold together the odds of a leak are 2.0 times those of either by itself"),
        ("discount_depth", 24.6, {}, "The deepest discount is 25 %"),
        ("discount_depth", 0.0, {}, "No line is discounted"),
        ("discount_mean", 30.0, {}, "The quote is 30 % below list price over its term"),
        ("discount_mean", -5.0, {}, "The quote is 5 % above list price over its term"),
        ("missing_overage", 1.0, {}, "1 line with an included quantity and no overage price"),
        ("peer_price_lowest", -0.3567, {"name": "Seats", "peers": 40}, "Seats is priced 30 % below what peers pay for such a quantity (40 peers)"),
        ("lead_days", -4.0, {}, "The service starts 4 days before the quote was made"),
        ("deal_size", 5.0, {"amount": 120000.4, "currency": "USD"}, "The deal is worth USD 120,000 a year"),
        ("findings_share_at_risk", 0.3, {}, "Findings put 30 % of the contract's value at risk"),
        ("payment_days", 45.0, {}, "The customer has 45 days to pay"),
        ("revision", nan, {}, "Not known: revisions (revision)"),
    ],
)  # fmt: skip
def test_sentences_have_the_deals_own_numbers(name, value, detail, text):
    assert sentence(FEATURE[name], value, detail) == text


@pytest.mark.parametrize("feature", FEATURES, ids=NAMES)
def test_every_sentence_can_be_written_of_any_number(feature):
    detail = {"name": "Seats", "average": 0.1, "n": 3, "peers": 9, "days": 30.0, "usual": "8 %", "amount": 5.0}
    for value in (0.0, 1.0, 0.37, -2.5, 1e6):
        text = sentence(feature, value, detail)
        assert text
        assert "{" not in text
    assert sentence(feature, nan, {}).startswith("Not known: ")
