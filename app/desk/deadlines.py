"""How much working time is left, in words that a person reads at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from policies.domain.business_time import due_at, working_time
from policies.domain.company import BusinessCalendar

SOON_HOURS: Final = 8
"""What has to be answered within so many working hours is due soon."""
_HOURS_ALONE: Final = 24
_HOUR: Final = timedelta(hours=1)
_LATELY: Final = timedelta(days=30)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A moment by which something has to be done, in words. `tone` is bad when it is over, warn when it is soon, else plain."""

    at: datetime
    words: str
    tone: str = "plain"


def soon(calendar: BusinessCalendar, now: datetime) -> datetime:
    """The moment before which what is due is due soon. In a calendar without working time, eight hours from now."""
    return due_at(calendar, now, SOON_HOURS) or now + SOON_HOURS * _HOUR


def answer_due(at: datetime | None, now: datetime, calendar: BusinessCalendar) -> Due | None:
    """How long the desk has left to answer, by the working hours of the company; None where there is no such moment."""
    if at is None:
        return None
    if at <= now:
        return Due(at=at, words=f"overdue since {_moment(at, now)}", tone="bad")
    left = working_time(calendar, now, at)
    return Due(at=at, words=f"{_left(left, calendar)} left", tone="warn" if left <= SOON_HOURS * _HOUR else "plain")


def runs_out(at: datetime | None, now: datetime, *, invoice: bool = False) -> Due | None:
    """When a quote runs out, or a first invoice goes out, in days of the calendar on the wall."""
    if at is None:
        return None
    # A quote is good for the whole of its last day, so the moment is the start of the day after.
    last = at.astimezone(UTC) - (timedelta() if invoice else timedelta(microseconds=1))
    days = (last.date() - now.astimezone(UTC).date()).days
    verb = "first invoice" if invoice else "runs out"
    if at <= now:
        return Due(at=last, words=f"{'first invoice was due' if invoice else 'ran out'} {_day(last)}", tone="bad")
    near = {0: "today", 1: "tomorrow"}.get(days)
    return Due(at=last, words=f"{verb} {near or _day(last)}", tone="warn" if days <= 1 else "plain")


def _left(left: timedelta, calendar: BusinessCalendar) -> str:
    if left < _MINUTE:
        return "no working time"
    if left < _HOUR:
        return _counted(left // _MINUTE, "working minute")
    if left <= _HOURS_ALONE * _HOUR:
        return _counted(left // _HOUR, "working hour")
    opens = timedelta(hours=calendar.opens.hour, minutes=calendar.opens.minute)
    closes = timedelta(hours=calendar.closes.hour, minutes=calendar.closes.minute)
    return _counted(left // max(closes - opens, _HOUR), "working day")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _moment(at: datetime, now: datetime) -> str:
    """A moment that is over: with the time of day where that is lately, with the year where it is long ago."""
    told = at.astimezone(UTC)
    return f"{told.day} {told:%b, %H:%M} UTC" if now - at < _LATELY else _day(at)


def _day(at: datetime) -> str:
    told = at.astimezone(UTC)
    return f"{told.day} {told:%b %Y}"
