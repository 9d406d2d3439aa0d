"""Levels: what is in use as a step function of time, for quantities that are weighted by it.

A reading at a moment holds from then until the next one. A record over days holds for those days, from midnight to midnight
in the account's time zone, so that a day on which clocks are turned has 23 or 25 hours. Where two overlap, the one that
begins later holds. Before the first reading, and after the last day of a record over days, the level is not known.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from policies.domain.period import Period

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OPEN = 2**62
# More digits than any quantity times any number of microseconds has, so that nothing is rounded before the division.
_EXACT_DIGITS = 100


class Levels:
    """The level of one line over time. Times are microseconds of UTC; a reading takes 24 bytes and a level is kept once."""

    def __init__(self) -> None:
        self._starts, self._ends, self._levels = array("q"), array("q"), array("q")
        self._numbers: dict[Decimal, int] = {}
        self._quantities: list[Decimal] = []
        self._is_sorted = True

    def add(self, start: int, end: int | None, quantity: Decimal) -> None:
        """Let a level hold from `start` until `end`; None is until the next one begins."""
        number = self._numbers.setdefault(quantity, len(self._quantities))
        if number == len(self._quantities):
            self._quantities.append(quantity)
        self._is_sorted = self._is_sorted and (not self._starts or self._starts[-1] <= start)
        self._starts.append(start)
        self._ends.append(_OPEN if end is None else end)
        self._levels.append(number)

    def average(self, start: int, end: int) -> Decimal | None:
        """The level, weighted by how long each lasts between two moments; None where it is not known all the time."""
        with localcontext() as context:
            context.prec = _EXACT_DIGITS
            whole, known = Decimal(0), 0
            for quantity, lasting in self._steps(start, end):
                whole += quantity * lasting
                known += lasting
        return whole / (end - start) if known == end - start else None

    def _steps(self, start: int, end: int) -> Iterator[tuple[Decimal, int]]:
        """Each level that is known within the time, and how long it lasts there."""
        self._sort()
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_left(self._starts, end)
        for number in range(first, last):
            begins = max(start, self._starts[number])
            follows = self._starts[number + 1] if number + 1 < len(self._starts) else _OPEN
            lasting = min(end, follows, self._ends[number]) - begins
            if lasting > 0:
                yield self._quantities[self._levels[number]], lasting

    def _sort(self) -> None:
        """Into order of time; of two that begin together the one that was read later comes later, and so holds."""
        if self._is_sorted:
            return
        order = sorted(range(len(self._starts)), key=self._starts.__getitem__)
        self._starts, self._ends, self._levels = (
            array("q", (each[number] for number in order)) for each in (self._starts, self._ends, self._levels)
        )
        self._is_sorted = True


def microseconds(at: datetime) -> int:
    """A moment as microseconds of UTC since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def bounds(period: Period, zone: ZoneInfo) -> tuple[int, int]:
    """The midnights between which a period lies, in a time zone, as microseconds of UTC."""
    return _midnight(period.start, zone), _midnight(period.end, zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time.min, zone).astimezone(UTC))
