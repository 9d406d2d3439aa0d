from decimal import Decimal

import pytest

from policies.domain.schedule import charges, resolve
from tests.builders import a_line, a_quote, a_usage_line, tiers

YEAR = {"start_date": "2026-01-01", "end_date": "2026-12-31"}


def a_day(quantity):
    """Use that is the same every day."""
    return lambda period: Decimal(quantity) * period.days


def always(quantity):
    return lambda _: Decimal(quantity)


def billed(line, usage, **header):
    """(last day of service, amount) of each charge for use."""
    kinds = ("usage", "overage")
    found = charges(resolve(line, a_quote(**(YEAR | header))), usage)
    return [(str(charge.service_period.last_day), charge.amount) for charge in found if charge.kind in kinds]


def test_use_is_billed_the_day_after_its_month():
    first, second, *_ = charges(resolve(a_usage_line(), a_quote()), a_day(100))
    assert (first.amount, first.quantity, first.unit_price) == (Decimal("31.00"), 3100, Decimal("0.01"))
    assert str(first.invoice_date) == "2026-02-01"
    assert (second.amount, str(second.invoice_date)) == (Decimal("28.00"), "2026-03-01")


def test_seats_beyond_the_allowance_are_billed_month_by_month():
    seats = a_line(quantity="500", net_unit_price="40", included_quantity="500", overage_unit_price="50")
    found = charges(resolve(seats, a_quote()), always(520))
    overage = [charge for charge in found if charge.kind == "overage"]
    assert [charge.amount for charge in overage] == [Decimal("1000.00")] * 12
    assert (overage[0].quantity, overage[0].unit_price) == (20, 50)


def test_unknown_use_bills_nothing_and_unlimited_use_neither():
    assert billed(a_usage_line(), None) == []
    assert billed(a_usage_line(), lambda _: None) == []
    assert billed(a_line(included_unlimited=True, overage_unit_price="1"), always(10**9)) == []


def test_the_minimum_is_billed_for_no_use_and_for_unknown_use():
    line = a_usage_line(minimum_amount="50")
    for usage in (None, always(0), lambda _: None):
        assert billed(line, usage, end_date="2026-02-28") == [("2026-01-31", 50), ("2026-02-28", 50)]


def test_the_minimum_of_a_part_of_a_month_is_its_share():
    line = a_usage_line(minimum_amount="62", start_date="2026-01-17")
    assert billed(line, always(0), end_date="2026-02-28") == [("2026-01-31", 30), ("2026-02-28", 62)]


def test_free_time_bills_no_use():
    line = a_usage_line(billing_start_date="2026-11-16", minimum_amount="30")
    assert billed(line, always(0)) == [("2026-11-30", 15), ("2026-12-31", 30)]


def test_monthly_tiers_are_rated_by_the_month_when_billed_by_the_quarter():
    line = a_usage_line(charge_model="graduated", tiers=tiers(("1000", "0"), (None, "1")))
    found = charges(resolve(line, a_quote(billing_frequency="quarterly")), always(1010))
    assert [charge.amount for charge in found] == [10] * 12
    assert [str(charge.invoice_date) for charge in found[:4]] == ["2026-04-01"] * 3 + ["2026-07-01"]


def test_a_yearly_allowance_billed_monthly_is_used_up_before_anything_is_due():
    line = a_usage_line(price_period="year", included_quantity="300", net_unit_price="1")
    assert billed(line, a_day(1))[:2] == [("2026-10-31", 4), ("2026-11-30", 30)]  # 304 days to the end of October
    assert sum(amount for _, amount in billed(line, a_day(1))) == 65


def test_a_yearly_minimum_is_held_against_the_year_and_not_before_its_end():
    line = a_usage_line(price_period="year", net_unit_price="1", minimum_amount="400")
    amounts = billed(line, a_day(1))
    assert amounts[0] == ("2026-01-31", 31)
    assert amounts[-1] == ("2026-12-31", 66)  # 31 of December, and 35 that the year lacks
    assert sum(amount for _, amount in amounts) == 400


@pytest.mark.parametrize(("basis", "months"), [("peak", 12), ("sum", 12), ("latest", 1), ("time_weighted", 1)])
def test_a_basis_that_is_known_only_at_the_end_is_billed_at_the_end(basis, months):
    line = a_usage_line(price_period="year", net_unit_price="1", quantity_basis=basis)
    readings = billed(line, lambda period: Decimal(period.end.toordinal()))
    assert len(readings) == months
    assert readings[-1][0] == "2026-12-31"


def test_a_maximum_leaves_room_for_overage_only_up_to_it():
    line = a_line(included_quantity="10", overage_unit_price="10", maximum_amount="1050")
    assert billed(line, always(13), end_date="2026-01-31") == [("2026-01-31", 30)]
    assert billed(line, always(30), end_date="2026-01-31") == [("2026-01-31", 50)]


def test_what_a_minimum_has_paid_for_is_not_billed_as_overage_again():
    line = a_line(included_quantity="10", overage_unit_price="10", minimum_amount="1100")
    found = charges(resolve(line, a_quote(end_date="2026-01-31")), always(25))
    assert [(charge.kind, charge.amount) for charge in found] == [("recurring", 1100), ("overage", 50)]


def test_a_flat_usage_charge_is_due_whatever_the_use_and_its_overage_beside_it():
    line = a_usage_line(charge_model="flat", net_unit_price="99", included_quantity="10", overage_unit_price="2")
    assert billed(line, always(15), end_date="2026-01-31") == [("2026-01-31", 99), ("2026-01-31", 10)]
    assert billed(line, None, end_date="2026-01-31") == [("2026-01-31", 99)]


def test_a_price_that_changes_in_a_month_holds_from_the_next():
    line = a_usage_line(net_unit_price="1", ramp=[{"start_date": "2026-02-10", "net_unit_price": "2"}])
    assert [amount for _, amount in billed(line, always(10), end_date="2026-03-31")] == [10, 10, 20]


def test_use_that_stops_being_known_takes_nothing_back():
    line = a_usage_line(price_period="year", net_unit_price="1")
    known_to_march = billed(line, lambda period: Decimal(period.days) if period.days <= 90 else None)
    assert known_to_march == [("2026-01-31", 31), ("2026-02-28", 28), ("2026-03-31", 31)]


def test_use_in_the_month_in_which_a_ramp_resumes_is_billed():
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-01-31", "net_unit_price": "1"},
        {"start_date": "2026-03-15", "net_unit_price": "2"},
    ]
    found = billed(a_usage_line(ramp=ramp), always(10), end_date="2026-03-31")
    assert found == [("2026-01-31", 10), ("2026-03-31", 20)]


def test_the_overage_price_of_a_usage_line_is_the_price_beyond_its_allowance():
    line = a_usage_line(net_unit_price="0", included_quantity="1000", overage_unit_price="0.012")
    assert billed(line, always(1500), end_date="2026-01-31") == [("2026-01-31", 6)]
