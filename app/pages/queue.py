"""The queue: deals that wait for somebody, by money at risk and deadline; for a rep, their own deals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.desk.service import DealDeskService
from app.ledgers.tables import CSV, csv_of
from app.pages.my_deals import my_deals
from app.pages.page import Nav, Page, PageAsked, PageReply, Viewed
from app.pages.queue_acting import ACTS, QueueActing
from app.pages.queue_filters import (
    ALL,
    DUE,
    KINDS,
    MINE,
    NOBODY,
    SIMULATED,
    STATES,
    TIERS,
    VERDICTS,
    Reader,
    cases_wanted,
    stated_in,
)
from app.pages.queue_view import Looking, address_of, changes_of, names_of, rows_of
from app.pages.reviewers import actor_of
from app.rules import Rules
from app.store import BadPageToken, Case, CaseFilter, CasePage, Role, Store
from policies.domain.company import BusinessCalendar
from policies.domain.desk import CaseState
from policies.domain.money import amount_string

LOOKS: Final = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN, Role.AUDITOR})
MOST_EXPORTED: Final = 10_000
_A_PAGE: Final = 50
_PORTION: Final = 500


class QueuePages:
    """The queue with its filters, its file, and what is done to several cases at once."""

    def __init__(self, store: Store, desk: DealDeskService, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._desk = desk
        self._rules = rules

    def pages(self) -> tuple[Page, ...]:
        """The first page of all, and the queue's forms."""
        return (
            Page(
                method="GET", path="/", name="queue", title="Queue", handle=self._first, template="queue.html",
                nav=Nav(label="Queue", order=10),
            ),
            Page(
                method="GET", path="/queue.csv", name="queue-file", title="Queue", handle=self._file, roles=LOOKS,
            ),
            *QueueActing(self._store, self._desk, self._rules).pages(),
        )  # fmt: skip

    def _first(self, asked: PageAsked) -> PageReply:
        """Where everybody arrives: to each what they work with."""
        if asked.user.may(*LOOKS):
            return self._queue(asked)
        if asked.user.may(Role.BILLING):
            return PageReply.to("/set-ups")
        return my_deals(asked, self._store)

    def _queue(self, asked: PageAsked) -> PageReply:
        calendar = self._calendar()
        wanted = cases_wanted(asked.query, Reader(user_id=asked.user.id, now=asked.now, calendar=calendar))
        try:
            found = self._store.desk.page(wanted, limit=_A_PAGE, page=asked.query.get("page"))
        except BadPageToken:
            return PageReply.to(asked.with_query(page=None))
        stated = stated_in(asked.query)
        names = names_of(self._store)
        looking = Looking(actor=actor_of(asked.user), now=asked.now, calendar=calendar, names=names)
        counts = self._counts(asked, wanted, found)
        context = {
            "rows": rows_of(found.cases, looking, changes_of(found.cases, self._store, self._desk)),
            "stated": stated,
            "counts": _links(asked, counts, stated.get("state", "")),
            "total": _total(counts, stated.get("state", "")) if found.cases else None,
            "narrowed": bool(stated),
            "may_act": asked.user.may(*ACTS),
            "choices": _choices(names, asked.user.id, _levels(self._rules())),
            "next": asked.with_query(page=found.next_page) if found.next_page else "",
            "first": asked.with_query(page=None) if asked.query.get("page") else "",
            "file": "/queue.csv" + asked.with_query(page=None).removeprefix(asked.address),
            "people": sorted(names.items(), key=lambda each: each[1].casefold()),
            "some_simulated": any(case.simulated for case in found.cases),
        }
        return PageReply(context=context)

    def _counts(self, asked: PageAsked, wanted: CaseFilter, found: CasePage) -> Mapping[CaseState, int]:
        """How many cases there are by state, of those that fit the other filters."""
        stated = stated_in(asked.query)
        if not stated.keys() - {"state"}:
            return self._store.desk.counts()
        if "state" not in stated and "page" not in asked.query and found.next_page is None:
            # All that fit are here: they need not be looked for a second time.
            states = [case.state for case in found.cases]
            return {each: states.count(each) for each in CaseState if each.is_open}
        return self._store.desk.counts(wanted)

    def _file(self, asked: PageAsked) -> PageReply:
        """The cases that fit the filters as CSV, up to so many; who took it is logged."""
        calendar = self._calendar()
        wanted = cases_wanted(asked.query, Reader(user_id=asked.user.id, now=asked.now, calendar=calendar))

        def cases() -> Iterator[Case]:
            page: CasePage | None = None
            while page is None or page.next_page is not None:
                page = self._store.desk.page(wanted, limit=_PORTION, page=None if page is None else page.next_page)
                yield from page.cases

        names = names_of(self._store)
        rows = [_line(case, names) for case, _ in zip(cases(), range(MOST_EXPORTED), strict=False)]
        viewed = Viewed(subject_type="queue", subject_id="", action="exported", detail=f"{len(rows)} cases as CSV")
        return PageReply.file(csv_of(rows), CSV, "queue.csv", viewed=(viewed,))

    def _calendar(self) -> BusinessCalendar:
        company = self._rules().company
        return BusinessCalendar() if company is None else company.calendar


def _links(asked: PageAsked, counts: Mapping[CaseState, int], state: str) -> list[dict[str, Any]]:
    """The counts by state, each a way to those cases with the other filters kept."""

    def link(name: str, label: str, number: int) -> dict[str, Any]:
        here = name == state
        address = asked.with_query(state=name or None, page=None)
        return {"label": label, "number": number, "address": address, "here": here}

    whole = sum(number for each, number in counts.items() if each.is_open)
    found = [link("", "All open", whole)]
    for each, number in counts.items():
        if number or each.is_open or each.value == state:
            found.append(link(each.value, each.value.replace("_", " ").capitalize(), number))
    return found


def _total(counts: Mapping[CaseState, int], state: str) -> int | None:
    """How many there are in all, as far as the counts say so."""
    if state == ALL:
        return sum(counts.values()) if len(counts) == len(CaseState) else None
    if state in tuple(CaseState):
        return counts.get(CaseState(state))
    return sum(number for each, number in counts.items() if each.is_open)


def _levels(rules: Rules) -> list[str]:
    """The roles that may be waited for."""
    company = rules.company
    if company is None:
        return []
    ladder = () if company.discount_authority is None else company.discount_authority.ladder
    staged = [role for chain in company.approval_chains for stage in chain.stages for role in stage.roles]
    return list(dict.fromkeys(("deal-desk", *ladder, *staged, *company.approval_hours)))


def _choices(names: Mapping[str, str], me: str, levels: list[str]) -> dict[str, list[tuple[str, str]]]:
    people = sorted(((key, name) for key, name in names.items() if key != me), key=lambda each: each[1].casefold())
    return {
        "state": list(STATES),
        "verdict": list(VERDICTS),
        "kind": list(KINDS),
        "tier": list(TIERS),
        "due": list(DUE),
        "simulated": list(SIMULATED),
        "assignee": [(MINE, "Me"), (NOBODY, "Nobody"), *people],
        "waits_for": [(level, level) for level in levels],
    }


def _line(case: Case, names: Mapping[str, str]) -> dict[str, Any]:
    """A case as a line of the file."""
    at_risk = None if case.at_risk is None else amount_string(case.at_risk, case.at_risk_currency or case.currency)
    leakage = None if case.expected_leakage is None else amount_string(case.expected_leakage, case.currency)
    return {
        "kind": case.subject_type.value,
        "id": case.subject_id,
        "revision": case.revision,
        "verdict": case.verdict.value,
        "state": case.state.value,
        "headline": case.headline,
        "at_risk": at_risk,
        "at_risk_currency": case.at_risk_currency,
        "expected_leakage": leakage,
        "currency": case.currency,
        "tier": case.tier,
        "root_cause": case.root_cause,
        "account_id": case.account_id,
        "account": case.account_name,
        "rep_id": case.rep_id,
        "rep": case.rep_name,
        "source": case.source,
        "stage": case.stage,
        "waits_for": list(case.waits_for),
        "assignee": None if case.assignee is None else names.get(case.assignee, case.assignee),
        "opened_at": case.opened_at.isoformat(timespec="seconds"),
        "due_at": None if case.due_at is None else case.due_at.isoformat(timespec="seconds"),
        "deadline": None if case.deadline is None else case.deadline.isoformat(timespec="seconds"),
        "decision_id": case.decision_id,
        "page": address_of(case.subject_type, case.subject_id),
        "simulated": "yes" if case.simulated else "no",
    }
