from decimal import Decimal
from itertools import pairwise

import pytest

from policies.domain.price_steps import price_of, price_steps
from policies.domain.terms import Unscheduled, resolve
from tests.builders import a_line, a_quote, tiers


def steps(line, **header):
    """(first day, quantity, price) of each step."""
    return [
        (str(step.period.start), step.quantity, step.unit_price)
        for step in price_steps(resolve(line, a_quote(**header)))
    ]


def prices(line, **header):
    terms = resolve(line, a_quote(**header))
    return [(str(step.period.start), price_of(terms.line, step)) for step in price_steps(terms)]


def test_a_plain_line_has_one_step():
    assert steps(a_line(discounts=[{"percent": "10"}])) == [("2026-01-01", 10, 100)]


def test_half_price_for_three_months_is_full_price_from_the_fourth():
    line = a_line(list_unit_price="200", discounts=[{"percent": "50", "periods": 3}])
    assert steps(line) == [("2026-01-01", 10, 100), ("2026-04-01", 10, 200)]


def test_a_discount_that_starts_later_is_not_in_the_net_price_yet():
    line = a_line(discounts=[{"percent": "10", "starts_on": "2026-07-01", "ends_on": "2026-09-30"}])
    assert steps(line) == [("2026-01-01", 10, 100), ("2026-07-01", 10, 90), ("2026-10-01", 10, 100)]


def test_discounts_that_end_on_different_days_step_up_one_by_one():
    line = a_line(
        net_unit_price="70",
        list_unit_price="100",
        discounts=[{"percent": "20", "ends_on": "2026-03-31"}, {"amount": "10", "ends_on": "2026-06-30"}],
    )
    assert steps(line) == [("2026-01-01", 10, 70), ("2026-04-01", 10, 90), ("2026-07-01", 10, 100)]


def test_free_time_is_a_step_of_its_own():
    line = a_line(free_months="1", billing_start_date="2026-02-15")
    assert steps(line) == [("2026-01-01", 10, 0), ("2026-02-15", 10, 100)]
    assert steps(a_line(free_months="12")) == [("2026-01-01", 10, 0)]


def test_an_uplift_compounds_on_each_anniversary():
    line = a_line(uplift_percent="10", start_date="2026-03-01")
    assert steps(line, end_date="2028-12-31") == [
        ("2026-03-01", 10, 100),
        ("2027-03-01", 10, 110),
        ("2028-03-01", 10, 121),
    ]
    assert steps(line) == [("2026-03-01", 10, 100)]
    for_the_term = a_line(uplift_percent="10", price_period="term")
    assert len(steps(for_the_term, end_date="2028-12-31")) == 1


def test_a_ramp_states_what_changes_and_the_line_the_rest():
    line = a_line(
        ramp=[{"start_date": "2026-07-01", "quantity": "20"}, {"start_date": "2026-10-01", "net_unit_price": "90"}]
    )
    assert steps(line) == [("2026-01-01", 10, 100), ("2026-07-01", 20, 100), ("2026-10-01", 10, 90)]


def test_a_gap_in_a_ramp_has_no_step():
    first = {"start_date": "2026-01-01", "end_date": "2026-03-31", "quantity": "5"}
    second = {"start_date": "2026-05-01", "end_date": "2026-11-30", "quantity": "8"}
    covered = price_steps(resolve(a_line(ramp=[second, first]), a_quote()))
    assert [(str(step.period), step.quantity) for step in covered] == [
        ("2026-01-01 to 2026-03-31", 5),
        ("2026-05-01 to 2026-11-30", 8),
    ]


def test_where_segments_overlap_the_later_start_holds():
    whole = {"start_date": "2026-01-01", "end_date": "2026-12-31", "quantity": "5"}
    summer = {"start_date": "2026-06-01", "end_date": "2026-08-31", "quantity": "9"}
    assert [quantity for _, quantity, _ in steps(a_line(ramp=[whole, summer]))] == [5, 9, 5]


def test_segments_outside_the_term_change_nothing_within_it():
    line = a_line(ramp=[{"start_date": "2025-01-01", "quantity": "5"}, {"start_date": "2027-01-01", "quantity": "9"}])
    assert steps(line) == [("2026-01-01", 5, 100)]


def test_a_price_that_a_ramp_states_is_neither_discounted_nor_uplifted():
    line = a_line(
        uplift_percent="10",
        discounts=[{"percent": "50", "ends_on": "2026-06-30"}],
        ramp=[{"start_date": "2026-01-01", "net_unit_price": "80"}],
    )
    assert steps(line, end_date="2027-12-31") == [("2026-01-01", 10, 80)]


def test_steps_that_do_not_differ_are_one():
    line = a_line(ramp=[{"start_date": "2026-01-01", "quantity": "10"}, {"start_date": "2026-07-01", "quantity": "10"}])
    assert steps(line) == [("2026-01-01", 10, 100)]


def test_tiers_step_as_a_whole():
    line = a_line(
        charge_model="graduated",
        quantity="20",
        tiers=tiers(("10", "8"), (None, "4")),
        discounts=[{"percent": "20", "ends_on": "2026-06-30"}],
    )
    assert prices(line) == [("2026-01-01", 120), ("2026-07-01", 150)]


def test_a_percentage_steps_with_its_fixed_part():
    line = a_line(
        quantity="1000",
        percentage={"rate_percent": "2", "fixed_amount": "1"},
        uplift_percent="50",
    )
    assert prices(line, end_date="2027-12-31") == [("2026-01-01", 21), ("2027-01-01", Decimal("31.5"))]


def test_free_time_owes_no_minimum():
    assert prices(a_line(minimum_amount="5000", free_months="1")) == [("2026-01-01", 0), ("2026-02-01", 5000)]


def test_a_price_by_the_unit_needs_a_quantity_and_a_flat_one_does_not():
    with pytest.raises(Unscheduled, match="quantity"):
        prices(a_line(quantity=None))
    assert prices(a_line(quantity=None, charge_model="flat")) == [("2026-01-01", 100)]


def test_a_price_that_changes_more_often_than_in_any_contract_is_not_scheduled():
    with pytest.raises(Unscheduled, match="more often"):
        steps(a_line(ramp=[{"start_date": "2026-01-01"}] * 501))
    with pytest.raises(Unscheduled, match="more often"):
        steps(a_line(discounts=[{"percent": "1"}] * 51))


def test_steps_follow_each_other_without_overlap():
    line = a_line(
        list_unit_price="125",
        free_months="1.5",
        uplift_percent="5",
        discounts=[{"percent": "20", "periods": 7}, {"percent": "3", "starts_on": "2027-02-11"}],
        ramp=[{"start_date": "2026-05-05", "quantity": "12"}],
    )
    found = price_steps(resolve(line, a_quote(end_date="2028-12-31")))
    assert all(one.period.end == other.period.start for one, other in pairwise(found))


def test_a_simple_uplift_is_a_share_of_the_first_price_each_year():
    line = a_line(uplift_percent="10", uplift_method="simple")
    found = steps(line, end_date="2028-12-31")
    assert found == [("2026-01-01", 10, 100), ("2027-01-01", 10, 110), ("2028-01-01", 10, 120)]


def test_a_simple_fall_stops_at_nothing():
    line = a_line(uplift_percent="-60", uplift_method="simple")
    assert [price for _, _, price in steps(line, end_date="2028-12-31")] == [100, 40, 0]


def test_an_uplift_at_renewal_leaves_the_term_alone():
    line = a_line(uplift_percent="10", uplift_at="renewal")
    assert steps(line, end_date="2028-12-31") == [("2026-01-01", 10, 100)]


def test_an_uplift_of_minus_100_percent_makes_the_second_year_free():
    found = steps(a_line(uplift_percent="-100"), end_date="2027-12-31")
    assert found == [("2026-01-01", 10, 100), ("2027-01-01", 10, 0)]
