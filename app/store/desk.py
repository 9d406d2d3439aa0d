"""The deal desk: cases, which follow decisions and reviews, the steps of their approvals, and reviews, which are only added to.

A case changes in the transaction of what changes it: a decision (`Store.record`), a review or an assignment. Whoever comes
second sees what the first one did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, delete, func, insert, select, tuple_, update

from app.store.database import Database, Prepared
from app.store.decision_rows import stored_of
from app.store.desk_records import (
    Assignment,
    BesideReview,
    Case,
    CaseChange,
    CaseFilter,
    CasePage,
    Draft,
    KeptReview,
    Queueing,
    ReviewChange,
    Reviewing,
    Standing,
    Step,
)
from app.store.desk_rows import (
    assignment_of,
    case_columns,
    case_of,
    conditions_of,
    page_token,
    read_page_token,
    review_columns,
    review_of,
    step_columns,
    step_of,
)
from app.store.desk_tables import APPROVAL_STEPS, CASE_ASSIGNMENTS, CASES, REVIEWS
from app.store.errors import Unreadable
from app.store.identifiers import searchable, stamp
from app.store.packing import unpack
from app.store.records import DocumentKind, KeyedAnswer, RecordedDecision
from app.store.tables import DECISIONS
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from policies.domain.review import ReviewAction

if TYPE_CHECKING:
    from app.store.documents import Documents
    from app.store.idempotency import Idempotency
    from app.store.outbox import Outbox

_LONGEST_PAGE: Final = 500
_AT_A_TIME: Final = 500
_ORDER: Final = (CASES.c.urgency, CASES.c.subject_type, CASES.c.subject_id)
_ON_DESK: Final = (SubjectType.QUOTE.value, SubjectType.BILLING_CONFIGURATION.value)
_HAS_CASE: Final = Prepared(
    select(CASES.c.version).where(
        CASES.c.subject_type == bindparam("subject_type"), CASES.c.subject_id == bindparam("subject_id")
    )
)
_REVIEWS_OF: Final = Prepared(
    select(REVIEWS)
    .where(REVIEWS.c.subject_type == bindparam("subject_type"), REVIEWS.c.subject_id == bindparam("subject_id"))
    .order_by(REVIEWS.c.number)
)

Subject = tuple[SubjectType, str]


class DealDesk:
    """Cases, reviews and assignments. `queueing` decides what a decision means for the queue; without it there are no cases.

    Methods that end in `_in` work in the caller's transaction. `beside` is done in the transaction of every review.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        outbox: Outbox,
        documents: Documents,
        idempotency: Idempotency,
        queueing: Queueing | None,
        beside: Sequence[BesideReview] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._documents = documents
        self._idempotency = idempotency
        self._queueing = queueing
        self._beside = tuple(beside)

    # ------------------------------------------------------------------------------------------ decisions

    def draft(self, decision: RecordedDecision) -> Draft | None:
        """What a decision says of its case, worked out before the record is held up; None where nothing stands in the way."""
        if self._queueing is None or decision.summary.verdict is Verdict.ALLOW:
            return None
        return self._queueing.draft(decision)

    def decided_in(self, connection: Connection, decision: RecordedDecision, draft: Draft | None) -> None:
        """Have the case follow a decision."""
        if self._queueing is None or decision.summary.subject.type.value not in _ON_DESK:
            return
        subject = decision.summary.subject.type, decision.summary.subject.id
        if draft is None:
            # Most decisions let something pass of which nobody has to look at anything.
            if _HAS_CASE.run(connection, _key(subject)).first() is None:
                return
            draft = self._queueing.draft(decision)
        before = _case(connection, subject, lock=True)
        steps = () if before is None else _steps(connection, subject)
        change = self._queueing.after(before, steps, draft, lambda decision_id: _request(connection, decision_id))
        if change is not None:
            _put(connection, change, is_new=before is None)

    def rebuild(self, *, everything: bool = False, told: Callable[[int], object] = lambda _: None) -> int:
        """Make the cases of what was decided before there were any, or of everything; how many were made.

        How a case stands is taken from the newest review of the same content. Assignments are those on record.
        """
        if self._queueing is None:
            return 0
        if everything:
            self._database.write(
                lambda connection: [connection.execute(delete(each)) for each in (APPROVAL_STEPS, CASES)]
            )
        made, after = 0, 0
        while newest := self._newest_decisions(after):
            for seq in newest:
                made += self._database.write(lambda connection, seq=seq: self._rebuild(connection, seq))  # type: ignore[misc]
            after = newest[-1]
            told(made)
        return made

    # -------------------------------------------------------------------------------------------- look up

    def case(self, subject_type: SubjectType, subject_id: str) -> Case | None:
        """The case of a document; None where nobody ever had to look at it."""
        return self._database.read(lambda connection: _case(connection, (subject_type, subject_id)))

    def standing(self, subject_type: SubjectType, subject_id: str) -> Standing | None:
        """A case with its steps and reviews."""
        return self._database.read(lambda connection: _standing(connection, (subject_type, subject_id)))

    def page(self, wanted: CaseFilter, *, limit: int = 50, page: str | None = None) -> CasePage:
        """Up to `limit` cases (at most 500), the most urgent first. Raises `BadPageToken`."""
        limit = max(1, min(limit, _LONGEST_PAGE))
        query = select(*_ORDER).where(*conditions_of(wanted)).order_by(*_ORDER).limit(limit + 1)
        if page is not None:
            query = query.where(tuple_(*_ORDER) > tuple_(*read_page_token(page)))

        def look(connection: Connection) -> CasePage:
            # The keys come from an index alone; only the rows of this page are read whole.
            keys = connection.execute(query).all()
            cases = _whole(connection, [(key.subject_type, key.subject_id) for key in keys[:limit]])
            return CasePage(cases=cases, next_page=page_token(keys[limit - 1]) if len(keys) > limit else None)

        return self._database.read(look)

    def counts(self, wanted: CaseFilter | None = None) -> Mapping[CaseState, int]:
        """How many cases there are in each state, of those that are wanted whatever their state. With a filter on open cases
        only the open states are counted.
        """
        conditions = [] if wanted is None else conditions_of(replace(wanted, states=(), is_open=None))
        only_open = bool(conditions) and wanted is not None and wanted.is_open is True
        state: ColumnElement[str] = CASES.c.state
        if only_open:
            conditions.append(CASES.c.is_open.is_(True))
        if conditions:
            # An expression keeps SQLite from walking through all states for the sake of the grouping.
            state = func.coalesce(CASES.c.state, "")
        query = select(state, func.count()).where(*conditions).group_by(state)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        found = {row[0]: row[1] for row in rows}
        return {each: found.get(each.value, 0) for each in CaseState if each.is_open or not only_open}

    def reviews(self, subject_type: SubjectType, subject_id: str) -> tuple[KeptReview, ...]:
        """Every review of a document's decisions, the oldest first."""
        subject = subject_type, subject_id
        return self._database.read(lambda connection: _reviews(connection, subject))

    def reviews_of_decision(self, decision_id: str) -> tuple[KeptReview, ...]:
        """The reviews of one decision, the oldest first."""
        query = select(REVIEWS).where(REVIEWS.c.decision_id == searchable(decision_id)).order_by(REVIEWS.c.number)
        return tuple(map(review_of, self._database.read(lambda connection: connection.execute(query).all())))

    def consented(self, subject_type: SubjectType, subject_ids: Sequence[str]) -> frozenset[str]:
        """Those of some documents that somebody approved or waived something of, whatever their content was then."""
        actions = [ReviewAction.APPROVE.value, ReviewAction.WAIVE.value]
        query = select(REVIEWS.c.subject_id).distinct()
        query = query.where(
            REVIEWS.c.subject_type == subject_type.value,
            REVIEWS.c.subject_id.in_([searchable(each) for each in subject_ids]),
            REVIEWS.c.action.in_(actions),
        )
        return frozenset(self._database.read(lambda connection: connection.execute(query).scalars().all()))

    def assignments(self, subject_type: SubjectType, subject_id: str) -> tuple[Assignment, ...]:
        """Who had the case, the oldest first."""
        these = _of(CASE_ASSIGNMENTS, (subject_type, subject_id))
        query = select(CASE_ASSIGNMENTS).where(*these).order_by(CASE_ASSIGNMENTS.c.number)
        return tuple(map(assignment_of, self._database.read(lambda connection: connection.execute(query).all())))

    # --------------------------------------------------------------------------------------------- change

    def review(
        self,
        subject_type: SubjectType,
        subject_id: str,
        reviewing: Reviewing,
        *,
        answer: Callable[[ReviewChange], KeyedAnswer] | None = None,
        beside: Sequence[BesideReview] = (),
    ) -> ReviewChange:
        """Record a review with everything that it does: the case, its steps, outcomes, what is sent, the answer to its
        Idempotency-Key. All or nothing; of two at once the second sees what the first did.

        Raises what `reviewing` raises, and `AlreadyAnswered` and `IdempotencyConflict`.
        """
        subject = subject_type, subject_id

        def work(connection: Connection) -> ReviewChange:
            _case(connection, subject, lock=True)
            change = reviewing(_standing(connection, subject))
            if answer is not None:
                self._idempotency.keep_in(connection, answer(change))
            if not change.is_new:
                return change
            connection.execute(insert(REVIEWS).values(review_columns(change.review)))
            _put(connection, CaseChange(case=change.case, steps=change.steps), is_new=False)
            if change.outcomes:
                self._documents.put_in(connection, DocumentKind.OUTCOME, list(change.outcomes))
            self._outbox.reviewed_in(connection, change)
            for step in (*self._beside, *beside):
                step(connection, change.review, change.case)
            return change

        return self._database.write(work)

    def assign(
        self,
        subjects: Sequence[Subject],
        assignee: str | None,
        by: str,
        *,
        versions: Mapping[Subject, int] | None = None,
    ) -> tuple[Case, ...]:
        """Give cases to somebody, or to nobody, and keep by whose word; the cases that changed.

        One that is not there, has it already, or is not at the version that is stated for it, is left as it is.
        """
        return self._database.write(
            lambda connection: tuple(
                case
                for subject in sorted(set(subjects))
                if (case := self._assign(connection, subject, assignee, by, (versions or {}).get(subject))) is not None
            )
        )

    def expire(self) -> int:
        """Close open cases of quotes whose time ran out; how many those were."""
        now = stamp(self._clock())
        these = (
            CASES.c.is_open.is_(True),
            CASES.c.deadline <= now,
            CASES.c.subject_type == SubjectType.QUOTE.value,
        )
        over = {
            "state": CaseState.EXPIRED.value, "is_open": False, "waits_for": None, "changed_at": now,
            "version": CASES.c.version + 1,
        }  # fmt: skip
        query = update(CASES).where(*these).values(over)
        return self._database.write(lambda connection: connection.execute(query).rowcount)

    def _assign(
        self, connection: Connection, subject: Subject, assignee: str | None, by: str, version: int | None
    ) -> Case | None:
        case = _case(connection, subject, lock=True)
        if case is None or case.assignee == searchable(assignee) or version not in (None, case.version):
            return None
        now = self._clock()
        last = select(func.max(CASE_ASSIGNMENTS.c.number)).where(*_of(CASE_ASSIGNMENTS, subject))
        entry = {
            "number": (connection.execute(last).scalar() or 0) + 1,
            "at": stamp(now),
            "assigned_by": searchable(by),
            "assignee": searchable(assignee),
        }
        connection.execute(insert(CASE_ASSIGNMENTS).values(_key(subject) | entry))
        given = {"assignee": searchable(assignee), "changed_at": stamp(now), "version": case.version + 1}
        connection.execute(update(CASES).where(*_of(CASES, subject)).values(given))
        return replace(case, assignee=assignee, changed_at=now, version=case.version + 1)

    def _newest_decisions(self, after: int) -> list[int]:
        """The newest decision of each document, by its place in the record."""
        newest = select(func.max(DECISIONS.c.seq)).where(DECISIONS.c.subject_type.in_(_ON_DESK))
        newest = newest.group_by(DECISIONS.c.subject_type, DECISIONS.c.subject_id).having(
            func.max(DECISIONS.c.seq) > after
        )
        query = newest.order_by(func.max(DECISIONS.c.seq)).limit(_AT_A_TIME)
        return list(self._database.read(lambda connection: connection.execute(query).scalars().all()))

    def _rebuild(self, connection: Connection, seq: int) -> int:
        row = connection.execute(select(DECISIONS).where(DECISIONS.c.seq == seq)).one()
        decision = stored_of(row).decision
        subject = decision.summary.subject.type, decision.summary.subject.id
        if self._queueing is None or _case(connection, subject, lock=True) is not None:
            return 0
        reviews = _reviews(connection, subject)
        if decision.summary.verdict is Verdict.ALLOW and not reviews:
            return 0
        draft = self._queueing.draft(decision)
        state = _state_by(draft, reviews)
        last = select(CASE_ASSIGNMENTS.c.assignee).where(*_of(CASE_ASSIGNMENTS, subject))
        assignee = connection.execute(last.order_by(CASE_ASSIGNMENTS.c.number.desc()).limit(1)).scalar()
        case = replace(draft.case, state=state, assignee=assignee)
        if not state.is_open:
            case = replace(case, waits_for=())
        _put(connection, CaseChange(case=case, steps=draft.steps if state.is_open else ()), is_new=True)
        return 1


def _state_by(draft: Draft, reviews: Iterable[KeptReview]) -> CaseState:
    """How a case stands after the newest decision and the reviews of its content."""
    if draft.case.verdict is Verdict.ALLOW:
        return draft.settled or CaseState.CLEARED
    same = [each for each in reviews if each.content_hash == draft.case.content_hash]
    return same[-1].state if same else draft.case.state


def _key(subject: Subject) -> dict[str, Any]:
    return {"subject_type": subject[0].value, "subject_id": searchable(subject[1])}


def _of(table: Table, subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return table.c.subject_type == subject[0].value, table.c.subject_id == searchable(subject[1])


def _case(connection: Connection, subject: Subject, *, lock: bool = False) -> Case | None:
    query: Select[Any] = select(CASES).where(*_of(CASES, subject))
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else case_of(row)


def _whole(connection: Connection, keys: Sequence[tuple[str, str]]) -> tuple[Case, ...]:
    """The cases with these keys, in the order given."""
    found: dict[tuple[str, str], Case] = {}
    for kind in {kind for kind, _ in keys}:
        ids = [identity for each, identity in keys if each == kind]
        query = select(CASES).where(CASES.c.subject_type == kind, CASES.c.subject_id.in_(ids))
        found |= {(kind, row.subject_id): case_of(row) for row in connection.execute(query)}
    return tuple(found[key] for key in keys if key in found)


def _steps(connection: Connection, subject: Subject) -> tuple[Step, ...]:
    query = select(APPROVAL_STEPS).where(*_of(APPROVAL_STEPS, subject)).order_by(APPROVAL_STEPS.c.number)
    return tuple(map(step_of, connection.execute(query).all()))


def _reviews(connection: Connection, subject: Subject) -> tuple[KeptReview, ...]:
    return tuple(map(review_of, _REVIEWS_OF.run(connection, _key(subject)).all()))


def _standing(connection: Connection, subject: Subject) -> Standing | None:
    case = _case(connection, subject)
    if case is None:
        return None
    return Standing(case=case, steps=_steps(connection, subject), reviews=_reviews(connection, subject))


def _put(connection: Connection, change: CaseChange, *, is_new: bool) -> None:
    """Write a case with its steps."""
    case = change.case
    subject = case.subject_type, case.subject_id
    columns = case_columns(case)
    if is_new:
        connection.execute(insert(CASES).values(_key(subject) | columns))
    else:
        connection.execute(update(CASES).where(*_of(CASES, subject)).values(columns))
        connection.execute(delete(APPROVAL_STEPS).where(*_of(APPROVAL_STEPS, subject)))
    if change.steps:
        connection.execute(insert(APPROVAL_STEPS), [_key(subject) | step_columns(step) for step in change.steps])


def _request(connection: Connection, decision_id: str) -> bytes:
    query = select(DECISIONS.c.request).where(DECISIONS.c.decision_id == decision_id)
    stored = connection.execute(query).scalar()
    if stored is None:
        raise Unreadable(f"decision {decision_id} is not in the record")
    return unpack(bytes(stored))
