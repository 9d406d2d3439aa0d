"""What use leaves of a minimum commitment to be trued up, by the shapes of the commitment's own periods.

A year of twelve equal months is one shape, however many years there are: the same is missing in each of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol

from policies.domain.commitments import committed_periods
from policies.domain.dues import payable
from policies.domain.money import minor_unit
from policies.domain.period import Period

if TYPE_CHECKING:
    from policies.domain.terms import Terms

ZERO = Decimal(0)


class Amount(NamedTuple):
    """What is invoiced on a day for the days of a period."""

    invoice_date: date
    period: Period
    amount: Decimal
    is_once: bool


class Piece(Protocol):
    """What depends on use and comes in parts, such as the shape of a period."""

    def at(self, quantity: Decimal) -> tuple[Decimal, ...] | None:
        """What each part bills at a quantity; None where the quantity has no price."""


class Place(NamedTuple):
    """A part of a piece on the calendar."""

    invoice_date: date
    period: Period
    piece: Piece
    part: int


class _Held(NamedTuple):
    """A part of a piece that counts for a commitment: so many of the days that it is for."""

    piece: Piece
    part: int
    days: int
    of: int


@dataclass(slots=True, eq=False)
class Shortfall:
    """What is missing to a commitment that is met by parts of pieces; `left` is what nothing else has met of it."""

    left: Decimal
    held: tuple[tuple[_Held, int], ...]
    unit: Decimal
    _known: dict[Decimal, tuple[Decimal, ...] | None] = field(default_factory=dict)

    def at(self, quantity: Decimal) -> tuple[Decimal, ...] | None:
        """The shortfall at a quantity, as the only part; None where the quantity has no price."""
        if quantity not in self._known:
            self._known[quantity] = self._missing(quantity)
        return self._known[quantity]

    def _missing(self, quantity: Decimal) -> tuple[Decimal, ...] | None:
        left = self.left
        for (piece, part, days, of), number in self.held:
            amounts = piece.at(quantity)
            if amounts is None:
                return None
            left -= number * amounts[part] * days / of
        return (max(ZERO, payable(left, self.unit)),)


def shortfalls(terms: Terms, fixed: Sequence[Amount], places: Sequence[Place]) -> list[Place]:
    """The shortfall of each of the commitment's periods, given all else that the terms bill."""
    periods, unit = committed_periods(terms), minor_unit(terms.currency)
    starts = [period.start for period, _ in periods]
    met: dict[int, Decimal] = defaultdict(lambda: ZERO)
    held: dict[int, Counter[_Held]] = defaultdict(Counter)
    for amount in fixed:
        for number, days in _shared(amount.period, starts, periods):
            met[number] += amount.amount * days / amount.period.days
    for place in places:
        for number, days in _shared(place.period, starts, periods):
            whole = days == place.period.days
            held[number][_Held(place.piece, place.part, *((1, 1) if whole else (days, place.period.days)))] += 1
    known: dict[object, Shortfall] = {}
    result = []
    for number, (period, least) in enumerate(periods):
        parts = tuple(held[number].items())
        one = known.setdefault((least - met[number], parts), Shortfall(least - met[number], parts, unit))
        day = period.end if terms.first_invoice is None else max(period.end, terms.first_invoice)
        result.append(Place(day, period, one, 0))
    return result


def _shared(period: Period, starts: Sequence[date], periods: Sequence[tuple[Period, Decimal]]) -> list[tuple[int, int]]:
    """The commitment's periods that have days of a period, by number, and how many."""
    first, after = max(0, bisect_right(starts, period.start) - 1), bisect_left(starts, period.end)
    common = ((number, periods[number][0].intersection(period)) for number in range(first, after))
    return [(number, days.days) for number, days in common if days is not None]
