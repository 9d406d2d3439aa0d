"""Set-ups: billing configurations before their first invoice, each beside its agreement, with what differs and what mends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from app.assess import Verifier
from app.errors import NOT_FOUND, refuse
from app.pages.faults import NOT_YOURS
from app.pages.page import Nav, Page, PageAsked, PageReply, Viewed
from app.pages.set_up_view import causes_of, charges_of, chart_of, checklist_of, months_of
from app.people.person import Person
from app.releasing import LONGEST_REASON, NotReleased, release_by_hand
from app.reverify import NotStored, Reverifier
from app.rules import Rules
from app.set_up_fixes import NotTried, Tried, sent_of, try_fixes
from app.store import BadPageToken, HoldFilter, Role, Store, StoredDecision
from cpq_hooks.problem import Invalid
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType
from policies.holding import Hold, HoldState, escalates_on

LOOKS: Final = frozenset({Role.BILLING, Role.ADMIN, Role.ANALYST, Role.APPROVER, Role.AUDITOR})
ACTS: Final = frozenset({Role.BILLING, Role.ADMIN})
RELEASES: Final = frozenset({Role.BILLING, Role.APPROVER, Role.ADMIN})
STATES: Final[Mapping[str, tuple[str, HoldFilter]]] = {
    "waiting": ("Held or escalated", HoldFilter(states=(HoldState.HELD, HoldState.ESCALATED))),
    "escalated": ("Escalated", HoldFilter(states=(HoldState.ESCALATED,))),
    "overdue": ("Overdue", HoldFilter(overdue=True)),
    "flagged": ("Flagged", HoldFilter(verdict=Verdict.FLAG)),
    "released": ("Released", HoldFilter(states=(HoldState.RELEASED,))),
    "clear": ("Clear", HoldFilter(states=(HoldState.NONE,), verdict=Verdict.ALLOW)),
    "all": ("All", HoldFilter()),
}
_A_PAGE: Final = 50
_PATIENCE: Final = 20.0


class SetUpPages:
    """The list of set-ups, a page for each, and what can be done there."""

    def __init__(self, store: Store, set_ups: Verifier, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._set_ups = set_ups
        self._rules = rules

    def pages(self) -> tuple[Page, ...]:
        """The list, each set-up's page, and its forms."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply], **more: Any) -> Page:
            terms: dict[str, Any] = {"title": "Set-ups", "roles": LOOKS} | more
            return Page(method=method, path=path, name=name, handle=handle, **terms)

        one = {"template": "set_up.html"}
        return (
            page("GET", "/set-ups", "set-ups", self._list, template="set_ups.html", nav=Nav(label="Set-ups", order=20)),
            page("GET", "/set-ups/{id}", "set-up", self._show, **one),
            page("POST", "/set-ups/try/{id}", "try-set-up", self._try, **one),
            page("POST", "/set-ups/recheck/{id}", "recheck-set-up", self._recheck, roles=ACTS),
            page("POST", "/set-ups/release/{id}", "release-set-up", self._release, roles=RELEASES, **one),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        state = asked.query.get("state", "")
        wanted = replace(
            STATES.get(state, STATES["waiting"])[1],
            agreement_id=asked.query.get("agreement", "").strip() or None,
            due_before=_day(asked.query.get("due", "")),
        )
        try:
            found = self._store.holds.page(wanted, limit=_A_PAGE, page=asked.query.get("page"))
        except BadPageToken:
            return PageReply.to(asked.with_query(page=None))
        decided = self._store.decisions.summaries([hold.decision_id for hold in found.holds])
        context = {
            "holds": found.holds,
            "decided": decided,
            "next": asked.with_query(page=found.next_page) if found.next_page else "",
            "first": asked.with_query(page=None) if asked.query.get("page") else "",
            "states": [(name, label) for name, (label, _) in STATES.items()],
            "state": state if state in STATES else "waiting",
            "today": asked.now.date(),
        }
        return PageReply(context=context)

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked)

    def _try(self, asked: PageAsked) -> PageReply:
        stored = self._decided(asked)
        try:
            tried = try_fixes(stored, asked.form.getlist("finding_ids"), self._set_ups)
        except NotTried as error:
            return self._shown(asked, error=str(error), status=422)
        except Invalid as error:
            return self._shown(asked, error=_told(error), status=422)
        return self._shown(asked, tried=tried)

    def _recheck(self, asked: PageAsked) -> PageReply:
        identity = asked.path["id"]
        again = Reverifier(self._set_ups, self._store)
        try:
            answer = again.again(identity, wait_seconds=_PATIENCE)
        except NotStored:
            raise refuse(NOT_FOUND, "There is no such billing configuration.") from None
        except Invalid as error:
            return PageReply.to(_address(identity), f"It could not be verified: {_told(error)}")
        finally:
            again.close()
        self._store.access.add(asked.user.did("verified again", "billing_configuration", identity))
        if answer.verdict is None:
            return PageReply.to(_address(identity), "It is being verified; look again in a moment.")
        said = {"allow": "nothing stands in the way", "flag": "somebody should look", "block": "it is not ready yet"}
        return PageReply.to(_address(identity), f"Verified again: {said.get(answer.verdict, answer.verdict)}.")

    def _release(self, asked: PageAsked) -> PageReply:
        identity, why = asked.path["id"], asked.form.get("reason", "")
        stored = self._decided(asked)
        if _is_own(asked.user, stored):
            raise refuse(NOT_YOURS, "Nobody lets go a deal of their own.")
        try:
            release_by_hand(
                self._store.holds, identity, seen=asked.form.get("seen", ""), by=_named(asked.user), why=why, as_of=asked.now
            )  # fmt: skip
        except NotReleased as error:
            return self._shown(asked, error=str(error), reason=why, status=422 if not why.strip() else 409)
        self._store.access.add(asked.user.did("released", "billing_configuration", identity, why.strip()))
        return PageReply.to(_address(identity), "Released. The billing system is told to let the first invoice go.")

    def _shown(
        self, asked: PageAsked, *, tried: Tried | None = None, error: str = "", reason: str = "", status: int = 200
    ) -> PageReply:
        identity, stored = asked.path["id"], self._decided(asked)
        hold = self._store.holds.get(identity)
        document, sent = json.loads(stored.decision.document, parse_float=str), sent_of(stored)
        months = months_of(document)
        rules = self._rules()
        context = {
            "id": identity,
            "decision": document,
            "hold": hold,
            "history": self._store.holds.history(identity),
            "escalates": _escalates(hold, rules, asked),
            "months": months,
            "chart": chart_of(months, document["totals"]["currency"]),
            "has_preview": any(each.preview is not None for each in months),
            "causes": causes_of(document, sent),
            "checklist": checklist_of(document, rules.policies.policies, has_preview=bool(sent.get("previews"))),
            "charges": charges_of(sent),
            "tried": tried,
            "tried_months": () if tried is None else months_of(tried.document),
            "patched": _patches(document),
            "error": error,
            "reason": reason,
            "longest_reason": LONGEST_REASON,
            "may_act": asked.user.may(*ACTS),
            "may_release": asked.user.may(*RELEASES) and not _is_own(asked.user, stored),
        }
        viewed = (Viewed(subject_type="billing_configuration", subject_id=identity),)
        return PageReply(context=context, title=f"Set-up {identity[:80]}", viewed=viewed, status=status)

    def _decided(self, asked: PageAsked) -> StoredDecision:
        found = self._store.decisions.latest_for_subject(SubjectType.BILLING_CONFIGURATION, asked.path["id"])
        if found is None:
            raise refuse(NOT_FOUND, "No billing configuration with this id was verified.")
        return found


def _escalates(hold: Hold | None, rules: Rules, asked: PageAsked) -> date | None:
    if hold is None or hold.state is not HoldState.HELD:
        return None
    return escalates_on(hold, rules.company, asked.now)


def _patches(document: Mapping[str, Any]) -> str:
    """All proven changes of what is in the way, as one RFC 6902 patch."""
    together: dict[str, Any] = {}
    for finding in document["findings"]:
        if finding["effect"] != "shadow" and finding.get("remedy"):
            together |= {json.dumps(each, sort_keys=True): each for each in finding["remedy"].get("patch") or ()}
    return json.dumps(list(together.values()), indent=2, ensure_ascii=False) if together else ""


def _is_own(person: Person, stored: StoredDecision) -> bool:
    """Whether the deal is one that this person sold."""
    return person.rep_id is not None and person.rep_id == stored.decision.summary.rep_id


def _named(person: Person) -> str:
    """Who lets go, as the history keeps it, and for whom they act where the role is lent."""
    if person.user.roles & RELEASES:
        return person.signed
    giver = next((each.giver for each in person.lent if each.roles & RELEASES), None)
    return person.signed if giver is None else f"{person.signed}, for {giver.name}"


def _told(error: Invalid) -> str:
    return "; ".join(problem.message for problem in error.problems[:3])


def _address(identity: str) -> str:
    return f"/set-ups/{quote(identity)}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
