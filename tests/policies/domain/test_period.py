from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import BillingFrequency, PricePeriod
from policies.domain.period import (
    MONTHS,
    EmptyPeriod,
    Period,
    add_months,
    billing_periods,
    local_date,
    periods_in,
    whole_months,
)

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))
LENGTHS = st.integers(1, 1500)
MONTHS_OF_A_PERIOD = st.sampled_from([1, 3, 6, 12])
ANCHOR_DAYS = st.none() | st.integers(1, 31)


def day(text):
    return date.fromisoformat(text)


def term(first, last):
    return Period.through(day(first), day(last))


def test_a_period_is_half_open_and_written_with_its_last_day():
    may = term("2026-05-01", "2026-05-31")
    assert may == Period(day("2026-05-01"), day("2026-06-01"))
    assert (may.days, may.last_day) == (31, day("2026-05-31"))
    assert may.contains(day("2026-05-31"))
    assert not may.contains(day("2026-06-01"))
    assert str(may) == "2026-05-01 to 2026-05-31"


@pytest.mark.parametrize("end", ["2026-01-01", "2025-12-31"])
def test_a_period_without_a_day_is_refused(end):
    with pytest.raises(EmptyPeriod, match="2026-01-01"):
        Period(day("2026-01-01"), day(end))


def test_the_calendars_last_day_ends_no_period():
    with pytest.raises(EmptyPeriod, match="9999-12-31"):
        Period.through(day("2026-01-01"), date.max)


def test_periods_overlap_in_the_days_that_both_have():
    spring, may = term("2026-03-01", "2026-05-31"), term("2026-05-20", "2026-06-30")
    assert spring.intersection(may) == term("2026-05-20", "2026-05-31")
    assert spring.overlaps(may)
    assert spring.intersection(term("2026-06-01", "2026-06-02")) is None
    assert not spring.overlaps(term("2026-06-01", "2026-06-02"))
    assert spring.covers(term("2026-05-01", "2026-05-31"))
    assert not spring.covers(may)


def test_a_month_end_anchor_is_kept_through_shorter_months():
    start = day("2026-01-31")
    assert [add_months(start, n) for n in range(4)] == [
        day("2026-01-31"),
        day("2026-02-28"),
        day("2026-03-31"),
        day("2026-04-30"),
    ]
    assert add_months(day("2026-02-28"), 1, anchor_day=31) == day("2026-03-31")
    assert add_months(day("2024-01-31"), 1) == day("2024-02-29")
    assert add_months(day("2026-03-15"), -3) == day("2025-12-15")


def test_bill_day_31_leaves_no_gap_between_its_periods():
    year = term("2026-01-31", "2027-01-30")
    periods = billing_periods(year, 1)
    assert [part.period.start.day for part in periods] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert all(before.period.end == after.period.start for before, after in pairwise(periods))
    assert all(part.is_whole for part in periods)


def test_a_stub_of_a_quarter_is_measured_by_the_whole_quarter():
    stub, *rest = billing_periods(term("2026-05-20", "2026-12-31"), 3, anchor=day("2026-01-01"))
    assert (stub.period, stub.whole) == (term("2026-05-20", "2026-06-30"), term("2026-04-01", "2026-06-30"))
    assert stub.share == Decimal(42) / 91
    assert [part.is_whole for part in rest] == [True, True]


def test_an_anchor_day_makes_a_stub_at_the_start_and_at_the_end():
    first, *_, last = billing_periods(term("2026-01-10", "2026-04-09"), 1, anchor_day=1)
    assert (first.period, first.whole) == (term("2026-01-10", "2026-01-31"), term("2026-01-01", "2026-01-31"))
    assert (last.period, last.whole) == (term("2026-04-01", "2026-04-09"), term("2026-04-01", "2026-04-30"))


def test_a_price_period_and_a_billing_period_count_in_the_same_months():
    assert [MONTHS[period] for period in (PricePeriod.MONTH, PricePeriod.QUARTER, PricePeriod.YEAR)] == [1, 3, 12]
    assert MONTHS[BillingFrequency.SEMIANNUAL] == 6
    assert not {PricePeriod.TERM, PricePeriod.ONE_TIME, BillingFrequency.ONCE, BillingFrequency.TERM} & MONTHS.keys()


@pytest.mark.parametrize(
    ("first", "last", "months", "periods"),
    [
        ("2026-01-01", "2026-12-31", 1, "12"),
        ("2026-01-01", "2026-12-31", 12, "1"),
        ("2027-01-01", "2028-12-31", 12, "2"),  # the leap year is one year
        ("2026-01-01", "2027-06-30", 12, "1.5"),
        ("2026-01-31", "2026-02-27", 1, "1"),
        ("2026-01-01", "2026-02-14", 1, "1.5"),  # 14 of February's 28 days
        ("2026-03-15", "2026-03-15", 1, "0.03225806451612903225806451613"),  # 1/31
    ],
)
def test_periods_are_counted_whole_and_the_rest_by_days(first, last, months, periods):
    assert periods_in(term(first, last), months) == Decimal(periods)


def test_whole_months_are_told_from_terms_with_odd_days():
    assert whole_months(term("2026-01-01", "2028-12-31")) == 36
    assert whole_months(term("2026-01-31", "2026-02-27")) == 1
    assert whole_months(term("2026-01-01", "2026-02-01")) is None


def test_a_moment_falls_on_the_customers_own_day():
    at = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
    assert local_date(at, "America/New_York") == day("2026-02-28")
    assert local_date(at, "Asia/Tokyo") == day("2026-03-01")
    with pytest.raises(ValueError, match="time zone"):
        local_date(at.replace(tzinfo=None), "UTC")


@given(start=DAYS, length=LENGTHS, months=MONTHS_OF_A_PERIOD, anchor_day=ANCHOR_DAYS, anchor=st.none() | DAYS)
def test_billing_periods_cover_the_term_without_gap_or_overlap(start, length, months, anchor_day, anchor):
    whole_term = Period(start, start + timedelta(days=length))
    periods = billing_periods(whole_term, months, anchor_day, anchor)
    edges = [part.period.start for part in periods] + [periods[-1].period.end]
    assert edges[0] == whole_term.start
    assert edges[-1] == whole_term.end
    assert edges[1:] == [part.period.end for part in periods]
    assert all(part.whole.intersection(part.period) == part.period for part in periods)
    assert all(part.is_whole for part in periods[1:-1])


@given(start=DAYS, months=MONTHS_OF_A_PERIOD, before=st.integers(1, 12), after=LENGTHS, anchor_day=ANCHOR_DAYS)
def test_periods_add_up_at_every_boundary_of_the_calendar(start, months, before, after, anchor_day):
    anchor = add_months(start, 0, anchor_day)
    boundary = add_months(anchor, before * months, anchor_day or start.day)
    end = boundary + timedelta(days=after)
    counted = [
        periods_in(Period(*edges), months, anchor_day or start.day, anchor)
        for edges in ((anchor, boundary), (boundary, end), (anchor, end))
    ]
    assert counted[0] == before
    assert counted[0] + counted[1] == pytest.approx(counted[2], abs=Decimal("1e-24"))


@given(start=DAYS, length=LENGTHS, anchor=DAYS)
def test_periods_counted_day_by_day_are_the_same(start, length, anchor):
    months = 1
    by_day = Fraction(0)
    for offset in range(length):
        today = start + timedelta(days=offset)
        (part,) = billing_periods(Period(today, today + timedelta(days=1)), months, anchor=anchor)
        by_day += Fraction(1, part.whole.days)
    counted = periods_in(Period(start, start + timedelta(days=length)), months, anchor=anchor)
    assert abs(Fraction(counted) - by_day) < Fraction(1, 10**24)
