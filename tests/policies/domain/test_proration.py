from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import BillingFrequency, PricePeriod
from policies.domain.period import Period
from policies.domain.proration import measure, priced_periods
from policies.domain.terms import resolve
from tests.builders import a_line, a_quote

PERIODS = st.sampled_from([PricePeriod.MONTH, PricePeriod.QUARTER, PricePeriod.YEAR])
FREQUENCIES = st.none() | st.sampled_from(BillingFrequency)


def due(first, last, price_period, frequency, anchor="2026-01-01"):
    """How many prices a plain line is due from its first day to its last."""
    edges = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
    frequency = frequency and BillingFrequency(frequency)
    return priced_periods(*edges, PricePeriod(price_period), frequency, date.fromisoformat(anchor), None)


def test_a_stub_is_due_by_its_days_over_those_of_the_whole_period():
    assert due("2026-05-20", "2026-06-30", "quarter", "quarterly") == Decimal(42) / 91
    assert due("2026-01-30", "2026-01-31", "month", "monthly") == Decimal(2) / 31
    assert due("2026-05-20", "2026-12-31", "year", "annual") == Decimal(226) / 365


@pytest.mark.parametrize(("first", "last"), [("2026-01-01", "2026-12-31"), ("2028-01-01", "2028-12-31")])
@pytest.mark.parametrize("frequency", ["monthly", "quarterly", "semiannual", "annual", "once", "term", None])
def test_a_year_is_a_year_whether_it_leaps_and_however_it_is_billed(first, last, frequency):
    assert due(first, last, "year", frequency) == 1
    assert due(first, last, "month", frequency) == 12


def test_a_term_of_whole_months_counts_in_months():
    assert due("2026-01-01", "2027-06-30", "year", "annual") == Decimal("1.5")
    assert due("2026-01-01", "2026-05-31", "quarter", "annual") == Decimal(5) / 3


def test_a_stub_of_a_yearly_price_is_measured_by_what_is_billed():
    assert due("2026-01-15", "2026-12-31", "year", "monthly") == (Decimal(17) / 31 + 11) / 12
    assert due("2026-01-15", "2026-12-31", "year", "annual") == Decimal(351) / 365


def test_a_price_for_the_term_is_due_once():
    assert due("2026-01-15", "2027-03-10", "term", "monthly") == 1
    assert due("2026-01-15", "2027-03-10", "term", None) == 1


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    cuts=st.sets(st.integers(1, 900), min_size=1, max_size=6),
    price_period=PERIODS,
    frequency=FREQUENCIES,
)
def test_prorated_parts_add_up_to_the_whole(start, cuts, price_period, frequency):
    days = sorted(start + timedelta(days=cut) for cut in cuts)
    line = a_line(start_date=start, end_date=days[-1] - timedelta(days=1), price_period=price_period)
    terms = resolve(line, a_quote(billing_frequency=frequency))
    measured = measure(terms, terms.dated, days)
    parts = [measured.count(Period(*edges)) for edges in zip([start, *days], days, strict=False)]
    assert abs(sum(parts) - measured.count(terms.dated)) < Decimal("1e-24")
