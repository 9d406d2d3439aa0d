"""When quotes are made: on working days, more of them as a quarter ends."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from policies.domain.period import add_months

QUARTER_END_DAYS: Final = 10
"""The last days of a quarter, in which deals are rushed."""

_WEEKEND, _WORKDAY, _RUSH = 0.04, 1.0, 2.4
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Season:
    """The days from `start` up to, not including, `end`, each as likely as quotes are on it."""

    start: date
    end: date
    bounds: tuple[float, ...]

    @staticmethod
    def of(start: date, end: date) -> Season:
        days = (start + timedelta(days=n) for n in range((end - start).days))
        return Season(start, end, tuple(accumulate(_weight(day) for day in days)))

    def day(self, rng: Random, not_before: date | None = None) -> date:
        """A day on which a quote is made; from `not_before` on, which has to lie before the season's end."""
        low = self._sum_before(not_before) if not_before is not None else 0.0
        wanted = low + rng.random() * (self.bounds[-1] - low)
        return self.start + timedelta(days=min(bisect(self.bounds, wanted), len(self.bounds) - 1))

    def _sum_before(self, day: date) -> float:
        index = (day - self.start).days
        return self.bounds[index - 1] if index > 0 else 0.0


def is_quarter_end(day: date) -> bool:
    """Whether the day is one of the last of its quarter (March, June, September, December)."""
    return day.month % 3 == 0 and (day + timedelta(days=QUARTER_END_DAYS)).month != day.month


def moment(rng: Random, day: date) -> datetime:
    """A moment of the working day, in UTC, to the minute."""
    return datetime(day.year, day.month, day.day, 8 + int(rng.random() * 10), int(rng.random() * 60), tzinfo=UTC)


def next_month(day: date) -> date:
    """The first of the month after the day's."""
    return add_months(day.replace(day=1), 1)


def _weight(day: date) -> float:
    if day.weekday() > 4:
        return _WEEKEND
    return _RUSH if is_quarter_end(day) else _WORKDAY
