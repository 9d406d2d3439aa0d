"""Serving what was learned: a score with its reasons from a deal's features alone, with the standard library and trees."""

from scoring.model.errors import LibraryUnavailable, ModelRefused, NoSuchVersion
from scoring.model.package import Manifest, ModelPackage
from scoring.model.registry import InForce, Models
from scoring.model.scorer import Scorer

__all__ = [
    "InForce",
    "LibraryUnavailable",
    "Manifest",
    "ModelPackage",
    "ModelRefused",
    "Models",
    "NoSuchVersion",
    "Scorer",
]
