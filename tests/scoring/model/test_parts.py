"""Calibration, tiers, money and kinds of leakage: worked by hand."""

from math import e, exp, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.model.amounts import Amounts
from scoring.model.calibration import Calibration
from scoring.model.patterns import Patterns
from scoring.model.tiers import Tier, TierTable
from tests.scoring.model.modelled import a_linear, a_vector, some_trees

POINTS = ((-2.0, 0.1), (0.0, 0.3), (2.0, 0.7))


@pytest.mark.parametrize(
    ("margin", "expected"), [(-9.0, 0.1), (-2.0, 0.1), (-1.0, 0.2), (0.0, 0.3), (0.5, 0.4), (2.0, 0.7), (9.0, 0.7)]
)
def test_between_two_points_it_is_a_straight_line(margin, expected):
    assert Calibration(points=POINTS).of(margin) == pytest.approx(expected)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_a_higher_margin_never_has_a_lower_probability(one, other):
    calibration = Calibration(points=POINTS)
    assert calibration.of(min(one, other)) <= calibration.of(max(one, other))


@pytest.mark.parametrize(
    "points", [(), ((0.0, 1.1),), ((nan, 0.1),), ((0.0, 0.5), (1.0, 0.4)), ((0.0, 0.1), (0.0, 0.2))]
)
def test_points_that_do_not_rise_are_refused(points):
    with pytest.raises(ValueError, match="calibration"):
        Calibration(points=points)


def table(**alert):
    return TierTable(
        tiers=(
            Tier(name="alert", from_probability=0.9, **alert),
            Tier(name="digest", from_probability=0.7, n=50, precision=0.8, low=0.67, high=0.89),
        )
    )


def test_a_tier_that_bears_its_name_says_what_was_measured():
    assert table().of(0.95) == ("alert", "no measured precision yet")
    assert table().of(0.7) == ("digest", "of 50 deals scored so, 80 % leaked (67 % to 89 %)")
    assert table().of(0.69) == ("refine", None)


def test_a_tier_that_does_not_bear_its_name_is_demoted_and_says_so():
    found = table(n=40, precision=0.6, low=0.45, high=0.74, bears_name=False).of(0.95)
    assert found == (
        "digest", "alert by its score, but of 40 deals scored so, 60 % leaked (45 % to 74 %): held as digest"
    )  # fmt: skip


def test_tiers_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="fall"):
        TierTable(tiers=(Tier(name="digest", from_probability=0.7), Tier(name="alert", from_probability=0.9)))


def test_a_loss_is_the_value_times_its_share():
    amounts = Amounts(constant=log(0.1), smearing=1.5, high=0.5)
    assert amounts.losses([a_vector(value=2000.0)]) == [pytest.approx(300.0)]


def test_a_share_lies_within_what_was_measured():
    amounts = Amounts(constant=log(5.0), low=0.01, high=0.5)
    assert amounts.shares([a_vector()]) == [0.5]


@pytest.mark.parametrize("value", [None, 0.0, -5.0, nan, float("inf")])
def test_without_a_value_a_loss_is_not_known(value):
    assert Amounts(constant=-1.0).losses([a_vector(value=value)]) == [None]


def test_the_share_may_come_from_a_linear_part_or_from_trees():
    vector = a_vector(lines=4, discount_depth=10)
    assert Amounts(constant=0.0, linear=a_linear()).shares([vector]) == [pytest.approx(1 / e)]
    trees = some_trees(objective="reg:squarederror", boosted_on=False)
    predicted = trees.margins([trees.row(vector.values)])[0]
    assert Amounts(constant=0.0, trees=trees, high=10.0).shares([vector]) == [pytest.approx(exp(predicted))]


def test_kinds_of_leakage_are_the_shares_of_known_leaks_where_nothing_else_was_learned():
    found = Patterns(names=("Q05", "Q11"), shares=(1.0, 3.0)).of(a_vector())
    assert found == {"Q05": pytest.approx(0.25), "Q11": pytest.approx(0.75)}


def test_kinds_of_leakage_follow_the_names_that_a_deal_is_counted_under():
    # e to the power of log(3) is three times as likely
    linears = (
        a_linear(intercept=0.0, columns=(), levels={"pattern": {"Q05": log(3)}}),
        a_linear(intercept=0.0, columns=()),
    )
    found = Patterns(names=("Q05", "Q11"), shares=(0.5, 0.5), linears=linears).of(a_vector({"pattern": ("Q05",)}))
    assert found["Q05"] == pytest.approx(0.75)


def test_kinds_of_leakage_from_trees_add_up_to_one():
    trees = some_trees(objective="multi:softprob", classes=3)
    patterns = Patterns(names=("Q01", "Q05", "Q11"), shares=(0.3, 0.3, 0.4), trees=trees)
    assert sum(patterns.of(a_vector(lines=3)).values()) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="3 classes for 2"):
        Patterns(names=("Q01", "Q05"), shares=(0.5, 0.5), trees=trees)
