"""Alerts: findings about what has not happened yet, with the day on which it will and the day by which to act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING

from policies.domain.finding import AmountAtRisk, Direction, Effect, Evidence, Finding, Remedy

if TYPE_CHECKING:
    from policies.domain.decision import NotAssessed
    from policies.watching.scene import Scene

SURE = Decimal("0.97")
LIKELY = Decimal("0.85")
PROJECTED = Decimal("0.60")
"""A pace is a guess from a few days, so it never counts as more than a pattern that goes by a baseline."""

BILLING = "billing-operations"
DEAL_DESK = "deal-desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that will leak unless somebody acts. `alert_id` is the same from run to run.

    `due_on` is the last day to act on, `happens_on` the first day on which it leaks.
    """

    alert_id: str
    agreement_id: str
    finding: Finding
    due_on: date
    happens_on: date
    account_id: str | None = None
    billing_configuration_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was found of one agreement, what is due first before the rest, and what could not be told."""

    agreement_id: str
    as_of: date
    currency: str
    alerts: tuple[Alert, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one look-out has to say; `key` tells it from another of the same kind on the same lines."""

    policy: str
    pattern: str
    direction: Direction
    key: str
    message: str
    remedy: str
    owner: str
    due_on: date
    happens_on: date
    confidence: Decimal
    line_ids: tuple[str, ...] = ()
    amount: AmountAtRisk | None = None
    evidence: tuple[Evidence, ...] = ()


def alert_of(notice: Notice, scene: Scene) -> Alert:
    """The alert that a notice on an agreement makes."""
    spelt = "\x1f".join((scene.agreement.agreement_id, notice.policy, notice.key, *notice.line_ids))
    digest = sha256(spelt.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    account, configuration = scene.agreement.terms.account, scene.configuration
    return Alert(
        alert_id=f"alr_{digest}",
        agreement_id=scene.agreement.agreement_id,
        account_id=None if account is None else account.account_id,
        billing_configuration_id=None if configuration is None else configuration.billing_configuration_id,
        due_on=notice.due_on,
        happens_on=notice.happens_on,
        finding=Finding(
            finding_id=f"fnd_{digest}",
            policy_id=notice.policy,
            pattern=notice.pattern,
            effect=Effect.FLAG,
            direction=notice.direction,
            message=notice.message,
            line_ids=notice.line_ids,
            evidence=notice.evidence,
            amount_at_risk=notice.amount,
            remedy=Remedy(text=notice.remedy),
            owner=notice.owner,
            confidence=notice.confidence,
        ),
    )
