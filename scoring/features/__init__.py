"""What is known of a deal when it is judged: one ordered list of numbers, each with the sentence that a person reads."""

from scoring.features.feature import Feature, Group, Unit
from scoring.features.vector import FEATURES, NAMES, FeatureVector, categories, digest, positions, vector

__all__ = [
    "FEATURES",
    "NAMES",
    "Feature",
    "FeatureVector",
    "Group",
    "Unit",
    "categories",
    "digest",
    "positions",
    "vector",
]
