"""Periods: half-open runs of days, and the months, quarters and years in which prices and invoices count them.

Days are dates, so no clock change can lengthen or shorten one; `local_date` says on which day a moment falls.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policies.domain.charge import BillingFrequency, PricePeriod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MONTHS: Mapping[PricePeriod | BillingFrequency, int] = MappingProxyType(
    {
        PricePeriod.MONTH: 1,
        PricePeriod.QUARTER: 3,
        PricePeriod.YEAR: 12,
        BillingFrequency.MONTHLY: 1,
        BillingFrequency.QUARTERLY: 3,
        BillingFrequency.SEMIANNUAL: 6,
        BillingFrequency.ANNUAL: 12,
    }
)
"""How many months a price period or a billing period has. What lasts for the term or comes once is not in it."""

_ONE_DAY = timedelta(days=1)
# Quotes in flight share few terms, and beyond that counting again is cheap; a list of periods takes more room than a count.
_COUNTS_KEPT = 4096
_CALENDARS_KEPT = 128


class EmptyPeriod(ValueError):  # noqa: N818 - the name says what is wrong
    """The period would end before or on the day that it starts."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to, not including, `end`. Raises `EmptyPeriod` where that is no day at all."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise EmptyPeriod(f"a period from {self.start} has to end after it, not on {self.end}")

    @staticmethod
    def through(first: date, last_day: date) -> Period:
        """The period as people write it, with its last day. Raises `EmptyPeriod`, also for the calendar's very last day."""
        if last_day == date.max:
            raise EmptyPeriod(f"{last_day} has no day after it")
        return Period(first, last_day + _ONE_DAY)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - _ONE_DAY

    def contains(self, day: date) -> bool:
        return self.start <= day < self.end

    def covers(self, other: Period) -> bool:
        """Whether all days of the other period are in this one."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    def intersection(self, other: Period) -> Period | None:
        """The days that both have; None where there are none."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.start} to {self.last_day}"


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """The days of a term that one period of the calendar holds, and that `whole` period, whose days they are a part of."""

    period: Period
    whole: Period

    @property
    def is_whole(self) -> bool:
        return self.period == self.whole

    @property
    def share(self) -> Decimal:
        """Used days over the days of the whole period, the fraction of its price that is due."""
        return Decimal(1) if self.is_whole else Decimal(self.period.days) / self.whole.days


def add_months(day: date, months: int, anchor_day: int | None = None) -> date:
    """The same day of the month, `months` later or (negative) earlier, or the month's last day where it is shorter.

    `anchor_day` is the day that is aimed at: 31 January, 28 February, 31 March. Without it that is the day itself.
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    wanted = anchor_day or day.day
    return date(years, month + 1, wanted if wanted <= 28 else min(wanted, monthrange(years, month + 1)[1]))


def billing_periods(
    term: Period, months: int, anchor_day: int | None = None, anchor: date | None = None
) -> tuple[BillingPeriod, ...]:
    """The term, cut into periods of `months` months.

    They are counted from `anchor`, a day on which some period starts (before, in or after the term; without it the
    term's own first day), and turn on `anchor_day` (without it the anchor's day of the month, clamped to the month's
    end). The first and the last may be stubs. Raises ValueError where the calendar has no such dates.
    """
    anchor = anchor or term.start
    return _billing_periods(term, months, anchor, anchor_day or anchor.day)


@lru_cache(maxsize=_CALENDARS_KEPT)
def _billing_periods(term: Period, months: int, anchor: date, anchor_day: int) -> tuple[BillingPeriod, ...]:
    return tuple(
        BillingPeriod(
            whole if term.covers(whole) else Period(max(term.start, whole.start), min(term.end, whole.end)), whole
        )
        for whole in _whole_periods(term, months, anchor, anchor_day)
    )


def _whole_periods(term: Period, months: int, anchor: date, anchor_day: int) -> Iterator[Period]:
    """The calendar's periods, from the one that holds the term's first day to the one that holds its last."""
    step = _step(term.start, months, anchor, anchor_day)
    start = add_months(anchor, step, anchor_day)
    while start < term.end:
        step += months
        end = add_months(anchor, step, anchor_day)
        yield Period(start, end)
        start = end


def _step(day: date, months: int, anchor: date, anchor_day: int) -> int:
    """How many months after the anchor (a multiple of `months`) the period that holds the day starts."""
    step = _months_between(anchor, day) // months * months
    return step if add_months(anchor, step, anchor_day) <= day else step - months


def _months_between(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def periods_in(term: Period, months: int, anchor_day: int | None = None, anchor: date | None = None) -> Decimal:
    """How many periods of `months` months a price has to pay for, in a term: its whole periods plus the parts of others.

    A term of whole months counts as months (18 months are 1.5 years); any other by `periods_by_days`, so that 42 days of
    a quarter are 42/91. Anchors as in `billing_periods`.
    """
    return _periods_in(term.start, term.end, months, anchor_day, anchor)


def periods_by_days(term: Period, months: int, anchor_day: int | None = None, anchor: date | None = None) -> Decimal:
    """The whole periods of a term plus, for the parts of others, their days over the days of the whole period.

    Parts add up: cut a term anywhere, and the counts of the pieces have the same sum. Anchors as in `billing_periods`.
    """
    anchor = anchor or term.start
    return _by_days(term.start, term.end, months, anchor, anchor_day or anchor.day)


def starts_month(day: date, anchor: date, anchor_day: int | None = None) -> bool:
    """Whether one of the calendar's months, counted as in `billing_periods`, starts on the day."""
    return add_months(anchor, _months_between(anchor, day), anchor_day or anchor.day) == day


# Keyed by dates, which hash faster than periods: these are asked for each line.
@lru_cache(maxsize=_COUNTS_KEPT)
def _periods_in(start: date, end: date, months: int, anchor_day: int | None, anchor: date | None) -> Decimal:
    anchor = anchor or start
    if starts_month(start, anchor, anchor_day) and starts_month(end, anchor, anchor_day):
        return Decimal(_months_between(start, end)) / months
    return _by_days(start, end, months, anchor, anchor_day or anchor.day)


@lru_cache(maxsize=_COUNTS_KEPT)
def _by_days(start: date, end: date, months: int, anchor: date, anchor_day: int) -> Decimal:
    first = _step(start, months, anchor, anchor_day)
    last = _step(end - _ONE_DAY, months, anchor, anchor_day)
    if first == last:
        return _part(start, end, _whole(first, months, anchor, anchor_day))
    at_start = _whole(first, months, anchor, anchor_day)
    at_end = _whole(last, months, anchor, anchor_day)
    between = (last - first) // months - 1
    return _part(start, at_start.end, at_start) + between + _part(at_end.start, end, at_end)


def _whole(step: int, months: int, anchor: date, anchor_day: int) -> Period:
    return Period(add_months(anchor, step, anchor_day), add_months(anchor, step + months, anchor_day))


def _part(start: date, end: date, whole: Period) -> Decimal:
    return Decimal((end - start).days) / whole.days


def whole_months(term: Period) -> int | None:
    """How many months the term lasts, where that is a whole number."""
    months = _months_between(term.start, term.end)
    return months if add_months(term.start, months) == term.end else None


def local_date(at: datetime, tz_name: str) -> date:
    """The day that it is at a moment, where `tz_name` (IANA) is the time. Raises ValueError for a moment without a zone.

    An unknown zone raises `zoneinfo.ZoneInfoNotFoundError`.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no day")
    return at.astimezone(ZoneInfo(tz_name)).date()
