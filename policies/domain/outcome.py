"""What turned out of a deal: the label that later decisions learn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.charge import NOTHING_EXTRA

if TYPE_CHECKING:
    from collections.abc import Mapping


class SubjectType(StrEnum):
    """What a decision or an outcome is about."""

    QUOTE = "quote"
    AGREEMENT = "agreement"
    BILLING_CONFIGURATION = "billing_configuration"
    INVOICE = "invoice"


class OutcomeSource(StrEnum):
    """How an outcome came to be known."""

    AUDIT = "audit"
    RECONCILIATION = "reconciliation"
    REVIEW = "review"
    DISPUTE = "dispute"


class OutcomeVerdict(StrEnum):
    """How the outcome judges what was decided."""

    TRUE_POSITIVE = "true_positive"
    FALSE_POSITIVE = "false_positive"
    FALSE_NEGATIVE = "false_negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSubject:
    """The document that an outcome is about."""

    type: SubjectType
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether a deal leaked, how much, and how that was found."""

    outcome_id: str
    subject: OutcomeSubject
    leaked: bool
    pattern: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    discovered_at: datetime | None = None
    recovered_amount: Decimal | None = None
    source: OutcomeSource | None = None
    decision_id: str | None = None
    finding_id: str | None = None
    verdict: OutcomeVerdict | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
