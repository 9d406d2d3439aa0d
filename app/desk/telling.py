"""Cases, steps and reviews as the API and webhooks tell them: moments as text in UTC, money as decimal strings."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.desk.changes import Changed
from app.desk.service import Reviewed
from app.store import Case, KeptReview, Step
from policies.domain.money import amount_string
from policies.domain.outcome import SubjectType


def case_document(case: Case) -> dict[str, Any]:
    """A case."""
    own = None
    if case.at_risk is not None and case.at_risk_currency is not None:
        own = {"currency": case.at_risk_currency, "amount": amount_string(case.at_risk, case.at_risk_currency)}
    is_quote = case.subject_type is SubjectType.QUOTE
    names = (
        "version", "decision_id", "content_hash", "revision", "headline", "score", "tier", "root_cause", "rep_id", "rep_name",
        "account_id", "account_name", "source", "stage", "assignee", "simulated",
    )  # fmt: skip
    return {
        "subject": {"type": case.subject_type.value, "id": case.subject_id},
        "state": case.state.value,
        "verdict": case.verdict.value,
        **{name: getattr(case, name) for name in names},
        "at_risk": {
            "currency": case.currency,
            "under": _amount(case.at_risk_under, case.currency),
            "over": _amount(case.at_risk_over, case.currency),
        },
        "at_risk_in_company_currency": own,
        "expected_leakage": _amount(case.expected_leakage, case.currency),
        "waits_for": list(case.waits_for),
        "opened_at": _moment(case.opened_at),
        "changed_at": _moment(case.changed_at),
        "due_at": _moment(case.due_at),
        "deadline": _moment(case.deadline),
        "links": {
            "decision": f"/v1/decisions/{case.decision_id}",
            "scorecard": f"/scorecards/quotes/{quote(case.subject_id, safe='', errors='replace')}"
            if is_quote
            else None,
        },
    }


def step_document(step: Step) -> dict[str, Any]:
    """A step of an approval."""
    return {
        "role": step.role,
        "chain": step.chain,
        "stage": step.stage,
        "state": step.state.value,
        "due_at": _moment(step.due_at),
        "given_by": step.given_by,
        "given_at": _moment(step.given_at),
    }


def review_document(review: KeptReview) -> dict[str, Any]:
    """A review."""
    return {
        "review_id": review.review_id,
        "decision_id": review.decision_id,
        "content_hash": review.content_hash,
        "action": review.action.value,
        "reason_code": review.reason_code,
        "reason": review.reason,
        "finding_ids": list(review.finding_ids),
        "policies": list(dict.fromkeys(each.policy_id for each in review.covers)),
        "expires_on": None if review.expires_on is None else review.expires_on.isoformat(),
        "reviewer": {"id": review.actor_id, "name": review.actor_name, "on_behalf_of": review.on_behalf_of},
        "roles": list(review.roles),
        "reviewed_at": _moment(review.reviewed_at),
        "state": review.state.value,
    }


def reviewed_document(reviewed: Reviewed) -> dict[str, Any]:
    """What came of a review."""
    return {
        "review": review_document(reviewed.review),
        "is_new": reviewed.is_new,
        "case": case_document(reviewed.case),
        "steps": [step_document(step) for step in reviewed.steps],
    }


def change_document(changed: Changed) -> dict[str, Any]:
    """A material field that changed."""
    return {
        "line_id": changed.line_id,
        "field": changed.field,
        "before": changed.before,
        "now": changed.now,
        "is_worse": changed.is_worse,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else amount_string(amount, currency)
