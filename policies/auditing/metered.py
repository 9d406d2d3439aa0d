"""Usage as an audit needs it: read once, record by record, and kept only in sums by line and day.

A record that comes again, under its own id or under another with the same line, time and quantity, counts once. A period
without any record is not known, which is not zero. Memory grows with lines and days, and by some bytes for each record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from policies.auditing.levels import Levels, bounds, microseconds
from policies.domain.charge import ChargeType, Line, QuantityBasis
from policies.domain.period import EmptyPeriod, Period

if TYPE_CHECKING:
    from policies.domain.usage import UsageRecord

ZERO = Decimal(0)
_MOST_NAMED = 20
_WEIGHTED = QuantityBasis.TIME_WEIGHTED
_RECEIVED = ("received_on", "received_at", "recorded_on", "recorded_at")


@dataclass(slots=True)
class Reading:
    """What was recorded for one line over the very same days; `repeated` and `late` are parts that count twice or came late."""

    period: Period
    total: Decimal = ZERO
    highest: Decimal = ZERO
    latest: Decimal = ZERO
    latest_at: datetime | None = None
    records: int = 0
    repeated: Decimal = ZERO
    repeats: int = 0
    late: list[tuple[date, Decimal]] = field(default_factory=list)

    def add(self, quantity: Decimal, at: datetime | None) -> None:
        """Count one record."""
        self.total += quantity
        self.highest = quantity if not self.records else max(self.highest, quantity)
        if at is None or self.latest_at is None or at >= self.latest_at:
            self.latest, self.latest_at = quantity, at
        self.records += 1


@dataclass(slots=True)
class Strayed:
    """Usage that belongs to nothing in the agreement: how much of what, over which days, and some of its records."""

    name: str
    quantity: Decimal = ZERO
    records: int = 0
    first: date = date.max
    last: date = date.min
    usage_ids: list[str] = field(default_factory=list)
    is_claimed: bool = False


class UsageBook:
    """The usage of one agreement. `add` every record, then ask for quantities."""

    def __init__(self, lines: Iterable[Line], time_zone: str | None) -> None:
        self._lines = {line.line_id: line for line in lines}
        self._by_product = _by_product(self._lines.values())
        self._zone = ZoneInfo(time_zone or "UTC")
        # What was read, by its content: the hash of the id under which it came first. More than that only of repetitions.
        self._seen: dict[int, int] = {}
        self._again: set[tuple[int, int]] = set()
        self._of_day: dict[tuple[str, date], Reading] = {}
        self._ordered: dict[str, list[Reading]] = {}
        self._levels = {line_id: Levels() for line_id, line in self._lines.items() if line.quantity_basis is _WEIGHTED}
        self.readings: dict[str, dict[Period, Reading]] = defaultdict(dict)
        self.strayed: dict[str, Strayed] = {}
        self.negative: list[str] = []
        self.negatives = 0
        self.untimed: list[str] = []
        self.latest_end: date | None = None

    def add(self, record: UsageRecord) -> None:
        """Take one record in."""
        line_id, at, quantity = record.line_id, record.at, record.quantity
        if line_id not in self._lines:
            line_id = self._by_product.get(record.product_id) if record.product_id is not None else None
        time = at or (record.period_start, record.period_end)
        what = line_id if line_id is not None else (record.product_id, record.line_id)
        content, usage_id = hash((what, time, quantity)), hash(record.usage_id)
        first = self._seen.get(content)
        if first is None:
            self._seen[content] = usage_id
        elif first == usage_id or (content, usage_id) in self._again:
            return
        else:
            self._again.add((content, usage_id))
        if line_id is None or quantity < 0:
            self._leave_out(record, line_id)
            return
        reading = self._reading(record, line_id)
        if reading is None:
            self._name(self.untimed, record)
        elif first is None or not quantity:  # a quantity of zero, repeated, changes nothing
            self._take(record, line_id, reading)
        else:
            reading.repeated += quantity
            reading.repeats += 1

    def _take(self, record: UsageRecord, line_id: str, reading: Reading) -> None:
        reading.add(record.quantity, record.at)
        if line_id in self._levels:
            start, end = bounds(reading.period, self._zone)
            if record.at is None:
                self._levels[line_id].add(start, end, record.quantity)
            else:
                self._levels[line_id].add(microseconds(_with_zone(record.at)), None, record.quantity)
        received = _received(record) if record.extra else None
        if received is not None and received > reading.period.end:
            reading.late.append((received, record.quantity))

    def _leave_out(self, record: UsageRecord, line_id: str | None) -> None:
        """Note a record that cannot be counted: it is negative, or of nothing in the agreement."""
        period = self._days(record)
        if period is None:
            self._name(self.untimed, record)
        elif record.quantity < 0:
            self.negatives += 1
            self._name(self.negative, record)
        elif line_id is None:
            self._note_end(period)
            self._stray(record, period)

    def _reading(self, record: UsageRecord, line_id: str) -> Reading | None:
        """Where the record is counted: with all others of the line over the very same days."""
        if record.at is not None:
            day = self._day(record.at)
            found = self._of_day.get((line_id, day))
            if found is None:
                found = self._of_day[line_id, day] = self._open(line_id, Period.through(day, day))
            return found
        period = self._days(record)
        return None if period is None else self._open(line_id, period)

    def _open(self, line_id: str, period: Period) -> Reading:
        found = self.readings[line_id].get(period)
        if found is None:
            found = self.readings[line_id][period] = Reading(period)
            self._ordered.pop(line_id, None)
            self._note_end(period)
        return found

    def _note_end(self, period: Period) -> None:
        self.latest_end = period.end if self.latest_end is None else max(self.latest_end, period.end)

    def _days(self, record: UsageRecord) -> Period | None:
        if record.at is not None:
            day = self._day(record.at)
            return Period.through(day, day)
        if record.period_start is None or record.period_end is None:
            return None
        return _through(record.period_start, record.period_end)

    def _day(self, at: datetime) -> date:
        """The day that it is at a moment, where the account is."""
        return _with_zone(at).astimezone(self._zone).date()

    def _stray(self, record: UsageRecord, period: Period) -> None:
        name = record.product_id or record.line_id or "nothing"
        found = self.strayed.setdefault(name, Strayed(name))
        found.quantity += record.quantity
        found.records += 1
        found.is_claimed = found.is_claimed or record.agreement_id is not None
        found.first, found.last = min(found.first, period.start), max(found.last, period.last_day)
        self._name(found.usage_ids, record)

    def drop_strays_outside(self, term: Period | None) -> None:
        """Leave strays aside that name no agreement and have no day in the term: they are of another agreement, or of none."""
        self.strayed = {
            name: each
            for name, each in self.strayed.items()
            if each.is_claimed or term is None or term.overlaps(Period.through(each.first, each.last))
        }

    @staticmethod
    def _name(names: list[str], record: UsageRecord) -> None:
        if len(names) < _MOST_NAMED:
            names.append(record.usage_id)

    def within(self, line_id: str, period: Period) -> list[Reading]:
        """The readings of a line that have days in a period."""
        return [each for each in self._in_order(line_id) if each.period.overlaps(period)]

    def _in_order(self, line_id: str) -> list[Reading]:
        if line_id not in self._ordered:
            self._ordered[line_id] = [each for _, each in sorted(self.readings.get(line_id, {}).items())]
        return self._ordered[line_id]

    def used(self, line: Line, period: Period, *, before: date | None = None) -> Decimal | None:
        """The quantity of a period by the line's quantity basis; None where it is not known.

        `before` leaves out what came on that day or later; where nothing else came, zero is left.
        """
        found = self.within(line.line_id, period)
        if not found or self.is_ambiguous(line, period):
            return None
        if line.quantity_basis is _WEIGHTED:
            return None if before is not None else self._levels[line.line_id].average(*bounds(period, self._zone))
        quantities = [(each, _quantity(each, before)) for each in found]
        if before is not None:
            quantities = [each for each in quantities if each[1]]
        return _by_basis(line.quantity_basis or QuantityBasis.SUM, quantities, period)

    def repeated(self, line: Line, period: Period) -> Decimal:
        """How much of a period's use was recorded again, and counted only once here."""
        return sum((each.repeated for each in self.within(line.line_id, period)), ZERO)

    def reaches_beyond(self, line: Line, period: Period) -> Decimal | None:
        """The whole quantity of the readings of a period, where some have days outside it too and its share is a guess."""
        found = self.within(line.line_id, period)
        if all(period.covers(each.period) for each in found):
            return None
        return sum((each.total for each in found), ZERO)

    def is_ambiguous(self, line: Line, period: Period) -> bool:
        """Whether several readings of seats or the like are there, and nothing says which of them counts."""
        if line.quantity_basis is not None or line.charge_type is ChargeType.USAGE:
            return False
        found = self.within(line.line_id, period)
        return len(found) > 1 or any(each.records > 1 for each in found)

    def why_unknown(self, line: Line, period: Period) -> str:
        """Why the quantity of a period is not known."""
        if not self.within(line.line_id, period):
            return f"no usage record for {period}, so its use is not known; that is not zero"
        if self.is_ambiguous(line, period):
            return f"several usage records for {period}, and nothing says which of them counts"
        return f"the level in use is not known at all times from {period}: send a reading at or before its beginning"

    def outside(self, line_id: str, terms: Iterable[Period]) -> Iterator[Reading]:
        """The readings of a line that no period of its term has a day of."""
        held = list(terms)
        for reading in self._in_order(line_id):
            if not any(reading.period.overlaps(each) for each in held):
                yield reading


def _by_basis(basis: QuantityBasis, found: list[tuple[Reading, Decimal]], period: Period) -> Decimal:
    if not found:
        return ZERO
    if basis is QuantityBasis.PEAK:
        return max(reading.highest for reading, _ in found)
    if basis is QuantityBasis.LATEST:
        return max(found, key=lambda each: (each[0].period.end, each[0].period.start))[0].latest
    shares = [(quantity, _common(reading.period, period), reading.period.days) for reading, quantity in found]
    return sum((quantity if common == days else quantity * common / days for quantity, common, days in shares), ZERO)


def _quantity(reading: Reading, before: date | None) -> Decimal:
    if before is None:
        return reading.total
    return reading.total - sum((late for received, late in reading.late if received >= before), ZERO)


def _common(one: Period, other: Period) -> int:
    common = one.intersection(other)
    return 0 if common is None else common.days


def _by_product(lines: Iterable[Line]) -> dict[str, str]:
    """The one line of each product that use can be of. Of several, the one that is metered; else the first."""
    found: dict[str, Line] = {}
    for line in lines:
        if line.product_id not in found or (is_metered(line) and not is_metered(found[line.product_id])):
            found[line.product_id] = line
    return {product: line.line_id for product, line in found.items()}


def is_metered(line: Line) -> bool:
    """Whether what the line bills depends on use."""
    return line.charge_type is ChargeType.USAGE or line.included_quantity is not None


@lru_cache(maxsize=4096)
def _through(first: date, last: date) -> Period | None:
    try:
        return Period.through(first, last)
    except EmptyPeriod:
        return None


def _with_zone(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _received(record: UsageRecord) -> date | None:
    """The day on which the record came, where its sender says so."""
    for name in _RECEIVED:
        said = record.extra.get(name)
        if isinstance(said, date):
            return said
        if isinstance(said, str):
            try:
                return date.fromisoformat(said[:10])
            except ValueError:
                return None
    return None
