"""What is delivered: a QuoteModel of the relay's, whose sender waits, or an Outbound Message, which only tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Event, Genuine, Refusal, Shape, ordered
from cpq_hooks.adapters.salesforce_cpq.model import LINE, QUOTE, Wrapped, identity_of, unwrapped
from cpq_hooks.connection import Connection
from cpq_hooks.salesforce import messages, relay
from cpq_hooks.signing import sha256_hex

_QUOTE_OF: Final = {QUOTE: "Id", LINE: "SBQQ__Quote__c", "SBQQ__QuoteLineGroup__c": "SBQQ__Quote__c"}


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """By the relay's signature, or, for SOAP, by the address and the organisation."""
    if messages.is_message(delivery):
        return messages.verify(delivery, connection)
    return relay.verify(delivery, connection)


def events(delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
    """The notifications of an Outbound Message, or the one quote that was sent. Raises `NotUnderstood`, `Malformed`."""
    if messages.is_message(delivery):
        return messages.events_of(delivery, connection, _QUOTE_OF)
    model = read(delivery).model
    identity = identity_of(model) or f"unsaved {sha256_hex(delivery.body)[:16]}"
    at = _changed_at(model["record"])
    return (
        Event(
            key=f"{identity}:{sha256_hex(delivery.body)}",
            kind="QuoteModel",
            object_type=QUOTE,
            object_id=identity,
            version=None if at is None else ordered(at),
            occurred_at=at,
            shape=Shape.QUOTE,
            payload=model,
        ),
    )


def read(delivery: Delivery) -> Wrapped:
    """The QuoteModel of a delivery. Raises `NotUnderstood`, `Malformed`."""
    return unwrapped(delivery.json())


def _changed_at(record: Mapping[str, Any]) -> datetime | None:
    text = record.get("SystemModstamp") or record.get("LastModifiedDate")
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
