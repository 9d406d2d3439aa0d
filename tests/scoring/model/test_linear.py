"""The linear part: effects worked by hand, names, what is not known and what is beyond measure."""

from math import inf, log, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import NAMES, FeatureVector
from scoring.model.linear import LEVEL_FEATURE, Column, Linear, Transform
from scoring.model.records import Records
from tests.scoring.model.modelled import a_linear, a_vector


def test_effects_add_up_as_by_hand():
    # lines: 0.5 x (8 - 4) / 2 = 1; depth: -1 x (30 - 10) / 10 = -2; the rep: 0.75
    vector = a_vector(lines=8, discount_depth=30, categories={"rep": ("R1",)})
    assert a_linear().margin(vector) == pytest.approx(-1.0 + 1.0 - 2.0 + 0.75)
    assert a_linear().contributions(vector) == {
        "lines": pytest.approx(1.0), "discount_depth": pytest.approx(-2.0), "rep_leakage_rate": 0.75
    }  # fmt: skip


def test_the_average_deal_has_the_intercept():
    assert a_linear().margin(a_vector(lines=4, discount_depth=10)) == -1.0


@pytest.mark.parametrize("unknown", [nan, inf, -inf])
def test_what_is_not_known_has_its_own_effect(unknown):
    assert a_linear().margin(a_vector(lines=unknown, discount_depth=10)) == pytest.approx(-0.75)


def test_a_number_counts_within_its_bounds():
    # at most 10 lines count: 0.5 x (10 - 4) / 2 = 1.5
    assert a_linear().contributions(a_vector(lines=500))["lines"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        (Transform.AS_IS, 3.0, 3.0),
        (Transform.LOGIT, 0.75, log(3)),
        (Transform.LOGIT, 1.0, log((1 - 1e-6) / 1e-6)),
        (Transform.LOG1P, 6.0, log(7)),
        (Transform.LOG1P, -6.0, 0.0),
        (Transform.SIGNED_LOG1P, -6.0, -log(7)),
    ],
)
def test_a_number_is_transformed_first(transform, value, expected):
    column = Column(feature="lines", transform=transform, coefficient=1.0)
    assert column.contribution(value) == pytest.approx(expected)
    assert Linear(intercept=0.0, columns=(column,)).margin(a_vector(lines=value)) == pytest.approx(expected)


def test_a_name_never_seen_has_no_effect():
    assert a_linear().margin(a_vector(lines=4, discount_depth=10, categories={"rep": ("NEW",)})) == -1.0


def test_names_of_one_kind_add_up_less_what_the_average_deal_has():
    linear = a_linear(levels={"product": {"A": 0.5, "B": 0.25}}, level_means={"product": 0.1})
    found = linear.contributions(a_vector(categories={"product": ("A", "B", "C")}))
    assert found[LEVEL_FEATURE["product"]] == pytest.approx(0.65)


@pytest.mark.parametrize(
    "broken",
    [
        {"feature": "shoe_size"},
        {"feature": "lines", "scale": 0.0},
        {"feature": "lines", "coefficient": nan},
        {"feature": "lines", "low": 2.0, "high": 1.0},
    ],
)
def test_a_column_that_makes_no_sense_is_refused(broken):
    with pytest.raises(ValueError, match=r"feature|lines"):
        Column(**broken)


def test_levels_of_what_no_deal_is_counted_under_are_refused():
    with pytest.raises(ValueError, match="zodiac"):
        a_linear(levels={"zodiac": {"leo": 1.0}})


@settings(max_examples=25)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=len(NAMES), max_size=len(NAMES)))
def test_contributions_and_intercept_are_the_margin(values):
    linear = a_linear(columns=tuple(Column(feature=name, coefficient=0.1, low=-5.0, high=5.0) for name in NAMES))
    vector = FeatureVector(values=tuple(values), details={}, categories={"rep": ("R1",)})
    assert -1.0 + sum(linear.contributions(vector).values()) == pytest.approx(linear.margin(vector), abs=1e-9)


def test_json_reads_back_exactly():
    linear = a_linear(level_means={"rep": 0.1})
    assert Linear.of_json(linear.as_json()) == linear


@pytest.mark.parametrize(("rep", "expected"), [("R1", 0.75 + 0.5 * (log(3) - 0.6)), ("new", 0.5 * log(3))])
def test_what_came_to_be_known_of_a_rep_since_training_adds_to_the_name_or_stands_for_a_new_one(rep, expected):
    # 3 to 1 against the team's 1 to 1: log 3 above it now; R1 was 0.6 above it then.
    linear = a_linear(records=Records(weight=0.5, then={"R1": 0.6}))
    rates = {"rep_leakage_rate": 0.75, "team_leakage_rate": 0.5}
    vector = a_vector(lines=4, discount_depth=10, categories={"rep": (rep,)}, **rates)
    assert linear.margin(vector) == pytest.approx(-1.0 + expected)
    assert linear.contributions(vector)["rep_leakage_rate"] == pytest.approx(expected)
    assert Linear.of_json(linear.as_json()) == linear


@pytest.mark.parametrize("rates", [{"rep_leakage_rate": nan, "team_leakage_rate": 0.5}, {"rep_leakage_rate": 0.5}])
def test_where_no_history_is_known_nothing_came_to_be_known_of_a_rep(rates):
    linear = a_linear(records=Records(weight=0.5, then={"R1": 0.6}))
    vector = a_vector(lines=4, discount_depth=10, categories={"rep": ("R1",)}, **rates)
    assert linear.margin(vector) == pytest.approx(-1.0 + 0.75)


def test_a_record_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        Records(weight=0.5, then={"R1": inf})
