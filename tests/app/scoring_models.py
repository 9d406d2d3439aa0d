"""Small models in a folder, for tests of what serves them: linear ones, so that an expected score is a sum."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scoring.model import Models
from scoring.model.amounts import Amounts
from scoring.model.calibration import Calibration
from scoring.model.linear import Column, Linear
from scoring.model.package import Manifest, ModelPackage
from scoring.model.tiers import Tier, TierTable

MADE_AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
TIERS = TierTable(tiers=(Tier(name="alert", from_probability=0.9), Tier(name="digest", from_probability=0.7)))


def a_linear_model(intercept: float = 0.0, *, depth: float = 0.0, hours: int = 0, **parts: object) -> ModelPackage:
    """A model whose log-odds are the intercept and `depth` for each 10 points that the deepest discount lies over 10 %.

    Its calibration is a straight line from margin -5 (0) to 5 (1), so that a margin of 0 is one half. The loss is all of the
    deal's value.
    """
    column = Column(feature="discount_depth", coefficient=depth, centre=10.0, scale=10.0)
    manifest = Manifest(
        created_at=MADE_AT + timedelta(hours=hours),
        data_digest="sha256:0",
        trained_on=300,
        quotes=400,
        leaks=90,
        served="linear",
    )
    package = ModelPackage(
        manifest=manifest,
        linear=Linear(intercept=intercept, columns=(column,)),
        calibration=Calibration(points=((-5.0, 0.0), (5.0, 1.0))),
        amounts=Amounts(constant=0.0),
        tiers=TIERS,
    )
    return replace(package, **parts)  # type: ignore[arg-type]


def promoted(folder: Path, package: ModelPackage) -> str:
    """The version under which the model is in force from now on."""
    models = Models(folder=folder)
    version = models.add(package)
    models.promote(version, "mia", "a test")
    return version
