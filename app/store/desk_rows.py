"""Cases, steps and reviews as rows, and back."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Row

from app.store.decision_rows import amount_of, minor_units
from app.store.desk_records import Assignment, Case, CaseFilter, KeptReview, Step
from app.store.desk_tables import CASES
from app.store.errors import BadPageToken
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState, StepState
from policies.domain.money import round_to_currency
from policies.domain.outcome import OutcomeVerdict, SubjectType
from policies.domain.review import Covered, ReviewAction

_LONGEST_NAME: Final = 200
# With the key beside it still short enough for an index of PostgreSQL.
_MOST_SEARCHED_BYTES: Final = 1_000
_SAME: Final = ("decision_id", "content_hash", "currency", "urgency", "version", "simulated", "key_id")
_OUTSIDE: Final = (
    "revision", "headline", "at_risk_currency", "score", "tier", "root_cause", "rep_id", "account_id", "source", "stage",
    "assignee",
)  # fmt: skip
_NAMES: Final = ("rep_name", "account_name")


def case_columns(case: Case) -> dict[str, Any]:
    """What a case's row says of it, but for its key."""
    columns: dict[str, Any] = {name: getattr(case, name) for name in _SAME}
    columns |= {name: searchable(getattr(case, name)) for name in _OUTSIDE}
    columns |= {name: _short(getattr(case, name)) for name in _NAMES}
    return columns | {
        "state": case.state.value,
        "is_open": case.state.is_open,
        "verdict": case.verdict.value,
        "at_risk_under": _minor(case.at_risk_under, case.currency),
        "at_risk_over": _minor(case.at_risk_over, case.currency),
        "at_risk": None if case.at_risk_currency is None else _minor(case.at_risk, case.at_risk_currency),
        "expected_leakage": _minor(case.expected_leakage, case.currency),
        "waits_for": waits_for(case.waits_for),
        "opened_at": stamp(case.opened_at),
        "changed_at": stamp(case.changed_at),
        "due_at": _stamp(case.due_at),
        "deadline": _stamp(case.deadline),
        "search": _search(case.subject_id, case.account_id, _short(case.account_name)),
    }


def case_of(row: Row[Any]) -> Case:
    """The case that a row stands for."""
    return Case(
        subject_type=SubjectType(row.subject_type),
        subject_id=row.subject_id,
        state=CaseState(row.state),
        verdict=Verdict(row.verdict),
        opened_at=moment(row.opened_at),
        changed_at=moment(row.changed_at),
        at_risk_under=amount_of(row.at_risk_under, row.currency),
        at_risk_over=amount_of(row.at_risk_over, row.currency),
        at_risk=None if row.at_risk_currency is None else amount_of(row.at_risk, row.at_risk_currency),
        expected_leakage=amount_of(row.expected_leakage, row.currency),
        waits_for=tuple(role for role in (row.waits_for or "").split("|") if role),
        due_at=_moment(row.due_at),
        deadline=_moment(row.deadline),
        **{name: getattr(row, name) for name in (*_SAME, *_OUTSIDE, *_NAMES)},
    )


def waits_for(roles: tuple[str, ...]) -> str | None:
    """Roles as a column that is searched for one of them."""
    return f"|{'|'.join(searchable(role).replace('|', '/') for role in roles)}|" if roles else None


def step_columns(step: Step) -> dict[str, Any]:
    """What a step's row says of it, but for its case."""
    return {
        "number": step.number,
        "chain": searchable(step.chain),
        "stage": step.stage,
        "role": searchable(step.role),
        "state": step.state.value,
        "due_at": _stamp(step.due_at),
        "review_id": step.review_id,
        "given_by": searchable(step.given_by),
        "given_at": _stamp(step.given_at),
    }


def step_of(row: Row[Any]) -> Step:
    return Step(
        number=row.number,
        chain=row.chain,
        stage=row.stage,
        role=row.role,
        state=StepState(row.state),
        due_at=_moment(row.due_at),
        review_id=row.review_id,
        given_by=row.given_by,
        given_at=_moment(row.given_at),
    )


def review_columns(review: KeptReview) -> dict[str, Any]:
    """A review as its row."""
    details = {
        "finding_ids": review.finding_ids,
        "covers": [(each.policy_id, each.line_ids) for each in review.covers],
        "roles": review.roles,
        "chained": review.chained,
        "completes": review.completes,
        "escalate_to": review.escalate_to,
        # The columns can hold no lone surrogates; the record has the words as they came.
        "reason": review.reason,
    }
    return {
        "subject_type": review.subject_type.value,
        "subject_id": searchable(review.subject_id),
        "number": review.number,
        "review_id": review.review_id,
        "decision_id": review.decision_id,
        "content_hash": review.content_hash,
        "reviewed_at": stamp(review.reviewed_at),
        "action": review.action.value,
        "reason_code": searchable(review.reason_code),
        "reason": searchable(review.reason),
        "expires_on": None if review.expires_on is None else review.expires_on.isoformat(),
        "actor_id": searchable(review.actor_id),
        "actor_name": searchable(review.actor_name),
        "key_id": review.key_id,
        "on_behalf_of": searchable(review.on_behalf_of),
        "state": review.state.value,
        "label": None if review.label is None else review.label.value,
        "simulated": review.simulated,
        "details": pack(json.dumps(details).encode("ascii")),
    }


def review_of(row: Row[Any]) -> KeptReview:
    details = json.loads(unpack(row.details))
    return KeptReview(
        review_id=row.review_id,
        number=row.number,
        subject_type=SubjectType(row.subject_type),
        subject_id=row.subject_id,
        decision_id=row.decision_id,
        content_hash=row.content_hash,
        reviewed_at=moment(row.reviewed_at),
        action=ReviewAction(row.action),
        reason=details["reason"],
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        state=CaseState(row.state),
        reason_code=row.reason_code,
        finding_ids=tuple(details["finding_ids"]),
        covers=tuple(Covered(policy_id=policy, line_ids=tuple(lines)) for policy, lines in details["covers"]),
        expires_on=None if row.expires_on is None else date.fromisoformat(row.expires_on),
        escalate_to=details["escalate_to"],
        roles=tuple(details["roles"]),
        chained=details["chained"],
        completes=details["completes"],
        key_id=row.key_id,
        on_behalf_of=row.on_behalf_of,
        label=None if row.label is None else OutcomeVerdict(row.label),
        simulated=bool(row.simulated),
    )


def assignment_of(row: Row[Any]) -> Assignment:
    return Assignment(number=row.number, at=moment(row.at), assigned_by=row.assigned_by, assignee=row.assignee)


def conditions_of(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """What a case has to fulfil to be listed."""
    columns = CASES.c
    equal = {
        "subject_type": wanted.subject_type and wanted.subject_type.value,
        "is_open": wanted.is_open,
        "verdict": wanted.verdict and wanted.verdict.value,
        "simulated": wanted.simulated,
    }
    names = ("rep_id", "account_id", "assignee", "source", "currency", "stage", "tier", "root_cause")
    equal |= {name: searchable(getattr(wanted, name)) for name in names}
    found = [columns[name] == value for name, value in equal.items() if value is not None]
    if len(wanted.states) == 1:
        found.append(columns.state == wanted.states[0].value)
    elif wanted.states:
        found.append(columns.state.in_([state.value for state in wanted.states]))
    if wanted.unassigned:
        found.append(columns.assignee.is_(None))
    if wanted.waits_for is not None:
        found.append(columns.waits_for.contains(waits_for((wanted.waits_for,)) or "", autoescape=True))
    if wanted.text is not None:
        found.append(columns.search.contains(_search(wanted.text), autoescape=True))
    if wanted.at_risk_from is not None:
        found.append(columns.at_risk >= wanted.at_risk_from)
    if wanted.due_before is not None:
        found.append(columns.due_at < stamp(wanted.due_before))
    if wanted.deadline_before is not None:
        found.append(columns.deadline < stamp(wanted.deadline_before))
    return found


def page_token(row: Any) -> str:
    """Where a page ends, for whoever asks for the next one."""
    text = json.dumps([row.urgency, row.subject_type, row.subject_id])
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def read_page_token(token: str) -> tuple[int, str, str]:
    """The place after which the page begins. Raises `BadPageToken`."""
    try:
        urgency, subject_type, subject_id = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=="))
    except (ValueError, TypeError, binascii.Error):
        raise BadPageToken("this is no page token of ours") from None
    fits = isinstance(urgency, int) and isinstance(subject_type, str) and isinstance(subject_id, str)
    if not fits or not -(2**62) < urgency < 2**62:
        raise BadPageToken("this is no page token of ours")
    return urgency, searchable(subject_type), searchable(subject_id)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return minor_units(None if amount is None else round_to_currency(amount, currency), currency)


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _search(*parts: str | None) -> str:
    """Ids and names as they are looked for: without upper and lower case, and no longer than an index holds."""
    whole = "\n".join(searchable(part) for part in parts if part).casefold()
    return whole.encode("utf-8")[:_MOST_SEARCHED_BYTES].decode("utf-8", "ignore")


def _short(name: str | None) -> str | None:
    return None if name is None else searchable(name)[:_LONGEST_NAME]
