"""For how many deals each known one stands, where a model is held against deals that were not all looked at alike.

Those of which something is known are not like the others: audits look where suspicion is, and finance comes across leaks
alone. Training weighs them for that, and so does this, from the very deals that the model is held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.training.data import data, quiet
from scoring.training.examples import UNSAID
from scoring.training.labels import labels
from scoring.training.silence import MOST_WEIGHT, sources

if TYPE_CHECKING:
    from datetime import datetime

    from scoring.training.examples import Example
    from scoring.training.labels import Labels, Numbers

FEWEST: Final = 100
"""Of fewer known deals, or fewer unknown ones, nothing is learned about who is looked at."""
_STEPS: Final = 10
_NEARLY_ALL: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The deals of known outcome: their places among the examples, whether each leaked, and for how many it stands.

    `because` says how that was found, in words; `weighed` is False where each counts once.
    """

    places: tuple[int, ...]
    leaked: Numbers
    weights: Numbers
    weighed: bool
    because: str


def standing(examples: Sequence[Example], shares: Sequence[float], as_of: datetime) -> Standing:
    """What is known as of a moment. `shares` are how likely each deal leaks, in the order of the examples."""
    found = labels(examples, as_of)
    known = found.known
    places = tuple(found.rows[known].tolist())
    leaked = found.leaked[known]
    reason = _unweighed(found)
    if reason is not None:
        return Standing(
            places=places,
            leaked=leaked,
            weights=np.ones(len(places)),
            weighed=False,
            because=f"{reason}: each counts once",
        )
    rows = data(found, [examples[row].vector for row in found.rows])
    silence, odds = quiet(rows), np.array([shares[row] for row in found.rows])
    for _ in range(_STEPS):
        silence = silence.updated(found, odds)
    weights = silence.weights(found.leaked)[known]
    because = _weighed(len(places), float(weights.sum()), len(found.rows))
    return Standing(places=places, leaked=leaked, weights=weights, weighed=True, because=because)


def _weighed(known: int, stand_for: float, deals: int) -> str:
    """How known deals were weighed, and what is left where so few were looked at that none may stand for all like it."""
    words = (
        f"{known:,} deals of known outcome stand for {min(stand_for, deals):,.0f} of the {deals:,} that could leak:"
        f" each for those like it that were not looked at, {MOST_WEIGHT:.0f} at most"
    )
    few = "; where fewer than one in ten are looked at, figures still lean to those that are"
    return words if stand_for >= _NEARLY_ALL * deals else words + few


def _unweighed(found: Labels) -> str | None:
    """Why known deals cannot be weighed; None where they can."""
    known, unknown = int(found.known.sum()), int((~found.known).sum())
    if not unknown:
        return "every deal that could leak has a label"
    if all(name == UNSAID for name in found.counts["sources"]):
        return "the labels do not say how they came to be known"
    if not sources(found).looking:
        return "no source of the labels looks at deals whatever they turn out to be"
    if min(known, unknown) < FEWEST:
        return f"{known:,} known and {unknown:,} unknown deals are too few to tell which are looked at"
    return None
