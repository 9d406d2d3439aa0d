"""The shape of a bill over the quantity: it bends, jumps and falls exactly where its model says, and nowhere else.

Each test looks at two neighbouring quantities, a hundredth of a unit apart, and says what the second may cost beyond the
first; where a jump is due its size is computed from the tier table by itself.
"""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import ChargeModel, PackageRounding
from policies.domain.rating import rate
from tests.builders import a_line, a_usage_line, tiers

STEP = Decimal("0.01")
PRICES = st.integers(1, 9_999).map(lambda cents: Decimal(cents).scaleb(-2))
FEES = st.sampled_from([None, Decimal(5), Decimal("12.5")])
PLACES = st.integers(0, 5_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


def cost(line, quantity):
    return rate(line, quantity).amount


def jump(line, quantity):
    """What a hundredth of a unit more costs."""
    return cost(line, quantity + STEP) - cost(line, quantity)


@st.composite
def tables(draw, fees=FEES):
    bounds = sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=5)))
    return tiers(*((bound, draw(PRICES), draw(fees)) for bound in [*bounds, None]))


def tier_at(table, quantity):
    return next(tier for tier in table if tier.up_to is None or quantity <= tier.up_to)


def tiered(model, table):
    return a_line(charge_model=model, tiers=table)


@given(table=tables(fees=st.none()), place=PLACES)
def test_graduated_is_continuous_without_fees_it_bends_but_never_jumps(table, place):
    price = tier_at(table, place + STEP).unit_price
    assert jump(tiered("graduated", table), place) == STEP * price


@given(table=tables(), place=PLACES)
def test_graduated_jumps_by_the_fee_of_the_tier_that_is_entered_and_by_nothing_else(table, place):
    entered = tier_at(table, place + STEP)
    is_entry = place == 0 or entered is not tier_at(table, place)
    fee = (entered.flat_fee or 0) if is_entry else 0
    assert jump(tiered("graduated", table), place) == STEP * entered.unit_price + fee


@given(table=tables(), place=PLACES, further=PLACES)
def test_graduated_never_costs_less_for_more(table, place, further):
    line = tiered("graduated", table)
    assert cost(line, place) <= cost(line, place + further)


@given(table=tables(), index=st.integers(0, 4))
def test_volume_jumps_or_falls_at_an_edge_by_the_computed_size(table, index):
    (lower, upper) = list(pairwise(table))[index % (len(table) - 1)]
    edge = lower.up_to
    # All units move to the next price, and one fee takes the other's place.
    cliff = edge * (upper.unit_price - lower.unit_price) + (upper.flat_fee or 0) - (lower.flat_fee or 0)
    assert jump(tiered("volume", table), edge) == cliff + STEP * upper.unit_price


@given(table=tables(), place=PLACES.filter(bool))
def test_volume_is_a_straight_line_between_its_edges(table, place):
    if tier_at(table, place) is tier_at(table, place + STEP):
        assert jump(tiered("volume", table), place) == STEP * tier_at(table, place).unit_price


@given(table=tables(fees=PRICES), place=PLACES.filter(bool))
def test_stairstep_is_level_within_a_step_and_moves_by_the_difference_of_two_fees(table, place):
    here, there = tier_at(table, place), tier_at(table, place + STEP)
    assert jump(tiered("stairstep", table), place) == there.flat_fee - here.flat_fee


@given(size=st.integers(1, 20), price=PRICES, place=PLACES, way=st.sampled_from(PackageRounding))
def test_packages_step_by_one_price_at_block_edges_only(size, price, place, way):
    line = a_line(package={"size": size, "rounding": way}, net_unit_price=price)
    # Rounding up, the first grain of a block costs all of it; rounding down, the last one does.
    edge = place if way is PackageRounding.UP else place + STEP
    assert jump(line, place) == (price if edge % size == 0 else 0)


@given(allowance=st.integers(0, 30), place=PLACES, price=PRICES)
def test_use_bends_once_at_the_end_of_its_allowance(allowance, place, price):
    line = a_usage_line(included_quantity=allowance, overage_unit_price=price)
    assert jump(line, place) == (STEP * price if place >= allowance else 0)


@given(free=st.integers(0, 30), place=PLACES, rate_percent=st.integers(1, 30))
def test_a_percentage_bends_once_at_the_end_of_its_free_amount(free, place, rate_percent):
    line = a_line(percentage={"rate_percent": rate_percent, "free_amount": free}, net_unit_price=None)
    assert jump(line, place) == (STEP * rate_percent / 100 if place >= free else 0)


@given(free=st.integers(0, 30), place=PLACES, fixed=PRICES)
def test_the_fixed_part_of_a_percentage_is_one_jump_at_the_end_of_its_free_amount(free, place, fixed):
    terms = {"rate_percent": 10, "free_amount": free, "fixed_amount": fixed}
    line = a_line(percentage=terms, net_unit_price=None)
    expected = STEP / 10 if place >= free else Decimal(0)
    assert jump(line, place) == expected + (fixed if place == free else 0)


@given(place=PLACES, low=st.integers(1, 20), further=st.integers(0, 20))
def test_a_percentage_is_level_below_its_minimum_and_above_its_maximum(place, low, further):
    high = low + further
    # At 50 %, the minimum lasts up to twice itself and the maximum begins at twice itself.
    line = a_line(percentage={"rate_percent": 50, "minimum": low, "maximum": high}, net_unit_price=None)
    expected = low if place <= 2 * low else high if place >= 2 * high else place / 2
    assert cost(line, place) == (expected if place else 0)


@given(place=PLACES, low=st.integers(0, 40), further=st.integers(0, 40), price=PRICES)
def test_minimum_and_maximum_of_a_line_cut_a_straight_line_off_at_both_ends(place, low, further, price):
    line = a_line(net_unit_price=price, minimum_amount=low, maximum_amount=low + further)
    assert cost(line, place) == sorted([Decimal(low), place * price, Decimal(low + further)])[1]


@pytest.mark.parametrize("model", ["graduated", "volume", "stairstep"])
@given(table=tables(fees=PRICES), index=st.integers(0, 4))
def test_an_edge_is_in_the_tier_that_it_ends_and_a_grain_more_is_not(model, table, index):
    lower = table[index % (len(table) - 1)]
    line, last = tiered(model, table), rate(tiered(model, table), lower.up_to, explain=True).steps
    following = rate(line, lower.up_to + Decimal("1e-12"), explain=True).steps
    assert f"up to {lower.up_to}" in last[-1]
    assert f"above {lower.up_to}" in following[-1]


@given(table=tables(), place=st.integers(0, 50))
def test_a_table_a_million_times_as_wide_costs_the_same_at_a_millionth_of_the_price(table, place):
    million = Decimal(10**6)
    wide = tiers(*((tier.up_to and tier.up_to * million, tier.unit_price / million, tier.flat_fee) for tier in table))
    for model in (ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.STAIRSTEP):
        if model is not ChargeModel.STAIRSTEP or all(tier.flat_fee is not None for tier in table):
            assert cost(tiered(model, wide), place * million) == cost(tiered(model, table), Decimal(place))
