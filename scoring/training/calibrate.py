"""From margins to probabilities that match all later deals, not those that somebody looked at.

Two ways are tried: a line in log-odds (Platt 1999, in turns with what is expected of silent deals), and steps that only rise
(isotonic regression) on what the line expects. The steps are taken where they do better on the newest deals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from scoring.model.calibration import Calibration
from scoring.training.logistic import sigmoid

if TYPE_CHECKING:
    from scoring.training.labels import Flags, Numbers
    from scoring.training.silence import Silence

_GRID: Final = np.arange(-9.0, 7.01, 0.25)
_TURNS: Final = 30
_FLATTEST, _STEEPEST = 0.2, 3.0
_DRAWN: Final = 100.0
"""Shift and slope are drawn to 0 and 1 as by a standard deviation of a tenth: the fit is by likelihood, and some hundred
outcomes of a model that was fitted to less are no better judge. Thousands are."""

_ENOUGH_FOR_STEPS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Deals that a model was not fitted to: its margins, their labels (NaN is not known), and what silence says of them."""

    margins: Numbers
    leaked: Numbers
    silence: Silence
    newest: Flags

    @property
    def weights(self) -> Numbers:
        """For how many deals each known one stands."""
        return self.silence.weights(self.leaked)

    def of(self, which: Flags) -> HeldOut:
        return HeldOut(
            margins=self.margins[which],
            leaked=self.leaked[which],
            silence=self.silence.of(which),
            newest=self.newest[which],
        )


def calibrated(held: HeldOut) -> tuple[Calibration, dict[str, Any]]:
    """The calibration, and what the card says of it."""
    line = line_of(held)
    told: dict[str, Any] = {"method": "line in log-odds", "slope": round(line[1], 4), "shift": round(line[0], 4)}
    leaks = int((held.leaked == 1.0).sum())
    if leaks >= _ENOUGH_FOR_STEPS and 0 < held.newest.sum() < len(held.newest):
        older, newest = held.of(~held.newest), held.of(held.newest)
        by_line = loss(newest, of_many(_of_line(line_of(older)), newest.margins))
        by_steps = loss(newest, of_many(_of_steps(older, line_of(older)), newest.margins))
        told |= {"loss_of_line": round(by_line, 5), "loss_of_steps": round(by_steps, 5)}
        if by_steps < by_line:
            return _of_steps(held, line), told | {"method": "isotonic"}
    return _of_line(line), told


def line_of(held: HeldOut) -> tuple[float, float]:
    """Shift and slope by which margins become log-odds, fitted in turns with what is expected of silent deals."""
    shift, slope = 0.0, 1.0
    tells = held.silence.tells(held.leaked)
    margins, leaked, quiet = held.margins[tells], held.leaked[tells], held.silence.of(tells)
    for _ in range(_TURNS):
        shares = sigmoid(shift + slope * margins)
        residual = quiet.expected(leaked, shares) - shares
        curved = shares * (1.0 - shares) + 1e-9
        # A step of Newton's.
        steep = float(curved @ margins**2) + _DRAWN
        both, flat = float(curved @ margins), float(curved.sum()) + _DRAWN
        down = float(residual.sum()) - _DRAWN * shift, float(residual @ margins) - _DRAWN * (slope - 1.0)
        bent = flat * steep - both * both
        shift += float(np.clip((steep * down[0] - both * down[1]) / bent, -1.0, 1.0))
        slope += float(np.clip((flat * down[1] - both * down[0]) / bent, -0.5, 0.5))
        slope = float(np.clip(slope, _FLATTEST, _STEEPEST))
    return shift, slope


def _of_line(line: tuple[float, float]) -> Calibration:
    shares = sigmoid(line[0] + line[1] * _GRID)
    return Calibration(points=tuple([(float(at), float(share)) for at, share in zip(_GRID, shares, strict=True)]))


def _of_steps(held: HeldOut, line: tuple[float, float]) -> Calibration:
    """Rising steps, each told at its middle, on labels and on what the line expects of silent deals."""
    shares = sigmoid(line[0] + line[1] * held.margins)
    expected = held.silence.expected(held.leaked, shares)
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(held.margins, expected)
    levels = steps.predict(held.margins)
    points = []
    for level in np.unique(levels):
        inside = held.margins[levels == level]
        points.append((float(np.median(inside)), float(level)))
    return Calibration(points=_rising(points))


def _rising(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    kept: list[tuple[float, float]] = []
    for margin, share in sorted(points):
        if not kept or margin > kept[-1][0]:
            kept.append((margin, max(share, kept[-1][1]) if kept else share))
    return tuple(kept)


def of_many(calibration: Calibration, margins: Numbers) -> Numbers:
    """The probabilities of many margins."""
    at, shares = zip(*calibration.points, strict=True)
    found: Numbers = np.interp(margins, at, shares)
    return found


def by_older(held: HeldOut) -> Numbers:
    """The probabilities of the newest deals, calibrated on the older ones alone; as they are where there are none."""
    older = held.of(~held.newest)
    shift, slope = line_of(older) if len(older.margins) else (0.0, 1.0)
    return sigmoid(shift + slope * held.margins[held.newest])


def loss(held: HeldOut, shares: Numbers) -> float:
    """The mean logarithmic loss on deals with an outcome, each standing for those like it that stayed unknown."""
    known = ~np.isnan(held.leaked)
    return float(np.average(losses(held.leaked[known], shares[known]), weights=held.weights[known]))


def losses(leaked: Numbers, shares: Numbers) -> Numbers:
    """The logarithmic loss of each deal."""
    inside = np.clip(shares, 1e-6, 1.0 - 1e-6)
    found: Numbers = -(leaked * np.log(inside) + (1.0 - leaked) * np.log(1.0 - inside))
    return found
