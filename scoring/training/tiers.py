"""Tiers with the precision that was measured on deals held out, and whether it bears the tier's name."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.model.tiers import Tier, TierTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.training.labels import Flags, Numbers

TIERS: Final = (("alert", 0.90), ("digest", 0.70))
"""Each tier's name and the probability that it begins with, the highest first."""

FEWEST: Final = 10
"""A precision of fewer deals is none."""

_Z: Final = 1.959963984540054


def wilson(share: float, deals: float) -> tuple[float, float]:
    """The interval of a share at 95 % (Wilson 1927)."""
    centre = share + _Z * _Z / (2 * deals)
    reach = _Z * sqrt(share * (1 - share) / deals + _Z * _Z / (4 * deals * deals))
    whole = 1 + _Z * _Z / deals
    return max(0.0, (centre - reach) / whole), min(1.0, (centre + reach) / whole)


def tier_table(
    shares: Numbers, leaked: Numbers, weights: Numbers, tiers: Sequence[tuple[str, float]] = TIERS
) -> TierTable:
    """The tiers, each measured on the deals between it and the next higher one.

    A weighted count is worth as many deals as its weights are even (Kish). A tier bears its name where the share of its
    deals that leaked is at least the probability that it begins with.
    """
    known = weights > 0.0
    made, above = [], np.inf
    for name, start in tiers:
        made.append(_tier(name, start, *_inside(leaked, weights, known & (shares >= start) & (shares < above))))
        above = start
    return TierTable(tiers=tuple(made))


def _inside(leaked: Numbers, weights: Numbers, which: Flags) -> tuple[float, float]:
    """How many deals the measured ones are worth, and the share of them that leaked."""
    weighed = weights[which]
    total = float(weighed.sum())
    if not total:
        return 0.0, 0.0
    return total * total / float((weighed**2).sum()), float(weighed @ leaked[which]) / total


def _tier(name: str, start: float, deals: float, precision: float) -> Tier:
    if deals < FEWEST:
        return Tier(name=name, from_probability=start, n=round(deals, 1), bears_name=False)
    low, high = wilson(precision, deals)
    return Tier(
        name=name,
        from_probability=start,
        n=round(deals, 1),
        precision=round(precision, 4),
        low=round(low, 4),
        high=round(high, 4),
        bears_name=precision >= start,
    )
