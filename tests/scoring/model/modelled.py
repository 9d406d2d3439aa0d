"""Small models for the tests of serving: a linear part with round numbers, and trees fitted once on made-up rows."""

from datetime import UTC, datetime
from functools import cache
from math import nan
from random import Random

from scoring.features import NAMES, FeatureVector
from scoring.model import Manifest, ModelPackage
from scoring.model.amounts import Amounts
from scoring.model.calibration import Calibration
from scoring.model.linear import Column, Linear
from scoring.model.patterns import Patterns
from scoring.model.tiers import Tier, TierTable
from scoring.model.trees import Trees

SEEN = ("lines", "ramp_steps", "discount_depth", "rep_leakage_rate", "custom_lines")


def a_vector(categories=None, value=1000.0, currency="USD", rest=0.0, details=None, **values):
    numbers = tuple(values.get(name, rest) for name in NAMES)
    return FeatureVector(
        values=numbers, details=details or {}, categories=categories or {}, value=value, currency=currency
    )


def rows(number, seed=1):
    """Rows of the features that the trees see; one in ten numbers is not known."""
    random = Random(seed)
    return [[nan if random.random() < 0.1 else random.uniform(0, 10) for _ in SEEN] for _ in range(number)]


@cache
def booster(objective="binary:logistic", classes=0, rounds=12, boosted_on=True):
    """A small booster fitted by the library itself, with its margin started from half the first column."""
    import numpy as np
    import xgboost

    data = np.array(rows(300), dtype="float32")
    known = np.nan_to_num(data)
    labels = (known[:, 0] + known[:, 1] * known[:, 2] / 10 > 8).astype("float32")
    if objective == "multi:softprob":
        labels = (known[:, 0] // 4).astype("float32")
    matrix = xgboost.DMatrix(data, label=labels)
    if boosted_on and not classes:
        matrix.set_base_margin(known[:, 0] / 2)
    told = {"objective": objective, "max_depth": 3, "nthread": 1, "seed": 1}
    return xgboost.train(told | ({"num_class": classes} if classes else {}), matrix, rounds)


def some_trees(**told):
    return Trees.of_bytes(bytes(booster(**told).save_raw("ubj")), SEEN)


def a_linear(**more):
    columns = (
        Column(feature="lines", coefficient=0.5, centre=4.0, scale=2.0, missing=0.25, low=0.0, high=10.0),
        Column(feature="discount_depth", coefficient=-1.0, centre=10.0, scale=10.0),
    )
    return Linear(**({"intercept": -1.0, "columns": columns, "levels": {"rep": {"R1": 0.75}}} | more))


def a_package(linear=True, trees=True, manifest=None, **parts):
    served = "+".join(name for name, there in (("linear", linear), ("trees", trees)) if there)
    said = {"data_digest": "sha256:0", "trained_on": 300, "quotes": 400, "leaks": 90, "served": served}
    told = {
        "manifest": Manifest(created_at=datetime(2026, 11, 1, 10, tzinfo=UTC), **(said | (manifest or {}))),
        "linear": a_linear() if linear else None,
        "trees": some_trees() if trees else None,
        "calibration": Calibration(points=((-6.0, 0.0), (0.0, 0.4), (6.0, 1.0))),
        "amounts": Amounts(constant=-2.0),
        "patterns": Patterns(names=("Q05", "Q11"), shares=(0.25, 0.75)),
        "tiers": TierTable(tiers=(Tier(name="alert", from_probability=0.9), Tier(name="digest", from_probability=0.7))),
    }
    return ModelPackage(**(told | parts))
