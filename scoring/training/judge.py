"""What the deals held out decide: which way is served, how its margins become probabilities, which tiers bear their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.model.calibration import Calibration
from scoring.training.calibrate import by_older, calibrated, of_many
from scoring.training.choose import chosen, trials
from scoring.training.evaluate import evaluate
from scoring.training.folds import folds
from scoring.training.logistic import sigmoid
from scoring.training.tiers import tier_table

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from scoring.features import FeatureVector
    from scoring.model.tiers import TierTable
    from scoring.training.boosting import Growth
    from scoring.training.calibrate import HeldOut
    from scoring.training.data import Data
    from scoring.training.learn import Learned

_IDENTITY: Final = tuple([(float(at), float(sigmoid(np.array([at]))[0])) for at in np.arange(-9.0, 7.01, 0.25)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest deals held out, to hold another model against: their places among the examples, the probability that this
    way of scoring gave each without having seen it or newer ones, whether it leaked (0 where nobody knows), and for how many
    deals it stands (0 where nobody knows).
    """

    places: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    leaked: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the deals held out decided; `told` is for the card."""

    served: str
    rounds: int
    calibration: Calibration
    tiers: TierTable
    told: dict[str, Any]
    newest: Newest = Newest()


def judged(
    rows: Data,
    fit: Learned,
    vectors: Sequence[FeatureVector],
    growth: Growth,
    tiers: Sequence[tuple[str, float]],
    serve: str | None,
    since: datetime | None = None,
) -> Judged:
    """Hold out (the newest deals from `since` on, where that is asked for), try, choose (unless `serve` says), calibrate, measure."""
    parts = folds(rows.labels, vectors, None if since is None else since.timestamp())
    if not parts:
        return _unjudged(tiers)
    made = trials(rows, fit, parts, growth)
    best, ways = chosen(made, rows, fit)
    served = serve or best
    held = made.held(served, rows, fit)
    calibration, of_calibration = calibrated(held)
    shares, weights = of_many(calibration, held.margins), held.weights
    leaked, last = np.nan_to_num(held.leaked), held.newest
    told = {
        "folds": len(parts),
        "served": served,
        "asked_for": serve is not None,
        "ways": ways,
        "calibration": of_calibration,
        "held_out": evaluate(shares, leaked, weights=weights, tiers=tiers),
        "newest": evaluate(shares[last], leaked[last], weights=weights[last], tiers=tiers),
    }
    return Judged(
        served=served,
        rounds=made.rounds.get(served, 1),
        calibration=calibration,
        tiers=tier_table(shares, leaked, weights, tiers),
        told=told,
        newest=_newest(rows, made.places, held),
    )


def _newest(rows: Data, places: NDArray[np.intp], held: HeldOut) -> Newest:
    last = held.of(held.newest)
    return Newest(
        places=tuple(rows.labels.rows[places[held.newest]].tolist()),
        shares=tuple(by_older(held).tolist()),
        leaked=tuple(np.nan_to_num(last.leaked).tolist()),
        weights=tuple(last.weights.tolist()),
    )


def _unjudged(tiers: Sequence[tuple[str, float]]) -> Judged:
    """Too little to hold anything out: the sum of effects is served as it is, and no tier is measured."""
    empty = np.empty(0)
    return Judged(
        served="linear",
        rounds=1,
        calibration=Calibration(points=_IDENTITY),
        tiers=tier_table(empty, empty, empty, tiers),
        told={
            "folds": 0,
            "served": "linear",
            "asked_for": False,
            "ways": {},
            "calibration": {"method": "none"},
            "held_out": {},
            "newest": {},
        },
    )
