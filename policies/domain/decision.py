"""A decision: the answer to a document, with everything that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.domain.finding import Change, Direction, Effect, Finding
    from policies.domain.outcome import SubjectType


class Verdict(StrEnum):
    """allow: nothing stands in the way; flag: a person must look; block: it must be changed."""

    ALLOW = "allow"
    FLAG = "flag"
    BLOCK = "block"


class RiskStatus(StrEnum):
    """Whether a learned score exists. A prior is an index from findings and complexity, never a learned number."""

    SCORED = "scored"
    PRIOR = "prior"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was decided on; `content_hash` is the digest of its material fields."""

    type: SubjectType
    id: str
    content_hash: str
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAssessed:
    """A policy that could not be judged, and why. It never counts as a pass."""

    policy_id: str
    because: str
    line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredApproval:
    """Who must consent, to what, by when."""

    role: str
    because: tuple[str, ...]
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNeeds:
    """All consents that are missing, and what edit would make them unnecessary."""

    required: tuple[RequiredApproval, ...] = ()
    clears_without_approval: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakageType:
    """A leakage pattern, and the probability that the deal leaks in this way."""

    pattern: str
    probability: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReason:
    """One sentence on what moves the score: `value` is the deal's own number, None where it is not known.

    `contribution` is in log-odds beside the average deal; above 0 it raises the risk.
    """

    feature: str
    label: str
    contribution: Decimal
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """One summand of the index, in words."""

    label: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskIndex:
    """What stands in for a score where nothing was learned: whole points from 0 to 100, added up from `parts`."""

    value: int
    parts: tuple[IndexPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """A feature in which the deal is unlike its peers, in words."""

    feature: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """How unusual the deal is among its peers, from 0 to 1, and in what. It says nothing about leakage."""

    score: Decimal
    unusual: tuple[Unusual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """The smallest realistic change that brings the deal under the threshold, and how it scores then.

    It was proven by judging and scoring the changed quote. `expected_leakage` is in the document's currency.
    """

    text: str
    changes: tuple[Change, ...]
    score: Decimal
    expected_leakage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The learned half of the answer. Fields beyond `status` and `because` are set only where it is scored or prior.

    `score` is the calibrated probability that the deal leaks, to 4 decimals. `tier` is alert, digest or refine; `tier_note`
    says where a tier is not the one that the score alone would give. `expected_leakage` is in the document's currency and
    rounded to it, None where the deal's value is not known. `base` is the log-odds of the average deal, from which the
    contributions of all features lead to the score. `index` is set only for a prior. `effect` is what the company's
    thresholds make of it, for the reason `effect_because`; None is nothing. `approved_by` and `waived_by` name who consented to
    it all the same, and `released` says that the deal was let go at random. `trained_on` counts the deals with known outcome.
    """

    status: RiskStatus
    because: str | None = None
    score: Decimal | None = None
    tier: str | None = None
    tier_note: str | None = None
    expected_leakage: Decimal | None = None
    leakage_types: tuple[LeakageType, ...] = ()
    reasons: tuple[RiskReason, ...] = ()
    base: Decimal | None = None
    index: RiskIndex | None = None
    anomaly: Anomaly | None = None
    effect: Effect | None = None
    effect_because: str | None = None
    counterfactual: Counterfactual | None = None
    released: bool = False
    approved_by: str | None = None
    waived_by: str | None = None
    model_version: str | None = None
    trained_on: int | None = None

    @property
    def enforces(self) -> bool:
        """Whether the risk counts for the verdict: it asks for something, and nobody entitled let it pass."""
        let_pass = self.released or self.approved_by is not None or self.waived_by is not None
        return self.effect is not None and not let_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The whole answer. `totals` counts each amount once, by direction, in the document's currency."""

    decision_id: str
    subject: Subject
    verdict: Verdict
    headline: str
    findings: tuple[Finding, ...]
    totals: Mapping[Direction, Decimal]
    currency: str
    risk: Risk
    approval: ApprovalNeeds
    not_assessed: tuple[NotAssessed, ...]
    policy_version: str
    evaluated_at: datetime
    valid_until: datetime | None = None
    duration_ms: float | None = None
    simulated: bool = False
