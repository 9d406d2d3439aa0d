"""From examples to a model that can be served, and the card that says how it came about and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from scoring.model.anomaly import Anomalies, peer_key
from scoring.model.calibration import Calibration
from scoring.model.package import Manifest, ModelPackage
from scoring.model.tiers import TierTable
from scoring.training import boosting
from scoring.training.amounts import amounts, leaks
from scoring.training.calibrate import calibrated, of_many
from scoring.training.card import Findings, card
from scoring.training.choose import chosen, trials
from scoring.training.data import ENOUGH, Data, data, learnable, quiet
from scoring.training.evaluate import evaluate
from scoring.training.folds import folds
from scoring.training.learn import Learned, learned
from scoring.training.linear_part import linear_part, margins, without_traces
from scoring.training.logistic import sigmoid, usual_strengths
from scoring.training.patterns import patterns
from scoring.training.tiers import TIERS, tier_table

if TYPE_CHECKING:
    from scoring.history import History
    from scoring.model.linear import Linear
    from scoring.model.trees import Trees
    from scoring.training.choose import Trials
    from scoring.training.examples import Example

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of all that is done before it."""

_IDENTITY: Final = tuple([(float(at), float(sigmoid(np.array([at]))[0])) for at in np.arange(-9.0, 7.01, 0.25)])
_MOST_ANOMALY_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest deals held out, to hold another model against: their places among the examples, the probability that this
    way of scoring gave each without having seen it, whether it leaked (0 where nobody knows), and for how many deals it stands.
    """

    places: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    leaked: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model and its card, which is in the model's manifest as well."""

    package: ModelPackage
    card: dict[str, Any]
    newest: Newest = Newest()


def train(
    examples: Sequence[Example],
    history: History,
    as_of: datetime,
    *,
    data_digest: str,
    progress: Progress | None = None,
    seed: int = 1,
    threads: int = 1,
    minimum_outcomes: int = ENOUGH,
    tiers: Sequence[tuple[str, float]] = TIERS,
    unmatched: int = 0,
    serve: str | None = None,
) -> Trained:
    """Learn from what was known as of a moment. `history` is what will be known of the deals that the model scores.

    `unmatched` counts outcomes of quotes that nobody knows, for the card. `serve` names the way that is served whatever the
    newest deals say, and the card says so. The same examples and seed give the same model.
    Several `threads` help with very many deals on a machine that has nothing else to do. Raises CannotLearn, with every reason,
    where there is too little to learn from.
    """
    setting = _Setting(
        as_of=as_of,
        seed=seed,
        threads=threads,
        minimum_outcomes=minimum_outcomes,
        tiers=tuple(tiers),
        unmatched=unmatched,
        data_digest=data_digest,
        serve=serve,
    )
    with threadpool_limits(limits=threads):
        return _train(examples, history, setting, progress or _silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What is asked for beside the examples."""

    as_of: datetime
    seed: int
    threads: int
    minimum_outcomes: int
    tiers: tuple[tuple[str, float], ...]
    unmatched: int
    data_digest: str
    serve: str | None


def _train(examples: Sequence[Example], history: History, asked: _Setting, tell: Progress) -> Trained:
    tell("gathering labels", 0.0)
    found = learnable(examples, asked.as_of, asked.minimum_outcomes)
    used = [examples[row] for row in found.rows]
    rows = data(found, [each.vector for each in used])
    tell("learning what silence says and what each effect is worth", 0.1)
    fit = learned(rows.made, found, quiet(rows), usual_strengths(rows.basis), asked.seed)
    fit = replace(fit, effects=without_traces(fit.effects))
    growth = boosting.Growth(seed=asked.seed, threads=asked.threads)
    tell("trying what it was not fitted to", 0.4)
    judged = _judged(rows, fit, [each.vector for each in used], growth, asked)
    tell("fitting what is served", 0.75)
    parts = _parts(rows, fit, judged, growth)
    tell("amounts, patterns and what is unusual", 0.85)
    weights = fit.silence.weights(found.leaked)
    lost, of_amounts = amounts(leaks(used, rows.values, found.leaked, weights), growth)
    kinds, of_patterns = patterns(used, rows.values, found.leaked, weights, growth)
    told = card(
        Findings(
            as_of=asked.as_of,
            seed=asked.seed,
            unmatched=asked.unmatched,
            simulated=any(each.simulated for each in examples),
            amounts=of_amounts,
            patterns=of_patterns,
            importance=parts.importance,
            **judged.told,
        ),
        rows,
        fit,
    )
    manifest = Manifest(
        created_at=asked.as_of,
        data_digest=asked.data_digest,
        trained_on=int(found.known.sum()),
        quotes=len(examples),
        leaks=int((found.leaked == 1.0).sum()),
        served=judged.served,
        simulated=any(each.simulated for each in examples),
        card=told,
    )
    package = ModelPackage(
        manifest=manifest,
        calibration=judged.calibration,
        linear=parts.linear,
        trees=parts.trees,
        amounts=lost,
        patterns=kinds,
        anomalies=_anomalies(examples),
        tiers=judged.tiers,
        history=history,
    )
    tell("done", 1.0)
    newest = replace(judged.newest, places=tuple([int(found.rows[at]) for at in judged.newest.places]))
    return Trained(package=package, card=told, newest=newest)


def _silent(_: str, __: float) -> None:
    """Nobody wants to know."""


# --------------------------------------------------------------------------------------------------- judging


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What the deals held out decided."""

    served: str
    rounds: int
    calibration: Calibration
    tiers: TierTable
    told: dict[str, Any]
    newest: Newest = Newest()


def _judged(rows: Data, fit: Learned, vectors: Sequence[Any], growth: boosting.Growth, asked: _Setting) -> _Judged:
    tiers, parts = asked.tiers, folds(rows.labels, vectors)
    if not parts:
        return _unjudged(tiers)
    made = trials(rows, fit, parts, growth)
    best, ways = chosen(made, rows, fit)
    served = asked.serve or best
    held = made.held(served, rows, fit)
    calibration, of_calibration = calibrated(held)
    shares, weights = of_many(calibration, held.margins), held.weights
    leaked = np.nan_to_num(held.leaked)
    told = {
        "folds": len(parts),
        "served": served,
        "asked_for": asked.serve is not None,
        "ways": ways,
        "calibration": of_calibration,
        "held_out": evaluate(shares, leaked, weights=weights, tiers=tiers),
        "newest": evaluate(shares[held.newest], leaked[held.newest], weights=weights[held.newest], tiers=tiers),
    }
    return _Judged(
        served=served,
        rounds=_rounds(made, served),
        calibration=calibration,
        tiers=tier_table(shares, leaked, weights, tiers),
        told=told,
        newest=Newest(
            places=tuple(made.places[held.newest].tolist()),
            shares=tuple(shares[held.newest].tolist()),
            leaked=tuple(leaked[held.newest].tolist()),
            weights=tuple(weights[held.newest].tolist()),
        ),
    )


def _rounds(made: Trials, served: str) -> int:
    return made.rounds.get(served, 1)


def _unjudged(tiers: Sequence[tuple[str, float]]) -> _Judged:
    """Too little to hold anything out: the sum of effects is served as it is, and no tier is measured."""
    told = {
        "folds": 0,
        "served": "linear",
        "asked_for": False,
        "ways": {},
        "calibration": {"method": "none"},
        "held_out": {},
        "newest": {},
    }
    empty = np.empty(0)
    return _Judged(
        served="linear",
        rounds=1,
        calibration=Calibration(points=_IDENTITY),
        tiers=tier_table(empty, empty, empty, tiers),
        told=told,
    )


# --------------------------------------------------------------------------------------------------- serving


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    linear: Linear | None
    trees: Trees | None
    importance: dict[str, float]


def _parts(rows: Data, fit: Learned, judged: _Judged, growth: boosting.Growth) -> _Parts:
    """The parts of what is served, fitted to all deals."""
    linear = linear_part(rows.basis, fit.effects, rows.made.indicators)
    base = margins(rows.basis, linear, rows.made.dense, fit.effects, rows.made.indicators)
    if judged.served == "linear":
        return _Parts(linear=linear, trees=None, importance={})
    expected = fit.silence.expected(rows.labels.leaked, sigmoid(base))
    alone = judged.served == "trees"
    booster = boosting.risk(rows.values, expected, replace(growth, rounds=judged.rounds), base=None if alone else base)
    return _Parts(
        linear=None if alone else linear,
        trees=boosting.served(booster),
        importance=dict(boosting.importance(booster)),
    )


def _anomalies(examples: Sequence[Example]) -> Anomalies:
    """What is usual among the deals, signed or not; the newest where there are very many."""
    vectors = [each.vector for each in examples[-_MOST_ANOMALY_ROWS:]]
    return Anomalies.fit([each.values for each in vectors], [peer_key(each) for each in vectors])
