"""What goes into the deal desk's tables and comes out of them: cases, steps of approvals, reviews, assignments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import Connection

from app.store.records import Document, RecordedDecision
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState, StepState
from policies.domain.outcome import OutcomeVerdict, SubjectType
from policies.domain.review import Covered, ReviewAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A deal that somebody has to look at, or had: how it stands by its newest decision and the reviews of it.

    Amounts are in `currency`; `at_risk` is the larger of under and over in the company's currency, None where no rate is
    known. `due_at` is when the desk has to have answered, `deadline` when the quote runs out or the first invoice goes out.
    `version` counts the changes. `waits_for` are the roles whose consent is asked for now.
    """

    subject_type: SubjectType
    subject_id: str
    state: CaseState
    decision_id: str
    content_hash: str
    verdict: Verdict
    headline: str
    currency: str
    opened_at: datetime
    changed_at: datetime
    version: int = 1
    urgency: int = 0
    revision: str | None = None
    at_risk_under: Decimal | None = None
    at_risk_over: Decimal | None = None
    at_risk: Decimal | None = None
    at_risk_currency: str | None = None
    expected_leakage: Decimal | None = None
    score: str | None = None
    tier: str | None = None
    root_cause: str | None = None
    rep_id: str | None = None
    rep_name: str | None = None
    account_id: str | None = None
    account_name: str | None = None
    source: str | None = None
    stage: str | None = None
    key_id: str | None = None
    assignee: str | None = None
    waits_for: tuple[str, ...] = ()
    simulated: bool = False
    due_at: datetime | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One consent that a case needs. Stages of one `chain` come one after the other; without a chain it is asked at once."""

    number: int
    role: str
    stage: int = 1
    chain: str | None = None
    state: StepState = StepState.READY
    due_at: datetime | None = None
    review_id: str | None = None
    given_by: str | None = None
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReview:
    """A review as it is on record. `state` is how the case stood afterwards, `roles` are those in which the reviewer acted.

    `covers` are the findings that it is about, by policy and lines. `chained` says that a chain was asked, and `completes` that
    with it nobody was left to ask.
    """

    review_id: str
    number: int
    subject_type: SubjectType
    subject_id: str
    decision_id: str
    content_hash: str
    reviewed_at: datetime
    action: ReviewAction
    reason: str
    actor_id: str
    actor_name: str
    state: CaseState
    reason_code: str | None = None
    finding_ids: tuple[str, ...] = ()
    covers: tuple[Covered, ...] = ()
    expires_on: date | None = None
    escalate_to: str | None = None
    roles: tuple[str, ...] = ()
    chained: bool = False
    completes: bool = False
    key_id: str | None = None
    on_behalf_of: str | None = None
    label: OutcomeVerdict | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who had a case from when on, by whose word; None is nobody."""

    number: int
    at: datetime
    assigned_by: str
    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A case with the steps of its approval and every review of it, the oldest first."""

    case: Case
    steps: tuple[Step, ...] = ()
    reviews: tuple[KeptReview, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a decision alone says of its case. `settled` is how the case stands by consents on record where nothing is left in
    the way; `enforcing` says that a finding is.
    """

    case: Case
    steps: tuple[Step, ...] = ()
    settled: CaseState | None = None
    enforcing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case as it is from now on."""

    case: Case
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOfReview:
    """What those outside see of a reviewed decision: another verdict and headline, and who consented, by finding id.

    `is_final` says that whoever waits for an answer has it with this.
    """

    verdict: Verdict
    headline: str
    approved: Mapping[str, str] = field(default_factory=dict)
    waived: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChange:
    """What a review does: the case from now on, the review to keep, what is told, and the outcomes to learn from.

    Where `is_new` is False the same was said before: `review` is that one, and nothing changes.
    """

    case: Case
    review: KeptReview
    steps: tuple[Step, ...] = ()
    told: ToldOfReview | None = None
    outcomes: tuple[Document, ...] = ()
    is_new: bool = True


BesideReview = Callable[[Connection, KeptReview, Case], None]
"""What else happens in the transaction that records a review; it undoes everything by raising."""

Reviewing = Callable[[Standing | None], ReviewChange]
"""What a review does to a case as it stands when the review is recorded; it may be asked again, and raises to change nothing."""


class Queueing(Protocol):
    """Decides what a decision means for the queue. Pure: it may be asked again for the same."""

    def draft(self, decision: RecordedDecision) -> Draft:
        """What the decision says of its case."""

    def after(
        self, before: Case | None, steps: tuple[Step, ...], draft: Draft, request_of: Callable[[str], bytes]
    ) -> CaseChange | None:
        """The case after the decision; None where there is none. `request_of` gives the document of an earlier decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases to list; None and empty match all. `states` empty and `is_open` None lists every state.

    `waits_for` matches a role whose consent is asked for now; `unassigned` those that nobody has. `at_risk_from` is in minor
    units of the company's currency. `due_before` and `deadline_before` are not included. `text` is part of the document's or
    the account's id or name, in whatever case.
    """

    subject_type: SubjectType | None = None
    states: tuple[CaseState, ...] = ()
    is_open: bool | None = None
    verdict: Verdict | None = None
    rep_id: str | None = None
    account_id: str | None = None
    assignee: str | None = None
    unassigned: bool = False
    source: str | None = None
    currency: str | None = None
    stage: str | None = None
    tier: str | None = None
    root_cause: str | None = None
    waits_for: str | None = None
    simulated: bool | None = None
    at_risk_from: int | None = None
    due_before: datetime | None = None
    deadline_before: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Cases, the most urgent first. `next_page` is None on the last page."""

    cases: tuple[Case, ...]
    next_page: str | None
