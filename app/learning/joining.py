"""Outcomes joined to the quotes that they judge, whatever document they are about, with every one that cannot be used counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from policies.domain.outcome import Outcome

_TOLD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What leads from a document to its quote: quotes of agreements, and what configurations and invoices are of."""

    quotes: Mapping[str, str] = field(default_factory=dict)
    configurations: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    invoices: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def quote_of(self, outcome: Outcome) -> str | None:
        """The id of the quote that an outcome judges; None where nothing leads to one."""
        wanted = outcome.subject.id
        match outcome.subject.type:
            case SubjectType.QUOTE:
                return wanted
            case SubjectType.AGREEMENT:
                return self.quotes.get(wanted)
            case SubjectType.BILLING_CONFIGURATION:
                return self._of_configuration(wanted)
            case SubjectType.INVOICE:
                agreement_id, configuration_id = self.invoices.get(wanted, (None, None))
                found = self.quotes.get(agreement_id) if agreement_id is not None else None
                return found or (self._of_configuration(configuration_id) if configuration_id is not None else None)

    def _of_configuration(self, configuration_id: str) -> str | None:
        agreement_id, quote_id = self.configurations.get(configuration_id, (None, None))
        return quote_id or (self.quotes.get(agreement_id) if agreement_id is not None else None)


@dataclass(slots=True, kw_only=True)
class Joined:
    """Outcomes by quote, in the order of their discovery, and how many could not be used or say twice the same.

    `contradicting` counts quotes on which outcomes disagree: the later word holds.
    """

    by_quote: dict[str, list[Outcome]] = field(default_factory=dict)
    given: int = 0
    unknown: int = 0
    future: int = 0
    repeated: int = 0
    contradicting: int = 0
    undated: int = 0
    examples: list[str] = field(default_factory=list)

    def sentences(self) -> tuple[str, ...]:
        """What was left out or decided, each in a sentence; nothing where every outcome was used as it is."""
        named = f" (such as {', '.join(self.examples)})" if self.examples else ""
        told = (
            (self.unknown, f"{{}} of quotes that are not here were left out{named}"),
            (self.future, "{} discovered in the future were left out"),
            (self.repeated, "{} say again what another said of the same quote"),
            (self.undated, "{} do not say when they were discovered: nothing can be learned from when they came"),
        )
        found = [text.format(f"{count:,} outcome{'s' if count != 1 else ''}") for count, text in told if count]
        if self.contradicting:
            quotes = f"{self.contradicting:,} quote{'s' if self.contradicting != 1 else ''}"
            found.append(f"outcomes of {quotes} contradict each other: the later word holds")
        return tuple(found)


def join(outcomes: Iterable[Outcome], links: Links, quotes: Mapping[str, datetime | None], as_of: datetime) -> Joined:
    """The outcomes of the quotes that are known; `quotes` are these, with when each was made."""
    joined = Joined()
    seen: set[tuple[str, bool, object, object]] = set()
    for outcome in outcomes:
        joined.given += 1
        quote_id = links.quote_of(outcome)
        if quote_id is None or quote_id not in quotes:
            joined.unknown += 1
            if len(joined.examples) < _TOLD:
                joined.examples.append(outcome.outcome_id)
        elif outcome.discovered_at is not None and outcome.discovered_at > as_of:
            joined.future += 1
        else:
            _add(joined, quote_id, outcome, seen, dated=quotes[quote_id] is not None)
    for found in joined.by_quote.values():
        found.sort(key=_when)
        joined.contradicting += len({each.leaked for each in found}) > 1
    return joined


def _add(
    joined: Joined, quote_id: str, outcome: Outcome, seen: set[tuple[str, bool, object, object]], *, dated: bool
) -> None:
    """Keep an outcome unless the very same was kept under another id: two found on one day by one source are one."""
    said = (quote_id, outcome.leaked, outcome.source, outcome.discovered_at)
    joined.repeated += said in seen
    joined.undated += outcome.discovered_at is None and dated
    if said not in seen or outcome.amount is not None:
        joined.by_quote.setdefault(quote_id, []).append(outcome)
    seen.add(said)


def _when(outcome: Outcome) -> float:
    return float("-inf") if outcome.discovered_at is None else outcome.discovered_at.timestamp()
