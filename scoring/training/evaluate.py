"""How good scores are: order, calibration, and the money found in the deals that are looked at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from scoring.training.tiers import TIERS, tier_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.training.labels import Numbers

BINS: Final = 10
TOP: Final = 0.10


def evaluate(
    shares: Numbers,
    leaked: Numbers,
    *,
    weights: Numbers | None = None,
    money: Numbers | None = None,
    tiers: Sequence[tuple[str, float]] = TIERS,
) -> dict[str, Any]:
    """The figures of probabilities against what turned out. `leaked` lies between 0 and 1: true odds are labels too.

    `weights` are for how many deals each one stands; `money` is what each lost, in one currency. Figures that one kind of
    outcome alone cannot have are None.
    """
    weighed = np.ones(len(shares)) if weights is None else weights
    here = weighed > 0.0
    shares, leaked, weighed = shares[here], leaked[here], weighed[here]
    if not len(shares):
        return {"deals": 0}
    both = 0.0 < float(weighed @ leaked) < float(weighed.sum())
    top = top_share(shares, money[here], weighed) if money is not None else None
    return {
        "deals": len(shares),
        "leaks": round(float(leaked.sum()), 2),
        "rate": _rounded(float(np.average(leaked, weights=weighed))),
        "mean_probability": _rounded(float(np.average(shares, weights=weighed))),
        "average_precision": _rounded(average_precision(shares, leaked, weighed)) if both else None,
        "auc": _rounded(auc(shares, leaked, weighed)) if both else None,
        "brier": _rounded(float(np.average(_brier(shares, leaked), weights=weighed))),
        "calibration_error": _rounded(calibration_error(shares, leaked, weighed)),
        "reliability": reliability(shares, leaked, weighed),
        "tiers": tier_table(shares, leaked, weighed, tiers).as_json()["tiers"],
        "money_in_top_tenth": _rounded(top) if top is not None else None,
    }


def average_precision(scores: Numbers, leaked: Numbers, weights: Numbers) -> float:
    """The mean precision over all leaks, where a deal may leak in part."""
    return float(average_precision_score(*_as_two(leaked), np.tile(scores, 2), sample_weight=_twice(leaked, weights)))


def auc(scores: Numbers, leaked: Numbers, weights: Numbers) -> float:
    """How likely a leak is scored above a clean deal."""
    return float(roc_auc_score(*_as_two(leaked), np.tile(scores, 2), sample_weight=_twice(leaked, weights)))


def calibration_error(shares: Numbers, leaked: Numbers, weights: Numbers) -> float:
    """How far probabilities lie from what turned out: the mean over ten groups of as many deals, in order of the score."""
    return float(
        sum(part["weight"] * abs(part["probability"] - part["leaked"]) for part in _groups(shares, leaked, weights))
    )


def reliability(shares: Numbers, leaked: Numbers, weights: Numbers) -> list[dict[str, float]]:
    """For ten groups in order of the score: how many deals, what was predicted, and what turned out."""
    return [{name: _rounded(each) for name, each in part.items()} for part in _groups(shares, leaked, weights)]


def top_share(scores: Numbers, money: Numbers, weights: Numbers | None = None) -> float:
    """The share of the money that leaked in the tenth of the deals with the highest scores; of equal ones the first."""
    weighed = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    inside = np.cumsum(weighed[order]) <= TOP * weighed.sum()
    lost = (money * weighed)[order]
    return float(lost[inside].sum() / lost.sum()) if lost.sum() > 0.0 else 0.0


def _groups(shares: Numbers, leaked: Numbers, weights: Numbers) -> list[dict[str, float]]:
    found = []
    for places in np.array_split(np.argsort(shares, kind="stable"), min(BINS, len(shares))):
        weighed = weights[places]
        found.append(
            {
                "deals": float(len(places)),
                "weight": float(weighed.sum() / weights.sum()),
                "probability": float(np.average(shares[places], weights=weighed)),
                "leaked": float(np.average(leaked[places], weights=weighed)),
            }
        )
    return found


def _as_two(leaked: Numbers) -> tuple[Numbers]:
    return (np.concatenate([np.ones(len(leaked)), np.zeros(len(leaked))]),)


def _twice(leaked: Numbers, weights: Numbers) -> Numbers:
    """Each deal as a leak and as a clean one, with the weight of each."""
    return np.concatenate([weights * leaked, weights * (1.0 - leaked)])


def _brier(shares: Numbers, leaked: Numbers) -> Numbers:
    """The mean squared distance, also where a deal leaks in part."""
    found: Numbers = leaked * (1.0 - shares) ** 2 + (1.0 - leaked) * shares**2
    return found


def _rounded(number: float) -> float:
    return round(number, 4)
