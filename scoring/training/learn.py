"""Fitting to labels that are late and selective: what is known by now is to be likeliest, labels as they are and silence for
what it says. What silence says is learned from the fit, and the fit from that, in turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.training.logistic import Design, evident_strengths, likeliest, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.training.labels import Labels, Numbers
    from scoring.training.silence import Silence

ENOUGH: Final = 12_000
"""Strengths and shares are learned from so many of the deals that tell something; the effects from all of them."""

_TURNS: Final = 3
_OUTER: Final = 2
_LAST_TURNS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Effects with the strengths that they were fitted with, and what silence says in the end."""

    effects: Numbers
    strengths: Numbers
    silence: Silence


def learned(made: Design, labels: Labels, quiet: Silence, strengths: Numbers, seed: int) -> Learned:
    """Everything learned from scratch: strengths and shares from a part where there are many deals, effects from all."""
    some = _some(len(labels.leaked), seed)
    part, its_labels, its_silence = made.of(some), labels.of(some), quiet.of(some)
    effects: Numbers | None = None
    for _ in range(_OUTER):
        effects, its_silence = _turns(part, its_labels, its_silence, strengths, _TURNS, effects)
        strengths, effects = evident_strengths(part, its_silence.told(its_labels.leaked), strengths, effects)
    return refitted(made, labels, its_silence.shared_with(quiet), strengths, effects)


def refitted(made: Design, labels: Labels, quiet: Silence, strengths: Numbers, start: Numbers | None = None) -> Learned:
    """The effects with strengths that are given."""
    effects, quiet = _turns(made, labels, quiet, strengths, _LAST_TURNS, start)
    return Learned(effects=effects, strengths=strengths, silence=quiet)


def _turns(
    made: Design, labels: Labels, quiet: Silence, strengths: Numbers, turns: int, effects: Numbers | None
) -> tuple[Numbers, Silence]:
    for _ in range(turns):
        effects = likeliest(made, quiet.told(labels.leaked), strengths, effects)
        quiet = quiet.updated(labels, sigmoid(made.margins(effects)))
    assert effects is not None  # noqa: S101 - there is at least one turn
    return effects, quiet


def _some(deals: int, seed: int) -> NDArray[np.intp]:
    return some_of(np.arange(deals), ENOUGH, seed)


def some_of(places: NDArray[np.intp], most: int, seed: int) -> NDArray[np.intp]:
    """So many of the places at most, drawn by lot, in order."""
    if len(places) <= most:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, most, replace=False))
