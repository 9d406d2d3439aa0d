"""How late outcomes come: the share of them that is known after so many days, although most have not come yet.

Only outcomes discovered by now are seen, so short delays are seen more often than long ones. The estimator is the one for
data truncated on the right (Lynden-Bell 1971; Woodroofe 1985): with time running backwards, of those that were seen by day
t and could have been seen later, the share seen on day t itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.training.labels import Numbers

FEWEST: Final = 8
"""Of fewer outcomes of a kind no delay is estimated: those of all kinds stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """The share of outcomes known by each of some days; all are known by the last."""

    days: Numbers
    shares: Numbers

    def by(self, age: Numbers) -> Numbers:
        """The share that is known of deals of these ages, in days; 1 for any age where no delay was ever seen."""
        if not len(self.days):
            return np.ones_like(age)
        at = np.searchsorted(self.days, age, side="right") - 1
        return np.where(at < 0, 0.0, self.shares[np.maximum(at, 0)])

    def quantile(self, share: float) -> float:
        """The day by which so much is known."""
        return (
            float(self.days[np.searchsorted(self.shares, share).clip(0, len(self.days) - 1)]) if len(self.days) else 0.0
        )


ALWAYS: Final = Delays(days=np.empty(0), shares=np.empty(0))
"""What is known at once."""


def delays(delay: Numbers, age: Numbers) -> Delays:
    """The delays of outcomes that were seen: each with its own delay, and the age of its deal, which no delay exceeds.

    What takes longer than the oldest deal is old cannot be seen, and is not counted as missing.
    """
    dated = np.isfinite(age) & np.isfinite(delay)
    seen, limits = np.sort(delay[dated]), np.sort(np.maximum(age, delay)[dated])
    if not len(seen):
        return ALWAYS
    days, times = np.unique(seen, return_counts=True)
    at_risk = np.searchsorted(seen, days, side="right") - np.searchsorted(limits, days, side="left")
    stays = 1.0 - times / np.maximum(at_risk, times)
    # The share known by a day is the product over all later days of not having been found on them.
    later = np.append(np.cumprod(stays[::-1])[::-1][1:], 1.0)
    return Delays(days=days, shares=later)
