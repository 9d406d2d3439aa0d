"""Chargebee's deliveries: whether one is genuine, and what it tells.

Nothing is signed. A password tells who calls, and what an event says is read again by the API before anything is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Event, Genuine, Need, NotUnderstood, Refusal, Shape, ordered
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.signing import basic_challenge, basic_is_right, matches_any
from cpq_hooks.vendor_terms import mapping

_END_OF_TIME: Final = 253_402_300_800  # the year 10000
_MOST_VERSION: Final = 10**20
_SHAPES: Final[Mapping[str, Shape]] = {
    "quote": Shape.QUOTE,
    "subscription": Shape.BILLING_CONFIGURATION,
    "invoice": Shape.INVOICE,
}
_DELETED: Final = frozenset({"quote_deleted", "subscription_deleted", "invoice_deleted", "pending_invoice_deleted"})
_NOTHING_TO_DO: Final[Mapping[str, str]] = {
    "subscription_renewal_reminder": "a reminder of a renewal changes nothing on the subscription",
    "subscription_trial_end_reminder": "that a trial will end changes nothing on the subscription",
    "subscription_cancellation_reminder": "a reminder of a cancellation changes nothing on the subscription",
    "subscription_cancelling": "a reminder of a cancellation changes nothing on the subscription",
    "subscription_trial_ending": "that a trial will end changes nothing on the subscription",
    "subscription_activated_with_backdating": "the change itself is told of by another event",
}


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the caller knows the webhook's user and password, or the key in its address where it has no password."""
    users = [each for each in connection.secrets.get("user", ()) if each]
    passwords = [each for each in connection.secrets.get("password", ()) if each]
    keys = [each for each in connection.secrets.get("webhook", ()) if each]
    if not (users and passwords) and not keys:
        return Refusal(because="the connection has neither user and password nor a key for its webhook", status=503)
    if users and passwords:
        if basic_is_right(delivery.header("authorization"), users, passwords):
            return Genuine()
        because = "the user or the password is wrong or missing"
        return Refusal(because=because, headers=(basic_challenge("Quoteguard"),))
    given = next((value for name, value in delivery.query if name == "key"), None)
    return Genuine() if matches_any(given, keys) else Refusal(because="the key in the address is wrong or missing")


def events(delivery: Delivery) -> tuple[Event, ...]:
    """The one event of a delivery. Raises `NotUnderstood`, and `Malformed` where it cannot be read."""
    return (event_of(read_json(delivery.body)),)


def event_of(told: Any) -> Event:
    """An event as a webhook tells it or the API lists it. Raises `NotUnderstood`."""
    known = mapping(told)
    key, kind = known.get("id"), known.get("event_type")
    if not isinstance(key, str) or not key or not isinstance(kind, str):
        raise NotUnderstood("this is no event of Chargebee's: an event has an id and an event_type")
    at = _moment(known.get("occurred_at"))
    subject, identity, version = _subject(kind, mapping(known.get("content")))
    because = _NOTHING_TO_DO.get(kind)
    if subject is None or identity is None or because is not None:
        return Event(
            key=key, kind=kind, object_type=subject or "unknown", object_id=identity or key, occurred_at=at,
            ignored=because or f"events of type {kind} bear on no quote, subscription or invoice that is read",
        )  # fmt: skip
    over = kind in _DELETED
    return Event(
        key=key,
        kind=kind,
        object_type=subject,
        object_id=identity,
        version=version,
        occurred_at=at,
        shape=_SHAPES[subject],
        deleted=over,
        needs=() if over else (Need(resource=subject, id=identity),),
        payload=known.get("content"),
    )


def _subject(kind: str, content: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Which object an event is about, and its version. A ramp changes its subscription, and has versions of its own."""
    name = next((each for each in _SHAPES if kind.startswith((each, f"pending_{each}"))), None)
    if name is None:
        return None, None, None
    subject = mapping(content.get(name))
    identity = subject.get("id")
    if "_ramp_" in kind:
        identity = mapping(content.get("ramp")).get("subscription_id") or identity
        return name, identity if isinstance(identity, str) and identity else None, None
    return name, identity if isinstance(identity, str) and identity else None, version_of(subject)


def version_of(subject: Mapping[str, Any]) -> str | None:
    """What orders an object's events: its resource_version, which grows with each change."""
    version = subject.get("resource_version")
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version < _MOST_VERSION:
        return None
    return ordered(version)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _END_OF_TIME:
        return None
    return datetime.fromtimestamp(value, UTC)
