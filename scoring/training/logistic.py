"""A sum of effects in log-odds, each drawn towards nothing: by how much, the effects of a kind say themselves.

The strength of a group of effects (the inverse of their variance) is fitted by evidence (MacKay 1992, "The evidence
framework applied to classification networks"): the number of effects that the data determines over their sum of squares.
In a group of which few effects matter each has its own. Where the direction of a feature is known, an effect of the other sign is drawn to nothing more strongly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize

from scoring.training.labels import Numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.training.matrix import Basis, Sparse, Term

USUAL_STRENGTH: Final = 30.0
"""What an effect of a standardised number starts with."""

USUAL_STRENGTH_OF_NAMES: Final = 8.0
AGAINST: Final = 4.0
"""An effect is drawn to nothing so many times as strongly on the side that the direction of its feature speaks against: a
company may be otherwise, but has to show it."""

FEW_MATTER: Final = frozenset({"pair"})
"""Groups in which most effects are nothing and a few are large: most families are together what each is by itself."""

_DOUBT: Final = 0.02
"""So much is taken for granted of the squares of the effects of a kind of names: two or three currencies that look alike do
not show that every currency is."""

_LITTLE_DOUBT: Final = 1e-3
_FREEDOM: Final = 2.0
_TURNS: Final = 20
_WEAKEST, _STRONGEST = 0.3, 5000.0
_ROUNDS: Final = 8
_MOST_STEPS: Final = 300
_FEW_STEPS: Final = 60
_MANY: Final = 20_000
_MOST_TOGETHER: Final = 600
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is fitted to: dense columns, indicators, and for each effect its group and the sign expected of it, 0 for either."""

    dense: Numbers
    indicators: Sparse
    groups: NDArray[np.str_]
    directions: NDArray[np.int_]

    @property
    def width(self) -> int:
        return int(self.dense.shape[1] + self.indicators.shape[1])

    def margins(self, effects: Numbers) -> Numbers:
        """The sum of effects of each deal; the first effect is the intercept."""
        split = 1 + self.dense.shape[1]
        sums: Numbers = effects[0] + self.dense @ effects[1:split] + self.indicators @ effects[split:]
        return sums

    def gradient(self, residuals: Numbers) -> Numbers:
        return np.concatenate([[residuals.sum()], self.dense.T @ residuals, self.indicators.T @ residuals])

    def of(self, places: NDArray[np.intp]) -> Design:
        """The design of some of the deals."""
        return Design(
            dense=self.dense[places], indicators=self.indicators[places], groups=self.groups, directions=self.directions
        )


def design(basis: Basis, dense: Numbers, indicators: Sparse, *, signed: bool = True) -> Design:
    """The design of a table of deals; `signed` effects are held to the directions of their features."""
    groups = [_group(each) for each in basis.terms]
    directions = [each.direction if signed else 0 for each in basis.terms]
    levels = basis.levels()
    return Design(
        dense=dense,
        indicators=indicators,
        groups=np.array([*groups, *(kind for kind, _ in levels)], dtype=np.str_),
        directions=np.array([*directions, *(0 for _ in levels)]),
    )


def _group(term: Term) -> str:
    """Effects that are drawn to nothing alike: what is or is not, apart from how much or how many."""
    if term.is_missing:
        return "missing"
    return f"direction {term.direction}, {'yes or no' if term.is_yes_or_no else 'how much'}"


def usual_strengths(basis: Basis) -> Numbers:
    """The strengths that fitting starts with."""
    return np.array([USUAL_STRENGTH] * len(basis.terms) + [USUAL_STRENGTH_OF_NAMES] * len(basis.levels()))


def sigmoid(margins: Numbers) -> Numbers:
    """Probabilities of log-odds."""
    found: Numbers = 1.0 / (1.0 + np.exp(-np.clip(margins, -35.0, 35.0)))
    return found


def log_odds(share: float) -> float:
    """Log-odds of a share, held away from 0 and 1."""
    inside = min(1.0 - 1e-4, max(1e-4, share))
    return float(np.log(inside / (1.0 - inside)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to know of each deal: how likely just that is if it leaks, and if it does not. 1 and 0 for a known leak.

    Where both are the same nothing is told; only their ratio counts.
    """

    if_leaked: Numbers
    if_clean: Numbers

    def expected(self, margins: Numbers) -> Numbers:
        """How likely each deal leaked, given the log-odds before and what is told."""
        with np.errstate(divide="ignore"):
            return sigmoid(margins + np.log(self.if_leaked) - np.log(np.maximum(self.if_clean, _TINY)))


def fitted(made: Design, leaked: Numbers, strengths: Numbers, *, start: Numbers | None = None) -> Numbers:
    """The effects, intercept first. `leaked` may lie between 0 and 1: what is expected of a deal that nobody looked at."""

    def loss(margins: Numbers) -> tuple[float, Numbers]:
        return float((np.logaddexp(0.0, margins) - leaked * margins).sum()), sigmoid(margins) - leaked

    return _smallest(made, loss, strengths, start if start is not None else _even(made, float(leaked.mean())))


def likeliest(made: Design, told: Told, strengths: Numbers, start: Numbers | None = None) -> Numbers:
    """The effects, intercept first, under which what is told is likeliest, summed over what deals turn out to be.

    It is what expectation and maximisation in turns would come to; where little is known they would need very many.
    """
    with np.errstate(divide="ignore"):
        ahead = np.log(told.if_leaked) - np.log(np.maximum(told.if_clean, _TINY))

    def loss(margins: Numbers) -> tuple[float, Numbers]:
        # log(1 + e^m) less log(a e^m + b), the second without log b, which does not depend on m.
        before, after = np.logaddexp(0.0, margins), np.logaddexp(0.0, margins + ahead)
        known = told.if_clean < _TINY  # a leak: the constant that is left out would swamp the sum
        total = float(np.where(known, before - margins, before - after).sum())
        return total, sigmoid(margins) - sigmoid(margins + ahead)

    sure = (told.if_leaked < _TINY) | (told.if_clean < _TINY)
    share = float((told.if_clean[sure] < _TINY).mean()) if sure.any() else 0.5
    return _smallest(made, loss, strengths, start if start is not None else _even(made, share))


def _even(made: Design, share: float) -> Numbers:
    """No effect at all: every deal has the same share."""
    start = np.zeros(made.width + 1)
    start[0] = log_odds(share)
    return start


def _smallest(
    made: Design, loss: Callable[[Numbers], tuple[float, Numbers]], strengths: Numbers, start: Numbers
) -> Numbers:
    """The effects of the smallest loss, each drawn to nothing. `loss` gives it, and its slope by deal, for margins."""
    deals = max(1, made.dense.shape[0])
    # Of very many deals the start is already close: it comes from a part of them, or from the turn before.
    steps = _FEW_STEPS if start[1:].any() and deals > _MANY else _MOST_STEPS

    def whole(effects: Numbers) -> tuple[float, Numbers]:
        value, slopes = loss(made.margins(effects))
        pull = np.concatenate([[0.0], pulls(made, effects, strengths)])
        return (value + float(0.5 * (pull * effects) @ effects)) / deals, (
            made.gradient(slopes) + pull * effects
        ) / deals

    options = {"maxiter": steps, "maxcor": 20, "ftol": 1e-9, "gtol": 1e-6}
    found = minimize(whole, start, jac=True, method="L-BFGS-B", options=options)
    effects: Numbers = found.x
    return effects


def pulls(made: Design, effects: Numbers, strengths: Numbers) -> Numbers:
    """How strongly each effect is drawn to nothing: more so on the side that its direction speaks against."""
    return np.where(effects[1:] * made.directions < 0.0, AGAINST * strengths, strengths)


def evident_strengths(made: Design, told: Told, strengths: Numbers, start: Numbers) -> tuple[Numbers, Numbers]:
    """Strengths by group as the data bears them, and the effects fitted with them."""
    strengths, effects = strengths.copy(), start
    is_name = np.arange(made.width) >= made.dense.shape[1]
    for _ in range(_ROUNDS):
        effects = likeliest(made, told, strengths, effects)
        expected = told.expected(made.margins(effects))
        held = pulls(made, effects, strengths)
        uncertain = variances(made, expected, effects, held)
        determined = 1.0 - held * uncertain
        squares = effects[1:] ** 2 * held / strengths
        for group in np.unique(made.groups):
            inside = made.groups == group
            if group in FEW_MATTER:
                strengths[inside] = _of_few((squares + uncertain)[inside])
                continue
            free = max(1e-3, float(determined[inside].sum())) + 0.5
            size = float(squares[inside].sum()) + (_DOUBT if is_name[inside].all() else _LITTLE_DOUBT)
            strengths[inside] = min(_STRONGEST, max(_WEAKEST, free / size))
    return strengths, effects


def _of_few(squares: Numbers) -> Numbers:
    """A strength for each effect of a group in which most are nothing and a few are large, from their expected squares.

    They are taken as drawn from Student's t distribution of two degrees of freedom, its scale fitted in turns with them.
    """
    scale = float(squares.mean())
    for _ in range(_TURNS):
        drawn = (_FREEDOM + 1.0) / (_FREEDOM + squares / scale)
        scale = min(1.0 / _WEAKEST, max(1.0 / _STRONGEST, float((drawn * squares).mean())))
    found: Numbers = np.maximum(_WEAKEST, (_FREEDOM + 1.0) / (_FREEDOM + squares / scale) / scale)
    return found


def variances(made: Design, leaked: Numbers, effects: Numbers, strengths: Numbers) -> Numbers:
    """How uncertain each effect is: from the curvature of the loss; of kinds of very many names, of each name by itself.

    A deal of which it is only expected how likely it leaked says less than one that is known, by the variance that is left
    in it (Louis 1982).
    """
    shares = sigmoid(made.margins(effects))
    curved = np.maximum(0.0, shares * (1.0 - shares) - leaked * (1.0 - leaked))
    together = _together(made)
    columns = made.dense.shape[1]
    names = made.indicators[:, np.flatnonzero(together[columns:])].toarray()
    whole = np.column_stack([np.ones(len(curved)), made.dense, names])
    curvature = (whole * curved[:, None]).T @ whole
    curvature[np.diag_indices_from(curvature)] += np.concatenate([[1e-6], strengths[together]])
    found = np.empty(made.width)
    found[together] = np.diag(np.linalg.inv(curvature))[1:]
    alone = made.indicators.power(2).T @ curved + strengths[columns:]
    found[~together] = 1.0 / alone[~together[columns:]]
    return found


def _together(made: Design) -> NDArray[np.bool_]:
    """The effects whose uncertainties are worked out together: the columns, and kinds of names, those of few names first."""
    columns = made.dense.shape[1]
    chosen: NDArray[np.bool_] = np.arange(made.width) < columns
    kinds, times = np.unique(made.groups[columns:], return_counts=True)
    for kind in kinds[np.argsort(times, kind="stable")]:
        wider = chosen | ((made.groups == kind) & (np.arange(made.width) >= columns))
        if wider.sum() > _MOST_TOGETHER:
            break
        chosen = wider
    return chosen
