"""The pace of use: what the records of some days come to, and what that makes of the days to come.

A line whose quantity is summed goes on at its average a day. Of one whose quantity stands (seats, a peak, the latest count),
what was last recorded goes on. Days without a record count as no use, so a pace is never too fast; use of which nothing at
all is recorded is unknown, and nothing is inferred from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeType, QuantityBasis
from policies.domain.period import Period

if TYPE_CHECKING:
    from policies.auditing.metered import Reading, UsageBook
    from policies.domain.charge import Line

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The use of a line from `since` up to, not including, `until`, with the number of its days that have a record."""

    since: date
    until: date
    used: Decimal
    recorded_days: int
    is_summed: bool

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def per_day(self) -> Decimal:
        """What a further day adds; none where the quantity stands."""
        return self.used / self.days if self.is_summed else ZERO

    def by(self, end: date) -> Decimal:
        """The use up to a later day, if it goes on like this."""
        return self.used + self.per_day * max(0, (end - self.until).days)

    def passes(self, limit: Decimal, end: date) -> date | None:
        """The day on which the use goes beyond a limit before `end`; None where it does not, or did already."""
        if self.used > limit or self.by(end) <= limit or not self.per_day:
            return None
        return self.until + timedelta(days=int((limit - self.used) / self.per_day))


def is_summed(line: Line) -> bool:
    """Whether the line's use adds up over its period, and does not stand at a number."""
    if line.quantity_basis is None:
        return line.charge_type is ChargeType.USAGE
    return line.quantity_basis is QuantityBasis.SUM


def pace_of(usage: UsageBook, line: Line, period: Period, as_of: date) -> Pace | None:
    """The pace within a period from the records up to `as_of`; None where there is none, or none that counts."""
    readings = [each for each in usage.within(line.line_id, period) if each.period.start <= as_of]
    until = min(
        max((each.period.end for each in readings), default=period.start), as_of + timedelta(days=1), period.end
    )
    if until <= period.start:
        return None
    used = usage.used(line, Period(period.start, until))
    if used is None:
        return None
    days = _days_with_records(readings, Period(period.start, until))
    return Pace(since=period.start, until=until, used=used, recorded_days=days, is_summed=is_summed(line))


def _days_with_records(readings: list[Reading], within: Period) -> int:
    covered, reached = 0, within.start
    for reading in sorted(readings, key=lambda each: each.period):
        start, end = max(reading.period.start, reached), min(reading.period.end, within.end)
        if start < end:
            covered += (end - start).days
            reached = end
    return covered


@dataclass(slots=True)
class Projection:
    """The use of any period as a schedule asks for it: as recorded, and at the pace beyond. `unknown` are periods without a record."""

    usage: UsageBook
    line: Line
    pace: Pace
    unknown: list[Period] = field(default_factory=list)

    def __call__(self, period: Period) -> Decimal | None:
        if period.end <= self.pace.until:
            used = self.usage.used(self.line, period)
            if used is None:
                self.unknown.append(period)
            return used
        if not self.pace.is_summed:
            return self._standing(period)
        known = ZERO
        if period.start < self.pace.until:
            known = self.usage.used(self.line, Period(period.start, self.pace.until)) or ZERO
        return known + self.pace.per_day * (period.end - max(period.start, self.pace.until)).days

    def _standing(self, period: Period) -> Decimal:
        if period.start < self.pace.until:
            known = self.usage.used(self.line, Period(period.start, self.pace.until))
            if known is not None:
                return known
        return self.pace.used
