"""Flags across reps of equal deals: is a rep's share of flags what deals like theirs get?

Deals are put together by how complex they are, and a rep's flags are held against what the others' deals of the same kind get. A
difference is a question to look into, about the policies as much as about the deals; it is never a finding about a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

from app.proportions import Interval, withstand, z_of

LEAST: Final = 20
FALSELY_FOUND: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """One decision: whose deal, which kind of deal, and whether it was flagged or blocked."""

    rep_id: str
    stratum: tuple[int | str, ...]
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A rep's flags, how many the others' deals of the same kinds would have, the ratio and where it may well lie.

    `apart` says that the difference stands although so many reps were looked at.
    """

    rep_id: str
    deals: int
    flagged: int
    expected: float
    ratio: float | None
    interval: Interval | None
    apart: bool


def shares(decisions: Iterable[Flagged]) -> tuple[Share, ...]:
    """Every rep with deals enough that are like others' deals, by id."""
    counts: dict[tuple[int | str, ...], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for each in decisions:
        cell = counts[each.stratum][each.rep_id]
        cell[0] += 1
        cell[1] += each.flagged
    reps = sorted({rep for cells in counts.values() for rep in cells})
    found = [(rep, *_expected(rep, counts.values())) for rep in reps]
    told = [each for each in found if each[1] >= LEAST]
    stand = withstand([_odds(flagged, expected, variance) for _, _, flagged, expected, variance in told], FALSELY_FOUND)
    return tuple(
        _share(rep, deals, flagged, expected, variance, apart)
        for (rep, deals, flagged, expected, variance), apart in zip(told, stand, strict=True)
    )


def _expected(rep: str, strata: Iterable[dict[str, list[int]]]) -> tuple[int, int, float, float]:
    """Deals and flags of a rep where others have such deals too, the flags expected of them, and their variance.

    As Mantel and Haenszel have it: flags dealt out among the deals of a kind without regard to whose they are.
    """
    deals, flagged, expected, variance = 0, 0, 0.0, 0.0
    for cells in strata:
        total, flags = sum(each[0] for each in cells.values()), sum(each[1] for each in cells.values())
        own, own_flags = cells.get(rep, [0, 0])
        if not own or own == total:
            continue
        deals += own
        flagged += own_flags
        expected += own * flags / total
        variance += own * (total - own) * flags * (total - flags) / (total * total * (total - 1))
    return deals, flagged, expected, variance


def _odds(flagged: int, expected: float, variance: float) -> float:
    if variance <= 0.0:
        return 1.0
    return 2.0 * (1.0 - NormalDist().cdf(max(0.0, abs(flagged - expected) - 0.5) / sqrt(variance)))


def _share(rep: str, deals: int, flagged: int, expected: float, variance: float, apart: bool) -> Share:
    ratio, interval = None, None
    if expected > 0.0:
        ratio, reach = flagged / expected, z_of() * sqrt(variance) / expected
        interval = Interval(max(0.0, ratio - reach), ratio + reach)
    return Share(
        rep_id=rep, deals=deals, flagged=flagged, expected=expected, ratio=ratio, interval=interval, apart=apart
    )
