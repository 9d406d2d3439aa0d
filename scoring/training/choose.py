"""What is served: each way to score is tried on deals that it was not fitted to, and the newest of them decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.training import boosting
from scoring.training.calibrate import HeldOut, by_older, losses
from scoring.training.learn import refitted, some_of
from scoring.training.logistic import fitted, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.training.data import Data
    from scoring.training.folds import Fold
    from scoring.training.labels import Flags, Numbers
    from scoring.training.learn import Learned

PLAIN: Final = "plain logistic"
"""A ridge on the numbers of the deals with an outcome: nothing corrected, no names, no directions."""

AVERAGE: Final = "average"
"""The weighed mean, in log-odds, of the effects alone and the trees alone: they err apart."""

OF_EFFECTS: Final = 0.7
"""The weight of the effects in that mean."""

SERVED: Final = (AVERAGE, "linear+trees", "linear", "trees", PLAIN)
"""What may be served. One is preferred to those after it unless it is worse by more than a standard error."""

_USUAL_ROUNDS: Final = 60
_MOST_FITTED: Final = 30_000
"""What is tried is fitted to so many deals at most; what is served, to all."""

_PLAIN_STRENGTH: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Margins of each way on the deals held out, in the order of `places`; the newest are those of the last fold."""

    places: NDArray[np.intp]
    newest: Flags
    margins: Mapping[str, Numbers]
    rounds: Mapping[str, int]

    def held(self, way: str, data: Data, learned: Learned) -> HeldOut:
        """The deals held out, as one way scores them."""
        return HeldOut(
            margins=self.margins[way],
            leaked=data.labels.leaked[self.places],
            silence=learned.silence.of(self.places),
            newest=self.newest,
        )


def trials(data: Data, learned: Learned, folds: Sequence[Fold], growth: boosting.Growth) -> Trials:
    """Try each way on each fold. How long trees grow is settled on the folds before the newest, where there are some."""
    found: dict[str, list[Numbers]] = {way: [] for way in SERVED}
    rounds: dict[str, list[int]] = {"linear+trees": [], "trees": []}
    for number, fold in enumerate(folds):
        settled = number == len(folds) - 1 and number > 0
        for way, margins in _tried(data, learned, fold, growth, rounds, settled=settled).items():
            found[way].append(margins)
    tried = [fold.tried for fold in folds]
    return Trials(
        places=np.concatenate(tried),
        newest=np.concatenate([np.full(len(each), at == len(tried) - 1) for at, each in enumerate(tried)]),
        margins={way: np.concatenate(each) for way, each in found.items()},
        rounds={way: _middle(each) for way, each in (rounds | {AVERAGE: rounds["trees"]}).items()},
    )


def _tried(
    data: Data,
    learned: Learned,
    fold: Fold,
    growth: boosting.Growth,
    rounds: dict[str, list[int]],
    *,
    settled: bool,
) -> dict[str, Numbers]:
    fit = some_of(fold.fit, _MOST_FITTED, growth.seed)
    part, rest = data.of(fit), data.of(fold.tried)
    # From nothing: effects that were fitted to all deals would tell of those that are held out.
    again = refitted(part.made, part.labels, learned.silence.of(fit), learned.strengths)
    base, tried_base = part.made.margins(again.effects), rest.made.margins(again.effects)
    expected = again.silence.expected(part.labels.leaked, sigmoid(base))
    watched = boosting.Tried(
        values=rest.values,
        leaked=np.nan_to_num(rest.labels.leaked),
        weights=learned.silence.of(fold.tried).weights(rest.labels.leaked),
    )
    found = {"linear": tried_base, PLAIN: rest.plain.margins(plain_logistic(part))}
    for way, start, its_start in (("linear+trees", base, tried_base), ("trees", None, None)):
        grown = replace(growth, rounds=_middle(rounds[way])) if settled else growth
        stop = None if settled else replace(watched, base=its_start)
        booster = boosting.risk(part.values, expected, grown, base=start, tried=stop)
        if not settled:
            rounds[way].append(boosting.rounds_of(booster))
        found[way] = boosting.margins(booster, rest.values, its_start)
    return found | {AVERAGE: OF_EFFECTS * found["linear"] + (1.0 - OF_EFFECTS) * found["trees"]}


def _middle(rounds: Sequence[int]) -> int:
    return max(1, round(float(np.median(rounds)))) if rounds else _USUAL_ROUNDS


def plain_logistic(part: Data) -> Numbers:
    """The effects, intercept first, of a ridge on the numbers of the deals with an outcome."""
    known = np.flatnonzero(part.labels.known)
    made = part.plain.of(known)
    return fitted(made, part.labels.leaked[known], np.full(made.width, _PLAIN_STRENGTH))


def chosen(trials: Trials, data: Data, learned: Learned) -> tuple[str, dict[str, Any]]:
    """The way that the newest deals speak for, and what the card says of all of them.

    It is the first one that is not worse than the best by more than the standard error of the difference: a few hundred
    outcomes tell no finer, and a mean of two ways is the steadier.
    """
    by_way = {way: _losses(trials.held(way, data, learned)) for way in SERVED}
    means = {way: float(np.average(each, weights=weights)) for way, (each, weights) in by_way.items()}
    best = min(SERVED, key=lambda way: means[way])
    told: dict[str, Any] = {
        way: {"loss": round(means[way], 5), **_difference(by_way[way], by_way[best])}
        for way in sorted(means, key=lambda way: means[way])
    }
    return next(way for way in SERVED if told[way]["worse_by"] <= told[way]["standard_error"]), told


def _losses(held: HeldOut) -> tuple[Numbers, Numbers]:
    """The loss of each of the newest deals with an outcome, calibrated on the older ones; and their weights."""
    newest = held.of(held.newest)
    known = ~np.isnan(newest.leaked)
    return losses(newest.leaked[known], by_older(held)[known]), newest.weights[known]


def _difference(way: tuple[Numbers, Numbers], best: tuple[Numbers, Numbers]) -> dict[str, float]:
    """By how much a way is worse than the best, deal by deal, with the standard error of that."""
    apart, weights = way[0] - best[0], way[1]
    total = float(weights.sum())
    mean = float(weights @ apart) / total
    error = sqrt(float((weights**2) @ (apart - mean) ** 2)) / total
    return {"worse_by": round(mean, 5), "standard_error": round(error, 5)}
