"""How the decisions of some time turned out, counted: in all, by policy, by tier, by system and by how it came to be known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.feedback import Judged, Turned, judged
from app.learning.links import links_asked, outcomes_in
from app.store import DecisionFilter, DocumentFilter, DocumentKind
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from app.store import DecisionSummary, Store
    from policies.domain.outcome import Outcome

MOST: Final = 20_000
"""So many decisions are counted at most, those made after the range included: their outcomes are told apart by them."""

_SHADOW: Final = "shadow"


class TooMany(ValueError):  # noqa: N818 - it says what is wrong
    """More decisions were made since the beginning of the range than are counted at once."""


@dataclass(slots=True)
class _Tally:
    """Counts by a word; what is None is not counted there."""

    rows: dict[str, dict[Turned, int]] = field(default_factory=dict)

    def add(self, value: str, turned: Turned) -> None:
        self.rows.setdefault(value, dict.fromkeys(Turned, 0))[turned] += 1

    def as_json(self) -> list[dict[str, Any]]:
        return [{"value": value, **_named(self.rows[value])} for value in sorted(self.rows)]


def feedback_counts(
    store: Store, start: datetime, end: datetime, as_of: datetime, *, most: int = MOST
) -> dict[str, Any]:
    """What turned out of the decisions from `start` to before `end`, as it is known at a moment. Raises `TooMany`.

    A decision that several outcomes judge counts once, by the last word; one without any is unknown.
    """
    about: dict[str, tuple[str | None, tuple[str, ...]]] = {}
    decisions = list(_read(store, start, end, about, most))
    links = links_asked(store)
    documents = (each.document for each in store.documents.find(DocumentKind.OUTCOME, DocumentFilter()))
    outcomes = (each for each in outcomes_in(documents) if each.discovered_at is None or each.discovered_at >= start)
    found = judged(decisions, outcomes, as_of=as_of, quote_of=links.quote_of)
    counted = [each for each in found.decisions if each.decision.created_at < end]
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "decisions": len(counted),
        "counts": _named(_sum(counted)),
        "contradicted": sum(each.contradicted for each in counted),
        "unmatched": sum(_is_lost(store, each) for each in found.unmatched if _found_in(each, start, end)),
        "future": len(found.future),
        **_parts(counted, about),
    }


def _read(
    store: Store, start: datetime, end: datetime, about: dict[str, tuple[str | None, tuple[str, ...]]], most: int
) -> Iterator[DecisionSummary]:
    """The decisions since `start`; of those before `end`, `about` is told the tier and the policies that found something."""
    for number, (summary, document) in enumerate(store.decisions.documents(DecisionFilter(created_from=start))):
        if number >= most:
            raise TooMany(f"more than {most:,} decisions were made since then")
        if summary.created_at < end:
            about[summary.decision_id] = _about(document)
        yield summary


def _about(document: bytes) -> tuple[str | None, tuple[str, ...]]:
    told = json.loads(document)
    findings = (each["policy_id"] for each in told.get("findings") or () if each.get("effect") != _SHADOW)
    return (told.get("risk") or {}).get("tier"), tuple(dict.fromkeys(findings))


def _parts(
    counted: Iterable[Judged], about: Mapping[str, tuple[str | None, tuple[str, ...]]]
) -> dict[str, list[dict[str, Any]]]:
    by = {name: _Tally() for name in ("by_policy", "by_tier", "by_source", "by_found_by")}
    for each in counted:
        turned, (tier, policies) = each.turned, about[each.decision.decision_id]
        for policy in policies:
            by["by_policy"].add(policy, turned)
        by["by_tier"].add(tier or "none", turned)
        by["by_source"].add(each.decision.source or "none", turned)
        if each.outcomes:
            last = each.outcomes[-1].source
            by["by_found_by"].add("unsaid" if last is None else last.value, turned)
    return {name: tally.as_json() for name, tally in by.items()}


def _sum(counted: Iterable[Judged]) -> dict[Turned, int]:
    found = dict.fromkeys(Turned, 0)
    for each in counted:
        found[each.turned] += 1
    return found


def _named(counts: Mapping[Turned, int]) -> dict[str, int]:
    return {turned.value: count for turned, count in counts.items()}


def _found_in(outcome: Outcome, start: datetime, end: datetime) -> bool:
    return outcome.discovered_at is not None and start <= outcome.discovered_at < end


def _is_lost(store: Store, outcome: Outcome) -> bool:
    """Whether no decision was made on its subject before, nor on the quote that it leads to: one from before the range may be."""
    before = outcome.discovered_at
    subject = outcome.subject
    if _any(store, DecisionFilter(subject_type=subject.type, subject_id=subject.id, created_before=before)):
        return False
    quote_id = links_asked(store).quote_of(outcome)
    wanted = DecisionFilter(subject_type=SubjectType.QUOTE, subject_id=quote_id, created_before=before)
    return quote_id is None or not _any(store, wanted)


def _any(store: Store, wanted: DecisionFilter) -> bool:
    return bool(store.decisions.page(wanted, limit=1).decisions)
