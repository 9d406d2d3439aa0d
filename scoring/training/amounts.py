"""What a leak costs, as a share of the deal's value, fitted to the leaks whose amount is known."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.model.amounts import Amounts
from scoring.training.boosting import Growth, columns, regression, served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.training.examples import Example
    from scoring.training.labels import Numbers

FEWEST: Final = 5
_ENOUGH_FOR_TREES: Final = 60
_SMALLEST, _LARGEST = 1e-5, 10.0
_PARTS: Final = 4
_LARGE: Final = 0.95
"""A leak of a deal beyond this quantile counts as one of it: else a handful of them would settle the scale of all."""

_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """Leaks with a known amount: the deals' numbers, the logarithm of the share of the value that leaked, and the values.

    A value is in deals of the usual size in its currency: no rate is known here, and a yen is no dollar.
    """

    values: Numbers
    shares: Numbers
    worth: Numbers
    weights: Numbers

    def of(self, which: Any) -> Leaks:
        return Leaks(
            values=self.values[which], shares=self.shares[which], worth=self.worth[which], weights=self.weights[which]
        )


def leaks(examples: Sequence[Example], values: Numbers, leaked: Numbers, weights: Numbers) -> Leaks:
    """The leaks among examples whose amount and value are known in the deal's own currency."""
    found = [
        (at, amount, worth)
        for at, each in enumerate(examples)
        if leaked[at] == 1.0 and (amount := _amount(each)) is not None and (worth := each.vector.value or 0.0) > 0.0
    ]
    usual = _usual(examples)
    places = np.array([at for at, _, _ in found], dtype=int)
    worths = np.array([worth for _, _, worth in found], dtype=float)
    shares = np.array([amount for _, amount, _ in found], dtype=float) / worths
    sizes = worths / np.array([usual[examples[at].vector.currency] for at in places], dtype=float)
    return Leaks(
        values=values[places],
        shares=np.log(np.clip(shares, _SMALLEST, _LARGEST)),
        worth=np.minimum(sizes, np.quantile(sizes, _LARGE)) if len(sizes) else sizes,
        weights=weights[places],
    )


def _usual(examples: Sequence[Example]) -> dict[str | None, float]:
    """The value of the middle deal in each currency."""
    found: dict[str | None, list[float]] = {}
    for each in examples:
        worth = each.vector.value or 0.0
        if worth > 0.0:
            found.setdefault(each.vector.currency, []).append(worth)
    return {currency: float(np.median(worths)) for currency, worths in found.items()}


def _amount(example: Example) -> float | None:
    """The amount of the leak in the deal's own currency; None where it is not known in it."""
    told = [each for each in example.outcomes if each.leaked and each.amount is not None]
    currency = example.vector.currency
    amounts = [each.amount for each in told if each.currency is None or each.currency == currency]
    last = amounts[-1] if amounts else None
    return last if last is not None and isfinite(last) and last > 0.0 else None


def amounts(found: Leaks, growth: Growth) -> tuple[Amounts | None, dict[str, Any]]:
    """The amounts and what the card says of them; None of fewer than five leaks with an amount."""
    if len(found.shares) < FEWEST:
        return None, {"leaks": len(found.shares), "because": "too few leaks with a known amount"}
    growth = Growth(seed=growth.seed, threads=growth.threads, rounds=_ROUNDS)
    mean = float(np.average(found.shares, weights=found.weights))
    told: dict[str, Any] = {"leaks": len(found.shares)}
    predicted = np.full(len(found.shares), mean)
    trees = None
    if len(found.shares) >= _ENOUGH_FOR_TREES:
        crossed = _crossed(found, growth)
        alone, grown = (_error(found, each) for each in (predicted, crossed))
        told |= {"error_of_constant": round(alone, 4), "error_of_trees": round(grown, 4)}
        if grown < alone:
            predicted, trees = crossed, served(regression(found.values, found.shares, found.weights, growth))
    low, high = float(np.exp(found.shares.min())), float(np.exp(found.shares.max()))
    smearing = _smearing(found, predicted)
    expected = found.worth * np.clip(smearing * np.exp(predicted), low, high)
    told |= {
        "by": "trees" if trees is not None else "constant",
        "usual_share": round(float(np.exp(mean)), 5),
        "predicted_over_actual": round(float(found.weights @ expected) / float(found.weights @ _lost(found)), 4),
    }
    return Amounts(constant=mean, trees=trees, smearing=smearing, low=low, high=high), told


def _smearing(found: Leaks, predicted: Numbers) -> float:
    """What brings back the mean that a logarithm loses: all that leaked over all that is predicted, in money.

    The mean of the errors themselves (Duan 1983) would count each deal the same, and few large ones hold most of the money.
    """
    return float(found.weights @ _lost(found)) / float(found.weights @ (found.worth * np.exp(predicted)))


def _lost(found: Leaks) -> Numbers:
    lost: Numbers = found.worth * np.exp(found.shares)
    return lost


def _crossed(found: Leaks, growth: Growth) -> Numbers:
    """What trees that were not fitted to a leak predict of it."""
    part = np.random.default_rng(growth.seed).integers(0, _PARTS, len(found.shares))
    predicted = np.empty(len(found.shares))
    for at in range(_PARTS):
        rest = found.of(part != at)
        booster = regression(rest.values, rest.shares, rest.weights, growth)
        predicted[part == at] = booster.inplace_predict(columns(found.values[part == at]))
    return predicted


def _error(found: Leaks, predicted: Numbers) -> float:
    return float(np.average((found.shares - predicted) ** 2, weights=found.weights))
