"""The use cases of the deal desk: review, approve several at once, assign, preview, and what changed since the last approval."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from app.desk.actor import Actor
from app.desk.changes import Changed, changes_between
from app.desk.feedback import outcomes_of
from app.desk.queueing import Queueing
from app.desk.refusals import Conflict, NoSuchDecision, NotAllowed, ReviewRefused
from app.desk.reviewing import judge
from app.desk.sitting import Sitting
from app.identifiers import new_id
from app.recording import material_of
from app.store import (
    BesideReview,
    Case,
    KeptReview,
    KeyedAnswer,
    ReviewChange,
    Standing,
    Step,
    Store,
    StoredDecision,
)
from cpq_hooks.problem import Invalid
from policies.domain.decision import Verdict
from policies.domain.desk import ReviewRules
from policies.domain.outcome import SubjectType
from policies.domain.review import Review, ReviewAction

if TYPE_CHECKING:
    from policies.domain.company import Company

_ATTEMPTS: Final = 3
MOST_AT_ONCE: Final = 200
"""So many cases are assigned or approved together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What came of a review. `is_new` is False where the same was said before."""

    review: KeptReview
    case: Case
    steps: tuple[Step, ...]
    is_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReviewed:
    """One of several deals that was not approved with the others, and why."""

    decision_id: str
    code: str
    message: str


class _Moved(Exception):  # noqa: N818 - it says what happened
    """A newer decision came between reading and writing."""


class DealDeskService:
    """What pages and API call. `after_review` is called once a review is on record and may not raise; it is where a waived
    billing configuration is verified again, so that its first invoice is let go.
    """

    def __init__(
        self,
        store: Store,
        company: Callable[[], Company | None],
        clock: Callable[[], datetime],
        *,
        beside: Sequence[BesideReview] = (),
        after_review: Callable[[ReviewChange], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._company = company
        self._clock = clock
        self._beside = tuple(beside)
        self._after_review = after_review

    # --------------------------------------------------------------------------------------------- review

    def review(
        self,
        decision_id: str,
        review: Review,
        actor: Actor,
        *,
        answer: Callable[[Reviewed], KeyedAnswer] | None = None,
    ) -> Reviewed:
        """Record a review of a decision. Raises `NoSuchDecision`, `NotAllowed`, `Conflict`, `Invalid`, and with `answer`
        `AlreadyAnswered` and `IdempotencyConflict`.
        """
        stored = self._decision(decision_id)
        subject = stored.decision.summary.subject
        if actor.sent(stored.decision.summary.rep_id, (stored.decision.summary.key_id,)):
            raise NotAllowed("own-deal", "Nobody reviews a deal of their own: somebody else has to look at this one.")
        review_id = new_id("rev")
        for _ in range(_ATTEMPTS):
            case = self._store.desk.case(subject.type, subject.id)
            if case is not None and case.content_hash != subject.content_hash:
                message = f"Decision {case.decision_id} is on newer content of {subject.id}: look at that one."
                raise Conflict("superseded", message)
            newest = stored if case is None or case.decision_id == decision_id else self._decision(case.decision_id)
            sitting = self._sitting(review_id, newest, review, actor)
            try:
                change = self._record(sitting, newest, answer)
            except _Moved:
                continue
            if change.is_new:
                self._after_review(change)
            return _reviewed(change)
        raise Conflict("changed", "The deal is being checked again and again at the moment: look at it once more.")

    def approve_together(
        self,
        decision_ids: Sequence[str],
        review: Review,
        actor: Actor,
        *,
        versions: Mapping[str, int] | None = None,
        rehearse: bool = False,
    ) -> list[Reviewed | NotReviewed]:
        """Approve several deals for one reason: flagged ones with one and the same cause, each with little money at risk.

        Each is taken or left by itself, in the order given; what is left says why. `versions` are those of the cases that the
        reviewer saw, by decision. With `rehearse` the answer is the same and nothing is done.
        """
        if review.action not in (ReviewAction.APPROVE, ReviewAction.REQUEST_CHANGES) or review.finding_ids:
            raise Conflict("one-by-one", "Only approving and asking for changes is done for several deals at once.")
        if len(decision_ids) > MOST_AT_ONCE:
            raise Conflict("too-many", f"At most {MOST_AT_ONCE} deals are taken at once.")
        cases = {each: self._case_of(each) for each in dict.fromkeys(decision_ids)}
        causes = {case.root_cause for case in cases.values() if case is not None}
        found: list[Reviewed | NotReviewed] = []
        for decision_id, case in cases.items():
            try:
                if review.action is ReviewAction.APPROVE:
                    self._may_go_together(case, causes)
                mine = replace(review, case_version=(versions or {}).get(decision_id))
                found.append((self._rehearse if rehearse else self.review)(decision_id, mine, actor))
            except NoSuchDecision:
                found.append(NotReviewed(decision_id=decision_id, code="not-found", message="It is not on record."))
            except Invalid as invalid:
                message = "; ".join(each.message for each in invalid.problems)
                found.append(NotReviewed(decision_id=decision_id, code="invalid", message=message))
            except ReviewRefused as refused:
                found.append(NotReviewed(decision_id=decision_id, code=refused.code, message=refused.message))
        return found

    def assign(
        self,
        subjects: Sequence[tuple[SubjectType, str]],
        assignee: str | None,
        actor: Actor,
        *,
        versions: Mapping[tuple[SubjectType, str], int] | None = None,
    ) -> tuple[Case, ...]:
        """Give cases to somebody, or to nobody; the cases that changed. One that is not at the version stated for it any more
        stays as it is. Raises `NotAllowed` and `Conflict`.
        """
        if len(subjects) > MOST_AT_ONCE:
            raise Conflict("too-many", f"At most {MOST_AT_ONCE} deals are taken at once.")
        if not all(actor.may_review(kind) for kind, _ in subjects):
            raise NotAllowed("not-a-reviewer", actor.why_not("Assigning"))
        return self._store.desk.assign(subjects, assignee, actor.id, versions=versions)

    # -------------------------------------------------------------------------------------------- look up

    def standing(self, subject_type: SubjectType, subject_id: str) -> Standing | None:
        """A case with its steps and reviews."""
        return self._store.desk.standing(subject_type, subject_id)

    def preview(self, decision_id: str) -> tuple[Step, ...]:
        """Whose consent a decision takes, in which order and by when: as it stands, or for one without a case as it would.

        Raises `NoSuchDecision`.
        """
        stored = self._decision(decision_id)
        subject = stored.decision.summary.subject
        standing = self._store.desk.standing(subject.type, subject.id)
        if standing is not None and standing.case.content_hash == subject.content_hash:
            return standing.steps
        return Queueing(self._company).draft(stored.decision).steps

    def changes_since_approval(self, quote_id: str) -> tuple[KeptReview, tuple[Changed, ...]] | None:
        """The last approval of a quote on other content than it has now, and what of its material content changed since;
        None where there was none.
        """
        case = self._store.desk.case(SubjectType.QUOTE, quote_id)
        if case is None:
            return None
        consents = (ReviewAction.APPROVE, ReviewAction.WAIVE)
        earlier = [
            each
            for each in self._store.desk.reviews(SubjectType.QUOTE, quote_id)
            if each.action in consents and each.content_hash != case.content_hash
        ]
        if not earlier:
            return None
        before = material_of(self._decision(earlier[-1].decision_id).decision.request)
        now = material_of(self._decision(case.decision_id).decision.request)
        return earlier[-1], changes_between(before, now)

    # ------------------------------------------------------------------------------------------- in parts

    def _rehearse(self, decision_id: str, review: Review, actor: Actor) -> Reviewed:
        """What a review would do as things stand."""
        stored = self._decision(decision_id)
        subject = stored.decision.summary.subject
        standing = self._store.desk.standing(subject.type, subject.id)
        if standing is not None and standing.case.decision_id != decision_id:
            raise Conflict("superseded", f"{subject.id} was checked again meanwhile: look at it as it is now.")
        return _reviewed(judge(self._sitting(new_id("rev"), stored, review, actor), standing))

    def _sitting(self, review_id: str, stored: StoredDecision, review: Review, actor: Actor) -> Sitting:
        return Sitting(
            review_id=review_id,
            document=json.loads(stored.decision.document),
            actor=actor,
            review=review,
            company=self._company(),
            now=self._clock(),
        )

    def _record(
        self, sitting: Sitting, newest: StoredDecision, answer: Callable[[Reviewed], KeyedAnswer] | None
    ) -> ReviewChange:
        summary = newest.decision.summary

        def reviewing(standing: Standing | None) -> ReviewChange:
            if standing is not None and standing.case.decision_id != summary.decision_id:
                raise _Moved
            return outcomes_of(judge(sitting, standing), sitting)

        subject = summary.subject
        keyed = None if answer is None else lambda change: answer(_reviewed(change))
        return self._store.desk.review(subject.type, subject.id, reviewing, answer=keyed, beside=self._beside)

    def _decision(self, decision_id: str) -> StoredDecision:
        stored = self._store.decisions.get(decision_id)
        if stored is None:
            raise NoSuchDecision(decision_id)
        return stored

    def _case_of(self, decision_id: str) -> Case | None:
        stored = self._store.decisions.get(decision_id)
        if stored is None:
            return None
        subject = stored.decision.summary.subject
        return self._store.desk.case(subject.type, subject.id)

    def _may_go_together(self, case: Case | None, causes: set[str | None]) -> None:
        """Whether approving a deal unseen is safe. Raises `Conflict`."""
        company = self._company()
        limit = (ReviewRules() if company is None else company.reviews).bulk_approval_limit
        if limit is None:
            raise Conflict(
                "one-by-one", "The company states no reviews.bulk_approval_limit: deals are approved one by one."
            )
        if case is None:
            raise Conflict("nothing-to-review", "Nothing of this waits for a review.")
        if case.verdict is Verdict.BLOCK:
            raise Conflict("blocked", "What blocks is not approved: it has to be changed or waived.")
        if len(causes) > 1:
            raise Conflict("one-by-one", "The deals are flagged for different causes: approve them one by one.")
        if case.at_risk is None or case.at_risk > limit:
            money = "not known" if case.at_risk is None else f"above {limit}"
            raise Conflict("one-by-one", f"The money at risk is {money}: look at this deal by itself.")


def _reviewed(change: ReviewChange) -> Reviewed:
    return Reviewed(review=change.review, case=change.case, steps=change.steps, is_new=change.is_new)
