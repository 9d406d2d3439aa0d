"""Quantities of a period from raw readings, held against an oracle that walks through time minute by minute."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.auditing.metered import UsageBook
from policies.domain.charge import ChargeType, Line, QuantityBasis
from policies.domain.period import Period
from policies.domain.usage import UsageRecord

NEW_YORK = "America/New_York"
# Sunday 10 March 2024 has 23 hours there, Sunday 3 November 25.
SPRING, AUTUMN = Period(date(2024, 3, 9), date(2024, 3, 12)), Period(date(2024, 11, 2), date(2024, 11, 5))


def a_book(basis, readings, zone=NEW_YORK):
    line = Line(line_id="1", product_id="P", charge_type=ChargeType.USAGE, quantity_basis=basis)
    book = UsageBook([line], zone)
    for number, (at, quantity) in enumerate(readings):
        book.add(UsageRecord(usage_id=str(number), line_id="1", at=at, quantity=Decimal(quantity)))
    return book, line


def used(basis, readings, period, zone=NEW_YORK):
    book, line = a_book(basis, readings, zone)
    return book.used(line, period)


def local(day, hour, zone=NEW_YORK):
    return datetime(2024, day.month, day.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_a_day_on_which_clocks_go_forward_has_23_hours():
    day = date(2024, 3, 10)
    readings = [(local(day, 0), 10), (local(day, 12), 33)]
    # Noon comes after 11 hours: (11 * 10 + 12 * 33) / 23 = 506 / 23 = 22.
    assert used(QuantityBasis.TIME_WEIGHTED, readings, Period.through(day, day)) == 22


def test_a_day_on_which_clocks_go_back_has_25_hours():
    day = date(2024, 11, 3)
    readings = [(local(day, 0), 10), (local(day, 12), 35)]
    # Noon comes after 13 hours: (13 * 10 + 12 * 35) / 25 = 550 / 25 = 22.
    assert used(QuantityBasis.TIME_WEIGHTED, readings, Period.through(day, day)) == 22


def test_a_level_goes_on_from_before_the_period():
    january, february = date(2024, 1, 20), date(2024, 2, 15)
    readings = [(local(january, 0), 29), (local(february, 0), 58)]
    # 14 days at 29 and 15 at 58: (406 + 870) / 29 = 44.
    assert used(QuantityBasis.TIME_WEIGHTED, readings, Period(date(2024, 2, 1), date(2024, 3, 1))) == 44


def test_before_the_first_reading_the_level_is_not_known():
    readings = [(local(date(2024, 2, 15), 0), 58)]
    book, line = a_book(QuantityBasis.TIME_WEIGHTED, readings)
    february = Period(date(2024, 2, 1), date(2024, 3, 1))
    assert book.used(line, february) is None
    assert "not known at all times" in book.why_unknown(line, february)


def test_a_period_without_a_reading_of_its_own_is_unknown_although_the_level_before_is_known():
    readings = [(local(date(2024, 1, 1), 0), 58)]
    assert used(QuantityBasis.TIME_WEIGHTED, readings, Period(date(2024, 2, 1), date(2024, 3, 1))) is None


def test_records_over_days_weigh_by_their_days_and_a_day_between_them_is_not_zero():
    line = Line(line_id="1", product_id="P", charge_type=ChargeType.USAGE, quantity_basis=QuantityBasis.TIME_WEIGHTED)
    book = UsageBook([line], None)

    def record(name, first, last, quantity):
        days = {"period_start": date(2024, 4, first), "period_end": date(2024, 4, last)}
        book.add(UsageRecord(usage_id=name, line_id="1", quantity=Decimal(quantity), **days))

    april = Period(date(2024, 4, 1), date(2024, 5, 1))
    record("a", 1, 10, 30)
    record("b", 12, 30, 60)
    assert book.used(line, april) is None
    record("c", 11, 11, 90)
    # (10 * 30 + 1 * 90 + 19 * 60) / 30 = 1,530 / 30 = 51.
    assert book.used(line, april) == 51


def moments(period):
    """Whole minutes in and shortly before a period, each with a quantity; in any order, no two at once."""
    start = datetime(period.start.year, period.start.month, period.start.day, tzinfo=UTC) - timedelta(days=1)
    minutes = st.integers(0, (period.days + 2) * 24 * 60)
    quantities = st.decimals(0, 10**6, places=3)
    pairs = st.lists(st.tuples(minutes, quantities), min_size=1, max_size=12, unique_by=lambda pair: pair[0])
    return pairs.map(lambda found: [(start + timedelta(minutes=minute), quantity) for minute, quantity in found])


def by_minutes(readings, period, zone):
    """The level of each minute of the period, None where it is not known; minutes are told apart by the local clock's day."""
    ordered, level, found = sorted(readings), None, []
    at = datetime(period.start.year, period.start.month, period.start.day, tzinfo=UTC) - timedelta(days=2)
    while (day := at.astimezone(ZoneInfo(zone)).date()) < period.end:
        while ordered and ordered[0][0] <= at:
            level = ordered.pop(0)[1]
        if day >= period.start:
            found.append(level)
        at += timedelta(minutes=1)
    return found


def own(readings, period, zone):
    """The readings on days of the period, by the local clock, in order of time."""
    return [q for at, q in sorted(readings) if period.start <= at.astimezone(ZoneInfo(zone)).date() < period.end]


@pytest.mark.slow
@given(st.sampled_from([SPRING, AUTUMN]).flatmap(lambda period: st.tuples(st.just(period), moments(period))))
def test_time_weighted_use_is_what_a_walk_through_every_minute_finds(given_):
    period, readings = given_
    walked = by_minutes(readings, period, NEW_YORK)
    wanted = None
    if own(readings, period, NEW_YORK) and None not in walked:
        exact = sum(map(Fraction, walked)) / len(walked)
        wanted = Decimal(exact.numerator) / Decimal(exact.denominator)
    assert used(QuantityBasis.TIME_WEIGHTED, readings, period) == wanted


@given(st.sampled_from([SPRING, AUTUMN]).flatmap(lambda period: st.tuples(st.just(period), moments(period))))
def test_sum_peak_and_latest_are_those_of_the_readings_of_the_local_days(given_):
    period, readings = given_
    mine = own(readings, period, NEW_YORK)
    assert used(QuantityBasis.SUM, readings, period) == (sum(mine, Decimal(0)) if mine else None)
    assert used(QuantityBasis.PEAK, readings, period) == max(mine, default=None)
    assert used(QuantityBasis.LATEST, readings, period) == (mine[-1] if mine else None)
