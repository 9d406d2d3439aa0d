"""Working days are counted by the company's calendar, backwards from a day and onwards from it."""

from datetime import date

import pytest

from policies.domain.business_time import is_working_day, working_day_after, working_day_before
from policies.domain.company import BusinessCalendar

# Monday 16 March 2026 comes after a weekend, and Friday the 13th is a holiday where one is stated.
MONDAY = date(2026, 3, 16)
FRIDAY = date(2026, 3, 13)


@pytest.mark.parametrize(("count", "day"), [(0, MONDAY), (1, FRIDAY), (3, date(2026, 3, 11)), (6, date(2026, 3, 6))])
def test_weekends_do_not_count_backwards(count, day):
    assert working_day_before(BusinessCalendar(), MONDAY, count) == day


@pytest.mark.parametrize(("count", "day"), [(0, FRIDAY), (1, MONDAY), (5, date(2026, 3, 20)), (6, date(2026, 3, 23))])
def test_nor_onwards(count, day):
    assert working_day_after(BusinessCalendar(), FRIDAY, count) == day


def test_holidays_do_not_count_either():
    calendar = BusinessCalendar(holidays=(FRIDAY,))
    assert not is_working_day(calendar, FRIDAY)
    assert working_day_before(calendar, MONDAY, 1) == date(2026, 3, 12)


def test_the_company_says_which_days_it_works():
    assert working_day_before(BusinessCalendar(weekdays=(6, 7)), MONDAY, 2) == date(2026, 3, 14)


def test_a_calendar_without_working_days_is_no_endless_search():
    calendar = BusinessCalendar(weekdays=())
    assert working_day_before(calendar, MONDAY, 1) < MONDAY
    assert working_day_after(calendar, date(9999, 12, 1), 1) == date.max
