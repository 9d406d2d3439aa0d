"""`make bench-model`: how well the model tells leaking deals, beside simpler ways and beside the simulator's own odds.

The companies are simulated: the standard one, one where other things go wrong, and with `--companies` more of which the
effects are drawn by lot. A model is trained as of the end of the 18th of 24 months, on outcomes discovered by then, and
judged on all later quotes. AP is the average precision and AUC the area under the curve, both against the true odds (a deal
leaks in part); `of oracle` divides by what the true odds themselves reach, for AP also on signed deals that leaked or not.
ECE is how far probabilities lie from the true odds, over ten groups of as many quotes. Money is the share of all that leaked
in the tenth of the signed deals that come first: `by odds` by the score, `by loss` by the expected leakage of those that give
one; both `of oracle` are over what the true odds find. `attainable` knows which numbers the odds are made of, and learns
their weights and the reps' habits from the same outcomes: nobody who has to find that out can do much better.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from app.demo import Effects
from benchmarks.company import OTHER, STANDARD, Deal, deals, drawn
from policies.domain.period import add_months
from scoring.features import FeatureVector
from scoring.history import History
from scoring.model.package import ModelPackage
from scoring.model.scorer import Scorer
from scoring.training import CannotLearn, Example, train
from scoring.training.choose import plain_logistic
from scoring.training.data import Data, data, learnable
from scoring.training.evaluate import auc, average_precision, calibration_error, top_share
from scoring.training.logistic import Design, design, fitted, sigmoid
from scoring.training.matrix import table

Numbers = NDArray[np.float64]
MONTHS = 18
Figures = tuple[float, float, float]
"""AP of the oracle's, ECE, and money by expected loss of the oracle's, NaN where no loss is expected."""

HEAD = ("", "AP", "of oracle", "signed", "AUC", "ECE", "by odds", "of oracle", "by loss", "of oracle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The quotes after the cut: the true odds, which were signed, which of those leaked, and what was lost."""

    deals: Sequence[Deal]
    odds: Numbers
    signed: NDArray[np.bool_]
    leaked: Numbers
    lost: Numbers


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-model", description=__doc__)
    parser.add_argument("--quotes", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--companies", type=int, default=2, help="How many companies.")
    parser.add_argument("--only", action="store_true", help="Only what is served, and what is attainable.")
    parser.add_argument("--fresh", action="store_true", help="Simulate again what is kept from before.")
    asked = parser.parse_args()
    print(f"Simulated companies of {asked.quotes:,} quotes; trained on what was known after {MONTHS} of 24 months.\n")
    found: list[dict[str, Figures]] = []
    for name, effects, seed in _companies(asked.seed, asked.companies):
        try:
            found.append(_company(name, effects, seed, asked.quotes, fresh=asked.fresh, only=asked.only))
        except CannotLearn as refused:
            print(f"{name}: nothing can be learned: {refused}")
    if len(found) > 1:
        _means(found)
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _companies(seed: int, number: int) -> list[tuple[str, Effects, int]]:
    """Name, effects and seed of so many companies."""
    named = [("standard", STANDARD, seed), ("other effects", OTHER, seed + 1)]
    by_lot = [(f"effects drawn by lot, {at}", drawn(at), seed + 13 + at) for at in range(1, number - 1)]
    return [*named, *by_lot][:number]


def _means(found: Sequence[dict[str, Figures]]) -> None:
    """What is served and what is attainable, over all companies."""
    print(f"Mean and worst of {len(found)} companies{'AP of oracle':>20}{'ECE':>16}{'money by loss':>20}")
    for label in (_SERVED, _ATTAINABLE):
        rows = np.array([each[label] for each in found])
        told = [
            f"{rows[:, 0].mean():.3f}, {rows[:, 0].min():.3f}",
            f"{rows[:, 1].mean():.3f}, {rows[:, 1].max():.3f}",
            f"{rows[:, 2].mean():.3f}, {rows[:, 2].min():.3f}" if np.isfinite(rows[:, 2]).all() else "-",
        ]
        print(f"{label:<36}" + "".join(f"{each:>17}" for each in told))


def _company(name: str, effects: Effects, seed: int, quotes: int, *, fresh: bool, only: bool) -> dict[str, Figures]:
    made = deals(seed, quotes, effects, fresh=fresh)
    moments = [each.example.made_at for each in made if each.example.made_at is not None]
    cut = datetime.combine(add_months(min(moments).date().replace(day=1), MONTHS), min(moments).timetz())
    cut = cut.replace(hour=0, minute=0, second=0)
    before = [each for each in made if each.example.made_at is not None and each.example.made_at < cut]
    later = _later([each for each in made if each.example.made_at is not None and each.example.made_at >= cut])
    with threadpool_limits(limits=1):
        return _table(f"{name}, seed {seed}", before, later, cut, only=only)


def _later(made: Sequence[Deal]) -> Later:
    kept = [each for each in made if not each.forced]
    return Later(
        deals=kept,
        odds=np.array([each.probability for each in kept]),
        signed=np.array([each.example.accepted for each in kept]),
        leaked=np.array([float(each.leaked) for each in kept]),
        lost=np.array([each.lost for each in kept]),
    )


def _table(name: str, before: Sequence[Deal], later: Later, cut: datetime, *, only: bool) -> dict[str, Figures]:
    examples = [each.example for each in before]
    began = time.process_time()
    first = train(examples, History(), cut, data_digest="simulated")
    spent = time.process_time() - began
    told = first.card["labels"]
    print(f"{name} (simulated): {len(before):,} quotes before {cut:%d %B %Y}, {told['known']:,} with a known outcome,")
    print(f"{told['leaks']:,} of them leaks; {len(later.deals):,} later quotes. Trained in {spent:.0f} s.")
    print(f"{'':<86}{'money':>10}{'':>10}{'money':>10}")
    print(f"{HEAD[0]:<36}" + "".join(f"{each:>10}" for each in HEAD[1:]))
    _row("oracle: the true odds", later.odds, later, later.odds)
    served = first.card["served"]
    scores = _scored(Scorer(first.package), later)
    figures = {_SERVED: _row(f"served: {served}", scores, later, scores, _expected(first.package, scores, later))}
    for way in (each for each in _WAYS if each != served and not only):
        package = train(examples, History(), cut, data_digest="simulated", serve=way).package
        scores = _scored(Scorer(package), later)
        _row(_WAYS[way], scores, later, scores, _expected(package, scores, later))
    found = data_of(examples, cut)
    for label, scores in _plain_ways(found, later) if not only else ():
        _row(label, scores, later, scores)
    scores = _attainable(before, found, later)
    figures[_ATTAINABLE] = _row("attainable: true terms, known labels", scores, later, scores)
    for label, said in _UNLEARNED if not only else ():
        _row(label, np.array([said(each) for each in later.deals]), later, None)
    print(f"{_by_loss(first.package, later)}\n{first.card['because']}\n")
    return figures


_SERVED, _ATTAINABLE = "served", "attainable"
_WAYS = {
    "average": "mean of effects and trees alone",
    "linear+trees": "effects and trees on them",
    "linear": "effects alone",
    "trees": "trees alone, same labels",
}
_UNLEARNED: Sequence[tuple[str, Callable[[Deal], float]]] = (
    ("policies: money at risk", lambda each: each.at_risk),
    ("policies: number of findings", lambda each: float(each.findings)),
    ("prior: index of points", lambda each: each.prior),
)


def _row(label: str, scores: Numbers, later: Later, shares: Numbers | None, expected: Numbers | None = None) -> Figures:
    """One line of the table; what is no probability has no calibration error, and what knows no loss no expected one."""
    ones = np.ones(len(scores))
    signed, its = later.signed, np.ones(int(later.signed.sum()))
    ap, best = (average_precision(each, later.odds, ones) for each in (scores, later.odds))
    on_signed = [average_precision(each[signed], later.leaked[signed], its) for each in (scores, later.odds)]
    figures = [ap, ap / best, on_signed[0] / on_signed[1], auc(scores, later.odds, ones)]
    error = calibration_error(shares, later.odds, ones) if shares is not None else nan
    by_loss = _of_money(expected, later) if expected is not None else ()
    money = "".join(f"{each:>10.3f}" for each in (*_of_money(scores, later), *by_loss))
    ece = f"{error:>10.3f}" if shares is not None else f"{'-':>10}"
    print(f"{label:<36}" + "".join(f"{each:>10.3f}" for each in figures) + ece + money)
    return ap / best, error, by_loss[1] if by_loss else nan


def _of_money(ranks: Numbers, later: Later) -> tuple[float, float]:
    """What leaked in the tenth of the signed deals that come first, and how much of what the true odds find that is."""
    found, most = (top_share(each[later.signed], later.lost[later.signed]) for each in (ranks, later.odds))
    return found, found / most


def _expected(package: ModelPackage, scores: Numbers, later: Later) -> Numbers:
    """The expected leakage of each deal in dollars; 0 where it is not known."""
    losses = package.amounts.losses(_vectors(later)) if package.amounts is not None else [None] * len(scores)
    dollars = np.array([each.rate for each in later.deals])
    expected: Numbers = scores * np.array([each or 0.0 for each in losses]) * dollars
    return expected


def _by_loss(package: ModelPackage, later: Later) -> str:
    """How all that was expected to leak compares with all that did, and how few deals make up the latter."""
    signed, scores = later.signed, _scored(Scorer(package), later)
    lost = np.sort(later.lost[signed])
    return (
        f"Expected leakage of the signed deals: {_expected(package, scores, later)[signed].sum() / lost.sum():.2f} of what was"
        f" lost; the ten largest leaks are {lost[-10:].sum() / lost.sum():.2f} of that."
    )


def _vectors(later: Later) -> list[FeatureVector]:
    return [each.example.vector for each in later.deals]


def _scored(scorer: Scorer, later: Later) -> Numbers:
    vectors = _vectors(later)
    return np.array([scorer.package.calibration.of(each) for each in scorer.margins(vectors)])


def data_of(examples: Sequence[Example], cut: datetime) -> Data:
    """The tables of what was known."""
    labels = learnable(examples, cut)
    return data(labels, [examples[row].vector for row in labels.rows])


def _plain_ways(found: Data, later: Later) -> list[tuple[str, Numbers]]:
    """What one would write first: known outcomes as they are, all numbers, nothing corrected."""
    values = table(_vectors(later))
    basis = found.plain_basis
    dense = basis.dense(values)
    plain = design(basis, dense, sparse.csr_matrix((len(values), 0)), signed=False)
    known = found.labels.known
    settings = {
        "objective": "binary:logistic",
        "max_depth": 4,
        "eta": 0.1,
        "tree_method": "hist",
        "nthread": 1,
        "seed": 1,
    }
    booster = xgboost.train(settings, xgboost.DMatrix(found.values[known], label=found.labels.leaked[known]), 150)
    return [
        ("plain logistic", sigmoid(plain.margins(plain_logistic(found)))),
        ("plain XGBoost", booster.predict(xgboost.DMatrix(values)).astype(float)),
    ]


def _attainable(before: Sequence[Deal], found: Data, later: Later) -> Numbers:
    """A logistic fit of the true terms and of the reps, on the outcomes that are known."""
    known = found.labels.known
    used = [before[row] for row in found.labels.rows[known]]
    terms = sorted({name for each in before for name in each.terms})
    reps = sorted({_rep(each) for each in used})
    fit, tried = (_true_design(each, terms, reps) for each in (used, later.deals))
    strengths = np.array([1.0] * len(terms) + [2.0] * len(reps))
    scale = fit.dense.std(axis=0) + 1e-9
    fit, tried = (
        Design(dense=each.dense / scale, indicators=each.indicators, groups=each.groups, directions=each.directions)
        for each in (fit, tried)
    )
    return sigmoid(tried.margins(fitted(fit, found.labels.leaked[known], strengths)))


def _true_design(made: Sequence[Deal], terms: Sequence[str], reps: Sequence[str]) -> Design:
    places = {name: at for at, name in enumerate(reps)}
    dense = np.array([[each.terms.get(name, 0.0) for name in terms] for each in made])
    hits = [(row, places[_rep(each)]) for row, each in enumerate(made) if _rep(each) in places]
    rows, columns = zip(*hits, strict=True)
    indicators = sparse.csr_matrix((np.ones(len(hits)), (rows, columns)), shape=(len(made), len(reps)))
    width = len(terms) + len(reps)
    return Design(
        dense=dense, indicators=indicators, groups=np.array([""] * width), directions=np.zeros(width, dtype=int)
    )


def _rep(deal: Deal) -> str:
    return next(iter(deal.example.vector.categories.get("rep", ())), "")


if __name__ == "__main__":
    main()
