"""What a review does: whether it may be, and how the case stands afterwards. It has no effect of its own.

Nobody reviews a deal of their own. A consent counts for the findings that the reviewer's roles entitle to, on the very content
that was looked at. Who comes second is told who was first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.desk.chains import Finding, advanced, due, findings_of, needed_for, roles_asked
from app.desk.queueing import urgency
from app.desk.refusals import Conflict, NotAllowed
from app.desk.sitting import Sitting, is_still_open, is_the_actors_work, is_well_formed, said_before
from app.store import Case, KeptReview, ReviewChange, Standing, Step, ToldOfReview
from cpq_hooks.problem import Invalid, did_you_mean, shown
from cpq_hooks.problem import Problem as Fault
from policies.approval import entitles
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState, StepState
from policies.domain.review import DESK, Covered, ReviewAction
from policies.domain.wording import listed

if TYPE_CHECKING:
    pass

_LONGEST_REASON: Final = 500


def judge(sitting: Sitting, standing: Standing | None) -> ReviewChange:
    """What a review does to a case. Raises `NotAllowed`, `Conflict` and `Invalid`."""
    if standing is None:
        raise Conflict("nothing-to-review", "Nothing of this waits for a review: the decision let it pass.")
    is_the_actors_work(sitting, standing.case)
    repeated = said_before(sitting, standing)
    if repeated is not None:
        return ReviewChange(case=standing.case, review=repeated, steps=standing.steps, is_new=False)
    is_still_open(sitting, standing)
    is_well_formed(sitting)
    return _ACTIONS[sitting.review.action](sitting, standing)


# ------------------------------------------------------------------------------------------- what it does


def _approve(sitting: Sitting, standing: Standing) -> ReviewChange:
    chosen = sitting.chosen(sitting.in_the_way)
    blocks = [each for each in chosen if each["effect"] == "block" and not _is_waived(each, sitting, standing)]
    if blocks:
        names = listed([each["policy_id"] for each in blocks])
        also = "" if sitting.review.finding_ids else "; to approve the rest, name its findings"
        message = f"What blocks cannot be approved: {names} has to be changed or waived{also}."
        raise Conflict("blocked", message)
    mine = _my_steps(sitting, standing)
    roles = _my_roles(sitting, mine, chosen)
    covered = [each for each in chosen if sitting.actor.roles_for(needed_for(each), sitting.company)]
    given = _with(covered, sitting, standing)
    flagged = [each for each in sitting.in_the_way if each["effect"] == "flag"]
    taken = {step.number for step in mine if not _left_of(step, flagged, given, sitting)}
    steps = _taken(standing.steps, taken, sitting)
    left = [each for each in sitting.in_the_way if each["effect"] == "block" and each["finding_id"] not in given]
    is_complete = all(step.state is StepState.APPROVED for step in steps)
    state = CaseState.WAITING_FOR_APPROVAL if not is_complete else CaseState.OPEN if left else CaseState.APPROVED
    kept = replace(
        _kept(sitting, standing, state, covered),
        roles=roles,
        chained=any(step.chain is not None for step in steps),
        completes=is_complete,
    )
    return _change(sitting, standing, kept, steps)


def _waive(sitting: Sitting, standing: Standing) -> ReviewChange:
    _holds_for_a_time(sitting)
    chosen = [each for each in sitting.findings if each["finding_id"] in sitting.review.finding_ids]
    roles: set[str] = set()
    for each in chosen:
        for needed in _who_waives(each, standing.steps, sitting):
            mine = sitting.actor.roles_for(needed, sitting.company)
            if not mine:
                raise NotAllowed("no-authority", f"Waiving {each['policy_id']} needs {needed}.{_who_i_am(sitting)}")
            roles.update(mine)
    given = _with(chosen, sitting, standing)
    flagged = [each for each in sitting.in_the_way if each["effect"] == "flag"]
    settled = {
        step.number
        for step in standing.steps
        if step.state is not StepState.APPROVED and not _left_of(step, flagged, given, sitting) and flagged
    }
    steps = _taken(standing.steps, settled, sitting)
    left = [each for each in sitting.in_the_way if each["finding_id"] not in given]
    state = standing.case.state if left else CaseState.WAIVED
    kept = replace(_kept(sitting, standing, state, chosen), roles=tuple(sorted(roles)))
    return _change(sitting, standing, kept, steps)


def _reject(sitting: Sitting, standing: Standing) -> ReviewChange:
    kept = _kept(sitting, standing, CaseState.REJECTED, sitting.chosen(sitting.in_the_way))
    return _change(sitting, standing, kept, standing.steps)


def _request_changes(sitting: Sitting, standing: Standing) -> ReviewChange:
    kept = _kept(sitting, standing, CaseState.WAITING_FOR_CHANGES, sitting.chosen(sitting.in_the_way))
    return _change(sitting, standing, kept, standing.steps)


def _escalate(sitting: Sitting, standing: Standing) -> ReviewChange:
    ready = [step for step in standing.steps if step.state is StepState.READY]
    target = sitting.review.escalate_to or _next_rung(ready, sitting)
    _is_a_role(target, sitting)
    end = due(target, sitting.company, sitting.now)
    raised = {step.number for step in ready if entitles(target, step.role, sitting.company)}
    steps = [replace(step, role=target, due_at=end) if step.number in raised else step for step in standing.steps]
    if not raised:
        steps.append(Step(number=len(steps) + 1, role=target, due_at=end))
    kept = _kept(sitting, standing, CaseState.WAITING_FOR_APPROVAL, sitting.chosen(sitting.in_the_way))
    return _change(sitting, standing, replace(kept, escalate_to=sitting.review.escalate_to), tuple(steps), to=target)


_ACTIONS: Final[Mapping[ReviewAction, Callable[[Sitting, Standing], ReviewChange]]] = {
    ReviewAction.APPROVE: _approve,
    ReviewAction.WAIVE: _waive,
    ReviewAction.REJECT: _reject,
    ReviewAction.REQUEST_CHANGES: _request_changes,
    ReviewAction.ESCALATE: _escalate,
}


def _my_steps(sitting: Sitting, standing: Standing) -> list[Step]:
    """The steps whose turn it is and that are the actor's to take. Raises where there are none, and says why."""
    can = [step for step in standing.steps if sitting.actor.roles_for(step.role, sitting.company)]
    mine = [step for step in can if step.state is StepState.READY]
    if mine:
        return mine
    taken = [step for step in can if step.state is StepState.APPROVED]
    if any(step.state is StepState.WAITING for step in can):
        first = listed(standing.case.waits_for)
        raise Conflict("not-your-turn", f"It is not your turn yet: {first} has to consent first.")
    if taken:
        step = taken[-1]
        at = "" if step.given_at is None else f" at {step.given_at.isoformat(timespec='seconds')}"
        raise Conflict("already-reviewed", f"{step.given_by} consented as {step.role} already{at}.")
    if not standing.steps:
        raise Conflict("nothing-to-approve", "Nothing of this can be approved: it has to be changed or waived.")
    asked = listed(roles_asked(standing.steps))
    raise NotAllowed("no-authority", f"This needs the consent of {asked}.{_who_i_am(sitting)}")


def _my_roles(sitting: Sitting, mine: Sequence[Step], chosen: Sequence[Finding]) -> tuple[str, ...]:
    """The roles in which the actor consents."""
    asked = [step.role for step in mine] + [needed_for(each) for each in chosen]
    return tuple(sorted({role for needed in asked for role in sitting.actor.roles_for(needed, sitting.company)}))


def _who_i_am(sitting: Sitting) -> str:
    mine = sorted(sitting.actor.consents_as)
    return f" You may consent as {listed(mine)}." if mine else " You may consent in no role."


def _with(chosen: Sequence[Finding], sitting: Sitting, standing: Standing) -> set[str]:
    """The findings, by id, that somebody consented to on this content, those of this review among them."""
    found = {each["finding_id"] for each in chosen}
    for each in sitting.in_the_way:
        if _is_waived(each, sitting, standing) or _is_approved(each, standing):
            found.add(each["finding_id"])
    return found


def _is_waived(finding: Finding, sitting: Sitting, standing: Standing) -> bool:
    return any(
        review.action is ReviewAction.WAIVE
        and review.expires_on is not None
        and review.expires_on >= sitting.today
        and _speaks_of(review, finding)
        for review in standing.reviews
    )


def _is_approved(finding: Finding, standing: Standing) -> bool:
    return any(
        review.action is ReviewAction.APPROVE
        and review.content_hash == standing.case.content_hash
        and _speaks_of(review, finding)
        for review in standing.reviews
    )


def _speaks_of(review: KeptReview, finding: Finding) -> bool:
    lines = set(finding.get("line_ids") or ())
    return any(
        each.policy_id == finding["policy_id"] and (not each.line_ids or lines <= set(each.line_ids))
        for each in review.covers
    )


def _left_of(step: Step, flagged: Sequence[Finding], given: set[str], sitting: Sitting) -> list[Finding]:
    """The findings of a step that nobody has consented to."""
    return [each for each in findings_of(step, flagged, sitting.company) if each["finding_id"] not in given]


def _taken(steps: Sequence[Step], numbers: set[int], sitting: Sitting) -> tuple[Step, ...]:
    """The steps, some of them taken now."""
    taken = [
        replace(
            step,
            state=StepState.APPROVED,
            review_id=sitting.review_id,
            given_by=sitting.actor.name,
            given_at=sitting.now,
        )
        if step.number in numbers
        else step
        for step in steps
    ]
    return advanced(taken)


def _who_waives(finding: Finding, steps: Sequence[Step], sitting: Sitting) -> tuple[str, ...]:
    """The roles that a waiver needs, each: no chain that asks somebody is got around by one."""
    stated = sitting.rules.waiver_role
    if finding["effect"] == "block":
        return (stated or needed_for(finding),)
    last: dict[str, tuple[int, list[str]]] = {}
    for step in steps:
        if step.chain is not None and step.state is not StepState.APPROVED:
            stage, roles = last.get(step.chain, (0, []))
            if step.stage > stage:
                last[step.chain] = (step.stage, [step.role])
            elif step.stage == stage:
                roles.append(step.role)
    chained = [role for _, roles in last.values() for role in roles]
    return tuple(dict.fromkeys((finding.get("approver") or stated or DESK, *chained)))


def _holds_for_a_time(sitting: Sitting) -> None:
    expires_on, longest = sitting.review.expires_on, sitting.rules.longest_waiver_days
    latest = sitting.today + timedelta(days=longest)
    if expires_on is None or sitting.today <= expires_on <= latest:
        return
    if expires_on < sitting.today:
        message, code = f"{expires_on.isoformat()} is over: a waiver ends today or later", "in_the_past"
    else:
        message = f"a waiver holds for {longest} days at most: choose a day up to {latest.isoformat()}"
        code = "too_late"
    raise Invalid([Fault(path="$.expires_on", message=message, code=code)])


def _next_rung(ready: Sequence[Step], sitting: Sitting) -> str:
    table = sitting.company.discount_authority if sitting.company is not None else None
    ladder = table.ladder if table is not None else ()
    rungs = [ladder.index(step.role) for step in ready if step.role in ladder]
    if not rungs or max(rungs) + 1 == len(ladder):
        message = "say in escalate_to which role is to decide: there is none above those that are asked"
        raise Invalid([Fault(path="$.escalate_to", message=message, code="required")])
    return ladder[max(rungs) + 1]


def _is_a_role(role: str, sitting: Sitting) -> None:
    company = sitting.company
    if company is None:
        return
    ladder = company.discount_authority.ladder if company.discount_authority is not None else ()
    known = sorted({DESK, *company.approval_hours, *ladder})
    if role not in known:
        message = f"there is no role {shown(role)}.{did_you_mean(role, known)}"
        raise Invalid([Fault(path="$.escalate_to", message=message, code="unknown_value")])


# ------------------------------------------------------------------------------------------ what is kept


def _kept(sitting: Sitting, standing: Standing, state: CaseState, about: Sequence[Finding]) -> KeptReview:
    review, case, actor = sitting.review, standing.case, sitting.actor
    codes = {each.code: each.label for each in sitting.rules.codes}
    return KeptReview(
        review_id=sitting.review_id,
        number=len(standing.reviews) + 1,
        subject_type=case.subject_type,
        subject_id=case.subject_id,
        decision_id=case.decision_id,
        content_hash=case.content_hash,
        reviewed_at=sitting.now,
        action=review.action,
        reason=review.reason,
        actor_id=actor.id,
        actor_name=actor.name,
        state=state,
        reason_code=review.reason_code,
        finding_ids=review.finding_ids,
        covers=tuple(
            Covered(policy_id=each["policy_id"], line_ids=tuple(each.get("line_ids") or ())) for each in about
        ),
        expires_on=review.expires_on,
        key_id=actor.key_id,
        on_behalf_of=actor.on_behalf_of,
        label=codes.get(review.reason_code) if review.reason_code is not None else None,
        simulated=case.simulated,
    )


def _change(
    sitting: Sitting, standing: Standing, kept: KeptReview, steps: tuple[Step, ...], *, to: str | None = None
) -> ReviewChange:
    case, state = standing.case, kept.state
    asked = roles_asked(steps) if state.is_open else ()
    ends = [step.due_at for step in steps if step.state is StepState.READY and step.due_at is not None]
    case = replace(
        case,
        state=state,
        version=case.version + 1,
        changed_at=sitting.now,
        waits_for=asked,
        due_at=min(ends, default=case.due_at) if state is CaseState.WAITING_FOR_APPROVAL else case.due_at,
    )
    case = replace(case, urgency=urgency(case))
    return ReviewChange(case=case, review=kept, steps=steps, told=_told(sitting, case, kept, standing, to))


def _told(sitting: Sitting, case: Case, kept: KeptReview, standing: Standing, to: str | None) -> ToldOfReview:
    """What those outside see: the decision with who consented to what, and who decided what in its headline."""
    now = replace(standing, reviews=(*standing.reviews, kept))
    waived = {each["finding_id"] for each in sitting.in_the_way if _is_waived(each, sitting, now)}
    approved = {each["finding_id"] for each in sitting.in_the_way if _is_approved(each, now)} - waived
    verdict = {CaseState.APPROVED: Verdict.ALLOW, CaseState.WAIVED: Verdict.ALLOW, CaseState.REJECTED: Verdict.BLOCK}
    is_final = case.state.is_settled
    return ToldOfReview(
        verdict=verdict.get(case.state, case.verdict),
        headline=_headline(sitting, case, to),
        # While others still have to consent, the verdict is not theirs alone.
        approved=dict.fromkeys(sorted(approved), sitting.actor.name) if case.state is CaseState.APPROVED else {},
        waived=dict.fromkeys(sorted(waived), sitting.actor.name),
        is_final=is_final,
    )


def _headline(sitting: Sitting, case: Case, to: str | None) -> str:
    review = sitting.review
    words = {
        ReviewAction.APPROVE: "Approved by",
        ReviewAction.WAIVE: "Waived by",
        ReviewAction.REJECT: "Rejected by",
        ReviewAction.REQUEST_CHANGES: "Changes asked for by",
        ReviewAction.ESCALATE: f"Passed on to {to} by",
    }[review.action]
    waits = f" It waits for {listed(case.waits_for)}." if case.waits_for else ""
    reason = review.reason if len(review.reason) <= _LONGEST_REASON else review.reason[: _LONGEST_REASON - 1] + "…"
    return f"{words} {sitting.actor.name}: {reason.rstrip('.')}.{waits}"
