from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import ChargeModel
from policies.domain.money import RoundingPolicy
from policies.domain.schedule import Unscheduled, charges, committed_total, line_total, resolve
from tests.builders import a_line, a_quote, a_usage_line, tiers


def found(line, usage=None, **header):
    return charges(resolve(line, a_quote(**header)), usage)


def billed(line, **header):
    """(invoice date, amount) of each charge."""
    return [(str(charge.invoice_date), charge.amount) for charge in found(line, **header)]


def total(line, **header):
    return line_total(resolve(line, a_quote(**header)))


def test_the_seat_contract_is_240_000_a_year():
    seats = a_line(quantity="500", net_unit_price="40")
    year = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    assert total(seats, **year) == 240_000
    monthly = found(seats, **year)
    assert [charge.amount for charge in monthly] == [20_000] * 12
    assert [str(charge.invoice_date) for charge in monthly[:3]] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert (monthly[0].quantity, monthly[0].unit_price) == (500, 40)


def test_in_arrears_is_the_day_after_the_period():
    dates = [invoiced for invoiced, _ in billed(a_line(), billing_timing="in_arrears")]
    assert (dates[0], dates[1], dates[-1]) == ("2026-02-01", "2026-03-01", "2027-01-01")


def test_a_quarter_that_starts_on_20_may_is_due_for_42_of_its_91_days():
    line = a_line(quantity="1", net_unit_price="9100", price_period="quarter", start_date="2026-05-20")
    assert billed(line, billing_frequency="quarterly")[0] == ("2026-05-20", 4200)


def test_two_days_before_the_renewal_cost_two_days():
    line = a_line(quantity="1", net_unit_price="31", start_date="2026-01-30")
    assert billed(line)[0] == ("2026-01-30", 2)


def test_a_charge_of_the_last_day_of_a_month_does_not_drift():
    line = a_line(start_date="2026-01-31", end_date="2026-05-30")
    assert [invoiced for invoiced, _ in billed(line)] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_monthly_price_billed_yearly_is_twelve_months_on_one_invoice():
    assert billed(a_line(quantity="1"), billing_frequency="annual") == [("2026-01-01", 1200)]


def test_a_yearly_price_billed_monthly_adds_up_to_the_year():
    line = a_line(quantity="1", price_period="year")
    amounts = [amount for _, amount in billed(line, end_date="2027-12-31")]
    assert amounts[:4] == [Decimal("8.33"), Decimal("8.34"), Decimal("8.33"), Decimal("8.33")]
    assert sum(amounts[:12]) == sum(amounts[12:]) == 100


@pytest.mark.parametrize("year", [2027, 2028])
def test_a_yearly_price_is_the_same_in_a_leap_year(year):
    line = a_line(quantity="1", price_period="year", net_unit_price="1200")
    header = {"start_date": f"{year}-01-01", "end_date": f"{year}-12-31", "billing_frequency": "annual"}
    assert billed(line, **header) == [(f"{year}-01-01", 1200)]


@pytest.mark.parametrize("frequency", ["once", "term"])
def test_a_term_billed_at_once_is_one_invoice(frequency):
    header = {"end_date": "2028-12-31", "billing_frequency": frequency}
    assert billed(a_line(), **header) == [("2026-01-01", 36_000)]
    assert billed(a_line(), **header, billing_timing="in_arrears") == [("2029-01-01", 36_000)]


def test_a_price_for_the_term_is_spread_over_its_invoices():
    line = a_line(quantity="1", net_unit_price="1000", price_period="term")
    amounts = [amount for _, amount in billed(line, end_date="2026-03-31")]
    assert amounts == [Decimal("333.33"), Decimal("333.34"), Decimal("333.33")]


def test_a_price_for_the_term_is_owed_in_full_however_late_billing_starts():
    line = a_line(quantity="1", net_unit_price="1000", price_period="term", billing_start_date="2026-03-01")
    assert billed(line, end_date="2026-04-30") == [("2026-03-01", 500), ("2026-04-01", 500)]
    assert total(line, end_date="2026-04-30") == 1000


def test_billing_that_starts_in_mid_month_leaves_the_days_before_free():
    line = a_line(quantity="1", net_unit_price="31", billing_start_date="2026-01-15")
    assert billed(line)[:2] == [("2026-01-15", 17), ("2026-02-01", 31)]
    assert total(line) == 17 + 11 * 31


def test_a_yearly_invoice_in_advance_waits_for_the_end_of_free_months():
    assert billed(a_line(free_months="2"), billing_frequency="annual") == [("2026-03-01", 10_000)]
    assert billed(a_line(free_months="12")) == []
    assert total(a_line(free_months="12")) == 0


@pytest.mark.parametrize("price_period", ["one_time", None])
def test_a_one_time_charge_is_billed_once_when_billing_starts(price_period):
    line = a_line(charge_type="one_time", price_period=price_period, quantity=None, net_unit_price="5000")
    assert billed(line, billing_frequency="annual", billing_timing="in_arrears") == [("2026-01-01", 5000)]
    assert billed(line, billing_start_date="2026-03-01") == [("2026-03-01", 5000)]
    assert total(line, start_date=None, end_date=None) == 5000


def test_a_price_that_steps_within_a_billing_period_makes_two_charges_of_one_invoice():
    ramp = [{"start_date": "2026-01-01", "quantity": "10"}, {"start_date": "2026-02-15", "quantity": "20"}]
    february = found(a_line(net_unit_price="28", ramp=ramp))[1:3]
    assert [(str(each.service_period), each.amount, each.quantity) for each in february] == [
        ("2026-02-01 to 2026-02-14", 140, 10),
        ("2026-02-15 to 2026-02-28", 280, 20),
    ]
    assert [str(each.invoice_date) for each in february] == ["2026-02-01", "2026-02-01"]


def test_days_that_a_ramp_leaves_out_bill_nothing():
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-02-28", "quantity": "1"},
        {"start_date": "2026-04-01", "quantity": "2"},
    ]
    assert [amount for _, amount in billed(a_line(ramp=ramp), end_date="2026-05-31")] == [100, 100, 200, 200]
    assert total(a_line(ramp=ramp), end_date="2026-05-31") == 600


def test_a_price_that_a_gap_cuts_short_leaves_no_cent_to_the_next():
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-01-31", "net_unit_price": "0.01"},
        {"start_date": "2026-04-01", "net_unit_price": "0.01"},
    ]
    line = a_line(quantity="1", price_period="quarter", ramp=ramp)
    assert billed(line, end_date="2026-04-30") == []  # a third of a cent each


def test_a_coupon_for_three_months_is_gone_at_the_fourth_renewal():
    line = a_line(quantity="1", list_unit_price="200", discounts=[{"percent": "50", "periods": 3}])
    assert [amount for _, amount in billed(line)][2:5] == [100, 200, 200]
    assert total(line) == 3 * 100 + 9 * 200


def test_tiered_seats_are_rated_period_by_period():
    line = a_line(charge_model="graduated", quantity="15", tiers=tiers(("10", "10"), (None, "8")), net_unit_price="99")
    assert [amount for _, amount in billed(line)] == [140] * 12
    assert total(line) == 1680


def test_minimum_and_maximum_hold_for_whole_periods_and_their_share_for_parts():
    line = a_line(quantity="1", net_unit_price="10", minimum_amount="31", start_date="2026-01-30")
    assert billed(line)[:2] == [("2026-01-30", 2), ("2026-02-01", 31)]
    assert total(a_line(maximum_amount="700")) == 8400
    assert total(a_line(minimum_amount="5000")) == 60_000


def test_a_total_holds_the_commitment_where_the_price_does_not_reach_it():
    commitment = {"amount": "1000", "period": "quarter", "true_up": True}
    assert total(a_line(quantity="1", minimum_commitment=commitment)) == 4000
    assert total(a_line(quantity="1", minimum_commitment=commitment | {"true_up": False})) == 1200


def test_an_invoice_in_advance_waits_for_the_segment_that_it_bills():
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-01-31"},
        {"start_date": "2026-03-15", "net_unit_price": "31"},
    ]
    assert billed(a_line(ramp=ramp), end_date="2026-03-31") == [("2026-01-01", 1000), ("2026-03-15", 170)]


def test_currencies_are_rounded_to_their_own_decimals():
    line = a_line(quantity="1", net_unit_price="1000", price_period="year")
    assert [amount for _, amount in billed(line, currency="JPY")][:3] == [83, 84, 83]
    assert billed(line, currency="KWD")[0][1] == Decimal("83.333")


def test_what_the_terms_leave_open_is_said():
    for line, header, reason in [
        (a_line(), {"billing_frequency": None}, "billing frequency"),
        (a_line(quantity=None), {}, "quantity"),
        (a_line(tiers=tiers((None, "1"))), {}, "graduated, volume or stairstep"),
        (a_line(charge_type="one_time"), {"start_date": None}, "start date"),
    ]:
        with pytest.raises(Unscheduled, match=reason):
            found(line, **header)


def test_a_total_needs_no_billing_frequency_unless_something_lasts_by_it():
    assert total(a_line(), billing_frequency=None) == 12_000
    assert total(a_line(free_months="1", uplift_percent="5"), billing_frequency=None) == 11_000
    by_periods = committed_total(a_line(discounts=[{"percent": "50", "periods": 3}]), a_quote(billing_frequency=None))
    assert isinstance(by_periods, Unscheduled)


def test_use_commits_to_its_minimum_only():
    assert total(a_usage_line()) == 0
    assert total(a_usage_line(minimum_amount="50")) == 600
    assert total(a_usage_line(price_period="year", minimum_amount="50"), billing_frequency=None) == 50
    unknown = committed_total(a_usage_line(price_period=None, minimum_amount="50"), a_quote(billing_frequency=None))
    assert isinstance(unknown, Unscheduled)


def test_a_total_that_is_not_determined_comes_with_its_reason():
    unknown = committed_total(a_line(quantity=None), a_quote())
    assert isinstance(unknown, Unscheduled)
    assert unknown.reason == "the quantity is not stated"
    assert committed_total(a_line(), a_quote()) == 12_000


def test_the_quote_says_whether_each_invoice_is_rounded_or_their_sum():
    line = a_line(quantity="1", net_unit_price="10.005")
    each, in_sum = (
        [charge.amount for charge in charges(resolve(line, a_quote(rounding=rounding)))]
        for rounding in (None, "sum_then_round")
    )
    # Twelve times 10.01, and 10.01 and 10.00 in turn: 12 * 10.005 = 120.06.
    assert (set(each), sum(each)) == ({Decimal("10.01")}, Decimal("120.12"))
    assert (in_sum[:2], sum(in_sum)) == ([Decimal("10.01"), Decimal("10.00")], Decimal("120.06"))


START_DATES = st.dates(date(2023, 1, 1), date(2026, 12, 31))
PRICES = st.decimals("0.01", 5000, places=2)
SPANS = st.tuples(START_DATES, st.integers(1, 1200)).map(
    lambda span: {"start_date": span[0], "end_date": date.fromordinal(span[0].toordinal() + span[1] - 1)}
)
PERIODS = st.sampled_from(["month", "quarter", "year", "term"])
FREQUENCIES = st.sampled_from(["monthly", "quarterly", "semiannual", "annual", "once", "term"])


@given(span=SPANS, price=PRICES, price_period=PERIODS, frequency=FREQUENCIES)
def test_the_charges_of_a_plain_line_add_up_to_its_total(span, price, price_period, frequency):
    header = span | {"billing_frequency": frequency}
    terms = resolve(a_line(quantity="3", net_unit_price=price, price_period=price_period), a_quote(**header))
    sum_first = charges(terms, rounding=RoundingPolicy.SUM_THEN_ROUND)
    assert abs(sum(charge.amount for charge in sum_first) - line_total(terms)) <= Decimal("0.005")
    each_first = sum(charge.amount for charge in charges(terms))
    assert abs(each_first - line_total(terms)) <= Decimal("0.005") * len(terms.billing_periods(terms.dated))


@given(span=SPANS, price_period=PERIODS, frequency=FREQUENCIES, timing=st.sampled_from(["in_advance", "in_arrears"]))
def test_each_day_of_a_plain_line_is_billed_exactly_once(span, price_period, frequency, timing):
    header = span | {"billing_frequency": frequency, "billing_timing": timing}
    terms = resolve(a_line(net_unit_price="10000", price_period=price_period), a_quote(**header))
    bills = charges(terms)
    assert (bills[0].service_period.start, bills[-1].service_period.end) == (terms.dated.start, terms.dated.end)
    assert all(one.service_period.end == other.service_period.start for one, other in pairwise(bills))


@given(seed=st.integers(0, 2**32), count=st.integers(1, 8))
def test_the_order_of_lines_does_not_matter(seed, count):
    random = Random(seed)
    lines = [
        a_line(
            line_id=str(number),
            net_unit_price=Decimal(random.randrange(100_000)) / 100,
            free_months=random.choice([None, "1.5"]),
        )
        for number in range(count)
    ]
    shuffled = random.sample(lines, count)
    totals = [sum(committed_total(line, a_quote(lines=order)) for line in order) for order in (lines, shuffled)]
    assert totals[0] == totals[1]


@given(
    span=SPANS,
    model=st.none() | st.sampled_from(ChargeModel),
    quantity=st.none() | st.decimals(-5, 500, places=1),
    free=st.none() | st.decimals(0, 14, places=1),
    frequency=st.none() | FREQUENCIES,
    price_period=st.none() | PERIODS | st.just("one_time"),
    charge_type=st.sampled_from(["recurring", "usage", "one_time"]),
    discount=st.fixed_dictionaries({"percent": st.decimals(0, 100, places=0), "periods": st.integers(0, 40)}),
)
def test_any_line_has_a_schedule_or_a_reason(span, free, frequency, discount, **terms):
    header = span | {"billing_frequency": frequency}
    names = {"model": "charge_model"}
    line = a_line(
        **{names.get(name, name): value for name, value in terms.items()},
        free_months=free,
        discounts=[discount],
        tiers=tiers(("100", "2"), (None, "1", "10")),
    )
    answer = committed_total(line, a_quote(**header))
    assert isinstance(answer, Unscheduled) or answer == answer  # a number, not NaN
    assert billed_or_reason(line, header)


def billed_or_reason(line, header):
    try:
        return [*found(line, lambda period: Decimal(period.days), **header), "billed"]
    except Unscheduled as unknown:
        return unknown.reason
