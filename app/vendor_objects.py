"""From an event to what it is about: the vendor's objects as they are now, and the same in canonical form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from app.deliveries import again, note_of
from app.store.queue import bounded
from cpq_hooks.adapter import Event, Need, NotUnderstood, Shape, Target, Translation
from cpq_hooks.clients.client import Client
from cpq_hooks.connection import Connection

if TYPE_CHECKING:
    from app.connections import Connected, Connections
    from app.store import KeptEvent
    from app.store.inbox import Inbox


class Fetching(Protocol):
    """Where the clients of connections are to be had."""

    def of(self, connection: Connection) -> Client | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an event is about: the vendor's object for holds and write-backs, and its canonical documents, at least one."""

    target: Target
    translations: tuple[Translation, ...]

    @property
    def shape(self) -> Shape:
        return self.translations[0].shape


class VendorObjects:
    """Finds what events are about. Raises `NotUnderstood`, `Invalid`, `Malformed` and `CallFailed`."""

    def __init__(self, inbox: Inbox, connections: Connections, clients: Fetching) -> None:
        self._inbox = inbox
        self._connections = connections
        self._clients = clients

    def connected(self, event: KeptEvent) -> Connected:
        """The connection that the event came by."""
        connected = self._connections.get(event.connection)
        if connected is None:
            raise NotUnderstood(f"there is no connection {event.connection} any more")
        return connected

    def find(self, event: KeptEvent, connected: Connected) -> Found:
        """The objects of an event, fetched where they have to be."""
        if event.note.inline:
            return Found(target=_target(event, None), translations=(self._waited_for(event, connected),))
        if event.note.shape is None:
            raise NotUnderstood("it is not known what the object is in canonical form")
        shape = Shape(event.note.shape)
        payloads = self._fetched(event, connected) if event.note.needs else [self._told(event, connected).payload]
        translate = connected.adapter.translate
        translations = [each for one in payloads for each in translate(one, shape, connected.connection)]
        if not translations:
            raise NotUnderstood(f"nothing of it is a {shape.value}")
        payload = payloads[0] if len(payloads) == 1 else payloads
        return Found(target=_target(event, payload), translations=tuple(translations))

    def read_again(self, event: KeptEvent, connected: Connected) -> int:
        """Take in what a delivery tells that could not be read when it came, and say how many events those are."""
        stored = None if event.delivery_id is None else self._inbox.delivery(event.delivery_id)
        if stored is None:
            raise NotUnderstood("its delivery is not kept any more")
        events = connected.adapter.events(again(stored), connected.connection)
        self._inbox.take(event.connection, [note_of(each) for each in events], stored)
        return len(events)

    def _fetched(self, event: KeptEvent, connected: Connected) -> list[Any]:
        client = self._clients.of(connected.connection)
        if client is None:
            raise NotUnderstood(f"the object has to be fetched, and {connected.adapter.name} has no client for that")
        return [client.fetch(Need(resource=resource, id=identity)) for resource, identity in event.note.needs]

    def _told(self, event: KeptEvent, connected: Connected) -> Event:
        """The event as its delivery tells it."""
        stored = None if event.delivery_id is None else self._inbox.delivery(event.delivery_id)
        if stored is None:
            raise NotUnderstood("there is nothing to fetch, and no delivery holds the object")
        for each in connected.adapter.events(again(stored), connected.connection):
            if bounded(each.key) == bounded(event.note.key):
                return each
        raise NotUnderstood("its delivery tells of no such event any more")

    def _waited_for(self, event: KeptEvent, connected: Connected) -> Translation:
        """The document of a sender who was answered before it was judged."""
        stored = None if event.delivery_id is None else self._inbox.delivery(event.delivery_id)
        inline = None if stored is None else connected.adapter.inline(again(stored), connected.connection)
        if inline is None:
            raise NotUnderstood("its delivery holds no document any more")
        return inline.translation


def body_of(document: Mapping[str, Any]) -> bytes:
    """A canonical document as bytes, to be judged and recorded."""
    return json.dumps(document, separators=(",", ":"), default=_plain).encode("ascii")


def written(document: Mapping[str, Any]) -> tuple[bytes, Mapping[str, Any] | None]:
    """A canonical document as bytes, and what reading these gives, where that is the document as it is; else None.

    So it is where all values are JSON's own and no text needs an escape, which might be one that no document may hold.
    """
    others: list[Any] = []

    def plain(value: Any) -> str:
        others.append(value)
        return _plain(value)

    raw = json.dumps(document, separators=(",", ":"), default=plain).encode("ascii")
    return raw, None if others or b"\\" in raw else document


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} is no part of a canonical document")


def _target(event: KeptEvent, payload: Any) -> Target:
    note = event.note
    return Target(object_type=note.object_type, object_id=note.object_id, payload=payload, callback=note.callback)
