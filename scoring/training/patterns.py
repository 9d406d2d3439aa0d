"""Of which kind a leak is, fitted to the leaks whose pattern is known."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.model.patterns import Patterns
from scoring.training.boosting import Growth, classes, columns, served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.training.examples import Example
    from scoring.training.labels import Numbers

RARE: Final = 5
"""Patterns of fewer known leaks have no probability of their own, unless all are so rare."""

_ENOUGH_FOR_TREES: Final = 150
_PARTS: Final = 4
_ROUNDS: Final = 40


def patterns(
    examples: Sequence[Example], values: Numbers, leaked: Numbers, weights: Numbers, growth: Growth
) -> tuple[Patterns | None, dict[str, Any]]:
    """The patterns and what the card says of them; None where no leak has one."""
    named = {at: name for at, each in enumerate(examples) if leaked[at] == 1.0 and (name := _pattern(each))}
    counted = Counter(named.values())
    names = sorted(name for name, times in counted.items() if times >= RARE) or sorted(counted)
    if not names:
        return None, {"leaks": 0, "because": "no known leak has a pattern"}
    places = np.array([at for at, name in named.items() if name in set(names)], dtype=int)
    which = np.array([names.index(named[at]) for at in places], dtype=float)
    weighed = weights[places]
    shares = np.bincount(which.astype(int), weights=weighed, minlength=len(names)) / weighed.sum()
    told: dict[str, Any] = {"leaks": len(places), "patterns": len(names), "rare": len(counted) - len(names)}
    trees = None
    if len(places) >= _ENOUGH_FOR_TREES and len(names) > 1:
        growth = Growth(seed=growth.seed, threads=growth.threads, rounds=_ROUNDS)
        alone, grown = _losses(values[places], which, shares, weighed, growth)
        told |= {"loss_of_shares": round(alone, 4), "loss_of_trees": round(grown, 4)}
        if grown < alone:
            trees = served(classes(values[places], which, len(names), weighed, growth))
    told["by"] = "trees" if trees is not None else "shares"
    return Patterns(names=tuple(names), shares=tuple([float(each) for each in shares]), trees=trees), told


def _pattern(example: Example) -> str | None:
    told = [each.pattern for each in example.outcomes if each.leaked and each.pattern]
    return told[-1] if told else None


def _losses(values: Numbers, which: Numbers, shares: Numbers, weights: Numbers, growth: Growth) -> tuple[float, float]:
    """The logarithmic loss of the mere shares, and of trees on leaks that they were not fitted to."""
    part = np.random.default_rng(growth.seed).integers(0, _PARTS, len(which))
    told = np.empty(len(which))
    for at in range(_PARTS):
        rest, tried = part != at, part == at
        booster = classes(values[rest], which[rest], len(shares), weights[rest], growth)
        found = booster.inplace_predict(columns(values[tried]))
        told[tried] = found[np.arange(int(tried.sum())), which[tried].astype(int)]
    alone = -np.log(np.maximum(shares[which.astype(int)], 1e-6))
    return float(np.average(alone, weights=weights)), float(
        np.average(-np.log(np.maximum(told, 1e-6)), weights=weights)
    )
