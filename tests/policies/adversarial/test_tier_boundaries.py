"""Tier boundaries, cases X21 to X29."""

from decimal import Decimal

import pytest

from policies.domain.rating import Unrateable, rate
from tests.builders import a_line, a_usage_line, tiers


def cost(line, quantity):
    return rate(line, Decimal(quantity)).amount


def test_x21_the_last_free_unit_is_free_and_the_next_one_is_not():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("250", "0"), (None, "0.02")))
    assert cost(line, "250") == 0
    assert cost(line, "251") == Decimal("0.02")  # 250 * 0 + 1 * 0.02


def test_x22_fewer_seats_than_the_first_bound_cost_the_first_tiers_price():
    line = a_line(charge_model="volume", tiers=tiers(("20", "10"), ("50", "8"), (None, "6")))
    assert [cost(line, seats) for seats in ("1", "5", "20", "21")] == [10, 50, 200, 168]  # 21 * 8


def test_x23_only_what_is_above_a_threshold_costs_the_higher_price():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("1000", "1"), (None, "2")))
    assert cost(line, "1200") == 1400  # 1,000 * 1 + 200 * 2, and not 1,200 * 2


def test_x25_a_tier_that_holds_nothing_is_refused():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("44", "3"), ("44", "2"), (None, "1")))
    with pytest.raises(Unrateable, match="tier 2 ends at 44, where 44 is reached already"):
        cost(line, "44")


def test_x26_a_package_within_its_free_units_costs_nothing_and_never_less():
    line = a_usage_line(package={"size": "10"}, net_unit_price="5", included_quantity="100")
    # 100 are free; 101 start a block of ten, 111 a second one.
    assert [cost(line, used) for used in ("0", "60", "100", "101", "110", "111")] == [0, 0, 0, 5, 5, 10]


def test_x27_the_fee_for_a_connection_is_not_due_within_the_allowance():
    share = a_line(net_unit_price=None, percentage={"rate_percent": "10", "fixed_amount": "0.50", "free_amount": "100"})
    assert [cost(share, base) for base in ("60", "100", "110")] == [0, 0, Decimal("1.50")]  # 10 * 10 % + 0.50
    minutes = a_usage_line(charge_model="graduated", tiers=tiers((None, "0.02", "0.50")), included_quantity="100")
    assert [cost(minutes, used) for used in ("60", "100", "110")] == [0, 0, Decimal("0.70")]  # 10 * 0.02 + 0.50


def test_x29_use_beyond_the_allowance_is_priced_tier_by_tier():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("50", "1"), (None, "0.5")), included_quantity="100")
    assert cost(line, "180") == 65  # 80 beyond: 50 * 1 + 30 * 0.5
