"""What is known of how deals ended, joined to their quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policies.domain.outcome import OutcomeSource, OutcomeVerdict, SubjectType

if TYPE_CHECKING:
    from policies.domain.outcome import Outcome

_LOOKED: Final = (OutcomeSource.AUDIT, OutcomeSource.REVIEW, None)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Known(StrEnum):
    """How a deal ended, as far as anybody knows. That nothing was found does not make it clean."""

    LEAKED = "leaked"
    CLEAN = "clean"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one deal ended.

    `lost` is what leaked, by currency; None where no amount is known. `looked_at` says that somebody looked without
    knowing what would come out; a leak that came to light by itself tells nothing of the deals of which nothing is heard.
    """

    known: Known = Known.UNKNOWN
    patterns: tuple[str, ...] = ()
    lost: Mapping[str, Decimal] = field(default_factory=dict)
    looked_at: bool = False


NOTHING_KNOWN: Final = End()


def ends_of(outcomes: Iterable[Outcome], quotes_of_agreements: Mapping[str, str] | None = None) -> dict[str, End]:
    """How deals ended, by quote id. The later word holds: a deal that was found clean is clean of all that was said before.

    That one finding was a false alarm makes a deal clean only where nothing else is known of it. An outcome of an agreement
    is its quote's, where `quotes_of_agreements` names that.
    """
    gathered: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        quote_id = _quote_of(outcome, quotes_of_agreements or {})
        if quote_id is not None:
            gathered.setdefault(quote_id, []).append(outcome)
    return {quote_id: _end(sorted(told, key=_when)) for quote_id, told in gathered.items()}


def _when(outcome: Outcome) -> tuple[datetime, str]:
    return outcome.discovered_at or _LONG_AGO, outcome.outcome_id


def _quote_of(outcome: Outcome, quotes_of_agreements: Mapping[str, str]) -> str | None:
    if outcome.subject.type is SubjectType.QUOTE:
        return outcome.subject.id
    if outcome.subject.type is SubjectType.AGREEMENT:
        return quotes_of_agreements.get(outcome.subject.id)
    return None


def _end(told: list[Outcome]) -> End:
    leaks: dict[str, Outcome] = {}
    for outcome in told:
        if outcome.leaked:
            leaks[outcome.pattern or ""] = outcome
        elif outcome.finding_id is None and outcome.verdict is not OutcomeVerdict.FALSE_POSITIVE:
            leaks.clear()
    lost: dict[str, Decimal] = {}
    for leak in leaks.values():
        if leak.amount is not None and leak.currency is not None:
            lost[leak.currency] = lost.get(leak.currency, Decimal(0)) + leak.amount
    return End(
        known=Known.LEAKED if leaks else Known.CLEAN,
        patterns=tuple(sorted(pattern for pattern in leaks if pattern)),
        lost=lost,
        looked_at=any(each.source in _LOOKED for each in told),
    )
