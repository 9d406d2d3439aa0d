"""The reasons of a score as steps in log-odds, from the average deal to this one, and said in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_LEAST: Final = 0.0001
_SMALL: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One reason: where it starts and ends, in log-odds."""

    label: str
    start: float
    end: float

    @property
    def told(self) -> str:
        """What it does to the odds, in words."""
        times = math.exp(min(abs(self.end - self.start), 20.0))
        word = "raises" if self.end > self.start else "lowers"
        return f"{word} the odds {times:,.1f} times" if times >= 1.05 else f"{word} the odds a little"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """From `base` to `score`, both probabilities."""

    base: float
    score: float
    pushes: tuple[Push, ...]

    @property
    def lowest(self) -> float:
        return min([logit(self.base), logit(self.score), *[min(each.start, each.end) for each in self.pushes]])

    @property
    def highest(self) -> float:
        return max([logit(self.base), logit(self.score), *[max(each.start, each.end) for each in self.pushes]])


def reasons_of(risk: Json) -> Reasons | None:
    """The reasons of a scored risk; None where it has no score or no base to start from.

    What the reasons named do not account for is one step at the end: the other features, and the calibration.
    """
    if risk.get("score") is None or risk.get("base") is None:
        return None
    level, score = float(risk["base"]), float(risk["score"])
    pushes = []
    for each in risk.get("reasons") or ():
        end = level + float(each["contribution"])
        pushes.append(Push(label=str(each["label"]), start=level, end=end))
        level = end
    rest = logit(score) - level
    if abs(rest) >= _SMALL:
        pushes.append(Push(label="Everything else about the deal, and the calibration", start=level, end=level + rest))
    return Reasons(base=chance(float(risk["base"])), score=score, pushes=tuple(pushes))


def logit(probability: float) -> float:
    """Log-odds of a probability; 0 and 1 are taken as very near to them."""
    held = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(held / (1 - held))


def chance(log_odds: float) -> float:
    """The probability that log-odds stand for."""
    return 1 / (1 + math.exp(-max(-20.0, min(log_odds, 20.0))))
