"""Figures with their uncertainty: shares, medians, rates before and after, and how many were never seen.

Every interval is at 95 %. Formulas are named where they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt
from random import Random
from typing import Final

Z: Final = 1.959963984540054
_SEED: Final = 7
_DRAWS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From, to; at 95 %."""

    low: float
    high: float


def wilson(hits: int, n: int) -> Interval:
    """The interval of a share (Wilson 1927): it stays within 0 and 1, and holds for small numbers too."""
    if n == 0:
        return Interval(low=0.0, high=1.0)
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """The value at or below which this share lies, of values that are given with how often they occur."""
    total = sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total and counts[value]:
            return value
    return None


def chapman(first: int, second: int, both: int) -> tuple[float, Interval]:
    """How many there are, from two independent searches (Chapman 1951; variance by Seber 1970), n1*n2/m without its bias."""
    n = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    half = Z * sqrt(variance)
    seen = float(first + second - both)
    return n, Interval(low=max(seen, n - half), high=max(seen, n + half))


def rate_ratio(before: int, exposed_before: float, after: int, exposed_after: float) -> tuple[float, Interval]:
    """After's rate over before's, of Poisson counts (log method with 1/2 added to each count, which allows for none)."""
    a, b = after + 0.5, before + 0.5
    ratio = (a / exposed_after) / (b / exposed_before)
    half = Z * sqrt(1 / a + 1 / b)
    return ratio, Interval(low=exp(log(ratio) - half), high=exp(log(ratio) + half))


def bootstrap_difference(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The interval of mean(before) - mean(after), by drawing each anew a thousand times (Efron 1979); the same each time."""
    chance = Random(_SEED)  # noqa: S311 - drawn for an interval, not for secrecy
    draws = sorted(
        sum(chance.choices(before, k=len(before))) / len(before) - sum(chance.choices(after, k=len(after))) / len(after)
        for _ in range(_DRAWS)
    )
    return Interval(low=draws[int(0.025 * _DRAWS)], high=draws[int(0.975 * _DRAWS) - 1])


def binomial_tail(hits: int, n: int, p: float) -> float:
    """How likely so many hits or more are, of n, each with probability p; exact up to n = 2,000, else by the normal curve."""
    if hits <= 0:
        return 1.0
    if n <= 2000 and 0 < p < 1:
        return min(1.0, sum(exp(_log_chance(k, n, p)) for k in range(hits, n + 1)))
    spread = sqrt(n * p * (1 - p)) or 1e-9
    return 0.5 * erfc((hits - 0.5 - n * p) / spread / sqrt(2))


def _log_chance(k: int, n: int, p: float) -> float:
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return ways + k * log(p) + (n - k) * log(1 - p)
