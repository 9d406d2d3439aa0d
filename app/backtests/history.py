"""Where the deals of a backtest come from: the record, or files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app.backtests.consented import Reviews, consented
from app.backtests.ends import End, ends_of
from app.files.json_rows import json_rows
from app.files.records import records
from app.files.rows import Advance, Faults, UnreadableFile, quietly
from app.store import DocumentFilter, DocumentKind
from cpq_hooks.canonical import load_outcome
from cpq_hooks.reading import read_json
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from app.desk.consents import OnRecord
    from app.store import StoredDocument
    from policies.domain.outcome import Outcome


class Documents(Protocol):
    """The part of the store that a backtest reads."""

    def find(self, kind: DocumentKind, wanted: DocumentFilter) -> Iterator[StoredDocument]: ...

    def get(self, kind: DocumentKind, document_id: str) -> StoredDocument | None: ...


class Deals(Protocol):
    """Quotes as they were sent, each with the place at which it stands, and how deals ended, by quote id."""

    def quotes(self, advance: Advance) -> Iterator[tuple[str, Any]]:
        """Places, and JSON values or bytes that are read later."""

    def ends(self) -> Mapping[str, End]: ...

    def reviewed(self, quote_ids: Iterable[str]) -> Iterator[tuple[Any, OnRecord]]:
        """Those of the quotes that somebody approved or waived something of, each as `quotes` gives it, with what that means."""


@dataclass(frozen=True, slots=True)
class StoredDeals:
    """What is stored."""

    documents: Documents
    desk: Reviews | None = None

    def quotes(self, advance: Advance) -> Iterator[tuple[str, Any]]:  # noqa: ARG002 - nobody knows how many there are
        for each in self.documents.find(DocumentKind.QUOTE, DocumentFilter()):
            yield f"quote {each.document.id}", each.document.body

    def reviewed(self, quote_ids: Iterable[str]) -> Iterator[tuple[Any, OnRecord]]:
        for quote_id, found in () if self.desk is None else consented(self.desk, quote_ids):
            stored = self.documents.get(DocumentKind.QUOTE, quote_id)
            if stored is not None:
                yield stored.document.body, found

    def ends(self) -> Mapping[str, End]:
        outcomes = [_outcome(each) for each in self.documents.find(DocumentKind.OUTCOME, DocumentFilter())]
        of_agreements = any(each.subject.type is SubjectType.AGREEMENT for each in outcomes)
        return ends_of(outcomes, self._quotes_of_agreements() if of_agreements else None)

    def _quotes_of_agreements(self) -> dict[str, str]:
        agreements = (each.document for each in self.documents.find(DocumentKind.AGREEMENT, DocumentFilter()))
        return {each.id: each.parent_id for each in agreements if each.parent_id is not None}


@dataclass(frozen=True, slots=True)
class FiledDeals:
    """JSON or JSON Lines: quotes, and outcomes where there are any. What cannot be read is added to the faults."""

    quotes_file: Path
    outcomes_file: Path | None
    max_bytes: int
    faults: Faults = field(default_factory=Faults)

    def quotes(self, advance: Advance) -> Iterator[tuple[str, Any]]:
        try:
            place, values = json_rows(self.quotes_file, self.faults, advance, max_bytes=self.max_bytes)
        except UnreadableFile as error:
            for reason in error.reasons:
                self.faults.add(str(self.quotes_file), reason)
            return
        for number, value in values:
            yield f"{self.quotes_file}{place.format(number)}", value

    def reviewed(self, quote_ids: Iterable[str]) -> Iterator[tuple[Any, OnRecord]]:  # noqa: ARG002 - files tell of no reviews
        return iter(())

    def ends(self) -> Mapping[str, End]:
        if self.outcomes_file is None:
            return {}
        return ends_of(
            records(self.outcomes_file, load_outcome, self.faults, max_bytes=self.max_bytes, advance=quietly)
        )


def _outcome(stored: StoredDocument) -> Outcome:
    body = stored.document.body
    return load_outcome(read_json(body, max_bytes=len(body) + 1))
