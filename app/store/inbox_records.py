"""What goes into the inbox and comes out of it: deliveries as they came, and what they told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventState(StrEnum):
    """What became of an event."""

    WAITING = "waiting"
    DONE = "done"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDelivery:
    """One request of a vendor's as it came, but for its secrets: the address, its parameters and the headers are without them."""

    delivery_id: str
    connection: str
    received_at: datetime
    method: str
    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNote:
    """An event to keep. `key` is the vendor's own, the same for each delivery of the same event and no other of the connection.

    `needs` are what has to be fetched for it, as resource and id; `shape` is what that will be in canonical form. Where
    nothing has to be fetched, the delivery holds the object. `ignored` says why nothing is to be done. `inline` says that
    a sender waited for a verdict in vain, and `decision_id` which one it was promised. `callback` is what waits for the verdict
    in the vendor's system.
    """

    key: str
    kind: str
    object_type: str
    object_id: str
    version: str | None = None
    occurred_at: datetime | None = None
    shape: str | None = None
    deleted: bool = False
    needs: tuple[tuple[str, str], ...] = ()
    ignored: str | None = None
    inline: bool = False
    decision_id: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """An event out of the inbox. `delivery_id` is None where no delivery told of it, but the vendor was asked."""

    event_id: str
    connection: str
    delivery_id: str | None
    received_at: datetime
    state: EventState
    note: EventNote
    reason: str | None = None
    handled_at: datetime | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a delivery brought: the ids of events that are new, and how many had come before."""

    new: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to list; None matches all."""

    connection: str | None = None
    state: EventState | None = None
    object_id: str | None = None
    delivery_id: str | None = None
