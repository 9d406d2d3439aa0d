"""From examples to a model that can be served, and the card that says how it came about and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from policies.domain.period import add_months
from scoring.model.anomaly import Anomalies, peer_key
from scoring.model.package import Manifest, ModelPackage
from scoring.training import boosting
from scoring.training.amounts import amounts, leaks
from scoring.training.card import Findings, card
from scoring.training.choose import AVERAGE, OF_EFFECTS, PLAIN, plain_logistic
from scoring.training.data import ENOUGH, Data, data, learnable, quiet
from scoring.training.judge import Judged, Newest, judged
from scoring.training.learn import Learned, learned
from scoring.training.linear_part import linear_part, margins, without_traces
from scoring.training.logistic import log_odds, sigmoid, usual_strengths
from scoring.training.patterns import patterns
from scoring.training.recorded import records, standing
from scoring.training.tiers import TIERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.history import History
    from scoring.model.linear import Linear
    from scoring.model.trees import Trees
    from scoring.training.examples import Example
    from scoring.training.labels import Labels
    from scoring.training.silence import Silence

__all__ = ["Newest", "Progress", "Trained", "train"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of all that is done before it."""

_MOST_ANOMALY_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model and its card, which is in the model's manifest as well."""

    package: ModelPackage
    card: dict[str, Any]
    newest: Newest


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
    holdout_months: int | None = None,
) -> Trained:
    """Learn from what was known as of a moment. `history` is what will be known of the deals that the model scores.

    `unmatched` counts outcomes of quotes that nobody knows, for the card. `serve` names the way that is served whatever the
    newest deals say, and the card says so. `holdout_months` tries the model on the deals of the last so many months, rather than on
    the newest quarter of the known outcomes. The same examples and seed give the same model.
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
        since=None if holdout_months is None else _months_before(as_of, holdout_months),
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
    since: datetime | None


def _months_before(as_of: datetime, months: int) -> datetime:
    return datetime.combine(add_months(as_of.date(), -months), as_of.timetz())


def _train(examples: Sequence[Example], history: History, asked: _Setting, tell: Progress) -> Trained:
    tell("gathering labels", 0.0)
    found = learnable(examples, asked.as_of, asked.minimum_outcomes)
    used = [examples[row] for row in found.rows]
    rows = data(found, [each.vector for each in used])
    tell("learning what silence says and what each effect is worth", 0.1)
    silence = quiet(rows)
    tells = _telling(silence, found)
    telling = rows.of(tells)
    fit = learned(telling.made, telling.labels, silence.of(tells), usual_strengths(rows.basis), asked.seed)
    fit = replace(fit, effects=without_traces(fit.effects))
    whole = replace(fit, silence=fit.silence.shared_with(silence))
    growth = boosting.Growth(seed=asked.seed, threads=asked.threads)
    tell("trying what it was not fitted to", 0.4)
    tried = judged(telling, fit, [used[at].vector for at in tells], growth, asked.tiers, asked.serve, asked.since)
    tell("fitting what is served", 0.75)
    parts = _parts(telling, fit, tried, growth, then=standing(rows))
    tell("amounts, patterns and what is unusual", 0.85)
    weights = whole.silence.weights(found.leaked)
    lost, of_amounts = amounts(leaks(used, rows.values, found.leaked, weights), growth)
    kinds, of_patterns = patterns(used, rows.values, found.leaked, weights, growth)
    told = card(
        Findings(
            as_of=asked.as_of,
            seed=asked.seed,
            unmatched=asked.unmatched,
            simulated=any(each.simulated for each in examples),
            limits=dict(asked.tiers),
            since=asked.since,
            amounts=of_amounts,
            patterns=of_patterns,
            importance=parts.importance,
            **tried.told,
        ),
        rows,
        whole,
    )
    manifest = Manifest(
        created_at=asked.as_of,
        data_digest=asked.data_digest,
        trained_on=int(found.known.sum()),
        quotes=len(examples),
        leaks=int((found.leaked == 1.0).sum()),
        served={PLAIN: "linear", AVERAGE: "linear+trees"}.get(tried.served, tried.served),
        simulated=any(each.simulated for each in examples),
        card=told,
    )
    package = ModelPackage(
        manifest=manifest,
        calibration=tried.calibration,
        linear=parts.linear,
        trees=parts.trees,
        amounts=lost,
        patterns=kinds,
        anomalies=_anomalies(examples),
        tiers=tried.tiers,
        history=history,
    )
    tell("done", 1.0)
    return Trained(package=package, card=told, newest=tried.newest)


def _telling(silence: Silence, found: Labels) -> NDArray[np.intp]:
    """The deals that are fitted to: those that tell something, be it by their silence."""
    return np.flatnonzero(silence.tells(found.leaked))


def _silent(_: str, __: float) -> None:
    """Nobody wants to know."""


# --------------------------------------------------------------------------------------------------- serving


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    linear: Linear | None
    trees: Trees | None
    importance: dict[str, float]


def _parts(
    rows: Data, fit: Learned, tried: Judged, growth: boosting.Growth, then: Mapping[str, float] | None
) -> _Parts:
    """The parts of what is served, fitted to all deals."""
    if tried.served == PLAIN:
        plain = linear_part(rows.plain_basis, plain_logistic(rows), rows.plain.indicators)
        return _Parts(linear=plain, trees=None, importance={})
    whole = rows.made.margins(fit.effects)
    expected = fit.silence.expected(rows.labels.leaked, sigmoid(whole))
    effects = fit.effects
    if tried.served == AVERAGE:
        effects = effects * OF_EFFECTS
        effects[0] += (1.0 - OF_EFFECTS) * log_odds(boosting.start_of(expected))
    known = records(then, OF_EFFECTS if tried.served == AVERAGE else 1.0)
    linear = linear_part(rows.basis, effects, rows.made.indicators, known)
    if tried.served == "linear":
        return _Parts(linear=linear, trees=None, importance={})
    on_effects = tried.served == "linear+trees"
    base = margins(rows.basis, linear, rows.made.dense, effects, rows.made.indicators) if on_effects else None
    booster = boosting.risk(rows.values, expected, replace(growth, rounds=tried.rounds), base=base)
    importance = dict(boosting.importance(booster))
    if tried.served == AVERAGE:
        booster = boosting.scaled(booster, 1.0 - OF_EFFECTS)
    return _Parts(
        linear=None if tried.served == "trees" else linear, trees=boosting.served(booster), importance=importance
    )


def _anomalies(examples: Sequence[Example]) -> Anomalies:
    """What is usual among the deals, signed or not; the newest where there are very many."""
    vectors = [each.vector for each in examples[-_MOST_ANOMALY_ROWS:]]
    return Anomalies.fit([each.values for each in vectors], [peer_key(each) for each in vectors])
