"""Feedback: what turned out, joined to the decision that it judges. What joins to none is kept and counted, never dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.store import DecisionFilter
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from app.store import DecisionSummary, Store
    from policies.domain.outcome import Outcome

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_PAGE: Final = 500

QuoteOf = Callable[["Outcome"], "str | None"]
"""The quote that an outcome on a later document leads to; None where nothing leads to one."""


class Turned(StrEnum):
    """What became of a decision. Unknown is no true negative: nobody looked."""

    TRUE_POSITIVE = "true_positive"
    FALSE_POSITIVE = "false_positive"
    FALSE_NEGATIVE = "false_negative"
    TRUE_NEGATIVE = "true_negative"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision and every outcome that judges it, in the order of their discovery: the last word holds.

    `contradicted` says that they do not agree on whether it leaked.
    """

    decision: DecisionSummary
    outcomes: tuple[Outcome, ...] = ()

    @property
    def turned(self) -> Turned:
        """A stated verdict wins; else what was decided is held against whether it leaked."""
        if not self.outcomes:
            return Turned.UNKNOWN
        last = self.outcomes[-1]
        if last.verdict is not None:
            return Turned(last.verdict.value)
        if self.decision.verdict is Verdict.ALLOW:
            return Turned.FALSE_NEGATIVE if last.leaked else Turned.TRUE_NEGATIVE
        return Turned.TRUE_POSITIVE if last.leaked else Turned.FALSE_POSITIVE

    @property
    def contradicted(self) -> bool:
        return len({each.leaked for each in self.outcomes}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """All decisions as they turned out, and the outcomes that judge none: of an unknown document, of one that was not
    decided on by then, or from the future.
    """

    decisions: tuple[Judged, ...]
    unmatched: tuple[Outcome, ...] = ()
    future: tuple[Outcome, ...] = ()

    @property
    def counts(self) -> dict[Turned, int]:
        """How many decisions turned out how."""
        found = dict.fromkeys(Turned, 0)
        for each in self.decisions:
            found[each.turned] += 1
        return found

    @property
    def contradicted(self) -> int:
        """On how many decisions outcomes disagree."""
        return sum(each.contradicted for each in self.decisions)


def judged(
    decisions: Iterable[DecisionSummary],
    outcomes: Iterable[Outcome],
    *,
    as_of: datetime,
    quote_of: QuoteOf = lambda _: None,
) -> Feedback:
    """The decisions with what turned out of them, as it is known at a moment.

    An outcome judges the decision that it names; one that names none judges the newest decision on its subject before it was
    discovered, and where there is none on that, the newest on the quote that the subject leads to. The same outcome twice
    counts once.
    """
    index = _Index(decisions)
    future, unmatched = [], []
    for outcome in sorted({each.outcome_id: each for each in outcomes}.values(), key=_when):
        if outcome.discovered_at is not None and outcome.discovered_at > as_of:
            future.append(outcome)
        elif not index.take(outcome, quote_of):
            unmatched.append(outcome)
    return Feedback(decisions=tuple(index.judged()), unmatched=tuple(unmatched), future=tuple(future))


def recorded_decisions(store: Store, subject_type: SubjectType | None = None) -> Iterator[DecisionSummary]:
    """Every decision on record, the newest first, read in portions."""
    page, wanted = None, DecisionFilter(subject_type=subject_type)
    while True:
        found = store.decisions.page(wanted, limit=_PAGE, page=page)
        yield from found.decisions
        page = found.next_page
        if page is None:
            return


@dataclass(slots=True)
class _Found:
    decision: DecisionSummary
    outcomes: list[Outcome] = field(default_factory=list)


class _Index:
    """Decisions by id and by document, with the outcomes that judge each."""

    def __init__(self, decisions: Iterable[DecisionSummary]) -> None:
        ordered = sorted(decisions, key=lambda each: (each.created_at, each.decision_id))
        self._by_id = {each.decision_id: _Found(each) for each in ordered}
        self._by_subject: dict[tuple[SubjectType, str], list[_Found]] = {}
        for found in self._by_id.values():
            subject = found.decision.subject
            self._by_subject.setdefault((subject.type, subject.id), []).append(found)

    def take(self, outcome: Outcome, quote_of: QuoteOf) -> bool:
        """Put the outcome where it belongs; False where that is nowhere."""
        found = self._of(outcome, quote_of)
        if found is not None:
            found.outcomes.append(outcome)
        return found is not None

    def judged(self) -> Iterator[Judged]:
        for each in self._by_id.values():
            yield Judged(decision=each.decision, outcomes=tuple(each.outcomes))

    def _of(self, outcome: Outcome, quote_of: QuoteOf) -> _Found | None:
        if outcome.decision_id is not None and outcome.decision_id in self._by_id:
            return self._by_id[outcome.decision_id]
        found = self._newest(outcome.subject.type, outcome.subject.id, outcome.discovered_at)
        if found is not None:
            return found
        quote_id = quote_of(outcome)
        return None if quote_id is None else self._newest(SubjectType.QUOTE, quote_id, outcome.discovered_at)

    def _newest(self, subject_type: SubjectType, subject_id: str, before: datetime | None) -> _Found | None:
        fitting = [
            each
            for each in self._by_subject.get((subject_type, subject_id), ())
            if before is None or each.decision.created_at < before
        ]
        return fitting[-1] if fitting else None


def _when(outcome: Outcome) -> tuple[datetime, str]:
    return outcome.discovered_at or _NEVER, outcome.outcome_id
