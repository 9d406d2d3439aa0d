"""What people are told of: decided from decisions, alerts of the watch, cases, holds and waivers. Without any effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.alerts.config import NOTHING, AlertsRefused
from app.alerts.entries import AlertsFile
from app.store.desk_records import Case
from app.store.notices_records import NoticeKind, NoticeNote
from app.store.records import AlertNote, RecordedDecision
from policies.domain.decision import Verdict
from policies.holding import Hold

MOST_FINDINGS: Final = 10
LONGEST: Final = 300
_MOST_LINES: Final = 500
_TIERS: Final = {"alert": NoticeKind.ALERT, "digest": NoticeKind.DIGEST}


@dataclass(frozen=True, slots=True)
class Noticing:
    """Decides what people are told, by alerts.yaml as it is at the moment.

    Where that could never be read, notices are kept and wait to be planned until it can be.
    """

    file: Callable[[], AlertsFile]

    def of_decision(self, decision: RecordedDecision) -> Sequence[NoticeNote]:
        """A decision is told of once: as an alert, in the digest, or as waiting in the queue."""
        file = self._file()
        if not self._tells(file) or decision.summary.verdict is Verdict.ALLOW:
            return ()
        return (decided(decision, file or NOTHING),)

    def of_alerts(self, raised: Sequence[AlertNote]) -> Sequence[NoticeNote]:
        """What is about to leak from agreements in force."""
        return tuple(map(watched, raised)) if self._tells(self._file()) else ()

    def _file(self) -> AlertsFile | None:
        try:
            return self.file()
        except AlertsRefused:
            return None

    def _tells(self, file: AlertsFile | None) -> bool:
        """Where the file cannot be read there may be routes: what there is to tell is kept until it can be."""
        return file is None or bool(file.routes)


def decided(decision: RecordedDecision, file: AlertsFile) -> NoticeNote:
    """The notice of a decision."""
    summary = decision.summary
    document, request = readable(decision.document), readable(decision.request)
    amounts = [each for each in (summary.at_risk_under, summary.at_risk_over) if each is not None]
    amount = max(amounts, default=None)
    kind = _kind(summary.verdict, str(_part(document, "risk").get("tier")), amount, file)
    facts = decision_facts(document, request) | {
        "subject_type": summary.subject.type.value,
        "subject_id": short(summary.subject.id),
        "revision": summary.subject.revision,
        "verdict": summary.verdict.value,
        "headline": short(summary.headline),
        "currency": summary.currency,
        "at_risk": None if amount is None else f"{amount:f}",
        "decision_id": summary.decision_id,
    }
    return NoticeNote(
        kind=kind,
        dedupe_key=f"{kind.value}:{summary.subject.type.value}:{summary.subject.id}:{facts['root_cause']}",
        subject_type=summary.subject.type.value,
        subject_id=summary.subject.id,
        decision_id=summary.decision_id,
        currency=summary.currency,
        amount=amount,
        simulated=summary.simulated,
        facts=facts,
    )


def decision_facts(document: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a decision: each text short, findings those that enforce, the most urgent first."""
    findings = [each for each in _parts(document.get("findings")) if each.get("effect") != "shadow"]
    told = [_finding(each) for each in findings[:MOST_FINDINGS]]
    risk, approval = _part(document, "risk"), _part(document, "approval")
    leakage = _part(risk, "expected_leakage")
    return bearings_of(document, request) | {
        "account": short(_part(request, "account").get("name")),
        "rep": short(_part(request, "rep").get("name")),
        "findings": told,
        "findings_in_all": len(findings),
        "root_cause": told[0]["policy_id"] if told else "risk",
        "owners": list(dict.fromkeys(each["owner"] for each in told if each["owner"])),
        "score": risk.get("score"),
        "tier": risk.get("tier"),
        "expected_leakage": leakage.get("amount"),
        "reasons": [short(each.get("label")) for each in _parts(risk.get("reasons"))[:5]],
        "approvers": [
            {"role": short(each.get("role")), "due_at": each.get("due_at")} for each in _parts(approval.get("required"))
        ],
        "links": {name: value for name, value in _part(document, "links").items() if isinstance(value, str)},
    }


def bearings_of(document: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, list[str]]:
    """What routes ask of a decision and the document that it is on: segments, products, and patterns of findings that enforce."""
    lines = [*_parts(request.get("lines")), *_parts(request.get("charges"))][:_MOST_LINES]
    findings = [each for each in _parts(document.get("findings")) if each.get("effect") != "shadow"]
    return {
        "segments": _texts([_part(request, "account").get("segment")]),
        "products": sorted(set(_texts(each.get("product_id") for each in lines))),
        "patterns": sorted(set(_texts(each.get("pattern") for each in findings[:MOST_FINDINGS]))),
    }


def watched(alert: AlertNote) -> NoticeNote:
    """The notice of an alert of the watch."""
    document = readable(alert.document)
    finding = _part(document, "finding") or document
    facts: dict[str, Any] = {
        "subject_type": "agreement",
        "subject_id": short(alert.agreement_id),
        "headline": short(finding.get("message") or alert.policy_id),
        "due_on": alert.due_on.isoformat(),
        "patterns": [alert.pattern],
        "owners": _texts([finding.get("owner")]),
        "links": {},
    }
    return NoticeNote(
        kind=NoticeKind.WATCH,
        dedupe_key=f"watch:{alert.alert_id}",
        subject_type="agreement",
        subject_id=alert.agreement_id,
        facts=facts,
    )


def case_notice(kind: NoticeKind, case: Case, at: datetime | None, why: str) -> NoticeNote:
    """The notice of a case that has to be answered soon, or that nobody took."""
    known = case.at_risk_under is not None or case.at_risk_over is not None
    amount = max(case.at_risk_under or Decimal(), case.at_risk_over or Decimal()) if known else None
    facts: dict[str, Any] = {
        "subject_type": case.subject_type.value,
        "subject_id": short(case.subject_id),
        "headline": short(case.headline),
        "verdict": case.verdict.value,
        "account": short(case.account_name),
        "rep": short(case.rep_name),
        "currency": case.currency,
        "at_risk": None if amount is None else f"{amount:f}",
        "due_at": None if at is None else at.isoformat(),
        "assignee": case.assignee or "",
        "why": why,
        "owners": [each for each in (case.assignee, *case.waits_for) if each],
        "links": {},
    }
    return NoticeNote(
        kind=kind,
        dedupe_key=f"{kind.value}:{case.subject_type.value}:{case.subject_id}:{case.content_hash}:{at or ''}",
        subject_type=case.subject_type.value,
        subject_id=case.subject_id,
        decision_id=case.decision_id,
        currency=case.currency,
        amount=amount,
        simulated=case.simulated,
        facts=facts,
    )


def hold_notice(hold: Hold) -> NoticeNote:
    """The notice of a hold whose first invoice is near."""
    known = hold.at_risk_under is not None or hold.at_risk_over is not None
    amount = max(hold.at_risk_under or Decimal(), hold.at_risk_over or Decimal()) if known else None
    due = "" if hold.first_invoice_date is None else hold.first_invoice_date.isoformat()
    facts: dict[str, Any] = {
        "subject_type": "billing_configuration",
        "subject_id": short(hold.billing_configuration_id),
        "headline": short(hold.reasons[0].message if hold.reasons else "The first invoice is held."),
        "reasons": [short(each.message) for each in hold.reasons[:MOST_FINDINGS]],
        "due_on": due,
        "overdue": hold.is_overdue,
        "currency": hold.currency,
        "at_risk": None if amount is None else f"{amount:f}",
        "owners": ["billing"],
        "links": {},
    }
    return NoticeNote(
        kind=NoticeKind.FIRST_INVOICE,
        dedupe_key=f"first-invoice:{hold.billing_configuration_id}:{due}:{hold.state.value}:{hold.is_overdue}",
        subject_type="billing_configuration",
        subject_id=hold.billing_configuration_id,
        decision_id=hold.decision_id,
        currency=hold.currency,
        amount=amount,
        simulated=hold.simulated,
        facts=facts,
    )


def short(text: object) -> str:
    """A text from outside as it is told: one line, without signs that steer, cut."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text or "")).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _kind(verdict: Verdict, tier: str, amount: Decimal | None, file: AlertsFile) -> NoticeKind:
    if verdict is Verdict.BLOCK and (file.blocks_from is None or (amount is not None and amount >= file.blocks_from)):
        return NoticeKind.ALERT
    return _TIERS.get(tier, NoticeKind.QUEUE)


def _finding(finding: Mapping[str, Any]) -> dict[str, str]:
    remedy, at_risk = _part(finding, "remedy"), _part(finding, "amount_at_risk")
    return {
        "message": short(finding.get("message")),
        "effect": short(finding.get("effect")),
        "policy_id": short(finding.get("policy_id")),
        "pattern": short(finding.get("pattern")),
        "owner": short(finding.get("owner")),
        "fix": short(remedy.get("text")),
        "money": short(at_risk.get("remaining_term")),
    }


def readable(body: bytes) -> Mapping[str, Any]:
    """A document as far as it can be read: what cannot is told of by what the record says."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _parts(found: object) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(found: Any) -> list[str]:
    return [short(each) for each in found if isinstance(each, str) and each]
