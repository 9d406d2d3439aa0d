"""Drift by feature: are this month's deals like those before, as far as so many deals can tell?

Two samples of a number are compared by their largest distance (Kolmogorov and Smirnov), the shares in which it is not known by
their difference. The limit follows from how many deals there are on both sides; a fixed one cries wolf where they are few.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isnan, sqrt
from statistics import NormalDist, median
from typing import Final

from app.proportions import withstand

LEAST: Final = 30
FALSELY_FOUND: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One feature. `distance` is 0 to 1, `odds` those of a difference as large by chance where nothing changed.

    `moved` says that the difference stands although so many features were looked at.
    """

    feature: str
    distance: float
    odds: float
    moved: bool
    before: float | None
    after: float | None
    missing_before: float
    missing_after: float


def drift(before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]) -> tuple[Drift, ...]:
    """Every feature that both sides have, the most moved first. Where nothing changed, any is named once in twenty months."""
    names = sorted(before.keys() & after.keys())
    sides = [(_Side.of(before[name]), _Side.of(after[name])) for name in names]
    found = [_compared(one, other) for one, other in sides]
    moved = withstand([odds for _, odds in found], FALSELY_FOUND)
    rows = [
        Drift(
            feature=name,
            distance=distance,
            odds=odds,
            moved=stands,
            before=one.middle,
            after=other.middle,
            missing_before=one.missing,
            missing_after=other.missing,
        )
        for name, (one, other), (distance, odds), stands in zip(names, sides, found, moved, strict=True)
    ]
    return tuple(sorted(rows, key=lambda each: (each.odds, -each.distance, each.feature)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: the known values in order, and of how many deals."""

    known: array[float]
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> _Side:
        return cls(array("d", sorted([each for each in values if not isnan(each)])), len(values))

    @property
    def missing(self) -> float:
        return 1.0 - len(self.known) / self.n if self.n else 0.0

    @property
    def middle(self) -> float | None:
        return median(self.known) if self.known else None


def enough(before: int, after: int) -> bool:
    """Whether there are deals enough on both sides to say anything."""
    return before >= LEAST and after >= LEAST


def _compared(one: _Side, other: _Side) -> tuple[float, float]:
    """The distance and its odds; two questions are asked, so the smaller odds count twice."""
    distance, odds = 0.0, 1.0
    if enough(len(one.known), len(other.known)):
        distance = _distance(one.known, other.known)
        odds = kolmogorov(distance, len(one.known), len(other.known))
    return distance, min(1.0, 2.0 * min(odds, _missing_odds(one, other)))


def kolmogorov(distance: float, one: int, other: int) -> float:
    """The odds of such a distance or more between two samples of one distribution (asymptotic, with Stephens' correction)."""
    size = sqrt(one * other / (one + other))
    reach = (size + 0.12 + 0.11 / size) * distance
    if reach < 0.3:
        return 1.0
    terms = ((-1.0) ** (k - 1) * exp(-2.0 * (k * reach) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2.0 * sum(terms)))


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest distance between the two distributions; both are sorted."""
    largest, i, j, n, m = 0.0, 0, 0, len(one), len(other)
    # Where one side is used up, the other only comes nearer.
    while i < n and j < m:
        at = min(one[i], other[j])
        # Deals share values: a step passes all that have this one.
        i, j = bisect_right(one, at, i), bisect_right(other, at, j)
        largest = max(largest, abs(i / n - j / m))
    return largest


def _missing_odds(before: _Side, after: _Side) -> float:
    n, m = before.n, after.n
    if not enough(n, m):
        return 1.0
    one, other = n - len(before.known), m - len(after.known)
    share = (one + other) / (n + m)
    error = sqrt(share * (1.0 - share) * (1.0 / n + 1.0 / m))
    # Few missing values make the normal curve a poor guide: a whole case is taken off, which errs on the quiet side.
    apart = max(0.0, abs(one / n - other / m) - 1.0 / min(n, m))
    return 2.0 * (1.0 - NormalDist().cdf(apart / error)) if error else 1.0
