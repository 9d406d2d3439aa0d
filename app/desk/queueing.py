"""What a decision means for the queue: whether a deal waits for somebody, for whom, until when, and how urgent it is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from app.desk.chains import Deal, carried, due, findings_in, in_the_way, roles_asked, steps_of
from app.recording import material_of
from app.store import Case, CaseChange, Draft, RecordedDecision, Step
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState, StepState
from policies.domain.material import worsened
from policies.domain.outcome import SubjectType
from policies.domain.review import DESK

if TYPE_CHECKING:
    from policies.domain.company import Company

_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
DAYS_OF_A_DOUBLING: Final = 7
"""A deadline so many days nearer counts as much as twice the money."""
UNKNOWN_MONEY: Final = Decimal(1000)
"""What a deal whose money at risk could not be assessed is ordered by, in the company's currency. It is shown as unknown."""
_MOST_MONEY: Final = Decimal(10) ** 15
_NO_DEADLINE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Queueing:
    """Decides what decisions mean for the queue, by the company's tables of the moment."""

    company: Callable[[], Company | None]

    def draft(self, decision: RecordedDecision) -> Draft:
        """What a decision alone says of its case."""
        document, request = _read(decision.document), _read(decision.request)
        company, summary = self.company(), decision.summary
        found = in_the_way(document)
        at_risk = _in_company_currency(decision, company)
        deal = deal_of(document, request, at_risk, summary.created_at)
        steps = steps_of(deal, company) if summary.verdict is not Verdict.ALLOW else ()
        case = _case(decision, document, request, at_risk, company)
        if found:
            case = replace(case, root_cause=found[0]["policy_id"])
        asked = [step.due_at for step in steps if step.state is StepState.READY and step.due_at is not None]
        case = replace(
            case,
            due_at=min(asked, default=due(DESK, company, summary.created_at)),
            waits_for=roles_asked(steps),
        )
        case = replace(case, urgency=urgency(case))
        return Draft(case=case, steps=steps, settled=_settled(document), enforcing=bool(found))

    def after(
        self, before: Case | None, steps: tuple[Step, ...], draft: Draft, request_of: Callable[[str], bytes]
    ) -> CaseChange | None:
        """The case after the decision; None where there is none."""
        case = draft.case
        if before is None:
            return None if case.verdict is Verdict.ALLOW else CaseChange(case=case, steps=draft.steps)
        is_same = before.content_hash == case.content_hash
        case = replace(case, version=before.version + 1, assignee=before.assignee)
        if case.verdict is Verdict.ALLOW or (is_same and _stands(before, draft)):
            state = _without_work(before, draft, is_same=is_same)
            kept = replace(case, state=state, opened_at=before.opened_at, due_at=before.due_at, waits_for=())
            return CaseChange(case=replace(kept, urgency=urgency(kept)))
        if is_same and before.state.is_open:
            now = steps if _same_steps(steps, draft.steps) else draft.steps
            kept = replace(case, state=before.state, opened_at=before.opened_at, due_at=before.due_at)
        else:
            now = self._carried(before, steps, draft, request_of)
            taken = any(step.state is StepState.APPROVED for step in now)
            kept = replace(case, state=CaseState.WAITING_FOR_APPROVAL if taken else CaseState.OPEN)
        kept = replace(kept, waits_for=roles_asked(now))
        return CaseChange(case=replace(kept, urgency=urgency(kept)), steps=now)

    def _carried(
        self, before: Case, steps: tuple[Step, ...], draft: Draft, request_of: Callable[[str], bytes]
    ) -> tuple[Step, ...]:
        """The new steps; those of a chain that was under way go on where nothing got worse."""
        if not any(step.state is StepState.APPROVED and step.chain is not None for step in steps):
            return draft.steps
        if before.content_hash != draft.case.content_hash:
            if before.subject_type is not SubjectType.QUOTE:
                return draft.steps
            with suppress(Invalid, Malformed):
                was, now = material_of(request_of(before.decision_id)), material_of(request_of(draft.case.decision_id))
                if not worsened(was, now):
                    return carried(steps, draft.steps)
            return draft.steps
        return carried(steps, draft.steps)


def deal_of(document: Mapping[str, Any], request: Mapping[str, Any], at_risk: Decimal | None, since: datetime) -> Deal:
    """What the chains of a decision are chosen by."""
    deal_type = request.get("deal_type")
    return Deal(
        flagged=tuple(each for each in in_the_way(document) if each["effect"] == "flag"),
        since=since,
        deal_type=deal_type if isinstance(deal_type, str) else None,
        at_risk=at_risk,
    )


def urgency(case: Case) -> int:
    """What the queue is ordered by, the smallest first: money and deadline at once.

    It is `days / 7 - log2(1 + money)`, in thousandths: who waits a week longer has to be worth twice as much. As all deals come
    nearer at the same pace, their order does not change by itself, so it can be stored.
    """
    ends = [each for each in (case.due_at, case.deadline) if each is not None]
    end = min(ends, default=case.opened_at + _NO_DEADLINE_DAYS * _DAY)
    money = UNKNOWN_MONEY if case.at_risk is None else case.at_risk
    money = min(max(money, Decimal(0)), _MOST_MONEY)
    return round(1000 * ((end - _EPOCH) / _DAY / DAYS_OF_A_DOUBLING - math.log2(1 + float(money))))


def _stands(before: Case, draft: Draft) -> bool:
    """Whether what was decided on the very same content still stands although the decision asks for somebody again."""
    if before.state is CaseState.REJECTED:
        return True
    if before.state is CaseState.EXPIRED:
        return before.deadline == draft.case.deadline
    return before.state in (CaseState.APPROVED, CaseState.WAIVED) and not draft.enforcing


def _without_work(before: Case, draft: Draft, *, is_same: bool) -> CaseState:
    """How a case stands at which nobody has anything to do."""
    if is_same and (before.state is CaseState.REJECTED or draft.case.verdict is not Verdict.ALLOW):
        return before.state
    return draft.settled or CaseState.CLEARED


def _settled(document: Mapping[str, Any]) -> CaseState | None:
    """How consents alone leave the case where nothing is in the way."""
    found = [each for each in findings_in(document) if each["effect"] != "shadow"]
    if any(each.get("waived_by") for each in found):
        return CaseState.WAIVED
    return CaseState.APPROVED if any(each.get("approved_by") for each in found) else None


def _same_steps(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    def asked(steps: tuple[Step, ...]) -> list[tuple[str | None, int]]:
        return [(step.chain, step.stage) for step in steps]

    return asked(one) == asked(other)


def _case(
    decision: RecordedDecision,
    document: Mapping[str, Any],
    request: Mapping[str, Any],
    at_risk: Decimal | None,
    company: Company | None,
) -> Case:
    summary, risk = decision.summary, document.get("risk") or {}
    rep, account = _part(request, "rep"), _part(request, "account")
    return Case(
        subject_type=summary.subject.type,
        subject_id=summary.subject.id,
        state=CaseState.OPEN,
        decision_id=summary.decision_id,
        content_hash=summary.subject.content_hash,
        revision=summary.subject.revision,
        verdict=summary.verdict,
        headline=summary.headline,
        currency=summary.currency,
        opened_at=summary.created_at,
        changed_at=summary.created_at,
        at_risk_under=summary.at_risk_under,
        at_risk_over=summary.at_risk_over,
        at_risk=at_risk,
        at_risk_currency=None if company is None else company.currency,
        expected_leakage=_leakage(risk, summary.currency),
        score=_text(risk.get("score")),
        tier=_text(risk.get("tier")),
        rep_id=summary.rep_id,
        rep_name=_text(rep.get("name")),
        account_id=summary.account_id,
        account_name=_text(account.get("name")),
        source=summary.source,
        stage=_text(request.get("stage")),
        key_id=summary.key_id,
        simulated=summary.simulated,
        deadline=deadline_of(summary.subject.type, request),
    )


def deadline_of(subject_type: SubjectType, request: Mapping[str, Any]) -> datetime | None:
    """When a quote runs out or a first invoice goes out, as the document says; None where it does not."""
    is_quote = subject_type is SubjectType.QUOTE
    stated = request.get("valid_until" if is_quote else "first_invoice_date")
    if not isinstance(stated, str):
        return None
    with suppress(ValueError, OverflowError):
        if len(stated) == len("2026-01-01"):
            start = datetime.combine(date.fromisoformat(stated), datetime.min.time(), UTC)
            return start + _DAY if is_quote else start
        at = datetime.fromisoformat(stated)
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return None


def _in_company_currency(decision: RecordedDecision, company: Company | None) -> Decimal | None:
    """The larger of under and over, in the company's currency; None where it or the rate is not known."""
    amounts = [each for each in (decision.summary.at_risk_under, decision.summary.at_risk_over) if each is not None]
    if not amounts or company is None:
        return None
    currency = decision.summary.currency
    rate = Decimal(1) if currency == company.currency else company.exchange_rates.get(currency)
    return None if rate is None else max(amounts) * rate


def _leakage(risk: Mapping[str, Any], currency: str) -> Decimal | None:
    stated = risk.get("expected_leakage")
    if not isinstance(stated, Mapping) or stated.get("currency") != currency:
        return None
    with suppress(InvalidOperation, TypeError, ValueError):
        return Decimal(stated["amount"])
    return None


def _read(document: bytes) -> Mapping[str, Any]:
    """A document's fields; of a record that is none of ours there are none."""
    with suppress(ValueError):
        found = json.loads(document)
        if isinstance(found, dict):
            return found
    return {}


def _part(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = request.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
