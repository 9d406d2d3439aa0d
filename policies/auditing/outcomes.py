"""What became of an audit's findings: once somebody has confirmed or dismissed one, it is an outcome to learn from."""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from policies.domain.finding import Direction
from policies.domain.outcome import Outcome, OutcomeSource, OutcomeSubject, OutcomeVerdict, SubjectType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from policies.auditing.report import AuditReport
    from policies.domain.finding import Finding


def outcome_of(
    report: AuditReport, finding: Finding, confirmed_at: datetime, *, recovered: Decimal | None = None
) -> Outcome:
    """The outcome of a finding that turned out to be right. `recovered` is what was invoiced since; None is not known.

    `amount` is what leaked, None where that is not known. What was billed too much is no leak: it is told beside it, in
    `over_billed_amount`.
    """
    is_leak = finding.direction is Direction.UNDER
    lost = None if finding.amount_at_risk is None else finding.amount_at_risk.already_lost
    over = {} if is_leak or lost is None else {"over_billed_amount": str(lost)}
    return _outcome(
        report,
        finding,
        confirmed_at,
        leaked=is_leak,
        amount=lost if is_leak else None,
        recovered=recovered,
        verdict=OutcomeVerdict.TRUE_POSITIVE,
        extra=over,
    )


def outcome_of_dismissed(report: AuditReport, finding: Finding, dismissed_at: datetime) -> Outcome:
    """The outcome of a finding that turned out to be wrong: nothing leaked there."""
    return _outcome(report, finding, dismissed_at, leaked=False, verdict=OutcomeVerdict.FALSE_POSITIVE)


def _outcome(
    report: AuditReport,
    finding: Finding,
    at: datetime,
    *,
    leaked: bool,
    verdict: OutcomeVerdict,
    amount: Decimal | None = None,
    recovered: Decimal | None = None,
    extra: Mapping[str, object] = MappingProxyType({}),
) -> Outcome:
    """The same finding of the same agreement is the same outcome, so that what is said later of it replaces it."""
    named = f"{report.agreement_id}\x1f{finding.finding_id}".encode("utf-8", "surrogatepass")
    return Outcome(
        outcome_id=f"out_{sha256(named).hexdigest()[:20]}",
        subject=OutcomeSubject(type=SubjectType.AGREEMENT, id=report.agreement_id),
        leaked=leaked,
        pattern=finding.pattern,
        amount=amount,
        currency=report.currency,
        discovered_at=at,
        recovered_amount=recovered,
        source=OutcomeSource.AUDIT,
        finding_id=finding.finding_id,
        verdict=verdict,
        extra={"policy_id": finding.policy_id, "line_ids": list(finding.line_ids), **extra},
    )
