"""The simulated company after the sale: some of its set-ups verified as they were made, and what was billed under some contracts audited."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.answering import Limits
from app.assess import Call, Caller
from app.audits import audit_request
from app.bootstrap import limits_of
from app.set_up_gate import SetUpGate
from cpq_hooks.canonical import AuditRequest, dump_audit_report

if TYPE_CHECKING:
    from app.bootstrap import Services

VERIFIED: Final = 60
"""So many of the first set-ups, in which every mistake is planted, and of the newest ones are verified."""
AUDITED: Final = 40
"""So many of the first contracts are audited."""


def verify_some(services: Services, set_ups: Sequence[str]) -> None:
    """Verify the first set-ups and the newest, each on the day it was made. They are JSON texts."""
    limits = limits_of(services.settings)
    newest = sorted(set_ups, key=_made_at)[-VERIFIED:]
    for text in sorted({*set_ups[:VERIFIED], *newest}, key=_made_at):
        _verify(services, text, limits)


def audit_some(services: Services, agreements: Sequence[str], today: datetime) -> None:
    """Audit the first contracts as of a day, and keep the reports. They are JSON texts."""
    for text in agreements[:AUDITED]:
        agreement_id: str = json.loads(text)["agreement_id"]
        request = AuditRequest(agreement_id=agreement_id, as_of=today.date())
        report: dict[str, Any] = dump_audit_report(audit_request(request, services.store.documents))
        told = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
        services.store.ledgers.audited(told.encode(), simulated=True)


def _verify(services: Services, text: str, limits: Limits) -> None:
    made_at = datetime.fromisoformat(_made_at(text)).astimezone(UTC)
    gate = SetUpGate(services.store, services.rules.current, lambda: made_at, limits, simulated=True)
    try:
        gate.verify(Call(raw=text.encode(), caller=Caller(key_id=None), wait_seconds=60.0))
    finally:
        gate.close()


def _made_at(text: str) -> str:
    return str(json.loads(text)["created_at"])
