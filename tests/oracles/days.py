"""Days a second way: one after the other, each asked by itself whether a period of the calendar starts on it."""

from bisect import bisect_right
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12, "monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}


def month_length(year, month):
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return (following - ONE_DAY).day


def month_on(day, months, aim=None):
    """The day that is aimed at, so many months on, or the last of a month that does not have it."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(aim or day.day, month_length(year, month)))


def days_between(start, end):
    return [start + timedelta(days=number) for number in range((end - start).days)]


class Calendar:
    """Periods of so many months that turn on a day of the month, the last day of a month that is shorter."""

    def __init__(self, anchor, months, aim=None):
        self.anchor, self.months, self.aim = anchor, months, aim or anchor.day
        self.turns = []

    def is_turn(self, day):
        apart = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        return apart % self.months == 0 and day.day == min(self.aim, month_length(day.year, day.month))

    def over(self, start, end):
        """The calendar with every turn that a day from `start` to `end` needs, found by walking."""
        first = start
        while not self.is_turn(first):
            first -= ONE_DAY
        last = end
        while not self.is_turn(last):
            last += ONE_DAY
        self.turns = [day for day in days_between(first, last + ONE_DAY) if self.is_turn(day)]
        return self

    def whole(self, day):
        """The whole period that a day is in, as its first day and the first day after it."""
        number = bisect_right(self.turns, day)
        return self.turns[number - 1], self.turns[number]


def cut(start, end, calendar):
    """The days from `start` up to `end` as (first, after, whole first, whole after), cut where the calendar turns."""
    if calendar is None:
        return [(start, end, start, end)]
    pieces = []
    while start < end:
        first, after = calendar.whole(start)
        pieces.append((start, min(after, end), first, after))
        start = after
    return pieces
