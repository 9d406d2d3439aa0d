"""A line's stated total: one wrong number is one finding, of the check that knows in which way it went wrong."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks import line_total, period_total, stub_total
from policies.domain.finding import Change, Direction
from tests.builders import a_line, a_quote, a_usage_line, tiers
from tests.judging import after, judged, violated

ALL = (line_total.CHECK, period_total.CHECK, stub_total.CHECK)


def stated(total, *, quote=None, **line):
    return a_quote(lines=[a_line(stated_total=total, **line)], **(quote or {}))


def a_stub(total, **line):
    """42 days, 20 May to 30 June, of the quarter from 1 April (91 days) at 9,100 a quarter."""
    terms = {"price_period": "quarter", "net_unit_price": "9100", "quantity": "1", "start_date": "2026-05-20"}
    dates = {"start_date": "2026-04-01", "end_date": "2026-06-30", "billing_frequency": "quarterly"}
    return stated(total, quote=dates, **(terms | line))


def violating(quote):
    """The names of the checks that are violated."""
    outcomes = {check.name: judged(check, quote) for check in ALL}
    return {name for name, outcome in outcomes.items() if not isinstance(outcome, Satisfied | NotApplicable)}


def test_ten_seats_at_100_for_twelve_months_are_12_000():
    quote = stated("11000")
    found = violated(line_total.CHECK, quote)

    assert (found.loss.remaining_term, found.direction) == (Decimal(1000), Direction.UNDER)
    assert found.changes == (Change(path="/lines/0/stated_total", value=Decimal("12000.00")),)
    assert found.reports == {"stated": "$11,000", "expected": "$12,000"}
    assert isinstance(after(line_total.CHECK, quote), Satisfied)
    assert violating(quote) == {"line-total"}


def test_too_high_a_total_is_over():
    found = violated(line_total.CHECK, stated("12500"))
    assert (found.loss.remaining_term, found.direction) == (Decimal(500), Direction.OVER)


@pytest.mark.parametrize(("total", "wrong"), [("12000.01", False), ("11999.99", False), ("12000.02", True)])
def test_a_minor_unit_is_rounding_and_two_are_not(total, wrong):
    assert violating(stated(total)) == ({"line-total"} if wrong else set())


@pytest.mark.parametrize("total", ["400.00", "399.96"])
def test_a_price_that_is_rounded_each_month_may_be_added_up_either_way(total):
    # 12 * 33.3333 = 399.9996, and 12 * 33.33 = 399.96.
    assert violating(stated(total, quantity="1", net_unit_price="33.3333")) == set()


def test_tiers_discounts_and_ramps_come_from_the_schedule():
    # Graduated: 50 * 10 + 30 * 8 = 740 a month. A ramp: 6 * 1,000 + 6 * 2,000.
    graduated = {"charge_model": "graduated", "net_unit_price": None, "tiers": tiers(("50", "10"), (None, "8"))}
    ramp = [{"start_date": "2026-01-01", "end_date": "2026-06-30"}, {"start_date": "2026-07-01", "quantity": "20"}]

    assert violating(stated("8880", quantity="80", **graduated)) == set()
    assert violating(stated("18000", ramp=ramp)) == set()
    assert violated(line_total.CHECK, stated("12000", ramp=ramp)).loss.remaining_term == Decimal(6000)


def test_a_one_time_fee_is_due_once():
    fee = {"charge_type": "one_time", "price_period": None, "quantity": "1", "net_unit_price": "5000"}
    assert violating(stated("5000", **fee)) == set()
    assert violating(stated("60000", **fee)) == {"line-total"}


def test_a_monthly_price_billed_yearly_printed_100_where_1_200_are_owed():
    quote = stated("100", quantity="1", quote={"billing_frequency": "annual"})
    found = violated(period_total.CHECK, quote)

    assert found.loss.remaining_term == Decimal(1100)
    assert violating(quote) == {"period-total"}
    assert isinstance(after(period_total.CHECK, quote), Satisfied)


@pytest.mark.parametrize(
    ("period", "total"), [("year", "12000"), ("year", "4000"), ("quarter", "12000"), ("quarter", "1000")]
)
def test_a_price_counted_for_the_wrong_periods_is_found(period, total):
    # 1,000 a year counted 12 or 4 times; 1,000 a quarter counted 12 times, or once where four are owed.
    assert violating(stated(total, quantity="1", net_unit_price="1000", price_period=period)) == {"period-total"}


def test_a_stub_at_the_full_price_of_its_quarter_owes_4_200():
    found = violated(stub_total.CHECK, a_stub("9100"))

    assert (found.loss.remaining_term, found.direction) == (Decimal(4900), Direction.OVER)
    assert found.reports["reading"] == "the full price of the period"
    assert violating(a_stub("9100")) == {"stub-total"}
    assert isinstance(after(stub_total.CHECK, a_stub("9100")), Satisfied)


def test_42_of_91_days_are_right_and_a_dropped_stub_is_not():
    assert violating(a_stub("4200")) == set()
    assert violated(stub_total.CHECK, a_stub("0")).direction is Direction.UNDER


def test_an_expansion_that_is_a_stub_as_a_whole_counts_back_from_its_end():
    dates = {"start_date": "2026-05-20", "end_date": "2026-06-30", "deal_type": "expansion"}
    terms = {"price_period": "quarter", "net_unit_price": "9100", "quantity": "1"}

    assert violating(stated("4200", quote=dates, **terms)) == set()
    assert violated(stub_total.CHECK, stated("9100", quote=dates, **terms)).changes[0].value == Decimal("4200.00")


def test_half_a_year_of_a_yearly_price_is_half_of_it():
    half = {"quote": {"end_date": "2026-06-30"}, "price_period": "year", "quantity": "1", "net_unit_price": "1200"}
    assert violating(stated("600", **half)) == set()
    assert violating(stated("1200", **half)) == {"stub-total"}


@pytest.mark.parametrize(
    "quote",
    [
        stated("12000", quote={"start_date": None, "end_date": None}),
        a_quote(lines=[a_usage_line(stated_total="500")]),
        stated("12000", quantity=None),
    ],
)
def test_what_cannot_be_recomputed_is_undetermined(quote):
    assert isinstance(judged(line_total.CHECK, quote), Undetermined)
    assert isinstance(judged(period_total.CHECK, quote), Undetermined)


def test_without_a_stated_total_there_is_nothing_to_judge():
    assert all(isinstance(judged(check, a_quote()), NotApplicable) for check in ALL)
