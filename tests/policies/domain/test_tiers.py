from decimal import Decimal

import pytest

from policies.domain.charge import Tier
from policies.domain.tiers import BadTiers, as_bounds, entered, scaled
from tests.builders import tiers

TABLE = tiers(("5", "10"), ("10", "8"), (None, "6"))


@pytest.mark.parametrize(
    ("quantity", "held"),
    [("0.5", "10"), ("1", "10"), ("5", "10"), ("5.5", "8"), ("6", "8"), ("10", "8"), ("10.0001", "6"), ("1000", "6")],
)
def test_a_quantity_is_held_by_the_tier_whose_bound_it_does_not_pass(quantity, held):
    assert entered(TABLE, Decimal(quantity))[-1].tier.unit_price == Decimal(held)


def test_a_quantity_of_zero_is_in_no_tier():
    assert entered(TABLE, Decimal(0)) == []


def test_what_each_tier_holds_adds_up_to_the_quantity():
    reached = entered(TABLE, Decimal("12.5"))
    assert [step.units for step in reached] == [Decimal(5), Decimal(5), Decimal("2.5")]
    assert [step.name for step in reached] == ["up to 5", "above 5 up to 10", "above 10"]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (tiers(("44", "1"), ("44", "2"), (None, "3")), "tier 2 ends at 44"),
        (tiers(("0", "1"), (None, "2")), "tier 1 ends at 0"),
        (tiers(("10", "1"), ("5", "2"), (None, "3")), "tier 2 ends at 5"),
        (tiers((None, "1"), ("5", "2")), "tier 1 is open but not the last"),
    ],
)
def test_a_table_whose_bounds_do_not_rise_is_refused_at_any_quantity(table, complaint):
    with pytest.raises(BadTiers, match=complaint):
        entered(table, Decimal(1))


def from_there(starts_at, first=("10", "1")):
    """Two tiers, the second of which is said to begin there."""
    return (*tiers(first), Tier(up_to=None, unit_price=Decimal(2), starts_at=Decimal(starts_at)))


@pytest.mark.parametrize(("starts_at", "complaint"), [("12", "tier 2 starts at 12"), ("9", "where 10 is reached")])
def test_a_table_with_a_gap_or_an_overlap_prices_no_quantity(starts_at, complaint):
    with pytest.raises(BadTiers, match=complaint):
        entered(from_there(starts_at), Decimal(1))


@pytest.mark.parametrize("starts_at", ["10", "11"])
def test_a_start_that_the_bounds_imply_is_left_out(starts_at):
    assert as_bounds(from_there(starts_at)) == tiers(("10", "1"), (None, "2"))
    assert entered(from_there(starts_at), Decimal("10.5"))[-1].units == Decimal("0.5")


def test_one_unit_above_a_bound_with_decimals_is_a_gap():
    assert as_bounds(from_there("11.5", ("10.5", "1")))[1].starts_at == Decimal("11.5")


def test_a_quantity_beyond_the_last_tier_has_no_price():
    with pytest.raises(BadTiers, match="no tier holds 11: the last one ends at 10"):
        entered(TABLE[:2], Decimal(11))
    with pytest.raises(BadTiers, match="-1"):
        entered(TABLE, Decimal(-1))


def test_a_table_is_scaled_price_by_price():
    table = tiers(("5", "10", None), (None, None, "100"))
    assert scaled(table, Decimal("1.05")) == tiers(("5", "10.50", None), (None, None, "105.00"))
