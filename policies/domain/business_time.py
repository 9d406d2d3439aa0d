"""Business time: when something is due that takes so many working hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from policies.domain.company import BusinessCalendar

_LONGEST_SEARCH_DAYS = 3660


def due_at(calendar: BusinessCalendar, start: datetime, hours: int) -> datetime | None:
    """The moment when `hours` working hours have passed since `start`, in the calendar's time zone.

    None where the calendar has no working time to count in.
    """
    zone = ZoneInfo(calendar.time_zone)
    local = start.astimezone(zone)
    left = timedelta(hours=hours)
    day = local.date()
    for _ in range(_LONGEST_SEARCH_DAYS):
        if day.isoweekday() in calendar.weekdays and day not in calendar.holidays:
            # Both ends go through UTC so that a day with a clock change has its true length.
            opens = datetime.combine(day, calendar.opens, zone).astimezone(ZoneInfo("UTC"))
            closes = datetime.combine(day, calendar.closes, zone).astimezone(ZoneInfo("UTC"))
            begins = max(opens, local.astimezone(ZoneInfo("UTC")))
            if closes > begins:
                if closes - begins >= left:
                    return (begins + left).astimezone(zone)
                left -= closes - begins
        day += timedelta(days=1)
    return None
