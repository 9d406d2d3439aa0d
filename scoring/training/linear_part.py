"""The fitted sum of effects as it is served: columns in log-odds, and the effects of names around what the average deal has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.model.linear import Column, Linear

if TYPE_CHECKING:
    from scoring.model.records import Records
    from scoring.training.labels import Numbers
    from scoring.training.matrix import Basis, Sparse, Term

NOTHING: Final = 1e-4
"""An effect smaller than this, in log-odds, is left out."""

_ALWAYS: Final = frozenset({"rep", "team", "segment", "currency", "deal_type", "product", "family"})
"""Kinds of which a deal nearly always has a name: one without has what the average deal has."""

_NEARLY_ALL: Final = 0.98


def without_traces(effects: Numbers) -> Numbers:
    """The effects, those too small to matter at nothing."""
    found: Numbers = np.where(np.abs(effects) < NOTHING, 0.0, effects)
    found[0] = effects[0]
    return found


def linear_part(basis: Basis, effects: Numbers, indicators: Sparse, records: Records | None = None) -> Linear:
    """The linear part that serves the effects, intercept first. `indicators` are those of the deals that were fitted to."""
    split = 1 + len(basis.terms)
    levels = _levels(basis, effects[split:])
    means = _means(basis, levels, indicators)
    return Linear(
        intercept=float(effects[0]) + sum(means.values()),
        columns=_columns(basis.terms, effects[1:split]),
        levels={kind: names for kind, names in levels.items() if names},
        level_means=means,
        records=records,
    )


def margins(basis: Basis, linear: Linear, dense: Numbers, effects: Numbers, indicators: Sparse) -> Numbers:
    """The margins that `linear` gives for a table of deals, all at once, without what came to be known of reps since."""
    split = 1 + len(basis.terms)
    total: Numbers = linear.intercept + dense @ effects[1:split]
    start = 0
    for kind, names in basis.names.items():
        part = indicators[:, start : start + len(names)]
        held = np.array([linear.levels.get(kind, {}).get(name, 0.0) for name in names])
        any_name = np.asarray(part[:, np.flatnonzero(held)].sum(axis=1)).ravel() > 0.0
        total = total + part @ held - linear.level_means.get(kind, 0.0) * any_name
        start += len(names)
    return total


def _columns(terms: tuple[Term, ...], effects: Numbers) -> tuple[Column, ...]:
    """A column for each term; the first of a feature also says what it means that the number is not known."""
    missing = {term.at: float(effect) for term, effect in zip(terms, effects, strict=True) if term.is_missing}
    found: list[Column] = []
    for term, effect in zip(terms, effects, strict=True):
        unknown = 0.0 if term.is_missing else missing.pop(term.at, 0.0)
        if term.is_missing or not (effect or unknown):
            continue
        found.append(_column(term, float(effect), unknown))
    return tuple(found)


def _column(term: Term, effect: float, missing: float) -> Column:
    return Column(
        feature=term.feature.name,
        transform=term.transform,
        centre=term.centre,
        scale=term.scale,
        coefficient=effect,
        missing=missing,
        low=term.low,
        high=term.high,
    )


def _levels(basis: Basis, effects: Numbers) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {kind: {} for kind in basis.names}
    for (kind, name), effect in zip(basis.levels(), effects, strict=True):
        if effect:
            found[kind][name] = float(effect)
    return found


def _means(basis: Basis, levels: dict[str, dict[str, float]], indicators: Sparse) -> dict[str, float]:
    """What the average deal has of each kind, of kinds that nearly every deal has a name of."""
    found, start = {}, 0
    for kind, names in basis.names.items():
        part = indicators[:, start : start + len(names)]
        start += len(names)
        held = np.array([levels[kind].get(name, 0.0) for name in names])
        any_name = np.asarray(part[:, np.flatnonzero(held)].sum(axis=1)).ravel() > 0.0
        if kind in _ALWAYS and len(any_name) and any_name.mean() >= _NEARLY_ALL:
            found[kind] = float((part @ held)[any_name].mean())
    return found
