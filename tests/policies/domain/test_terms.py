from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import BillingFrequency, BillingTiming, PricePeriod
from policies.domain.period import Period
from policies.domain.terms import Terms, Unscheduled, resolve
from tests.builders import a_line, a_quote, a_usage_line

NO_DATES = {"start_date": None, "end_date": None}


def day(text):
    return date.fromisoformat(text)


def test_a_line_takes_from_its_quote_what_it_does_not_state():
    terms = resolve(
        a_line(), a_quote(billing_timing="in_arrears", account={"account_id": "A", "time_zone": "Asia/Tokyo"})
    )
    assert terms.term == Period.through(day("2026-01-01"), day("2026-12-31"))
    assert terms.billing_frequency is BillingFrequency.MONTHLY
    assert terms.billing_timing is BillingTiming.IN_ARREARS
    assert (terms.currency, terms.time_zone) == ("USD", "Asia/Tokyo")


def test_what_a_line_states_goes_before_its_quote():
    line = a_line(
        start_date="2026-02-01", end_date="2026-07-31", billing_frequency="annual", billing_start_date="2026-03-01"
    )
    terms = resolve(line, a_quote(billing_start_date="2026-06-01"))
    assert terms.term == Period.through(day("2026-02-01"), day("2026-07-31"))
    assert terms.billing_frequency is BillingFrequency.ANNUAL
    assert terms.paid_from == day("2026-03-01")


def test_the_term_in_months_stands_in_for_an_end_date():
    assert resolve(a_line(), a_quote(end_date=None, term_months=36)).dated.last_day == day("2028-12-31")
    late = a_line(start_date="2026-04-10")
    assert resolve(late, a_quote(end_date=None, term_months=12)).dated.last_day == day("2026-12-31")
    assert resolve(late, a_quote(**NO_DATES, term_months=12)).dated.last_day == day("2027-04-09")


def test_a_line_that_ends_with_its_quote_shares_the_quotes_calendar():
    co_termed = a_line(start_date="2026-05-20")
    own = a_line(start_date="2026-05-20", end_date="2026-11-19")
    assert resolve(co_termed, a_quote()).anchor == day("2026-01-01")
    assert resolve(own, a_quote()).anchor == day("2026-05-20")
    stated = a_line(start_date="2026-05-20", end_date="2026-12-31")
    assert resolve(stated, a_quote(end_date=None, term_months=12)).anchor == day("2026-01-01")


def test_use_is_billed_in_arrears_and_the_rest_in_advance_unless_stated():
    quote = a_quote(billing_timing=None)
    assert resolve(a_line(), quote).billing_timing is BillingTiming.IN_ADVANCE
    assert resolve(a_usage_line(billing_timing="in_advance"), quote).billing_timing is BillingTiming.IN_ARREARS


@pytest.mark.parametrize(
    ("line", "header", "reason"),
    [
        (a_line(), NO_DATES, "the start date is not stated"),
        (a_line(), {"end_date": None}, "neither the end date nor the term is stated"),
        (a_line(price_period=None), {}, "the price period is not stated"),
        (a_line(), {"end_date": "2025-12-31"}, "starts on 2026-01-01 and ends before that, on 2025-12-31"),
        (a_line(), {"end_date": None, "term_months": 0}, "ends before that"),
        (a_line(), {"end_date": None, "term_months": 10**9}, "longer or farther away"),
        (a_line(), {"end_date": "9999-12-31"}, "longer or farther away"),
        (a_line(), {"start_date": "0001-01-01"}, "longer or farther away"),
        (a_line(), {"start_date": "9999-12-01"}, "ends before that"),
        (a_line(), {"start_date": "0001-01-01", "end_date": None, "term_months": 0}, "longer or farther away"),
        (a_line(charge_type="one_time"), {"billing_start_date": "9999-12-31"}, "farther away than any contract"),
    ],
)
def test_what_is_missing_for_a_schedule_is_said(line, header, reason):
    with pytest.raises(Unscheduled, match=reason):
        resolve(line, a_quote(**header))


def test_a_price_period_known_from_elsewhere_stands_in_for_one_that_is_not_stated():
    assert resolve(a_line(price_period=None), a_quote(), price_period=PricePeriod.YEAR).price_months == 12
    assert resolve(a_line(), a_quote(), price_period=PricePeriod.YEAR).price_months == 1


def test_what_comes_once_needs_no_dates():
    once = resolve(a_line(charge_type="one_time", price_period=None), a_quote(**NO_DATES))
    assert once.comes_once
    assert once.term is None
    with pytest.raises(Unscheduled, match="start date"):
        _ = once.dated
    assert resolve(a_line(price_period="one_time"), a_quote()).comes_once


def test_a_usage_price_without_a_period_counts_as_it_is_billed():
    assert resolve(a_usage_line(price_period=None), a_quote(billing_frequency="quarterly")).price_months == 3
    assert resolve(a_usage_line(price_period="year"), a_quote()).price_months == 12


@pytest.mark.parametrize(
    ("start", "months", "paid_from"),
    [
        ("2026-01-01", "2", "2026-03-01"),
        ("2026-01-01", "1.5", "2026-02-15"),  # half of February's 28 days
        ("2026-02-01", "1.5", "2026-03-17"),  # half of March's 31 days is 15.5, rounded up
        ("2026-01-31", "1", "2026-02-28"),
        ("2026-01-01", "0", "2026-01-01"),
        ("2026-01-01", "0.5", "2026-01-17"),
    ],
)
def test_free_months_count_from_the_start_and_a_fraction_by_days(start, months, paid_from):
    line = a_line(start_date=start, free_months=months)
    assert resolve(line, a_quote()).paid_from == day(paid_from)


def test_free_months_and_a_later_start_of_billing_are_one_concession():
    line = a_line(free_months="2", billing_start_date="2026-02-15")
    assert resolve(line, a_quote()).paid_from == day("2026-03-01")
    early = a_line(billing_start_date="2025-11-01")
    assert resolve(early, a_quote()).paid_term == resolve(early, a_quote()).term
    assert resolve(a_line(free_months="12"), a_quote()).paid_term is None
    assert resolve(a_line(free_months="1e30"), a_quote()).paid_term is None


def test_no_schedule_of_invoices_without_a_billing_frequency():
    terms = resolve(a_line(), a_quote(billing_frequency=None))
    with pytest.raises(Unscheduled, match="billing frequency"):
        terms.billing_periods(terms.dated)


DATES = st.none() | st.dates()


@given(
    line_dates=st.tuples(DATES, DATES, DATES),
    quote_dates=st.tuples(DATES, DATES, DATES),
    months=st.none() | st.integers(-(10**9), 10**9),
    free=st.none() | st.decimals(-(10**6), 10**9, places=3),
)
def test_any_dates_give_terms_or_a_reason(line_dates, quote_dates, months, free):
    names = ("start_date", "end_date", "billing_start_date")
    line = a_line(**dict(zip(names, line_dates, strict=True)), free_months=free)
    quote = a_quote(**dict(zip(names, quote_dates, strict=True)), term_months=months)
    answer = resolved_or_reason(line, quote)
    if isinstance(answer, Terms):
        assert answer.dated.days > 0
        assert answer.paid_from >= answer.dated.start
    else:
        assert answer


def resolved_or_reason(line, quote):
    try:
        return resolve(line, quote)
    except Unscheduled as unknown:
        return unknown.reason
