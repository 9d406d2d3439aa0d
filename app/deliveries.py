"""Deliveries on their way: as a request brings them, as an adapter reads them, and as the inbox keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from app.identifiers import new_id
from app.store import EventNote, KeptDelivery
from cpq_hooks.adapter import Delivery, Event
from cpq_hooks.clients.failures import redacted, secrets_of
from cpq_hooks.connection import Connection
from cpq_hooks.signing import sha256_hex

WHOLE: Final = "delivery"
"""The kind of an event that stands for a delivery of which nothing could be read yet."""
_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as the server saw it: the address without its query, the query as it was written, headers by lower-case name."""

    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def delivery_of(sent: Sent, connection: Connection, received_at: datetime) -> Delivery:
    """The delivery as the vendor made it, to the address that it knows."""
    address = connection.public_url.partition("?")[0] if connection.public_url is not None else sent.url
    return Delivery(
        method=sent.method,
        url=f"{address}?{sent.query}" if sent.query else address,
        headers=sent.headers,
        body=sent.body,
        received_at=received_at,
        query=tuple(parse_qsl(sent.query, keep_blank_values=True, errors="replace")),
    )


def kept(delivery: Delivery, connection: Connection) -> KeptDelivery:
    """The delivery as it is stored: all of it but the secrets."""
    secrets = secrets_of(connection)
    shown = {name: value for name, value in delivery.headers.items() if name not in _SECRET_HEADERS}
    return KeptDelivery(
        delivery_id=new_id("dlv"),
        connection=connection.name,
        received_at=delivery.received_at,
        method=delivery.method,
        url=redacted(delivery.url, secrets),
        body=delivery.body,
        headers=tuple((name, redacted(value, secrets)) for name, value in shown.items()),
        query=tuple((name, redacted(value, secrets)) for name, value in delivery.query),
    )


def again(delivery: KeptDelivery) -> Delivery:
    """A stored delivery as an adapter reads it."""
    return Delivery(
        method=delivery.method,
        url=delivery.url,
        headers=dict(delivery.headers),
        body=delivery.body,
        received_at=delivery.received_at,
        query=delivery.query,
    )


def note_of(event: Event) -> EventNote:
    """An event as it is stored."""
    return EventNote(
        key=event.key,
        kind=event.kind,
        object_type=event.object_type,
        object_id=event.object_id,
        version=event.version,
        occurred_at=event.occurred_at,
        shape=None if event.shape is None else event.shape.value,
        deleted=event.deleted,
        needs=tuple((need.resource, need.id) for need in event.needs),
        ignored=event.ignored,
        callback=event.callback,
    )


def whole(delivery: Delivery) -> EventNote:
    """What stands for a delivery that could not be read: it is looked at again, and waits for a person."""
    digest = sha256_hex(delivery.url.encode("utf-8", "backslashreplace") + b"\n" + delivery.body)
    return EventNote(key=f"{WHOLE}:{digest}", kind=WHOLE, object_type=WHOLE, object_id=digest[:16])


def unanswered(decision_id: str, subject_id: str, shape: str) -> EventNote:
    """What stands for a document whose sender was answered before it was judged."""
    return EventNote(
        key=f"recheck:{decision_id}",
        kind="recheck",
        object_type=shape,
        object_id=subject_id,
        shape=shape,
        inline=True,
        decision_id=decision_id,
    )
