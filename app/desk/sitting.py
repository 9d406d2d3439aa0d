"""What a review is judged by, and whether it may be at all: by whom, in time, on what is still open, and well formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from app.desk.chains import Finding, findings_in, in_the_way
from app.desk.refusals import Conflict, NotAllowed
from app.store import Case, KeptReview, Standing
from cpq_hooks.problem import Invalid, did_you_mean, shown
from cpq_hooks.problem import Problem as Fault
from policies.domain.desk import CaseState, ReviewRules
from policies.domain.outcome import SubjectType
from policies.domain.period import local_date
from policies.domain.wording import listed

if TYPE_CHECKING:
    from app.desk.actor import Actor
    from policies.domain.company import Company
    from policies.domain.review import Review

_DONE: Final = {
    CaseState.APPROVED: "approved",
    CaseState.WAIVED: "waived",
    CaseState.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """Everything that a review is judged by, but for the case as it stands. `document` is the newest decision's answer."""

    review_id: str
    document: Mapping[str, Any]
    actor: Actor
    review: Review
    company: Company | None
    now: datetime

    @property
    def rules(self) -> ReviewRules:
        return self.company.reviews if self.company is not None else ReviewRules()

    @property
    def today(self) -> date:
        return local_date(self.now, "UTC" if self.company is None else self.company.calendar.time_zone)

    @property
    def in_the_way(self) -> list[Finding]:
        """The findings that stand in the way by the decision."""
        return in_the_way(self.document)

    @property
    def findings(self) -> list[Finding]:
        """Every finding of the decision."""
        return findings_in(self.document)

    def chosen(self, findings: Sequence[Finding]) -> list[Finding]:
        """Those of some findings that the review names; all of them where it names none."""
        named = set(self.review.finding_ids)
        return [each for each in findings if not named or each["finding_id"] in named]


def is_the_actors_work(sitting: Sitting, case: Case) -> None:
    actor = sitting.actor
    if actor.sent(case.rep_id, (case.key_id,)):
        raise NotAllowed("own-deal", "Nobody reviews a deal of their own: somebody else has to look at this one.")
    if not actor.may_review(case.subject_type):
        raise NotAllowed("not-a-reviewer", actor.why_not("Reviewing"))


def said_before(sitting: Sitting, standing: Standing) -> KeptReview | None:
    """The newest review where it is this very one: sent twice, it counts once."""
    last = standing.reviews[-1] if standing.reviews else None
    review = sitting.review
    if last is None or last.actor_id != sitting.actor.id or last.content_hash != standing.case.content_hash:
        return None
    one = (last.action, last.reason, last.reason_code, set(last.finding_ids), last.expires_on, last.escalate_to)
    other = (
        review.action, review.reason, review.reason_code, set(review.finding_ids), review.expires_on, review.escalate_to,
    )  # fmt: skip
    # What a later decision opened again is a new question.
    return last if one == other and last.state is standing.case.state else None


def is_still_open(sitting: Sitting, standing: Standing) -> None:
    case, review = standing.case, sitting.review
    if case.state.is_settled:
        raise Conflict("already-reviewed", f"This was {_DONE[case.state]} already, {_by_whom(standing)}.")
    if case.state is CaseState.CLEARED:
        message = f"Nothing waits any more: decision {case.decision_id} let it pass."
        raise Conflict("cleared", message)
    ran_out = case.subject_type is SubjectType.QUOTE and case.deadline is not None and case.deadline <= sitting.now
    if case.state is CaseState.EXPIRED or ran_out:
        when = "" if case.deadline is None else f" on {case.deadline.date().isoformat()}"
        raise Conflict("expired", f"The quote ran out{when}: it has to be sent again with a new date first.")
    if review.case_version is not None and review.case_version != case.version:
        told = f", {_by_whom(standing)}" if standing.reviews else ""
        message = f"The case has changed since it was looked at (version {case.version} now){told}: look at it again."
        raise Conflict("changed", message)


def _by_whom(standing: Standing) -> str:
    last = standing.reviews[-1] if standing.reviews else None
    if last is None:
        return "by consents that came with it"
    return f"by {last.actor_name} at {last.reviewed_at.isoformat(timespec='seconds')}"


def is_well_formed(sitting: Sitting) -> None:
    """Raises `Invalid` with every finding that is not there, and for a reason code that the company does not know."""
    review, faults = sitting.review, []
    known = [each["finding_id"] for each in sitting.findings]
    for position, finding_id in enumerate(review.finding_ids):
        if finding_id not in known:
            message = f"the decision has no finding {shown(finding_id)}.{did_you_mean(finding_id, known)}"
            faults.append(Fault(path=f"$.finding_ids[{position}]", message=message, code="unknown_reference"))
    code = review.reason_code
    if code is not None:
        codes = {each.code: each for each in sitting.rules.codes}
        # Where the company keeps no table of its own, a code of the sender's own is taken as it is.
        if code not in codes and sitting.rules.reason_codes:
            message = f"there is no reason code {shown(code)}.{did_you_mean(code, list(codes))}"
            faults.append(Fault(path="$.reason_code", message=message, code="unknown_value"))
        elif code in codes and codes[code].actions and review.action not in codes[code].actions:
            words = listed([each.value for each in codes[code].actions])
            message = f"the reason code {shown(code)} is for {words}, not for {review.action.value}"
            faults.append(Fault(path="$.reason_code", message=message, code="conflict"))
    if faults:
        raise Invalid(faults)
