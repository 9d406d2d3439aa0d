"""What others paid: the latest prices and quantities of a product, so that one that is unlike them can be told."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import floor, inf, log, log10
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from policies.facts import LineFacts, QuoteFacts

REMEMBERED: Final = 200
"""So many of the latest values are kept of each group of peers."""

ENOUGH: Final = 8
"""A group of fewer peers says nothing; the wider one is asked."""

_IQR_OF_NORMAL: Final = 1.349
_NARROWEST: Final = 0.02

PeerKey = tuple[str, ...]


class Distance(NamedTuple):
    """How far a value lies from its peers: in natural logarithms from their median, in robust standard deviations."""

    log_ratio: float
    deviations: float
    peers: int


class Peers:
    """The latest values of a group, as natural logarithms, in order of size and in order of arrival."""

    __slots__ = ("_middle", "arrived", "ordered")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.arrived = deque(values)
        self.ordered = sorted(self.arrived)
        self._middle: tuple[float, float] | None = None

    def add(self, value: float) -> None:
        """Take a value in; the oldest goes when there are more than are remembered."""
        self._middle = None
        self.arrived.append(value)
        insort(self.ordered, value)
        if len(self.arrived) > REMEMBERED:
            del self.ordered[bisect_left(self.ordered, self.arrived.popleft())]

    def quantile(self, share: float) -> float:
        """The value below which a share of the group lies, between the two nearest; there is at least one value."""
        at = share * (len(self.ordered) - 1)
        below = floor(at)
        above = min(below + 1, len(self.ordered) - 1)
        return self.ordered[below] + (at - below) * (self.ordered[above] - self.ordered[below])

    def distance(self, value: float) -> Distance:
        """How far a value lies from the group. A group of one price is taken to differ by 2 %."""
        if self._middle is None:
            width = (self.quantile(0.75) - self.quantile(0.25)) / _IQR_OF_NORMAL
            self._middle = self.quantile(0.5), max(_NARROWEST, width)
        median, width = self._middle
        return Distance(value - median, (value - median) / width, len(self.ordered))


def logarithm(number: Decimal | float | None) -> float | None:
    """The natural logarithm of a positive number; None of any other, and of one beyond what a float holds."""
    if number is None:
        return None
    as_float = float(number)
    return log(as_float) if 0.0 < as_float < inf else None


def price_key(line: LineFacts, facts: QuoteFacts) -> PeerKey:
    """The narrowest group that a line's price belongs to: product, currency, price period, quantity band and segment."""
    terms, period = line.line, line.price_period
    return (
        "price",
        terms.product_id,
        facts.quote.currency,
        period.value if period is not None else "",
        _band(line.quantity),
        facts.segment or "-",
    )


def widening(key: PeerKey) -> tuple[PeerKey, PeerKey, PeerKey]:
    """The groups that a price belongs to, narrowest first: that of its key, then without the segment, and the band."""
    return key, key[:-1], key[:-2]


def quantity_key(line: LineFacts) -> PeerKey:
    """The group that a line's quantity belongs to."""
    return ("quantity", line.line.product_id, line.line.unit_of_measure or "")


def value_key(facts: QuoteFacts) -> PeerKey:
    """The group that a deal's value belongs to: the deals of its currency."""
    return ("value", facts.quote.currency)


def _band(quantity: Decimal | None) -> str:
    """Two bands to a power of ten: 1 to 3, 3 to 10, 10 to 31 and so on."""
    number = float(quantity) if quantity is not None else 0.0
    return str(floor(2 * log10(number))) if 0.0 < number < inf else ""
