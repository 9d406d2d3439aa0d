"""The model card: what was learned from, how labels were read, what was tried, what is served and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from scoring.training.folds import held_out
from scoring.training.logistic import sigmoid
from scoring.training.matrix import GROWING, SPOKEN_FOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.training.data import Data
    from scoring.training.learn import Learned

_STRONGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the steps of training have to say for the card."""

    as_of: datetime
    seed: int
    unmatched: int
    simulated: bool
    limits: Mapping[str, float]
    since: datetime | None
    folds: int
    served: str
    asked_for: bool
    ways: Mapping[str, Any]
    calibration: Mapping[str, Any]
    held_out: Mapping[str, Any]
    newest: Mapping[str, Any]
    amounts: Mapping[str, Any]
    patterns: Mapping[str, Any]
    importance: Mapping[str, float]


def card(found: Findings, rows: Data, fit: Learned) -> dict[str, Any]:
    """The card as JSON: the same training gives the same card."""
    return {
        "as_of": found.as_of.isoformat(),
        "seed": found.seed,
        "simulated": found.simulated,
        "limits": dict(found.limits),
        "labels": _labels(found, rows, fit),
        "served": found.served,
        "because": _because(found, dated=rows.labels.dated),
        "ways": dict(found.ways),
        "held_out_by": held_out(rows.labels, found.since)
        if found.folds
        else "nothing: there are too few outcomes to hold some out",
        "holdout_since": None if found.since is None else found.since.isoformat(),
        "folds": found.folds,
        "held_out": dict(found.held_out),
        "newest": dict(found.newest),
        "calibration": dict(found.calibration),
        "amounts": dict(found.amounts),
        "patterns": dict(found.patterns),
        "effects": _effects(rows, fit),
        "names": {kind: len(names) for kind, names in rows.basis.names.items() if names},
        "strengths": _strengths(rows, fit),
        "trees": dict(found.importance),
        "left_to_the_trees": sorted(SPOKEN_FOR),
        "left_out": sorted(GROWING),
    }


def _labels(found: Findings, rows: Data, fit: Learned) -> dict[str, Any]:
    """How labels came to be known, and what was made of it."""
    labels, quiet = rows.labels, fit.silence
    weights = quiet.weights(labels.leaked)
    known = labels.known
    expected = quiet.expected(labels.leaked, sigmoid(rows.made.margins(fit.effects)))
    rate = float(weights[labels.leaked == 1.0].sum() / max(1e-9, weights.sum()))
    return {
        **{name: each for name, each in labels.counts.items() if name != "sources"},
        "unmatched": found.unmatched,
        "sources": {
            name: {"leaked": both[0], "clean": both[1], "role": _role(name, fit)}
            for name, both in labels.counts["sources"].items()
        },
        "known": int(known.sum()),
        "leaks": int((labels.leaked == 1.0).sum()),
        "could_leak": len(labels.leaked),
        "rate_of_known": round(float(labels.leaked[known].mean()), 4),
        "rate_by_weights": round(rate, 4),
        "rate_expected": round(float(expected.mean()), 4),
        "looked_at_sooner_or_later": round(float(quiet.looked.mean()), 4),
        "leaks_found_otherwise": round(quiet.found, 4),
        "clean_cleared_otherwise": round(quiet.cleared, 4),
        "known_by_now": {
            "leaks": round(float(1.0 - quiet.unknown_if_leaked().mean()), 4),
            "clean": round(float(1.0 - quiet.unknown_if_clean().mean()), 4),
        },
        "largest_weight": round(float(weights.max(initial=0.0)), 2),
        "note": _note(rows, fit),
    }


def _role(name: str, fit: Learned) -> str:
    by = fit.silence.sources
    if name in by.looking:
        return "looks at deals and finds both"
    return "reports leaks only" if name in by.finding else "clears deals only"


def _note(rows: Data, fit: Learned) -> str:
    if fit.silence.assumed:
        return (
            "No source looks at deals whatever they turn out to be: the probability is that of a leak which comes to be known,"
            " and a deal that stayed silent for long counts as clean."
        )
    dated = "" if rows.labels.dated else " Deals bear no day: nothing is taken to be still to come."
    return (
        "A deal of which nothing is known counts for how likely it leaked, given that nothing came up by its age."
        + dated
    )


def _because(found: Findings, *, dated: bool) -> str:
    """Which way is served, and by how much it was the best."""
    if not found.ways:
        return "There are too few outcomes to hold some out: the sum of effects is served as it is."
    held = "the newest deals held out" if dated else "the last of the deals held out"
    if found.asked_for:
        return f"{found.served} was asked for; what the others lost on {held} is under ways."
    best = next(way for way, each in found.ways.items() if not each["standard_error"])
    others = [
        f"{way} {each['worse_by']:+.4f} (standard error {each['standard_error']:.4f})"
        for way, each in found.ways.items()
        if way != best
    ]
    served = "It is served" if best == found.served else f"{found.served} is served, within a standard error of it"
    return (
        f"On {held}, {best} had a logarithmic loss of {found.ways[best]['loss']:.4f}; the others beside it:"
        f" {', '.join(others)}. {served}."
    )


def _effects(rows: Data, fit: Learned) -> list[dict[str, Any]]:
    """The strongest effects of features, in log-odds over the spread of the deals."""
    spread = rows.made.dense.std(axis=0)
    sizes: dict[str, float] = {}
    for term, effect, width in zip(rows.basis.terms, fit.effects[1:], spread, strict=False):
        sizes[term.feature.name] = sizes.get(term.feature.name, 0.0) + float(effect * width)
    ordered = sorted(sizes.items(), key=lambda each: (-abs(each[1]), each[0]))[:_STRONGEST]
    return [{"feature": name, "log_odds": round(size, 4)} for name, size in ordered if abs(size) >= 0.005]


def _strengths(rows: Data, fit: Learned) -> dict[str, float]:
    """How strongly effects of each group are drawn towards nothing."""
    groups = rows.made.groups
    return {str(each): round(float(fit.strengths[groups == each][0]), 2) for each in np.unique(groups)}
