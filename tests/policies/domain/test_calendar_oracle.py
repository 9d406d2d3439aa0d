"""Calendars a second way: clock changes by their published rules, periods by walking the days, and terms of 30 years."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from policies.amended import fold
from policies.domain.agreement import Agreement, Amendment
from policies.domain.charge import BillingFrequency, ChargeType, PricePeriod
from policies.domain.period import Period, add_months, billing_periods, local_date, periods_by_days
from policies.domain.schedule import Unscheduled, charges, line_total, resolve
from tests.builders import a_line, a_quote
from tests.lengths import at_length
from tests.oracles.days import ONE_DAY, Calendar, cut, month_length, month_on
from tests.oracles.deals import deals
from tests.policies.domain.test_schedule_oracle import compare

MOMENTS = st.datetimes(datetime(2008, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
MONTH_ENDS = st.sampled_from([date(2024, 1, 31), date(2023, 1, 30), date(2024, 2, 29), date(2023, 2, 28)])
STARTS = MONTH_ENDS | st.dates(date(2023, 1, 1), date(2026, 12, 31))
LENGTHS = st.sampled_from([1, 3, 6, 12])


def sunday(year, month, number):
    """The first (1), second (2) or last (-1) Sunday of a month."""
    days = [date(year, month, day) for day in range(1, month_length(year, month) + 1)]
    sundays = [day for day in days if day.isoweekday() == 7]
    return sundays[number - 1] if number > 0 else sundays[-1]


def moment(day, hour):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def new_york(at):
    """Five hours behind; four from 2:00 on the second Sunday of March to 2:00 (one hour later) on the first of November."""
    is_summer = moment(sunday(at.year, 3, 2), 7) <= at < moment(sunday(at.year, 11, 1), 6)
    return timedelta(hours=-4 if is_summer else -5)


def berlin(at):
    """One hour ahead; two from 1:00 UTC on the last Sunday of March to 1:00 UTC on the last of October."""
    is_summer = moment(sunday(at.year, 3, -1), 1) <= at < moment(sunday(at.year, 10, -1), 1)
    return timedelta(hours=2 if is_summer else 1)


def sydney(at):
    """Ten hours ahead; eleven but from 16:00 UTC before the first Sunday of April to the same before that of October."""
    is_winter = moment(sunday(at.year, 4, 1) - ONE_DAY, 16) <= at < moment(sunday(at.year, 10, 1) - ONE_DAY, 16)
    return timedelta(hours=10 if is_winter else 11)


ZONES = [
    ("America/New_York", new_york),
    ("Europe/Berlin", berlin),
    ("Australia/Sydney", sydney),
    ("Asia/Kathmandu", lambda _: timedelta(hours=5, minutes=45)),
    ("Pacific/Kiritimati", lambda _: timedelta(hours=14)),
]


@pytest.mark.parametrize(("zone", "offset"), ZONES)
@settings(max_examples=300)
@given(at=MOMENTS)
def test_the_day_of_a_moment_is_its_zones_own_through_every_clock_change(zone, offset, at):
    assert local_date(at, zone) == (at + offset(at)).date()


@pytest.mark.parametrize(("zone", "offset"), ZONES[:3])
@pytest.mark.parametrize("year", range(2024, 2032))
def test_every_hour_around_a_clock_change_is_on_its_zones_own_day(zone, offset, year):
    for month in (3, 4, 10, 11):
        start = moment(date(year, month, 1), 0)
        for hour in range(24 * month_length(year, month)):
            at = start + timedelta(hours=hour)
            assert local_date(at, zone) == (at + offset(at)).date()


@given(day=STARTS, months=st.integers(-40, 400), aim=st.none() | st.integers(1, 31))
def test_months_are_added_as_a_calendar_on_the_wall_adds_them(day, months, aim):
    assert add_months(day, months, aim) == month_on(day, months, aim)


@settings(max_examples=200)
@given(start=STARTS, days=st.integers(1, 11_000), months=LENGTHS, anchor=STARTS, aim=st.none() | st.integers(1, 31))
def test_periods_of_up_to_thirty_years_are_those_of_walking_the_days(start, days, months, anchor, aim):
    end = start + timedelta(days=days)
    walked = Calendar(anchor, months, aim).over(start, end)
    found = billing_periods(Period(start, end), months, aim, anchor)
    assert [(each.period.start, each.period.end, each.whole.start, each.whole.end) for each in found] == cut(
        start, end, walked
    )
    count = sum(Fraction((b - a).days, (after - first).days) for a, b, first, after in cut(start, end, walked))
    assert abs(Fraction(periods_by_days(Period(start, end), months, aim, anchor)) - count) < Fraction(1, 10**20)


@pytest.mark.parametrize("start", ["2024-01-31", "2024-02-29", "2023-12-31", "2023-08-30"])
def test_thirty_years_from_a_month_end_are_360_invoices_without_a_gap(start):
    first = date.fromisoformat(start)
    end = month_on(first, 360)
    terms = resolve(a_line(), a_quote(start_date=first, end_date=end - ONE_DAY))
    billed = charges(terms)
    assert len(billed) == 360
    assert {each.amount for each in billed} == {1000}
    assert [each.service_period.end for each in billed[:-1]] == [each.service_period.start for each in billed[1:]]
    assert all(each.invoice_date.day == min(first.day, month_length(*year_month(each))) for each in billed)


def year_month(charge):
    return charge.invoice_date.year, charge.invoice_date.month


@pytest.mark.fuzz
@settings(max_examples=at_length(40), database=None, suppress_health_check=list(HealthCheck))
@given(deal=deals(longest=360))
def test_deals_of_up_to_thirty_years_are_billed_as_a_count_of_their_days_bills_them(deal):
    compare(deal)


@given(deal=deals(), days=st.integers(1, 900))
def test_an_amendment_that_changes_nothing_changes_no_total(deal, days):
    note(f"{deal.words()} amended after {days} days")
    # The price that an amendment states is the price from its day on: no discount or rise of before is in it.
    # Monthly invoices count in months; a longer rhythm counts in days as soon as one date is not months from the others.
    line = replace(deal.line, ramp=(), discounts=(), uplift_percent=None, billing_frequency=BillingFrequency.MONTHLY)
    day = line.start_date + timedelta(days=days)
    if line.charge_type is not ChargeType.RECURRING or line.minimum_commitment is not None:
        return
    if line.price_period is PricePeriod.TERM:
        return  # a price for the term, stated again, is one for the term that is left
    try:
        total = line_total(resolve(line, deal.quote))
        amended = Amendment(amendment_id="AM", effective_date=day, lines=(line,))
        versions = fold(
            Agreement(agreement_id="AG", terms=replace(deal.quote, lines=(line,)), amendments=(amended,))
        ).versions
        found = [
            line_total(version.terms)
            for version in versions
            if version.line.start_date < resolve(line, deal.quote).dated.end
        ]
    except Unscheduled:
        return
    assert abs(sum(found) - total) < Fraction(1, 10**9)


@given(deal=deals(), days=st.integers(1, 900))
def test_a_price_for_the_term_is_owed_for_the_days_until_the_line_is_removed(deal, days):
    note(f"{deal.words()} removed after {days} days")
    line = replace(
        deal.line,
        ramp=(),
        discounts=(),
        uplift_percent=None,
        price_period=PricePeriod.TERM,
        billing_frequency=BillingFrequency.MONTHLY,
    )
    day = line.start_date + timedelta(days=days)
    if line.charge_type is not ChargeType.RECURRING or line.minimum_commitment is not None:
        return
    try:
        whole = resolve(line, deal.quote)
        total = line_total(whole)
    except Unscheduled:
        return
    removed = Amendment(amendment_id="AM", effective_date=day, removed_line_ids=(line.line_id,))
    agreement = Agreement(agreement_id="AG", terms=replace(deal.quote, lines=(line,)), amendments=(removed,))
    [version] = fold(agreement).versions
    paid = whole.paid_term
    if paid is None:
        return
    until = max(paid.start, min(day, paid.end))
    owed, due = (_months(whole.anchor, whole.anchor_day, paid.start, end) for end in (until, paid.end))
    assert abs(Fraction(line_total(version.terms)) - Fraction(total) * owed / due) < Fraction(1, 10**9)


def _months(anchor, aim, start, end):
    """How many months of a calendar some days are, parts by their days."""
    if start == end:
        return Fraction(0)
    held = cut(start, end, Calendar(anchor, 1, aim).over(start, end))
    return sum(Fraction((b - a).days, (after - first).days) for a, b, first, after in held)
