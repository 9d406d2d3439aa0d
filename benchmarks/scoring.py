"""`python -m benchmarks.scoring`: what a score with its reasons costs, one quote at a time and many at once.

The model is linear with trees on top, fitted on the features of simulated quotes: `--trees` and `--depth` say how large. The bare
floor is a call of the library for one row of no more than one tree. Times are of the processor, not of the clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

import numpy as np
import xgboost

from benchmarks.features import LINES, Company, _tables, simulated, streamed
from policies.derivation import derive
from policies.domain.material import content_hash
from scoring.features import NAMES, FeatureVector, vector
from scoring.history import HistoryBuilder
from scoring.model import Manifest, ModelPackage, Scorer
from scoring.model.amounts import Amounts
from scoring.model.anomaly import Anomalies, peer_key
from scoring.model.calibration import Calibration
from scoring.model.linear import Column, Linear
from scoring.model.patterns import Patterns
from scoring.model.tiers import Tier, TierTable
from scoring.model.trees import Trees

ROUNDS: Final = 100
BULK: Final = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--quotes", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--depth", type=int, default=4)
    arguments = parser.parse_args()
    company, builder = simulated(arguments.seed, arguments.quotes), HistoryBuilder()
    vectors = [each for _, each in streamed(company, builder)]
    leaked = [float(bool(company.truth[each.quote_id].get("leaked"))) for each in company.quotes]
    scorer = Scorer(package(vectors, leaked, arguments.trees, arguments.depth))
    print(f"{len(NAMES)} features, {arguments.trees} trees of depth {arguments.depth}, {len(vectors):,} quotes")
    _one(company, builder, scorer, vectors)
    _many(scorer, vectors)


def package(vectors: list[FeatureVector], leaked: list[float], trees: int, depth: int) -> ModelPackage:
    """A model of so many trees on top of a linear part, fitted to the features of simulated quotes."""
    rows = np.array([each.values for each in vectors])
    known = np.nan_to_num(rows)
    middle, spread = known.mean(axis=0), known.std(axis=0) + 1e-3
    columns = tuple(
        Column(feature=name, centre=float(centre), scale=float(scale), coefficient=0.05, low=-1e3, high=1e6)
        for name, centre, scale in zip(NAMES, middle, spread, strict=True)
    )
    linear = Linear(intercept=-1.0, columns=columns, levels={"rep": {}})
    reps = {name for each in vectors for name in each.categories.get("rep", ())}
    linear = replace(linear, levels={"rep": dict.fromkeys(reps, 0.1)})
    base = [linear.margin(each) for each in vectors]
    return ModelPackage(
        manifest=Manifest(
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            data_digest="sha256:benchmark",
            trained_on=len(vectors),
            quotes=len(vectors),
            leaks=int(sum(leaked)),
            served="linear+trees",
            simulated=True,
        ),
        linear=linear,
        trees=_fitted(rows, leaked, base, trees, depth),
        calibration=Calibration(points=tuple((at / 4, 1 / (1 + 2.718281828 ** (-at / 4))) for at in range(-20, 21))),
        amounts=Amounts(constant=-2.0, linear=linear),
        patterns=Patterns(names=("Q04", "Q05", "Q11", "U05"), shares=(0.25, 0.25, 0.25, 0.25), linears=(linear,) * 4),
        anomalies=Anomalies.fit([each.values for each in vectors], [peer_key(each) for each in vectors]),
        tiers=TierTable(tiers=(Tier(name="alert", from_probability=0.9), Tier(name="digest", from_probability=0.7))),
    )


def _fitted(rows: Any, leaked: list[float], base: list[float], trees: int, depth: int) -> Trees:
    told = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.05, "nthread": 1, "seed": 1}
    booster = xgboost.train(told, xgboost.DMatrix(rows, label=leaked, base_margin=base), trees)
    return Trees.of_bytes(bytes(booster.save_raw("ubj")), NAMES)


def _one(company: Company, builder: HistoryBuilder, scorer: Scorer, vectors: list[FeatureVector]) -> None:
    """One quote of so many lines: its features, its score, and both."""
    tables, now = _tables(), datetime(2027, 1, 1, tzinfo=UTC)
    history = builder.as_of(now)
    floor = _floor(vectors)
    print(f"bare floor, one row through one tree: {floor:.3f} ms")
    lines = tuple({line.product_id: line for quote in company.quotes for line in quote.lines}.values())
    for count in LINES:
        many = tuple(replace(lines[at % len(lines)], line_id=str(at), parent_line_id=None) for at in range(count))
        facts = derive(replace(company.quotes[-1], lines=many), as_of=now, **tables)
        content = content_hash(facts.quote)
        found = vector(facts, (), history, now, content=content)
        features = _milliseconds(lambda: vector(facts, (), history, now, content=content))  # noqa: B023 - called at once
        score = _milliseconds(lambda: scorer.score(found))  # noqa: B023 - called at once
        print(
            f"  {count:>2} lines: features {features:.2f} ms, score with reasons {score:.2f} ms, "
            f"together {features + score:.2f} ms, {(features + score) / floor:.1f} times the floor"
        )


def _floor(vectors: list[FeatureVector]) -> float:
    rows = np.array([each.values for each in vectors[:200]])
    one = _fitted(rows, [float(at % 2) for at in range(len(rows))], [0.0] * len(rows), 1, 1)
    return _milliseconds(lambda: one.margins([vectors[0].values]))


def _many(scorer: Scorer, vectors: list[FeatureVector]) -> None:
    some = (vectors * (BULK // len(vectors) + 1))[:BULK]
    for explained, words in ((False, "without reasons"), (True, "with reasons")):
        spent = _milliseconds(lambda: scorer.score_many(some, explained=explained), rounds=3)  # noqa: B023 - called at once
        print(f"in bulk {words}: {spent / len(some) * 1e3:.0f} us a quote")


def _milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return median(times) * 1e3


if __name__ == "__main__":
    main()
