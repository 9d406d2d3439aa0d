"""What is done from the queue: taking and giving cases, and consenting to or returning several at once, after a look at what will happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.desk.refusals import ReviewRefused
from app.desk.service import MOST_AT_ONCE, DealDeskService, NotReviewed, Reviewed
from app.pages.page import Page, PageAsked, PageReply
from app.pages.queue_view import address_of, names_of, read_values
from app.pages.reviewers import actor_of
from app.rules import Rules
from app.store import Case, Role, Store
from policies.domain.desk import CaseState, ReviewRules
from policies.domain.outcome import SubjectType
from policies.domain.review import Review, ReviewAction

ACTS: Final = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
TAKE, GIVE, DROP = "take", "give", "drop"
_LONGEST_REASON: Final = 2000
_STATES: Final = {
    CaseState.APPROVED: "approved, and may go on",
    CaseState.WAITING_FOR_APPROVAL: "your consent is given; then it waits for {roles}",
    CaseState.WAITING_FOR_CHANGES: "goes back to the rep for changes",
    CaseState.OPEN: "your consent is given; what blocks stays open",
}

Ticked = Mapping[tuple[SubjectType, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What will happen to one case, or why it will not."""

    case: Case
    href: str
    words: str
    happens: bool


class QueueActing:
    """The queue's forms. Each goes back to the queue as it was filtered."""

    def __init__(self, store: Store, desk: DealDeskService, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._desk = desk
        self._rules = rules

    def pages(self) -> tuple[Page, ...]:
        """Taking one case, the look at what will happen to several, and doing it."""

        def page(name: str, path: str, handle: Callable[[PageAsked], PageReply]) -> Page:
            return Page(
                method="POST", path=path, name=name, title="What will happen", handle=handle, roles=ACTS,
                template="queue_preview.html",
            )  # fmt: skip

        return (
            page("queue-take", "/queue/take", self._take),
            page("queue-preview", "/queue/preview", self._preview),
            page("queue-do", "/queue/do", self._do),
        )

    def _take(self, asked: PageAsked) -> PageReply:
        """One case, at once: taken by whoever asks, or given up."""
        drops = "drop" in asked.form
        ticked = read_values([asked.form.get("drop" if drops else "take", "")])
        changed = self._desk.assign(
            list(ticked), None if drops else asked.user.id, actor_of(asked.user), versions=ticked
        )
        if changed:
            subject = _cut(changed[0].subject_id)
            return PageReply.to(_back(asked), f"{subject} is nobody's now." if drops else f"{subject} is yours.")
        return PageReply.to(_back(asked), self._why_not(ticked))

    def _why_not(self, ticked: Ticked) -> str:
        case = next((case for each in ticked if (case := self._store.desk.case(*each)) is not None), None)
        if case is None:
            return "Nothing was changed: there is no such case."
        who = None if case.assignee is None else names_of(self._store).get(case.assignee, case.assignee)
        told = "nobody has it" if who is None else f"{_cut(who)} has it"
        return f"Nothing was changed: {_cut(case.subject_id)} has changed meanwhile; {told}."

    def _preview(self, asked: PageAsked) -> PageReply:
        action = asked.form.get("action", "")
        ticked = read_values(asked.form.getlist("case"))
        if action not in _LABELS:
            return PageReply.to(_back(asked), "Nothing was changed.")
        if not ticked:
            return PageReply.to(_back(asked), "Nothing was ticked, and nothing was changed.")
        if len(ticked) > MOST_AT_ONCE:
            return PageReply.to(_back(asked), f"At most {MOST_AT_ONCE} deals are taken at once.")
        return self._shown(asked, action, ticked)

    def _shown(self, asked: PageAsked, action: str, ticked: Ticked, wrong: str = "") -> PageReply:
        cases = [case for each in ticked if (case := self._store.desk.case(*each)) is not None]
        reviewing = action in (ReviewAction.APPROVE.value, ReviewAction.REQUEST_CHANGES.value)
        foreseen = (
            self._foresee_reviews(asked, ReviewAction(action), cases, ticked)
            if reviewing
            else self._foresee_assignments(asked, action, cases, ticked)
        )
        company = self._rules().company
        rules = ReviewRules() if company is None else company.reviews
        codes = [(each.code, each.title) for each in rules.codes if not each.actions or action in each.actions]
        context = {
            "action": action,
            "label": _LABELS.get(action, "Change"),
            "foreseen": foreseen,
            "going": [each for each in foreseen if each.happens],
            "versions": {each.case.subject_id: ticked[each.case.subject_type, each.case.subject_id] for each in foreseen},
            "reviewing": reviewing,
            "codes": codes,
            "wrong": wrong,
            "sent": asked.form,
            "back": _back(asked),
            "to": asked.form.get("to", ""),
            "who": names_of(self._store).get(asked.form.get("to", ""), ""),
        }  # fmt: skip
        return PageReply(context=context, status=422 if wrong else 200)

    def _foresee_reviews(
        self, asked: PageAsked, action: ReviewAction, cases: Sequence[Case], ticked: Ticked
    ) -> list[Foreseen]:
        review = Review(action=action, reason="rehearsed")
        by_decision = {case.decision_id: case for case in cases}
        versions = {case.decision_id: ticked[case.subject_type, case.subject_id] for case in cases}
        results = self._desk.approve_together(
            list(by_decision), review, actor_of(asked.user), versions=versions, rehearse=True
        )
        found = []
        for decision_id, result in zip(by_decision, results, strict=True):
            case = by_decision[decision_id]
            words = result.message if isinstance(result, NotReviewed) else _told(result)
            found.append(_foreseen(case, words, happens=isinstance(result, Reviewed)))
        return found

    def _foresee_assignments(
        self, asked: PageAsked, action: str, cases: Sequence[Case], ticked: Ticked
    ) -> list[Foreseen]:
        names = names_of(self._store)
        to = _assignee(action, asked)
        found = []
        for case in cases:
            whose = "nobody" if case.assignee is None else names.get(case.assignee, case.assignee)
            who = "nobody" if to is None else names.get(to, "")
            if case.version != ticked[case.subject_type, case.subject_id]:
                found.append(_foreseen(case, f"has changed meanwhile; {whose} has it", happens=False))
            elif not who:
                found.append(_foreseen(case, "choose somebody to give it to", happens=False))
            elif case.assignee == to:
                found.append(_foreseen(case, f"{whose} has it already", happens=False))
            else:
                found.append(_foreseen(case, f"from {whose} to {who}", happens=True))
        return found

    def _do(self, asked: PageAsked) -> PageReply:
        action = asked.form.get("action", "")
        ticked = read_values(asked.form.getlist("case"))
        if not ticked:
            return PageReply.to(_back(asked), "Nothing was ticked, and nothing was changed.")
        try:
            if action in (TAKE, GIVE, DROP):
                return self._assign(asked, action, ticked)
            if action in (ReviewAction.APPROVE.value, ReviewAction.REQUEST_CHANGES.value):
                return self._review(asked, ReviewAction(action), ticked)
        except ReviewRefused as refused:
            return self._shown(asked, action, ticked, refused.message)
        return PageReply.to(_back(asked), "Nothing was changed.")

    def _assign(self, asked: PageAsked, action: str, ticked: Ticked) -> PageReply:
        to = _assignee(action, asked)
        if to is not None and to not in names_of(self._store):
            return self._shown(asked, action, ticked, "Choose somebody to give the cases to.")
        changed = self._desk.assign(list(ticked), to, actor_of(asked.user), versions=ticked)
        return PageReply.to(_back(asked), f"{len(changed)} of {len(ticked)} cases changed hands.")

    def _review(self, asked: PageAsked, action: ReviewAction, ticked: Ticked) -> PageReply:
        reason = asked.form.get("reason", "").strip()
        if not reason or len(reason) > _LONGEST_REASON:
            why = "Give a reason" if not reason else f"The reason is longer than {_LONGEST_REASON} characters"
            return self._shown(asked, action.value, ticked, f"{why}: it goes on record with each deal.")
        cases = [case for each in ticked if (case := self._store.desk.case(*each)) is not None]
        versions = {case.decision_id: ticked[case.subject_type, case.subject_id] for case in cases}
        review = Review(action=action, reason=reason, reason_code=asked.form.get("reason_code") or None)
        results = self._desk.approve_together(list(versions), review, actor_of(asked.user), versions=versions)
        left = [each for each in results if isinstance(each, NotReviewed)]
        done = "approved" if action is ReviewAction.APPROVE else "sent back"
        told = f"{len(results) - len(left)} of {len(ticked)} {done}."
        return PageReply.to(_back(asked), f"{told} {left[0].message}" if left else told)


_LABELS: Final[Mapping[str, str]] = {
    TAKE: "Take",
    GIVE: "Give",
    DROP: "Drop",
    ReviewAction.APPROVE.value: "Approve",
    ReviewAction.REQUEST_CHANGES.value: "Ask for changes",
}


def _told(result: Reviewed) -> str:
    if not result.is_new:
        return "you said so already"
    roles = ", ".join(result.case.waits_for) or "others"
    return _STATES.get(result.case.state, result.case.state.value).format(roles=roles)


def _foreseen(case: Case, words: str, **more: Any) -> Foreseen:
    return Foreseen(case=case, href=address_of(case.subject_type, case.subject_id), words=words, **more)


def _assignee(action: str, asked: PageAsked) -> str | None:
    return {TAKE: asked.user.id, GIVE: asked.form.get("to", "")}.get(action)


def _back(asked: PageAsked) -> str:
    """The queue as it was filtered. Only the queue's own address is gone back to."""
    wanted = asked.form.get("back", "/")
    return wanted if wanted == "/" or wanted.startswith("/?") else "/"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
