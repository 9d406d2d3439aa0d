"""Lago's deliveries: whether one is genuine, and what it tells.

A signature covers the body alone. There is no timestamp in it, so a delivery can be sent again by whoever saw it; what
guards against that is the unique key, and that an event is never believed but makes us read the object again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from cpq_hooks.adapter import Delivery, Event, Genuine, Need, NotUnderstood, Refusal, Shape, ordered
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.signing import hmac_base64, same, sha256_hex, signed_with_any
from cpq_hooks.vendor_terms import mapping

_SHAPES: Final[Mapping[str, Shape]] = {
    "quote": Shape.QUOTE,
    "order_form": Shape.AGREEMENT,
    "subscription": Shape.BILLING_CONFIGURATION,
    "invoice": Shape.INVOICE,
}
_TOLD: Final = frozenset(
    {
        "quote.created", "quote.updated", "quote.approved", "quote.voided", "order_form.signed", "order_form.created", "subscription.started",
        "subscription.updated", "subscription.created", "subscription.incomplete", "subscription.activated", "subscription.terminated",
        "subscription.canceled", "invoice.drafted", "invoice.created", "invoice.one_off_created", "invoice.add_on_added", "invoice.voided",
    }
)  # fmt: skip
_OVER: Final = frozenset({"quote.voided", "subscription.canceled", "invoice.voided"})
_NOTHING_TO_DO: Final[Mapping[str, str]] = {
    "order_form.created": "an order form that is not signed binds nobody; its quote is checked by itself",
    "subscription.trial_ended": "that a trial ended changes nothing on the subscription",
    "subscription.termination_alert": "that a subscription will end changes nothing on it",
    "subscription.usage_threshold_reached": "that usage came to a threshold changes nothing on the subscription",
}


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the body is signed, by the algorithm that the connection has a key for. The header chooses, and cannot lower it."""
    tokens = [each for each in connection.secrets.get("webhook", ()) if each.strip()]
    keys = [each for each in connection.secrets.get("public_key", ()) if each.strip()]
    if not tokens and not keys:
        return Refusal(because="the connection has neither an HMAC token (webhook) nor a public_key", status=503)
    given = (delivery.header("x-lago-signature") or "").strip()
    if not given:
        return Refusal(because="there is no X-Lago-Signature header")
    algorithm = (delivery.header("x-lago-signature-algorithm") or "jwt").strip().lower()
    if algorithm == "hmac" and tokens:
        right = signed_with_any(given, tokens, delivery.body, hmac_base64)
    elif algorithm == "jwt" and keys:
        issuer = connection.option("issuer")
        signed = [_is_signed(given, each, delivery.body, issuer) for each in keys]  # all are tried, whichever is right
        right = any(signed)
    else:
        return Refusal(because="it is signed by an algorithm for which the connection has no key")
    if not right:
        return Refusal(because="the signature is not that of the body under any key in force")
    organization = _organization(delivery.body) if connection.tenant else None
    if connection.tenant and organization != connection.tenant:
        return Refusal(because="it is from another organization than this connection is for", status=403)
    return Genuine(tenant=organization)


def _is_signed(token: str, key: str, body: bytes, issuer: str | None) -> bool:
    """Whether a token under an RSA key holds the very body. The library may raise whatever it likes on odd tokens and keys."""
    try:
        claims = jwt.decode(token, _pem(key), algorithms=["RS256"], issuer=issuer, options={"verify_aud": False})
    except Exception:  # noqa: BLE001 - whatever it is that a forged token makes it raise, the token is not right
        return False
    data = claims.get("data")
    return isinstance(data, str) and same(data, body)


def _pem(key: str) -> str:
    """The key as text; Lago's API gives it in base64."""
    if "BEGIN" in key:
        return key
    try:
        return base64.b64decode(key, validate=False).decode("ascii")
    except (binascii.Error, ValueError):
        return key


def _organization(body: bytes) -> str | None:
    try:
        found = mapping(read_json(body)).get("organization_id")
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def events(delivery: Delivery) -> tuple[Event, ...]:
    """The one event of a delivery. Raises `NotUnderstood`, and `Malformed` where it cannot be read."""
    told = read_json(delivery.body)
    kind = mapping(told).get("webhook_type")
    if not isinstance(kind, str) or not kind:
        raise NotUnderstood("this is no webhook of Lago's: it has a webhook_type")
    key = (delivery.header("x-lago-unique-key") or "").strip() or f"body:{sha256_hex(delivery.body)}"
    return (_event(key, kind, mapping(told)),)


def _event(key: str, kind: str, told: Mapping[str, Any]) -> Event:
    name = str(told.get("object_type") or kind.partition(".")[0])
    subject = mapping(told.get(name))
    identity = identity_of(name, subject)
    because = _NOTHING_TO_DO.get(kind)
    if kind not in _TOLD and because is None:
        because = f"webhooks of type {kind} bear on no quote, order form, subscription or invoice that is read"
    if because is not None or identity is None:
        return Event(
            key=key, kind=kind, object_type=name, object_id=identity or key, occurred_at=_moment(subject),
            ignored=because or "the webhook names no object that is read",
        )  # fmt: skip
    over = kind in _OVER
    return Event(
        key=key,
        kind=kind,
        object_type=name,
        object_id=identity,
        version=version_of(subject),
        occurred_at=_moment(subject),
        shape=_SHAPES[name],
        deleted=over,
        needs=() if over else (Need(resource=name, id=identity),),
        payload=told,
    )


def identity_of(name: str, subject: Mapping[str, Any]) -> str | None:
    """An object's id: a subscription is asked for by the company's own id of it, all else by Lago's."""
    if name not in _SHAPES:
        return None
    found = subject.get("external_id") or subject.get("lago_id") if name == "subscription" else subject.get("lago_id")
    return found if isinstance(found, str) and found else None


def version_of(subject: Mapping[str, Any]) -> str | None:
    """What orders an object's webhooks: when it was changed. Subscriptions and invoices say nothing of that."""
    current = mapping(subject.get("current_version"))
    at = _moment(current) or _moment(subject)
    version = current.get("version")
    if at is None:
        return None
    number = version if isinstance(version, int) and not isinstance(version, bool) and version >= 0 else 0
    return ordered(number, at)


def _moment(subject: Mapping[str, Any]) -> datetime | None:
    text = subject.get("updated_at")
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        return (
            None
            if found is None
            else (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return None
