"""The invoices of two sides, at any use: those that are alike on both sides are held against each other once.

Two invoices are alike where the same shapes lie on them and the same is billed whatever the use. Of those that are alike
the first speaks for all: whatever the use, they differ by the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from policies.twin.gaps import differing
from policies.twin.shortfalls import Amount, Piece, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.twin.bills import Biller
    from policies.twin.use import Rhythm, Use

ZERO = Decimal(0)

_Parts: TypeAlias = tuple[tuple[Piece, int], ...]


class Invoiced(NamedTuple):
    """What both sides invoice on a day, for service in the term or in the renewed term."""

    day: date
    agreement: Decimal
    billing: Decimal
    in_term: bool


@dataclass(slots=True)
class _Side:
    """What one side bills on a day: so much whatever the use, and parts of shapes."""

    fixed: Decimal = ZERO
    parts: list[tuple[Piece, int]] = field(default_factory=list)


_NOTHING = _Side()


class Kind(NamedTuple):
    """The first of the invoices that are alike."""

    day: date
    in_term: bool
    fixed: tuple[Decimal, Decimal]
    parts: tuple[_Parts, _Parts]

    def at(self, quantity: Decimal) -> Invoiced:
        """It, at a quantity that has a price on both sides."""
        return Invoiced(self.day, self._side(0, quantity), self._side(1, quantity), self.in_term)

    def _side(self, side: int, quantity: Decimal) -> Decimal:
        amount = self.fixed[side]
        for piece, part in self.parts[side]:
            amount += (piece.at(quantity) or ())[part] or 0
        return amount


class Invoices:
    """The invoices of two sides. The renewed term begins on `renewal_from`."""

    def __init__(self, agreement: Biller, billing: Biller, renewal_from: date | None) -> None:
        self.agreement, self.billing, self.renewal_from = agreement, billing, renewal_from
        self._kinds: dict[Rhythm, Mapping[tuple[bool, date], Kind]] = {}
        self._distinct: dict[Rhythm, Sequence[Kind]] = {}

    def differing(self, use: Use | None, tolerance: Decimal) -> Iterator[Invoiced]:
        """The invoices that differ by more than the tolerance, the first of those that are alike, the term's before others.

        The agreement must have a price for the use. Raises `Unscheduled`.
        """
        if use is not None and self._is_laid(use.rhythm) and self.billing.rates(use):
            for kind in self._kinds_of(use.rhythm):
                found = kind.at(use.quantity)
                if abs(found.agreement - found.billing) > tolerance:
                    yield found
        else:
            agreed, billed = (each.bill(use).split(self.renewal_from) for each in (self.agreement, self.billing))
            for in_term, one, other in zip((True, False), agreed, billed, strict=True):
                yield from (Invoiced(*each, in_term) for each in differing(one, other, tolerance))

    def on(self, day: date, use: Use, *, in_term: bool) -> Invoiced:
        """The invoices of a day, at a use."""
        if self._is_laid(use.rhythm) and self.agreement.rates(use) and self.billing.rates(use):
            self._kinds_of(use.rhythm)
            kind = self._kinds[use.rhythm].get((not in_term, day))
            return Invoiced(day, ZERO, ZERO, in_term) if kind is None else kind.at(use.quantity)._replace(day=day)
        parts = (each.bill(use).split(self.renewal_from)[not in_term] for each in (self.agreement, self.billing))
        agreed, billed = (part.by_date().get(day, ZERO) for part in parts)
        return Invoiced(day, agreed, billed, in_term)

    def _is_laid(self, rhythm: Rhythm) -> bool:
        return self.agreement.is_laid(rhythm) and self.billing.is_laid(rhythm)

    def _kinds_of(self, rhythm: Rhythm) -> Sequence[Kind]:
        if rhythm not in self._distinct:
            self._kinds[rhythm], self._distinct[rhythm] = self._sorted_out(rhythm)
        return self._distinct[rhythm]

    def _sorted_out(self, rhythm: Rhythm) -> tuple[Mapping[tuple[bool, date], Kind], Sequence[Kind]]:
        """The kind of each day's invoice, and each kind once, in order of time, the term's before the renewed term's."""
        days = [self._days(each, rhythm) for each in (self.agreement, self.billing)]
        kinds: dict[Hashable, Kind] = {}
        by_day = {}
        for after, day in sorted({*days[0], *days[1]}):
            agreed, billed = (side.get((after, day), _NOTHING) for side in days)
            fixed, parts = (agreed.fixed, billed.fixed), (tuple(agreed.parts), tuple(billed.parts))
            by_day[after, day] = kinds.setdefault((after, fixed, parts), Kind(day, not after, fixed, parts))
        return by_day, list(kinds.values())

    def _days(self, biller: Biller, rhythm: Rhythm) -> Mapping[tuple[bool, date], _Side]:
        """What a side bills on each day, after the term or not."""
        days: dict[tuple[bool, date], _Side] = defaultdict(_Side)
        plans = biller.laid(rhythm).values()
        for each in (*biller.not_metered(), *(one for plan in plans for one in plan.fixed)):
            days[self._key(each)].fixed += each.amount
        for place in (one for plan in plans for one in plan.places):
            days[self._key(place)].parts.append((place.piece, place.part))
        return days

    def _key(self, each: Amount | Place) -> tuple[bool, date]:
        return self.renewal_from is not None and each.period.start >= self.renewal_from, each.invoice_date
