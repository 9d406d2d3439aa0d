"""The queue's filters: from what stands after the question mark to cases, and the choices to offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from app.desk.deadlines import soon
from app.pages.page import Fields
from app.store import CaseFilter
from policies.domain.company import BusinessCalendar
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType

MINE: Final = "mine"
NOBODY: Final = "nobody"
ALL: Final = "all"
NAMES: Final = (
    "q", "state", "verdict", "kind", "tier", "rep", "account", "source", "currency", "assignee", "due", "waits_for", "simulated",
)  # fmt: skip
STATES: Final = (
    (ALL, "All, closed ones too"),
    *[(state.value, state.value.replace("_", " ").capitalize()) for state in CaseState],
)
DUE: Final = (("soon", "Within 8 working hours"), ("overdue", "Overdue"), ("week", "Runs out within 7 days"))
TIERS: Final = (("alert", "Alert"), ("digest", "Digest"), ("refine", "Refine"))
VERDICTS: Final = (("flag", "Flag"), ("block", "Block"))
KINDS: Final = ((SubjectType.QUOTE.value, "Quotes"), (SubjectType.BILLING_CONFIGURATION.value, "Set-ups"))
SIMULATED: Final = (("no", "Real only"), ("yes", "Simulated only"))
_LONGEST: Final = 200
_WEEK: Final = timedelta(days=7)

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at the queue and when, for what "mine" and "soon" mean."""

    user_id: str
    now: datetime
    calendar: BusinessCalendar


def stated_in(query: Fields) -> Mapping[str, str]:
    """The filters that are set, by name. A word that a filter does not know is as none."""
    found = {name: query.get(name, "").strip()[:_LONGEST] for name in NAMES}
    return {name: value for name, value in found.items() if value}


def cases_wanted(query: Fields, reader: Reader) -> CaseFilter:
    """The cases that the address asks for; open ones where it names no state."""
    stated = stated_in(query)
    wanted = CaseFilter(
        is_open=True,
        text=stated.get("q"),
        verdict=_word(Verdict, stated.get("verdict")),
        subject_type=_word(SubjectType, stated.get("kind")),
        tier=stated.get("tier"),
        rep_id=stated.get("rep"),
        account_id=stated.get("account"),
        source=stated.get("source"),
        currency=stated.get("currency", "").upper() or None,
        waits_for=stated.get("waits_for"),
        simulated={"yes": True, "no": False}.get(stated.get("simulated", "")),
    )
    wanted = _in_state(wanted, stated.get("state", ""))
    wanted = _with_assignee(wanted, stated.get("assignee", ""), reader)
    return _due(wanted, stated.get("due", ""), reader)


def _in_state(wanted: CaseFilter, state: str) -> CaseFilter:
    if state == ALL:
        return replace(wanted, is_open=None)
    named = _word(CaseState, state)
    return wanted if named is None else replace(wanted, is_open=named.is_open, states=(named,))


def _with_assignee(wanted: CaseFilter, assignee: str, reader: Reader) -> CaseFilter:
    if assignee == NOBODY:
        return replace(wanted, unassigned=True)
    named = reader.user_id if assignee == MINE else assignee
    return replace(wanted, assignee=named or None)


def _due(wanted: CaseFilter, due: str, reader: Reader) -> CaseFilter:
    if due == "soon":
        return replace(wanted, due_before=soon(reader.calendar, reader.now))
    if due == "overdue":
        return replace(wanted, due_before=reader.now)
    if due == "week":
        return replace(wanted, deadline_before=reader.now + _WEEK)
    return wanted


def _word(kind: type[Word], text: str | None) -> Word | None:
    return kind(text) if text in tuple(kind) else None
