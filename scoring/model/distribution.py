"""How a feature's numbers are spread among peers: kept as quantiles, closer together at the ends, where rarity is told."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, log, log1p
from typing import Any, Final

from scoring.model.jsons import listed, numbers, whole

LEVELS: Final = (
    *(0.0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4),
    *(0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.9975, 0.999, 1.0),
)
"""At which shares of the peers a feature's numbers are kept."""

_MIDDLE: Final = LEVELS.index(0.5)


def surprise(share: float) -> float:
    """How surprising it is to be among so small a share: minus its natural logarithm."""
    return -log(share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A feature among its peers: `quantiles` at `LEVELS` of the numbers of the `known` ones of all `deals`."""

    quantiles: tuple[float, ...]
    known: int
    deals: int

    def __post_init__(self) -> None:
        if not 0 <= self.known <= self.deals or not self.deals:
            raise ValueError("a distribution is of at least one deal, and of no more known ones than deals")
        if len(self.quantiles) != (len(LEVELS) if self.known else 0):
            raise ValueError(f"a distribution has {len(LEVELS)} quantiles, or none where nothing is known")
        if any(after < before for before, after in pairwise(self.quantiles)):
            raise ValueError("quantiles do not rise")

    @staticmethod
    def of_numbers(values: Sequence[float]) -> Distribution:
        """The distribution of the numbers of deals, of which those that are not finite are not known."""
        known = sorted([each for each in values if isfinite(each)])
        last = len(known) - 1
        quantiles = tuple([known[round(level * last)] for level in LEVELS]) if known else ()
        return Distribution(quantiles=quantiles, known=len(known), deals=len(values))

    def share(self, value: float) -> float:
        """The share of the peers that are as far out, on the nearer side; of those not known, where it is not known."""
        if not isfinite(value):
            return 1.0 - self.known / self.deals
        if not self.known:
            return 0.0
        return min(self._at_most(value), self._at_least(value)) * self.known / self.deals

    def surprise(self, value: float) -> float:
        """How rare it is to be as far out. Beyond all peers it rises with the distance."""
        least = 1.0 / (self.deals + 1.0)
        beyond = self._beyond(value) if self.known and isfinite(value) else 0.0
        return surprise(max(least, self.share(value))) + beyond

    def within(self, share: float) -> tuple[float, float]:
        """The lowest and the highest number that at least so large a share of the peers are as far out as; none is (inf, -inf)."""
        wanted = share * self.deals / self.known if self.known else inf
        low = next((each for each in self.quantiles if self._at_most(each) >= wanted), inf)
        high = next((each for each in reversed(self.quantiles) if self._at_least(each) >= wanted), -inf)
        return low, high

    def _at_most(self, value: float) -> float:
        at = bisect_right(self.quantiles, value)
        return 0.0 if at == 0 else LEVELS[min(at, len(LEVELS) - 1)]

    def _at_least(self, value: float) -> float:
        at = bisect_left(self.quantiles, value)
        return 0.0 if at == len(LEVELS) else 1.0 - LEVELS[max(0, at - 1)]

    def _beyond(self, value: float) -> float:
        low, middle, high = self.quantiles[0], self.quantiles[_MIDDLE], self.quantiles[-1]
        if low <= value <= high:
            return 0.0
        out, reach = (value - high, high - middle) if value > high else (low - value, middle - low)
        return log1p(out / max(reach, abs(middle) / 10.0, 1.0))

    def as_json(self) -> list[Any]:
        return [self.known, self.deals, list(self.quantiles)]

    @staticmethod
    def of_json(saved: Any) -> Distribution:
        """What `as_json` wrote. Raises ValueError for what is none."""
        known, deals, quantiles = listed(saved, "a distribution")
        return Distribution(
            known=whole(known, "known"), deals=whole(deals, "deals"), quantiles=numbers(quantiles, "quantiles")
        )
