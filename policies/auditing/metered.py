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

from policies.domain.charge import ChargeType, Line, QuantityBasis
from policies.domain.period import EmptyPeriod, Period, local_date

if TYPE_CHECKING:
    from policies.domain.usage import UsageRecord

ZERO = Decimal(0)
_MOST_NAMED = 20
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
        self._zone = time_zone or "UTC"
        self._ids: set[int] = set()
        self._contents: set[int] = set()
        self.readings: dict[str, dict[Period, Reading]] = defaultdict(dict)
        self.strayed: dict[str, Strayed] = {}
        self.negative: list[str] = []
        self.negatives = 0
        self.untimed: list[str] = []
        self.latest_end: date | None = None

    def add(self, record: UsageRecord) -> None:
        """Take one record in."""
        identity = hash(
            (record.usage_id, record.quantity, record.line_id, record.product_id, record.at, record.period_start)
        )
        is_again = identity in self._ids
        self._ids.add(identity)
        if is_again:
            return
        period = self._days(record)
        if period is None:
            self._name(self.untimed, record)
        elif record.quantity < 0:
            self.negatives += 1
            self._name(self.negative, record)
        else:
            self.latest_end = period.end if self.latest_end is None else max(self.latest_end, period.end)
            self._count(record, period)

    def _count(self, record: UsageRecord, period: Period) -> None:
        line_id = self._line_of(record)
        if line_id is None:
            self._stray(record, period)
            return
        reading = self.readings[line_id].get(period)
        if reading is None:
            reading = self.readings[line_id][period] = Reading(period)
        content = hash((line_id, record.at or period, record.quantity))
        # A quantity of zero, repeated, changes nothing.
        if content in self._contents and record.quantity:
            reading.repeated += record.quantity
            reading.repeats += 1
            return
        self._contents.add(content)
        reading.add(record.quantity, record.at)
        received = _received(record)
        if received is not None and received > period.end:
            reading.late.append((received, record.quantity))

    def _days(self, record: UsageRecord) -> Period | None:
        if record.at is not None:
            day = local_date(record.at if record.at.tzinfo else record.at.replace(tzinfo=UTC), self._zone)
            return Period.through(day, day)
        if record.period_start is None or record.period_end is None:
            return None
        return _through(record.period_start, record.period_end)

    def _line_of(self, record: UsageRecord) -> str | None:
        if record.line_id is not None and record.line_id in self._lines:
            return record.line_id
        return self._by_product.get(record.product_id) if record.product_id is not None else None

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
        return [each for days, each in sorted(self.readings.get(line_id, {}).items()) if days.overlaps(period)]

    def used(self, line: Line, period: Period, *, before: date | None = None) -> Decimal | None:
        """The quantity of a period by the line's quantity basis; None where it is not known.

        `before` leaves out what came on that day or later; where nothing else came, zero is left.
        """
        found = self.within(line.line_id, period)
        if not found or self.is_ambiguous(line, period):
            return None
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

    def outside(self, line_id: str, terms: Iterable[Period]) -> Iterator[Reading]:
        """The readings of a line that no period of its term has a day of."""
        held = list(terms)
        for days, reading in sorted(self.readings.get(line_id, {}).items()):
            if not any(days.overlaps(each) for each in held):
                yield reading


def _by_basis(basis: QuantityBasis, found: list[tuple[Reading, Decimal]], period: Period) -> Decimal:
    if not found:
        return ZERO
    if basis is QuantityBasis.PEAK:
        return max(reading.highest for reading, _ in found)
    if basis is QuantityBasis.LATEST:
        return max(found, key=lambda each: each[0].period.last_day)[0].latest
    shares = [(quantity, _common(reading.period, period), reading.period.days) for reading, quantity in found]
    if basis is QuantityBasis.TIME_WEIGHTED:
        return sum((quantity * common for quantity, common, _ in shares), ZERO) / period.days
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


def _received(record: UsageRecord) -> date | None:
    """The day on which the record came, where its sender says so."""
    for name in _RECEIVED if record.extra else ():
        said = record.extra.get(name)
        if isinstance(said, date):
            return said
        if isinstance(said, str):
            try:
                return date.fromisoformat(said[:10])
            except ValueError:
                return None
    return None
