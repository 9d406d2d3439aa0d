"""Which deals a model is tried on: newer ones than it was fitted to, or, where no day is stated, other reps and products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.training.errors import CannotLearn

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from scoring.features import FeatureVector
    from scoring.training.labels import Labels

PARTS: Final = 4
"""History is cut into so many parts of as many known outcomes each; the first is only fitted to."""

_MANY: Final = 30_000
_FEWEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Places among the labels: those that are fitted to, and those that are tried."""

    fit: NDArray[np.intp]
    tried: NDArray[np.intp]


def folds(labels: Labels, vectors: Sequence[FeatureVector], since: float | None = None) -> tuple[Fold, ...]:
    """The folds, the one with the newest deals last. Those in which one kind of outcome is rare are left out.

    `since` has the last fold try the deals made from a moment on (seconds since 1970). Raises CannotLearn where that cannot be.
    """
    if since is not None and not labels.dated:
        raise CannotLearn(["the deals bear no day, so no months can be held out: leave --holdout-months out"])
    made = _by_time(labels, since) if labels.dated else _by_names(vectors)
    if since is not None and not (_is_of_use(labels, made[-1].fit) and _is_of_use(labels, made[-1].tried)):
        raise CannotLearn([_too_few(labels, made[-1])])
    return tuple([each for each in made if _is_of_use(labels, each.fit) and _is_of_use(labels, each.tried)])


def _too_few(labels: Labels, fold: Fold) -> str:
    held, before = (int((labels.leaked[places] == 1.0).sum()) for places in (fold.tried, fold.fit))
    return (
        f"{held} leaks are known of the months held out, {before} of those before, and {_FEWEST} of each are needed:"
        " hold out more months, or fewer"
    )


def held_out(labels: Labels, since: datetime | None = None) -> str:
    """How deals are held out, in words."""
    if since is not None:
        return f"deals made from {since:%Y-%m-%d} on, as asked for; of those before, newer ones than were fitted to"
    if labels.dated:
        return "newer deals than those that were fitted to"
    return "deals of other pairs of rep and product, as the deals bear no day: the future may differ more than they do"


def _by_time(labels: Labels, since: float | None = None) -> list[Fold]:
    """Each part of the history after the first, with all deals before it to fit to."""
    made = np.nan_to_num(labels.made, nan=-np.inf)
    order = np.argsort(made, kind="stable")
    known = np.cumsum(labels.known[order])
    if since is None:
        bounds = [int(np.searchsorted(known, known[-1] * part / PARTS)) for part in range(1, PARTS)]
    else:
        newest = int(np.searchsorted(made[order], since))
        before = known[newest - 1] if newest else 0
        bounds = [int(np.searchsorted(known, before * part / (PARTS - 1))) for part in range(1, PARTS - 1)] + [newest]
    first = PARTS - 3 if len(order) > _MANY else 0
    ends = [*bounds[1:], len(order)]
    return [Fold(fit=order[:start], tried=order[start:end]) for start, end in zip(bounds, ends, strict=True)][first:]


def _by_names(vectors: Sequence[FeatureVector]) -> list[Fold]:
    part = np.array([_part(each) for each in vectors])
    return [Fold(fit=np.flatnonzero(part != at), tried=np.flatnonzero(part == at)) for at in range(PARTS)]


def _part(vector: FeatureVector) -> int:
    names = [next(iter(vector.categories.get(kind, ())), "") for kind in ("rep", "product")]
    return sha256("\n".join(names).encode()).digest()[0] % PARTS


def _is_of_use(labels: Labels, places: NDArray[Any]) -> bool:
    """Whether enough of both kinds is known: clean deals may be told by silence alone."""
    leaks = int((labels.leaked[places] == 1.0).sum())
    return leaks >= _FEWEST and len(places) - leaks >= _FEWEST
