"""What came to be known of a rep since the model was trained: the effect of the rep's name is as old as the model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, log
from typing import TYPE_CHECKING, Any, Final

from scoring.features.vector import positions
from scoring.model.jsons import mapped, number

if TYPE_CHECKING:
    from scoring.features.vector import FeatureVector

RATE: Final = "rep_leakage_rate"
ABOVE: Final = "team_leakage_rate"
"""A rep of whom nothing is known has the rate of the team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """How far each rep's rate lay above the team's when the model was trained, in log-odds: `then`, by rep.

    A deal has `weight` of how much farther it lies above it now. A rep who was not there then had the team's rate; where no
    history is known nothing came to be known either.
    """

    weight: float
    then: Mapping[str, float]

    def __post_init__(self) -> None:
        if not all(isfinite(each) for each in (self.weight, *self.then.values())):
            raise ValueError("the record of a rep holds a number that is not finite")

    def effect(self, vector: FeatureVector) -> float:
        """What came to be known of the deal's rep, in log-odds."""
        at = positions()
        now = log_odds(vector.values[at[RATE]]), log_odds(vector.values[at[ABOVE]])
        names = vector.categories.get("rep")
        if now[0] is None or now[1] is None or not names:
            return 0.0
        return self.weight * (now[0] - now[1] - self.then.get(names[0], 0.0))

    def as_json(self) -> dict[str, Any]:
        return {"weight": self.weight, "then": dict(sorted(self.then.items()))}

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Records:
        """The part that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        then = {rep: number(each, f"the record of {rep}") for rep, each in mapped(saved["then"], "records").items()}
        return Records(weight=number(saved["weight"], "the weight of records"), then=then)


def log_odds(share: float) -> float | None:
    """The log-odds of a share; None where it is not known, or sure."""
    return log(share / (1.0 - share)) if 0.0 < share < 1.0 else None
