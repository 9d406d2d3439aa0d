"""Business time: when something is due that takes so many working hours, or so many working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from policies.domain.company import BusinessCalendar

_LONGEST_SEARCH_DAYS = 3660
_ONE_DAY = timedelta(days=1)


def due_at(calendar: BusinessCalendar, start: datetime, hours: int) -> datetime | None:
    """The moment when `hours` working hours have passed since `start`, in the calendar's time zone.

    None where the calendar has no working time to count in.
    """
    zone = ZoneInfo(calendar.time_zone)
    local = start.astimezone(zone)
    left = timedelta(hours=hours)
    day = local.date()
    for _ in range(_LONGEST_SEARCH_DAYS):
        if is_working_day(calendar, day):
            # Both ends go through UTC so that a day with a clock change has its true length.
            opens = datetime.combine(day, calendar.opens, zone).astimezone(ZoneInfo("UTC"))
            closes = datetime.combine(day, calendar.closes, zone).astimezone(ZoneInfo("UTC"))
            begins = max(opens, local.astimezone(ZoneInfo("UTC")))
            if closes > begins:
                if closes - begins >= left:
                    return (begins + left).astimezone(zone)
                left -= closes - begins
        day += _ONE_DAY
    return None


def working_time(calendar: BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments; none where the end is not after the start.

    Of a span of many years, that of its first ten.
    """
    zone, utc = ZoneInfo(calendar.time_zone), ZoneInfo("UTC")
    found, day, last = timedelta(), start.astimezone(zone).date(), end.astimezone(zone).date()
    for _ in range(_LONGEST_SEARCH_DAYS):
        if day > last:
            break
        if is_working_day(calendar, day):
            opens = max(datetime.combine(day, calendar.opens, zone).astimezone(utc), start)
            closes = min(datetime.combine(day, calendar.closes, zone).astimezone(utc), end)
            found += max(closes - opens, timedelta())
        day += _ONE_DAY
    return found


def is_working_day(calendar: BusinessCalendar, day: date) -> bool:
    """Whether anybody works on the day."""
    return day.isoweekday() in calendar.weekdays and day not in calendar.holidays


def working_day_before(calendar: BusinessCalendar, day: date, count: int) -> date:
    """The working day that is the `count`th before a day; the day itself for none.

    Of a calendar without working days, a day years before.
    """
    return _stepped(calendar, day, count, -_ONE_DAY)


def working_day_after(calendar: BusinessCalendar, day: date, count: int) -> date:
    """The working day that is the `count`th after a day; the day itself for none.

    Of a calendar without working days, a day years after.
    """
    return _stepped(calendar, day, count, _ONE_DAY)


def _stepped(calendar: BusinessCalendar, day: date, count: int, step: timedelta) -> date:
    left = count
    for _ in range(_LONGEST_SEARCH_DAYS):
        if not left or not date.min < day < date.max:
            break
        day += step
        left -= is_working_day(calendar, day)
    return day
