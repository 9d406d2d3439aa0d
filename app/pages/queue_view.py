"""What the queue shows of each case: where it leads, how long is left, who has it, and what changed since it was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from app.desk.actor import Actor
from app.desk.changes import Changed
from app.desk.deadlines import Due, answer_due, runs_out
from app.desk.service import DealDeskService
from app.store import Case, Store, Unreadable
from policies.domain.company import BusinessCalendar
from policies.domain.outcome import SubjectType

_PATHS: Final = {SubjectType.QUOTE: "/scorecards/quotes/", SubjectType.BILLING_CONFIGURATION: "/set-ups/"}
_NAMED: Final = 2
_LONGEST_VALUE: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A case in the queue. `value` names it in a form, with the version that is shown; `own` says that it is the reader's deal."""

    case: Case
    href: str
    value: str
    due: Due | None
    deadline: Due | None
    assignee: str
    mine: bool
    own: bool
    changed: str
    changed_tone: str = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What rows are made with: who looks, when, and whose names are known by user id."""

    actor: Actor
    now: datetime
    calendar: BusinessCalendar
    names: Mapping[str, str]


def names_of(store: Store) -> Mapping[str, str]:
    """What to call each user."""
    return {user.user_id: user.display_name.strip() or user.name for user in store.people.all()}


def rows_of(cases: Sequence[Case], looking: Looking, changes: Mapping[str, tuple[str, str]]) -> list[QueueRow]:
    """The cases as rows; `changes` are the words on what changed since an approval, by quote."""
    return [_row(case, looking, changes.get(case.subject_id, ("", "plain"))) for case in cases]


def address_of(subject_type: SubjectType, subject_id: str) -> str:
    """The page of a document."""
    path = _PATHS.get(subject_type)
    return f"{path}{quote(subject_id, safe='')}" if path is not None else ""


def value_of(case: Case) -> str:
    """A case as the value of a box to tick: its kind, the version that was seen, and its id."""
    return f"{case.subject_type.value}:{case.version}:{case.subject_id}"


def read_values(values: Iterable[str]) -> dict[tuple[SubjectType, str], int]:
    """The cases that were ticked, with the versions that were seen. What is no such value is left out."""
    found = {}
    for value in values:
        kind, _, rest = value.partition(":")
        version, colon, subject_id = rest.partition(":")
        if colon and kind in tuple(SubjectType) and version.isascii() and version.isdigit() and len(version) < 10:
            found[SubjectType(kind), subject_id] = int(version)
    return found


def changes_of(cases: Sequence[Case], store: Store, desk: DealDeskService) -> dict[str, tuple[str, str]]:
    """For each quote that was approved on other content: what changed since, in a line, with its tone."""
    quotes = [case.subject_id for case in cases if case.subject_type is SubjectType.QUOTE]
    found: dict[str, tuple[str, str]] = {}
    for quote_id in store.desk.consented(SubjectType.QUOTE, quotes) if quotes else ():
        try:
            since = desk.changes_since_approval(quote_id)
        except (Unreadable, LookupError, ValueError):
            # The scorecard says what is the matter with such a record; the queue goes on.
            continue
        if since is not None:
            found[quote_id] = told_of_changes(since[1])
    return found


def told_of_changes(changed: Sequence[Changed]) -> tuple[str, str]:
    """What changed since the last approval, in a line, and its tone: warn where something got worse."""
    worse = [each for each in changed if each.is_worse]
    if not changed:
        return "nothing material changed", "good"
    if not worse:
        return f"{_counted(len(changed))} changed, none for the worse", "good"
    more = "" if len(worse) <= _NAMED else f" and {len(worse) - _NAMED} more"
    return f"worse: {', '.join(map(_field, worse[:_NAMED]))}{more}", "warn"


def _counted(number: int) -> str:
    return f"{number} term{'' if number == 1 else 's'}"


def _field(changed: Changed) -> str:
    where = "" if changed.line_id is None else f" on line {changed.line_id}"
    return f"{changed.field.replace('_', ' ')}{where}{_step(changed.before, changed.now)}"


def _step(before: str | None, now: str | None) -> str:
    if max(len(before or ""), len(now or "")) > _LONGEST_VALUE:
        return ""
    return f" {'none' if before is None else before} → {'none' if now is None else now}"


def _row(case: Case, looking: Looking, changed: tuple[str, str]) -> QueueRow:
    assignee = case.assignee
    due = answer_due(case.due_at, looking.now, looking.calendar) if case.state.is_open else None
    deadline = (
        runs_out(case.deadline, looking.now, invoice=case.subject_type is not SubjectType.QUOTE)
        if case.state.is_open
        else None
    )
    return QueueRow(
        case=case,
        href=address_of(case.subject_type, case.subject_id),
        value=value_of(case),
        due=due,
        deadline=deadline,
        assignee="" if assignee is None else looking.names.get(assignee, assignee),
        mine=assignee is not None and assignee == looking.actor.id,
        own=looking.actor.sent(case.rep_id, (case.key_id,)),
        changed=changed[0],
        changed_tone=changed[1],
    )
