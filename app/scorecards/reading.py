"""A deal out of the record: the decision that is looked at, the quote that it is on, and every other decision on that quote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from app.store import DecisionFilter, DecisionSummary, Store, StoredDecision
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.domain.outcome import SubjectType
from policies.domain.quote import Quote

Json = Mapping[str, Any]

MOST_REVISIONS: Final = 50
"""So many decisions on a quote are listed, newest first."""
COMPARED: Final = 8
"""Of so many of them it is told what appeared and what was cleared: each has to be read whole."""


class Told(dict[str, Any]):
    """An object of an answer. What an earlier version of the program did not say yet is None."""

    def __missing__(self, _: str) -> None:
        return None


def told(answer: bytes) -> Json:
    """A decision as it was answered; amounts are text."""
    found: Json = json.loads(answer, parse_float=str, object_hook=Told)
    return found


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A decision on a quote with its surroundings. `history` has every decision on the quote, the newest first."""

    stored: StoredDecision
    history: tuple[DecisionSummary, ...]

    @cached_property
    def document(self) -> Json:
        """The decision as it was answered; amounts are text."""
        return told(self.stored.decision.document)

    @cached_property
    def sent(self) -> Any:
        """The quote as it was sent, numbers read exactly."""
        request = self.stored.decision.request
        return read_json(request, max_bytes=len(request) + 1)

    @cached_property
    def quote(self) -> Quote:
        """The quote as it was judged."""
        return load_quote(self.sent, max_lines=None)

    @property
    def summary(self) -> DecisionSummary:
        return self.stored.decision.summary

    @property
    def quote_id(self) -> str:
        return self.summary.subject.id

    @property
    def is_newest(self) -> bool:
        """Whether no later decision is on record."""
        return self.history[0].decision_id == self.summary.decision_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A finding in one line."""

    policy_id: str
    pattern: str
    effect: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is there now and was not before, and the other way round."""

    appeared: tuple[Short, ...]
    cleared: tuple[Short, ...]
    remained: tuple[Short, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A decision in the quote's history. `since` is None for the first one, and where it is too far back to be read."""

    summary: DecisionSummary
    since: Difference | None = None


def deal_of(store: Store, quote_id: str, decision_id: str | None = None) -> Deal | None:
    """The newest decision on a quote, or the one that is named; None where there is none such."""
    wanted = DecisionFilter(subject_type=SubjectType.QUOTE, subject_id=quote_id)
    history = store.decisions.page(wanted, limit=MOST_REVISIONS).decisions
    if not history:
        return None
    stored = store.decisions.get(decision_id or history[0].decision_id)
    if stored is None or stored.decision.summary.subject.type is not SubjectType.QUOTE:
        return None
    same = stored.decision.summary.subject.id == history[0].subject.id
    return Deal(stored=stored, history=history) if same else None


def revisions(store: Store, deal: Deal) -> tuple[Revision, ...]:
    """The quote's history with what each decision changed about the findings."""
    read = {deal.summary.decision_id: deal.document}
    for each in deal.history[: COMPARED + 1]:
        if each.decision_id not in read and (stored := store.decisions.get(each.decision_id)) is not None:
            read[each.decision_id] = told(stored.decision.document)
    found = []
    for at, each in enumerate(deal.history):
        before = deal.history[at + 1] if at + 1 < len(deal.history) else None
        known = before is not None and before.decision_id in read and each.decision_id in read
        since = difference(read[before.decision_id], read[each.decision_id]) if known and before is not None else None
        found.append(Revision(summary=each, since=since))
    return tuple(found)


def difference(before: Json, now: Json) -> Difference:
    """What changed about the findings between two answers. A finding is the same by its policy and its lines."""
    were, are = _findings(before), _findings(now)
    return Difference(
        appeared=_shorts(each for key, each in are.items() if key not in were),
        cleared=_shorts(each for key, each in were.items() if key not in are),
        remained=_shorts(each for key, each in are.items() if key in were),
    )


def _findings(document: Json) -> dict[tuple[str, ...], Json]:
    found: Sequence[Json] = document.get("findings") or ()
    return {(each["policy_id"], *each.get("line_ids", ())): each for each in found}


def _shorts(findings: Any) -> tuple[Short, ...]:
    names = ("policy_id", "pattern", "effect", "message")
    return tuple(Short(**{name: str(each.get(name) or "") for name in names}) for each in findings)
