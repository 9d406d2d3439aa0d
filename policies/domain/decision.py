"""A decision: the answer to a document, with everything that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.domain.finding import Direction, Finding
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
class Risk:
    """The learned half of the answer. Fields beyond `status` and `because` are set only where it is scored or prior."""

    status: RiskStatus
    because: str | None = None
    score: Decimal | None = None
    tier: str | None = None
    model_version: str | None = None


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
