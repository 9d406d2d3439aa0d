"""What stands in for a score where nothing was learned yet: points for what was found and how complex the deal is.

The points are set by hand and stand in one table. They are no probability and say nothing of how often such deals leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, isfinite
from typing import TYPE_CHECKING, Final

from policies.domain.decision import IndexPart, Risk, RiskIndex, RiskStatus
from policies.domain.finding import Effect
from scoring.features.vector import FEATURES, positions
from scoring.numbers import counted
from scoring.reasons import sentence

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from scoring.features.vector import FeatureVector

LARGEST: Final = 100

BECAUSE: Final = (
    "Too few outcomes are known to learn from: this index adds up points for what was found and how complex the deal is. "
    "It is no probability."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPoints:
    """Points for findings of one effect that stand: for each, and at most in all."""

    effect: Effect
    each: int
    most: int
    one: str
    many: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePoints:
    """Points for a feature of the deal: `each` for every `step` beyond `from_`, and at most `most`."""

    feature: str
    each: int
    most: int
    from_: float = 0.0
    step: float = 1.0


FINDING_POINTS: Final = (
    FindingPoints(effect=Effect.BLOCK, each=20, most=40, one="finding that blocks", many="findings that block"),
    FindingPoints(effect=Effect.FLAG, each=8, most=24, one="finding that flags", many="findings that flag"),
    FindingPoints(effect=Effect.SHADOW, each=2, most=6, one="finding in shadow", many="findings in shadow"),
)
"""Points for findings, by effect; one that another causes, or that somebody consented to or waived, has none."""

FEATURE_POINTS: Final = (
    FeaturePoints(feature="findings_share_at_risk", each=2, most=10, step=0.05),
    FeaturePoints(feature="missing_overage", each=4, most=8),
    FeaturePoints(feature="discounts_without_end", each=2, most=6),
    FeaturePoints(feature="discount_depth", each=2, most=10, from_=20.0, step=5.0),
    FeaturePoints(feature="free_months", each=1, most=4),
    FeaturePoints(feature="ramp_steps", each=1, most=4),
    FeaturePoints(feature="uplift_lines", each=1, most=2),
    FeaturePoints(feature="missing_uplift", each=2, most=4),
    FeaturePoints(feature="custom_lines", each=2, most=6),
    FeaturePoints(feature="tiers", each=1, most=4, from_=2.0, step=2.0),
    FeaturePoints(feature="charge_models", each=1, most=3, from_=1.0),
    FeaturePoints(feature="commitment_lines", each=1, most=3),
    FeaturePoints(feature="lines", each=1, most=4, from_=5.0, step=5.0),
    FeaturePoints(feature="co_termed_lines", each=1, most=3),
    FeaturePoints(feature="non_standard_frequency", each=2, most=4),
    FeaturePoints(feature="special_terms", each=3, most=6),
    FeaturePoints(feature="convenience", each=4, most=4),
    FeaturePoints(feature="edits_after_approval", each=4, most=8),
    FeaturePoints(feature="quarter_end_rush", each=2, most=2),
)
"""Points for the deal's own features: how much is missing, how deep, how complex. What is not known has none."""


def prior(vector: FeatureVector, findings: Sequence[Finding]) -> Risk:
    """The index of a deal: whole points from 0 to 100, with each part in words, the most points first. No probability.

    Where the parts come to more than 100 the index is 100. No reasons: those are of what was learned.
    """
    parts = sorted((*_of_findings(findings), *_of_features(vector)), key=lambda each: (-each.points, each.label))
    value = min(LARGEST, sum(each.points for each in parts))
    return Risk(status=RiskStatus.PRIOR, because=BECAUSE, index=RiskIndex(value=value, parts=tuple(parts)))


def table() -> str:
    """The points as docs/scoring.md shows them."""
    rows = ["| what | points | at most |", "|---|---|---|"]
    rows += [f"| each {rule.one} | {rule.each} | {rule.most} |" for rule in FINDING_POINTS]
    rows += [f"| {_worded(rule)} | {rule.each} | {rule.most} |" for rule in FEATURE_POINTS]
    return "\n".join(rows)


def _worded(rule: FeaturePoints) -> str:
    step = "1" if rule.step == 1.0 else f"{rule.step:g}"
    return f"`{rule.feature}`, for each {step}" + (f" beyond {rule.from_:g}" if rule.from_ else "")


def _of_findings(findings: Sequence[Finding]) -> Iterator[IndexPart]:
    standing = [each for each in findings if each.root is None and each.approved_by is None and each.waived_by is None]
    for rule in FINDING_POINTS:
        count = sum(each.effect is rule.effect for each in standing)
        if count:
            points = min(rule.most, count * rule.each)
            yield IndexPart(label=counted(count, rule.one, rule.many), points=points)


def _of_features(vector: FeatureVector) -> Iterator[IndexPart]:
    for rule in FEATURE_POINTS:
        value = vector.of(rule.feature)
        if not isfinite(value) or value <= rule.from_:
            continue
        # A share of 0.15 is three steps of 0.05, although the quotient of the two floats is a little less.
        steps = min(rule.most, floor((value - rule.from_) / rule.step + 1e-9))
        points = min(rule.most, steps * rule.each)
        if points:
            feature = FEATURES[positions()[rule.feature]]
            yield IndexPart(label=sentence(feature, value, vector.details.get(rule.feature, {})), points=points)
