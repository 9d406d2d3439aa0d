"""From a margin to a probability that holds: of deals scored 0.3, three in ten leak."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from typing import Any

from scoring.model.jsons import listed, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Points of (margin, probability), rising; between two it is a straight line, beyond the ends it stays level."""

    points: tuple[tuple[float, float], ...]
    _margins: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a calibration without a point")
        if not all(isfinite(margin) and 0.0 <= share <= 1.0 for margin, share in self.points):
            raise ValueError("a calibration holds a margin that is not finite, or a probability outside 0 and 1")
        if any(after[0] <= before[0] or after[1] < before[1] for before, after in pairwise(self.points)):
            raise ValueError("a calibration's margins or probabilities do not rise")
        object.__setattr__(self, "_margins", tuple([margin for margin, _ in self.points]))

    def of(self, margin: float) -> float:
        """The probability of a margin."""
        above = bisect_right(self._margins, margin)
        if above == 0:
            return self.points[0][1]
        if above == len(self.points):
            return self.points[-1][1]
        (low, from_), (high, to) = self.points[above - 1], self.points[above]
        return from_ + (to - from_) * ((margin - low) / (high - low))

    def as_json(self) -> dict[str, Any]:
        return {"points": [list(each) for each in self.points]}

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Calibration:
        """The calibration that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        points = [numbers(each, "a point") for each in listed(saved["points"], "points")]
        if any(len(each) != 2 for each in points):
            raise ValueError("a point of a calibration is a margin and a probability")
        return Calibration(points=tuple([(margin, share) for margin, share in points]))
