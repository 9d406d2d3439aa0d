"""Stripe's deliveries: whether one is genuine, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stripe import WebhookSignature

from cpq_hooks.adapter import Delivery, Event, Genuine, Need, NotUnderstood, Refusal, Shape, ordered
from cpq_hooks.adapters.stripe.marks import PREFIX
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.signing import USUAL_WINDOW, moment_of, within

HEADER: Final = "stripe-signature"
_END_OF_TIME: Final = 253_402_300_800  # the year 10000

_SHAPES: Final[Mapping[str, Shape]] = {
    "quote": Shape.QUOTE,
    "subscription": Shape.BILLING_CONFIGURATION,
    "subscription_schedule": Shape.BILLING_CONFIGURATION,
    "invoice": Shape.INVOICE,
}
FAMILIES: Final = ("quote.", "customer.subscription.", "subscription_schedule.", "invoice.", "customer.discount.")
"""What the names of events begin with that bear on what is read."""
_OVER: Final = frozenset({"customer.subscription.deleted", "subscription_schedule.released", "invoice.deleted"})
_HELD: Final = {"metadata", "pause_collection", "auto_advance", "automatically_finalizes_at", "next_payment_attempt"}
_NOTHING_TO_DO: Final[Mapping[str, str]] = {
    "quote.canceled": "a canceled quote goes nowhere",
    "quote.will_expire": "that a quote will expire changes nothing on it",
    "invoice.upcoming": "an upcoming invoice has no id yet; its subscription is checked when it changes",
    "invoice.will_be_due": "that an invoice will be due changes nothing on it",
    "customer.subscription.trial_will_end": "that a trial will end changes nothing on the subscription",
}


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether one of the secrets in force signed these very bytes, within the window before or after they came."""
    header = delivery.header(HEADER)
    secrets = [each for each in connection.secrets.get("webhook", ()) if each.strip()]
    if not secrets:
        return Refusal(because="the connection has no signing secret (whsec_…)", status=503)
    if not header:
        return Refusal(because="there is no Stripe-Signature header", status=400)
    try:
        body = delivery.body.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal(because="the body is not UTF-8", status=400)
    signed = [_signed(body, header, each) for each in secrets]  # all are tried, whichever is right
    if not any(signed):
        return Refusal(because="the signature is not that of the body under any secret in force", status=400)
    if not within(_signed_at(header), delivery.received_at, window_of(connection)):
        return Refusal(because="it was signed too long before or after it came", status=400)
    return Genuine(tenant=None)


def window_of(connection: Connection) -> timedelta:
    """How old, or how far ahead, a signature may be: Stripe's five minutes unless the connection says otherwise."""
    text = connection.option("tolerance_seconds") or ""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else USUAL_WINDOW


def _signed(body: str, header: str, secret: str) -> bool:
    """What the library says of the signature. It knows no future, so the window is ours; it may raise on odd headers."""
    try:
        return bool(WebhookSignature.verify_header(body, header, secret))
    except Exception:  # noqa: BLE001 - whatever it is that a forged header makes it raise, the header is not right
        return False


def _signed_at(header: str) -> datetime | None:
    """The moment that was signed: the first `t`, which is the one that the library takes."""
    return next((moment_of(part[2:]) for part in header.split(",") if part.startswith("t=")), None)


def events(delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
    """The one event of a delivery. Raises `NotUnderstood`, and `Malformed` where it cannot be read."""
    return (event_of(read_json(delivery.body), connection),)


def event_of(event: Any, connection: Connection) -> Event:
    """One event as Stripe delivers and as it lists it. Raises `NotUnderstood`."""
    if not isinstance(event, Mapping) or not _is_name(event.get("id")) or not isinstance(event.get("type"), str):
        raise NotUnderstood("this is no event of Stripe's: an event has an id and a type")
    kind = event["type"]
    subject = _subject(event)
    because = _ignored(event, kind, subject, connection)
    name = _name_of(subject)
    at = _moment(event.get("created"))
    if because is not None or name is None:
        return Event(
            key=event["id"], kind=kind, object_type=str(subject.get("object") or "unknown"),
            object_id=str(subject.get("id") or event["id"]), occurred_at=at,
            ignored=because or "the event names no object that is read",
        )  # fmt: skip
    resource, identity = name
    over = kind in _OVER
    return Event(
        key=event["id"],
        kind=kind,
        object_type=resource,
        object_id=identity,
        version=ordered(at) if at is not None else None,
        occurred_at=at,
        shape=_SHAPES[resource],
        deleted=over,
        needs=() if over else (Need(resource=resource, id=identity),),
        payload=subject,
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _subject(event: Mapping[str, Any]) -> Mapping[str, Any]:
    data = event.get("data")
    subject = data.get("object") if isinstance(data, Mapping) else None
    return subject if isinstance(subject, Mapping) else {}


def _ignored(event: Mapping[str, Any], kind: str, subject: Mapping[str, Any], connection: Connection) -> str | None:
    wanted = connection.option("livemode")
    if wanted in {"true", "false"} and event.get("livemode") is not (wanted == "true"):
        return "the event is from Stripe's other mode (live or test) than this connection is for"
    if connection.tenant and event.get("account") not in (None, connection.tenant):
        return "the event is of another account than this connection is for"
    if kind in _NOTHING_TO_DO:
        return _NOTHING_TO_DO[kind]
    if _is_our_doing(event, subject):
        return "it tells of nothing but what Quoteguard wrote itself"
    if kind.startswith("customer.discount."):
        return None if subject.get("subscription") else "the discount is on no subscription"
    known = kind.startswith(FAMILIES)
    return None if known else f"events of type {kind} bear on no quote, subscription or invoice that is read"


def _is_our_doing(event: Mapping[str, Any], subject: Mapping[str, Any]) -> bool:
    """Whether an update tells of our own marks alone, with what a hold changes beside them: else each would cause the next."""
    data = event.get("data")
    previous = data.get("previous_attributes") if isinstance(data, Mapping) else None
    before = previous.get("metadata") if isinstance(previous, Mapping) else None
    now = subject.get("metadata")
    if not isinstance(previous, Mapping) or not isinstance(before, Mapping) or not isinstance(now, Mapping):
        return False
    changed = {str(key) for key in before if before[key] != now.get(key)}
    ours = {key for key in changed if key.startswith(PREFIX)}
    beside = _HELD if any("_hold" in key for key in ours) else {"metadata"}
    return bool(ours) and changed == ours and set(previous) <= beside


def _name_of(subject: Mapping[str, Any]) -> tuple[str, str] | None:
    """The object to fetch. A discount that comes or goes changes the subscription that it is on."""
    kind, identity = subject.get("object"), subject.get("id")
    if kind == "discount":
        kind, identity = "subscription", subject.get("subscription")
    if isinstance(identity, Mapping):
        identity = identity.get("id")
    return (
        (kind, identity)
        if isinstance(kind, str) and kind in _SHAPES and isinstance(identity, str) and identity
        else None
    )


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _END_OF_TIME:
        return None
    return datetime.fromtimestamp(value, UTC)
