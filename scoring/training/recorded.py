"""The reps' records as they stood when the model was trained."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.features.vector import positions
from scoring.model.records import ABOVE, RATE, Records, log_odds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.training.data import Data

WEIGHT: Final = 0.75
"""How much of what came to be known of a rep counts: less than all, as a rate does not hold the rest of the deals equal."""


def standing(rows: Data) -> Mapping[str, float] | None:
    """How far each rep's rate lay above the team's at their newest deal; None where the deals bear no day.

    It is the newest of all their deals: one of which an outcome is known would be months old, and what has come to be known
    since would count twice.
    """
    if not rows.labels.dated:
        return None
    at, by_rep = positions(), _by_rep(rows)
    found: dict[str, float] = {}
    for row in np.argsort(np.nan_to_num(rows.labels.made, nan=-np.inf), kind="stable").tolist():
        rate, team = (log_odds(float(rows.values[row, at[name]])) for name in (RATE, ABOVE))
        if by_rep[row] and rate is not None and team is not None and isfinite(rate - team):
            found[by_rep[row]] = rate - team
    return found


def records(then: Mapping[str, float] | None, share: float) -> Records | None:
    """The records that a model serves, of which it takes a share; None where no history is known."""
    return Records(weight=WEIGHT * share, then=then) if then is not None else None


def _by_rep(rows: Data) -> list[str]:
    """The rep of each deal; empty where the rep has no effect of their own."""
    found = [""] * len(rows.values)
    places = rows.made.indicators.tocoo()
    levels = rows.basis.levels()
    for row, column in zip(places.row.tolist(), places.col.tolist(), strict=True):
        kind, name = levels[column]
        if kind == "rep":
            found[row] = name
    return found
