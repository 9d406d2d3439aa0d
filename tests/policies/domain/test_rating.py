from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import ChargeModel, PackageRounding
from policies.domain.rating import Unrateable, overage, rate, rate_overage
from tests.builders import a_line, a_usage_line, tiers

PRICES = st.decimals(0, 100, places=4)
QUANTITIES = st.decimals(0, 60, places=2)


def amount(line, quantity, **options):
    return rate(line, Decimal(quantity), **options).amount


@st.composite
def tier_tables(draw, prices=PRICES, fees=PRICES):
    bounds = sorted(draw(st.sets(st.integers(1, 40), max_size=5)))
    return tiers(*((bound, draw(prices), draw(fees)) for bound in [*bounds, None]))


# A second way, unit by unit, in fractions: each hundredth of a unit is looked up in the table by itself.


def slow_tier(table, quantity):
    return next(tier for tier in table if tier.up_to is None or quantity <= tier.up_to)


def slow_graduated(table, quantity):
    hundredths = [slow_tier(table, Fraction(n, 100)) for n in range(1, int(quantity * 100) + 1)]
    fees = sum(Fraction(tier.flat_fee or 0) for tier in table if tier in hundredths)
    return sum(Fraction(tier.unit_price) for tier in hundredths) / 100 + fees


def slow_volume(table, quantity):
    if not quantity:
        return 0
    tier = slow_tier(table, quantity)
    return Fraction(quantity) * Fraction(tier.unit_price) + Fraction(tier.flat_fee or 0)


def test_a_flat_price_is_due_whatever_the_quantity():
    line = a_line(charge_model="flat", net_unit_price="250")
    assert [amount(line, quantity) for quantity in (0, 1, 99)] == [250, 250, 250]


def test_a_unit_price_is_due_for_each_unit():
    assert amount(a_line(net_unit_price="40"), 500) == 20_000
    assert amount(a_line(net_unit_price="40"), 500, unit_price=Decimal(28)) == 14_000
    assert amount(a_line(net_unit_price="40"), -5) == -200  # seats given back


@pytest.mark.parametrize(
    ("quantity", "due"), [("0", "0"), ("250", "0"), ("250.5", "0.01"), ("251", "0.02"), ("350", "2")]
)
def test_the_last_unit_of_a_free_tier_is_free(quantity, due):
    line = a_usage_line(charge_model="graduated", tiers=tiers(("250", "0"), (None, "0.02")))
    assert amount(line, quantity) == Decimal(due)


def test_only_what_exceeds_a_threshold_has_the_higher_price():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("1000", "0.10"), (None, "0.50")))
    assert amount(line, 1200) == Decimal("200.00")  # 1000 x 0.10 + 200 x 0.50, not 1200 x 0.50


def test_the_same_tiers_cost_differently_graduated_and_by_volume():
    table = tiers(("100", "10"), ("200", "8"), (None, "5"))
    graduated, volume = (a_line(charge_model=model, tiers=table) for model in ("graduated", "volume"))
    assert amount(graduated, 250) == 100 * 10 + 100 * 8 + 50 * 5
    assert amount(volume, 250) == 250 * 5


def test_quantities_below_the_first_bound_are_priced_by_the_first_tier():
    line = a_line(charge_model="volume", tiers=tiers(("10", "12"), (None, "9")))
    assert [amount(line, seats) for seats in (1, 4, 10)] == [12, 48, 120]


def test_a_tiers_flat_fee_is_due_from_the_first_unit_in_it():
    table = tiers(("10", "1", "50"), (None, "1", "30"))
    graduated, volume = (a_usage_line(charge_model=model, tiers=table) for model in ("graduated", "volume"))
    assert [amount(graduated, quantity) for quantity in ("0", "10", "10.5")] == [0, 60, Decimal("90.5")]
    assert [amount(volume, quantity) for quantity in ("0", "10", "10.5")] == [0, 60, Decimal("40.5")]


def test_a_stairstep_has_one_fee_a_step():
    table = tiers(("10", None, "100"), ("50", None, "400"), (None, "900"))
    line = a_line(charge_model="stairstep", tiers=table)
    assert [amount(line, quantity) for quantity in ("0", "1", "10", "10.5", "50", "51")] == [0, 100, 100, 400, 400, 900]


def test_packages_are_counted_up_or_down():
    up, down = (a_line(net_unit_price="30", package={"size": "100", "rounding": way}) for way in ("up", "down"))
    assert [amount(up, quantity) for quantity in (0, 1, 100, 101)] == [0, 30, 30, 60]
    assert [amount(down, quantity) for quantity in (0, 99, 100, 199)] == [0, 0, 30, 30]


def test_packages_are_counted_after_the_free_units():
    line = a_usage_line(net_unit_price="30", package={"size": "100"}, included_quantity="250")
    assert [amount(line, used) for used in (0, 200, 250, 251, 450)] == [0, 0, 0, 30, 60]  # never below zero


def test_a_percentage_is_taken_of_what_exceeds_the_free_amount():
    terms = {"rate_percent": "2.9", "fixed_amount": "0.30", "free_amount": "100"}
    line = a_usage_line(net_unit_price=None, percentage=terms)
    assert amount(line, 1100) == Decimal("29.30")
    assert amount(line, 100) == 0  # and no connect fee within the allowance


@pytest.mark.parametrize(("base", "due"), [("0", "0"), ("10", "0.50"), ("1000", "10.00"), ("5000", "25.00")])
def test_a_percentage_stays_within_its_own_minimum_and_maximum(base, due):
    line = a_usage_line(percentage={"rate_percent": "1", "minimum": "0.50", "maximum": "25"})
    assert amount(line, base) == Decimal(due)


def test_free_units_come_off_first_and_the_rest_has_the_overage_price_where_one_is_stated():
    line = a_usage_line(net_unit_price="0.01", included_quantity="1000", overage_unit_price="0.012")
    assert [amount(line, used) for used in (0, 1000, 1500)] == [0, 0, 6]
    assert amount(a_usage_line(net_unit_price="0.01", included_quantity="1000"), 1500) == 5


def test_an_allowance_without_limit_or_with_a_hard_stop_charges_no_use():
    assert amount(a_usage_line(included_unlimited=True), 10**6) == 0
    assert amount(a_usage_line(included_quantity="10", hard_cap=True), 10**6) == 0


def test_the_minimum_holds_after_the_maximum_and_at_no_use_at_all():
    line = a_usage_line(net_unit_price="1", minimum_amount="50", maximum_amount="200")
    assert [amount(line, used) for used in (0, 49, 100, 300)] == [50, 50, 100, 200]
    contradictory = a_usage_line(net_unit_price="1", minimum_amount="50", maximum_amount="20")
    assert amount(contradictory, 30) == 50
    assert amount(line, 0, share=Decimal("0.5")) == 25


def test_use_beyond_what_a_subscription_includes_has_the_overage_price():
    seats = a_line(quantity="500", net_unit_price="40", included_quantity="500", overage_unit_price="50")
    assert amount(seats, 500) == 20_000
    assert [overage(seats, Decimal(used)) for used in (0, 500, 520)] == [0, 0, 1000]
    assert overage(a_line(included_quantity="500"), Decimal(520)) == 0
    assert overage(a_line(included_quantity="500", overage_unit_price="50", hard_cap=True), Decimal(520)) == 0


@pytest.mark.parametrize(
    ("line", "quantity", "reason"),
    [
        (a_line(tiers=tiers((None, "1"))), 1, "graduated, volume or stairstep"),
        (a_line(net_unit_price=None), 1, "the price is not stated"),
        (a_line(charge_model="graduated"), 1, "the tiers are not stated"),
        (a_line(charge_model="graduated", tiers=tiers((None, None))), 1, "the price of the tier at any quantity"),
        (a_line(charge_model="stairstep", tiers=tiers(("5", None), (None, "1"))), 1, "the price of the tier up to 5"),
        (a_line(charge_model="volume", tiers=tiers(("5", "1"))), 6, "no tier holds 6"),
        (a_line(charge_model="package"), 1, "the size of a package"),
        (a_line(package={"size": "0"}), 1, "the size of a package"),
        (a_line(package={"size": "5"}), -1, "a quantity of -1"),
        (a_line(charge_model="percentage"), 1, "the percentage is not stated"),
    ],
)
def test_what_does_not_determine_an_amount_is_said(line, quantity, reason):
    with pytest.raises(Unrateable, match=reason):
        amount(line, quantity)


def test_steps_can_be_followed_by_a_person():
    table = tiers(("100", "0.5"), (None, "0.25", "10"))
    line = a_usage_line(charge_model="graduated", tiers=table, included_quantity="50", minimum_amount="90")
    assert rate(line, Decimal(200), explain=True, currency="USD").steps == (
        "200 used, 50 included: 150 to charge",
        "100 up to 100 at $0.50 = $50",
        "50 above 100 at $0.25 = $12.50",
        "fee of the tier above 100 $10",
        "at least $90",
    )
    assert rate(line, Decimal(200)).steps == ()


def test_overage_steps_can_be_followed_by_a_person():
    seats = a_line(included_quantity="500", overage_unit_price="50")
    assert rate_overage(seats, Decimal(520), explain=True, currency="USD").steps == (
        "520 used, 500 included: 20 to charge",
        "20 at $50 = $1,000",
    )


def test_steps_of_a_percentage_name_its_limit():
    line = a_usage_line(percentage={"rate_percent": "2.5", "fixed_amount": "1", "maximum": "20"})
    rated = rate(line, Decimal(1000), explain=True, currency="EUR")
    assert rated.steps == ("2.5 % of €1,000 = €25", "fixed amount €1", "the maximum of the percentage is €20")
    assert rated.amount == 20


@given(table=tier_tables(), quantity=QUANTITIES)
def test_tiers_rated_unit_by_unit_cost_the_same(table, quantity):
    graduated, volume = (a_usage_line(charge_model=model, tiers=table) for model in ("graduated", "volume"))
    assert Fraction(amount(graduated, quantity)) == slow_graduated(table, quantity)
    assert Fraction(amount(volume, quantity)) == slow_volume(table, quantity)


@given(table=tier_tables(), quantities=st.tuples(QUANTITIES, QUANTITIES))
def test_graduated_amounts_never_fall_as_quantity_rises(table, quantities):
    line = a_usage_line(charge_model="graduated", tiers=table)
    less, more = sorted(quantities)
    assert amount(line, less) <= amount(line, more)


@given(table=tier_tables(fees=st.none()))
def test_graduated_amounts_do_not_jump_at_a_bound(table):
    line = a_usage_line(charge_model="graduated", tiers=table)
    step = Decimal("0.0001")
    dearest = max(tier.unit_price for tier in table)
    for tier in table[:-1]:
        assert amount(line, tier.up_to + step) - amount(line, tier.up_to) <= step * dearest


@given(table=tier_tables(fees=st.none()))
def test_volume_amounts_jump_at_a_bound_by_the_difference_of_the_prices(table):
    line = a_usage_line(charge_model="volume", tiers=table)
    step = Decimal("0.0001")
    for tier, following in pairwise(table):
        jump = amount(line, tier.up_to + step) - amount(line, tier.up_to)
        assert jump == tier.up_to * (following.unit_price - tier.unit_price) + step * following.unit_price


@given(quantity=QUANTITIES, size=st.decimals("0.01", 500, places=2), price=PRICES, way=st.sampled_from(PackageRounding))
def test_packages_rated_in_fractions_cost_the_same(quantity, size, price, way):
    line = a_line(net_unit_price=price, package={"size": size, "rounding": way})
    blocks = (ceil if way is PackageRounding.UP else floor)(Fraction(quantity) / Fraction(size))
    assert Fraction(amount(line, quantity)) == blocks * Fraction(price)


@given(table=tier_tables(), quantity=QUANTITIES, model=st.sampled_from(["graduated", "volume", "stairstep"]))
def test_nobody_is_charged_below_zero_or_without_steps(table, quantity, model):
    rated = rate(a_usage_line(charge_model=ChargeModel(model), tiers=table), quantity, explain=True)
    assert rated.amount >= 0
    assert len(rated.steps) >= (1 if quantity else 0)
