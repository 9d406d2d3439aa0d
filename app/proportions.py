"""How sure a share is: intervals of shares and of their ratio, exact odds of a coincidence, and many tries counted as many.

Shares are of deals whose outcome is known. Everything here is plain arithmetic and gives the same number everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """From the least to the most that a number may well be."""

    low: float
    high: float


def z_of(confidence: float = _CONFIDENCE) -> float:
    """How many standard errors an interval of this confidence reaches to either side."""
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def wilson(hits: int, tries: int, confidence: float = _CONFIDENCE) -> Interval | None:
    """The interval of a share (Wilson's, 1927); None where nothing was tried."""
    if not tries:
        return None
    z = z_of(confidence)
    share, weight = hits / tries, z * z / tries
    middle = (share + weight / 2.0) / (1.0 + weight)
    reach = z * sqrt(share * (1.0 - share) / tries + weight / (4.0 * tries)) / (1.0 + weight)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


@dataclass(frozen=True, slots=True)
class Lift:
    """How many times as often it happens within a group as outside of it."""

    ratio: float
    interval: Interval


def lift(hits: int, tries: int, other_hits: int, other_tries: int, confidence: float = _CONFIDENCE) -> Lift | None:
    """The ratio of two shares with its interval, on the log scale (Katz and others, 1978).

    Half a case is added to each count, so that none is zero. None where either group is empty.
    """
    if not tries or not other_tries:
        return None
    one, other = (hits + 0.5) / (tries + 0.5), (other_hits + 0.5) / (other_tries + 0.5)
    error = sqrt(1.0 / (hits + 0.5) - 1.0 / (tries + 0.5) + 1.0 / (other_hits + 0.5) - 1.0 / (other_tries + 0.5))
    ratio, reach = log(one / other), z_of(confidence) * error
    return Lift(exp(ratio), Interval(exp(ratio - reach), exp(ratio + reach)))


def by_chance(hits: int, tries: int, all_hits: int, everything: int) -> float:
    """The odds to draw so many hits or more among `tries` of everything by pure chance (Fisher's exact test, one side)."""
    most = min(tries, all_hits)
    if hits > most:
        return 0.0
    whole = _choose(everything, tries)
    total = 0.0
    for drawn in range(hits, most + 1):
        if tries - drawn <= everything - all_hits:
            total += exp(_choose(all_hits, drawn) + _choose(everything - all_hits, tries - drawn) - whole)
    return min(1.0, total)


def withstand(odds: Sequence[float], share: float = 0.1) -> tuple[bool, ...]:
    """Which of many findings stand when at most this share of those that stand may be chance (Benjamini and Hochberg, 1995)."""
    order = sorted(range(len(odds)), key=lambda at: (odds[at], at))
    passing = -1
    for rank, at in enumerate(order, start=1):
        if odds[at] <= share * rank / len(odds):
            passing = rank
    kept = set(order[:passing]) if passing > 0 else set()
    return tuple(at in kept for at in range(len(odds)))


def _choose(total: int, drawn: int) -> float:
    """The logarithm of the number of ways to draw some of a total; minus infinity where there is none."""
    if drawn < 0 or drawn > total:
        return -inf
    return lgamma(total + 1.0) - lgamma(drawn + 1.0) - lgamma(total - drawn + 1.0)
