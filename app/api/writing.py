"""Records of the store as JSON: moments as text in UTC, money as decimal strings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.api.route import Reply
from app.store import DecisionSummary
from policies.domain.money import amount_string


def json_reply(value: Mapping[str, Any], *, status: int = 200) -> Reply:
    """A reply with this value as JSON."""
    return Reply(body=json_bytes(value), status=status)


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8. Halves of surrogate pairs, which no document should hold, do not break it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def summary_json(summary: DecisionSummary) -> dict[str, Any]:
    """A decision as lists show it."""
    return {
        "decision_id": summary.decision_id,
        "evaluated_at": moment_json(summary.created_at),
        "subject": {
            "type": summary.subject.type.value,
            "id": summary.subject.id,
            "revision": summary.subject.revision,
            "content_hash": summary.subject.content_hash,
        },
        "verdict": summary.verdict.value,
        "headline": summary.headline,
        "at_risk": {
            "currency": summary.currency,
            "under": _amount(summary.at_risk_under, summary.currency),
            "over": _amount(summary.at_risk_over, summary.currency),
        },
        "source": summary.source,
        "account_id": summary.account_id,
        "rep_id": summary.rep_id,
        "key_id": summary.key_id,
        "policy_version": summary.policy_version,
        "model_version": summary.model_version,
        "simulated": summary.simulated,
        "links": {"self": f"/v1/decisions/{summary.decision_id}"},
    }


def moment_json(moment: datetime) -> str:
    """A moment in UTC, as decisions have it."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else amount_string(amount, currency)
