"""What goes into the outbox and comes out of it: messages, where a decision's subject came from, and who decides what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.store.desk_records import ReviewChange
from app.store.records import AlertNote, RecordedDecision, RefusedRequest
from policies.holding import HoldChange


class MessageKind(StrEnum):
    """What a message asks for: one of four things at a vendor, or to tell somebody who listens.

    A callback is a write-back with which something goes on that waits for it.
    """

    WRITE_BACK = "write_back"
    HOLD = "hold"
    RELEASE = "release"
    CALLBACK = "callback"
    EVENT = "event"

    @property
    def family(self) -> tuple[MessageKind, ...]:
        """The kinds of which a later message makes an earlier one on the same object pointless; none for events and callbacks."""
        if self in (MessageKind.HOLD, MessageKind.RELEASE):
            return (MessageKind.HOLD, MessageKind.RELEASE)
        return (self,) if self is MessageKind.WRITE_BACK else ()


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    PARKED = "parked"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The vendor's object that a document was made of, by connection: where holds and write-backs go.

    `needs` are what has to be fetched to know it whole, as resource and id; where nothing has to be, `payload` is the object as
    JSON has it. `callback` is what waits for an answer of its own. `answered` says that the sender waits and gets the decision
    as its answer, so that nothing is held or written beside it.
    """

    connection: str
    object_type: str
    object_id: str
    needs: tuple[tuple[str, str], ...] = ()
    payload: Any = None
    callback: str | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTarget:
    """Where a decision's subject came from. `decision_id` is the newest decision on what the connection itself brought.

    `wanted` is whether a hold or a release was last asked for, `carried` which of them was last carried out; `written` is a
    digest of what was last written back.
    """

    origin: Origin
    decision_id: str
    wanted: MessageKind | None = None
    carried: MessageKind | None = None
    written: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNote:
    """A message to send. `destination` is a connection or, for an event, a listener; `body` is then the payload.

    Messages of one destination and object go in order. `written` is the digest of what is written back. `subject_id` is the
    billing configuration of a hold, or the alert.
    """

    kind: MessageKind
    destination: str
    object_type: str
    object_id: str
    body: bytes = b"{}"
    event: str | None = None
    subject_id: str | None = None
    decision_id: str | None = None
    written: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A message out of the outbox. `attempts` were made; `calls_made` of those in `plan` (JSON) are done."""

    seq: int
    message_id: str
    created_at: datetime
    state: MessageState
    note: MessageNote
    attempts: int = 0
    calls_made: int = 0
    plan: bytes | None = None
    reason: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages to list; None matches all."""

    state: MessageState | None = None
    kind: MessageKind | None = None
    destination: str | None = None
    object_id: str | None = None
    decision_id: str | None = None


class Sending(Protocol):
    """Decides what is sent of what happens. Pure: it may be asked again for the same."""

    def looks_at(self, decision: RecordedDecision) -> bool:
        """Whether where the decision's subject came from matters, although this decision came from elsewhere."""

    def of_decision(
        self, decision: RecordedDecision, change: HoldChange | None, known: KnownTarget | None
    ) -> Sequence[MessageNote]:
        """What a decision calls for, with what it did to a hold."""

    def of_review(self, change: ReviewChange, known: KnownTarget | None) -> Sequence[MessageNote]:
        """What a review calls for. `known` is where the reviewed document came from."""

    def of_change(self, change: HoldChange, known: KnownTarget | None) -> Sequence[MessageNote]:
        """What a hold calls for that changed as time went on or by hand. `known` is where its configuration came from."""

    def of_alerts(
        self, raised: Sequence[AlertNote], resolved: Sequence[AlertNote], at: datetime
    ) -> Sequence[MessageNote]:
        """What alerts call for that are new, or no more."""

    def of_refusal(self, refused: RefusedRequest) -> Sequence[MessageNote]:
        """What a refused request calls for."""

    def of_parking(self, message: KeptMessage, reason: str, at: datetime) -> Sequence[MessageNote]:
        """What a message calls for that could not be delivered."""
