"""Trees fitted with XGBoost: for the risk, on the margin of the linear part or by themselves, for amounts and for patterns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xgboost

from scoring.features import FEATURES
from scoring.model.trees import Trees
from scoring.training.matrix import GROWING

if TYPE_CHECKING:
    from scoring.training.labels import Numbers

COLUMNS: Final = tuple(at for at, feature in enumerate(FEATURES) if feature.name not in GROWING)
"""What the trees see: every feature but those that mean another thing the longer history is."""

FEATURE_NAMES: Final = tuple(FEATURES[at].name for at in COLUMNS)
_CONSTRAINTS: Final = "(" + ",".join(str(FEATURES[at].direction) for at in COLUMNS) + ")"
_MOST_ROUNDS: Final = 400
_PATIENCE: Final = 25
_NO_CHILD: Final = -1
_COMMON: Final = {
    "tree_method": "hist",
    "max_bin": 64,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "verbosity": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How trees are grown: seed, threads, and the rounds, where they are settled."""

    seed: int
    threads: int = 1
    rounds: int = 60

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {**_COMMON, "seed": self.seed, "nthread": self.threads, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Deals that trees are tried on while they grow: growing stops when it no longer helps them."""

    values: Numbers
    leaked: Numbers
    weights: Numbers
    base: Numbers | None = None


def columns(values: Numbers) -> Any:
    """What the trees see of a table, in 32 bits."""
    return np.ascontiguousarray(values[:, list(COLUMNS)], dtype=np.float32)


def risk(
    values: Numbers, leaked: Numbers, growth: Growth, *, base: Numbers | None = None, tried: Tried | None = None
) -> Any:
    """A booster of log-odds that keeps to the features' directions. On a base it adds what that lacks, in small steps.

    `leaked` may lie between 0 and 1. Without `tried` it grows `growth.rounds` rounds.
    """
    parameters = growth.parameters(
        objective="binary:logistic",
        max_depth=3,
        eta=0.05,
        min_child_weight=10.0,
        colsample_bytree=0.3,
        monotone_constraints=_CONSTRAINTS,
    )
    if base is None:
        parameters["base_score"] = start_of(leaked)
    matrix = _matrix(values, leaked, base=base)
    if tried is None:
        return xgboost.train(parameters, matrix, growth.rounds)
    watched = _matrix(tried.values, tried.leaked, base=tried.base, weights=tried.weights)
    return xgboost.train(
        parameters,
        matrix,
        _MOST_ROUNDS,
        evals=[(watched, "tried")],
        early_stopping_rounds=_PATIENCE,
        verbose_eval=False,
    )


def start_of(leaked: Numbers) -> float:
    """The share of leaks that trees by themselves start from."""
    return float(np.clip(leaked.mean(), 1e-4, 1.0 - 1e-4))


def scaled(booster: Any, share: float) -> Any:
    """The same trees, each leaf a part of itself; what they start from is left to the base that they are given."""
    model = json.loads(bytes(booster.save_raw(raw_format="json")))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for at, child in enumerate(tree["left_children"]):
            if child == _NO_CHILD:
                tree["split_conditions"][at] *= share
                tree["base_weights"][at] *= share
    found = xgboost.Booster()
    found.load_model(bytearray(json.dumps(model).encode()))
    return found


def rounds_of(booster: Any) -> int:
    """After how many rounds growing stopped to help."""
    return int(booster.best_iteration) + 1


def margins(booster: Any, values: Numbers, base: Numbers | None = None) -> Numbers:
    """The margins of a table, up to the best round where growing was stopped."""
    best = getattr(booster, "best_iteration", None)
    rounds = (0, best + 1) if best is not None else (0, 0)
    found: Numbers = booster.predict(_matrix(values, None, base=base), output_margin=True, iteration_range=rounds)
    return found.astype(float)


def regression(values: Numbers, target: Numbers, weights: Numbers, growth: Growth) -> Any:
    """A booster of a number."""
    parameters = growth.parameters(
        objective="reg:squarederror",
        max_depth=2,
        eta=0.1,
        min_child_weight=5.0,
        base_score=float(np.average(target, weights=weights)),
    )
    return xgboost.train(parameters, _matrix(values, target, weights=weights), growth.rounds)


def classes(values: Numbers, which: Numbers, number: int, weights: Numbers, growth: Growth) -> Any:
    """A booster of so many classes."""
    parameters = growth.parameters(
        objective="multi:softprob", num_class=number, max_depth=2, eta=0.1, min_child_weight=1.0
    )
    return xgboost.train(parameters, _matrix(values, which, weights=weights), growth.rounds)


def served(booster: Any) -> Trees:
    """The booster as it is served."""
    return Trees.of_bytes(bytes(booster.save_raw(raw_format="ubj")), FEATURE_NAMES)


def importance(booster: Any) -> Mapping[str, float]:
    """How much of the gain each feature has, the largest first; at most ten."""
    gains: dict[str, float] = booster.get_score(importance_type="total_gain")
    total = sum(gains.values()) or 1.0
    named = {FEATURE_NAMES[int(key.removeprefix("f"))]: gain / total for key, gain in gains.items()}
    return dict(sorted(named.items(), key=lambda each: (-each[1], each[0]))[:10])


def _matrix(
    values: Numbers, label: Numbers | None, *, base: Numbers | None = None, weights: Numbers | None = None
) -> Any:
    return xgboost.DMatrix(columns(values), label=label, weight=weights, base_margin=base)
