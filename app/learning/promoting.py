"""Whether a new model may take the place of the one in force: where it was tried on deals that it had not seen, and won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from scoring.training.evaluate import evaluate

if TYPE_CHECKING:
    from datetime import datetime

    from scoring.model.scorer import Scorer
    from scoring.training.examples import Example
    from scoring.training.judge import Newest

FEWEST_LEAKS: Final = 10
"""Fewer known leaks among the deals compared decide nothing."""
_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two models on the same deals, none of which the new one was fitted to. `better_by` is in logarithmic loss a deal."""

    wins: bool
    because: str
    better_by: float | None = None
    standard_error: float | None = None
    new: dict[str, Any] | None = None
    old: dict[str, Any] | None = None


class _Pair(NamedTuple):
    new: float
    old: float
    leaked: float
    weight: float


def compare(newest: Newest, examples: Sequence[Example], champion: Scorer, trained_at: datetime) -> Compared:
    """The new model against the champion on the newest deals held out; where there are enough, on those alone that were
    made after the champion was trained at `trained_at`, of which it has not seen the outcomes either.
    """
    held = [examples[at] for at in newest.places]
    risks = champion.score_many([each.vector for each in held], explained=False)
    old = [float(risk.score or 0) for risk in risks]
    pairs = [_Pair(*each) for each in zip(newest.shares, old, newest.leaked, newest.weights, strict=True)]
    unseen = [
        pair for pair, deal in zip(pairs, held, strict=True) if deal.made_at is not None and deal.made_at > trained_at
    ]
    if _leaks(unseen) >= FEWEST_LEAKS:
        return _judged(unseen, "deals that neither was fitted to")
    if _leaks(pairs) >= FEWEST_LEAKS:
        return _judged(pairs, "deals that the new model was not fitted to, while the one in force may have been")
    few = f"only {_leaks(pairs)} known leaks are among the newest deals held out, and {FEWEST_LEAKS} are needed to compare"
    return Compared(wins=False, because=few)


def _leaks(pairs: Sequence[_Pair]) -> int:
    return sum(1 for each in pairs if each.leaked > 0.5 and each.weight > 0.0)


def _judged(pairs: Sequence[_Pair], on: str) -> Compared:
    counted = [each for each in pairs if each.weight > 0.0]
    weights = np.array([each.weight for each in counted])
    gains = np.array([_loss(each.old, each.leaked) - _loss(each.new, each.leaked) for each in counted])
    gain = float(np.average(gains, weights=weights))
    error = sqrt(float((weights**2 * (gains - gain) ** 2).sum())) / float(weights.sum())
    wins = gain > error
    words = f"by {abs(gain):.4f} of logarithmic loss a deal (standard error {error:.4f}) on {len(counted):,} {on}"
    because = f"it is better {words}" if wins else f"it is not better: {'ahead' if gain > 0 else 'behind'} {words}"
    leaked = np.array([each.leaked for each in counted])
    figures = [evaluate(np.array([each[at] for each in counted]), leaked, weights=weights) for at in (0, 1)]
    return Compared(wins=wins, because=because, better_by=gain, standard_error=error, new=figures[0], old=figures[1])


def _loss(share: float, leaked: float) -> float:
    bounded = min(1.0 - _SMALLEST, max(_SMALLEST, share))
    return -(leaked * log(bounded) + (1.0 - leaked) * log(1.0 - bounded))
