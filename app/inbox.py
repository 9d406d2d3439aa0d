"""The use case: what a vendor told is fetched, read, judged and recorded, each event once and the newest last.

An event leaves the inbox in the transaction that records what was made of it. Whatever is interrupted before is begun anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from ulid import ULID

from app.assess import Answer, Call, Caller
from app.deliveries import WHOLE
from app.failing import MOST_ATTEMPTS, Again, Leave, what_now
from app.ingest import AGREEMENTS, INVOICES, USAGE, Sort, document_of
from app.store import (
    Beside,
    Claimed,
    Document,
    EventState,
    KeptEvent,
    LeaseLost,
    RecordedDecision,
    Store,
    Superseded,
)
from app.vendor_notes import notes_of
from app.vendor_objects import Found, VendorObjects, body_of
from cpq_hooks.adapter import NotUnderstood, Shape, Target, Translation
from cpq_hooks.reading import read_json

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from app.connections import Connected

_STORED: Final[Mapping[Shape, Sort]] = {Shape.AGREEMENT: AGREEMENTS, Shape.USAGE: USAGE, Shape.INVOICE: INVOICES}
_PATIENT: Final = 3600.0


class Consequences(Protocol):
    """What follows for the vendor from a decision on one of its objects, as steps of the transaction that records it."""

    def __call__(self, event: KeptEvent, target: Target) -> Sequence[Beside]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What judges documents by their shape, and what is done when agreements were stored; that may be done twice."""

    by_shape: Mapping[Shape, Callable[[Call], Answer]]
    agreements_stored: Callable[[Iterable[Document]], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of an event, as far as a log may know: ids and words of ours. `failure` is the kind of what went wrong."""

    event_id: str
    became: str
    connection: str | None = None
    decision_id: str | None = None
    verdict: str | None = None
    failure: str | None = None


class Inbound:
    """Handles events of the inbox, one at a time; several of it may work at once, in any number of processes."""

    def __init__(
        self,
        store: Store,
        objects: VendorObjects,
        judges: Judges,
        clock: Callable[[], datetime],
        *,
        consequences: Consequences = lambda *_: (),
        simulated: bool = False,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._inbox = store.inbox
        self._objects = objects
        self._judges = judges
        self._clock = clock
        self._consequences = consequences
        self._simulated = simulated
        self._chance = chance

    def handle(self, item: Claimed) -> Handled:
        """Handle the event that is claimed. Raises only what keeps the inbox itself from being written."""
        event = self._inbox.event(item.item_id)
        if event is None:
            self._inbox.line.finish(item)
            return Handled(event_id=item.item_id, became="gone")
        try:
            return self._handle(item, event)
        except LeaseLost:
            return _became(event, "another's")
        except Superseded:
            self._inbox.end(item, event, EventState.SUPERSEDED, "a newer version of the object was handled before")
            return _became(event, EventState.SUPERSEDED)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event is kept and the next one has its turn
            return self._failed(item, event, error)

    def _handle(self, item: Claimed, event: KeptEvent) -> Handled:
        connected = self._objects.connected(event)
        if item.attempts > MOST_ATTEMPTS + 1:
            raise NotUnderstood("it was begun again and again and never came to an end")
        if event.note.kind == WHOLE:
            told = self._objects.read_again(event, connected)
            self._inbox.end(item, event, EventState.DONE, f"it tells of {told} events")
            return _became(event, EventState.DONE)
        if self._inbox.is_outdated(event):
            raise Superseded(event.event_id)
        if event.note.deleted:
            self._inbox.end(item, event, EventState.IGNORED, "the object was deleted", advance=True)
            return _became(event, EventState.IGNORED)
        found = self._objects.find(event, connected)
        if found.shape in _STORED:
            return self._store_all(item, event, _STORED[found.shape], found.translations)
        return self._judge_all(item, event, connected, found)

    def _store_all(self, item: Claimed, event: KeptEvent, sort: Sort, translations: Sequence[Translation]) -> Handled:
        """Keep what only has to be known. What follows from an agreement is done before the event is, so that it is not lost."""
        documents = [self._document(sort, each, event) for each in translations]
        self._store.documents.put(
            sort.kind, documents, beside=lambda transaction: self._inbox.advance_in(transaction, event)
        )
        if sort is AGREEMENTS:
            self._judges.agreements_stored(documents)
        self._inbox.done(item, event)
        return _became(event, EventState.DONE)

    def _judge_all(self, item: Claimed, event: KeptEvent, connected: Connected, found: Found) -> Handled:
        """Have each document judged; the event is done with the last. What was recorded before an interruption is left."""
        promised = event.note.decision_id
        if promised is not None and self._store.decisions.get(promised) is not None:
            self._inbox.done(item, event, promised)
            return _became(event, EventState.DONE, decision_id=promised)
        judge, title = self._judges.by_shape[found.shape], connected.adapter.title
        follows = tuple(self._consequences(event, found.target))
        *others, last = (_call(each, event, title, follows) for each in found.translations)
        for number, call in enumerate(others):
            decision_id = _decision_id(item, number)
            if self._store.decisions.get(decision_id) is None:
                judge(replace(call, decision_id=decision_id))
        answer = judge(replace(last, decision_id=promised, beside=(*follows, self._done(item, event))))
        return _became(event, EventState.DONE, decision_id=answer.decision_id, verdict=answer.verdict)

    def _done(self, item: Claimed, event: KeptEvent) -> Beside:
        def step(transaction: Transaction, decision: RecordedDecision) -> None:
            self._inbox.done_in(transaction, item, event, decision.summary.decision_id)

        return step

    def _document(self, sort: Sort, translation: Translation, event: KeptEvent) -> Document:
        document = document_of(sort, sort.load(read_json(body_of(translation.document))))
        return replace(document, key_id=caller_of(event.connection), simulated=self._simulated)

    def _failed(self, item: Claimed, event: KeptEvent, error: Exception) -> Handled:
        """Keep the event for another attempt or for a person."""
        what, failure = what_now(error, item.attempts, self._chance()), type(error).__name__
        try:
            if isinstance(what, Leave):
                self._inbox.end(item, event, EventState.IGNORED, what.because, advance=True)
                return _became(event, EventState.IGNORED, failure=failure)
            if isinstance(what, Again):
                self._inbox.retry(item, event, self._clock() + what.after, what.because)
                return _became(event, "retried", failure=failure)
            self._inbox.park(item, event, what.because)
        except (LeaseLost, Superseded):
            return _became(event, "another's")
        return _became(event, EventState.PARKED, failure=failure)


def caller_of(connection_name: str) -> str:
    """Who asks where a vendor's delivery does: it stands where an API key's id does."""
    return f"connection:{connection_name}"


def _call(translation: Translation, event: KeptEvent, title: str, beside: tuple[Beside, ...]) -> Call:
    return Call(
        raw=body_of(translation.document),
        caller=Caller(key_id=caller_of(event.connection)),
        wait_seconds=_PATIENT,
        notes=notes_of(translation, title),
        beside=beside,
    )


def _decision_id(item: Claimed, number: int) -> str:
    """The same for each attempt at an item, so that what one attempt recorded the next one finds."""
    stamp = int(item.added_at.timestamp() * 1000).to_bytes(6, "big")
    rest = sha256(f"{item.item_id}/{item.added_at.isoformat()}/{number}".encode()).digest()[:10]
    return f"dec_{ULID.from_bytes(stamp + rest)}"


def _became(event: KeptEvent, became: str, **more: str | None) -> Handled:
    return Handled(event_id=event.event_id, became=str(became), connection=event.connection, **more)
