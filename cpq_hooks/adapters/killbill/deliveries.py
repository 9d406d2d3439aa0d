"""Kill Bill's push notifications: whether one may come in, and what it tells, which is ids alone.

Nothing is signed and nothing has an id. A secret in the address says who calls, and the object is always read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Event, Genuine, Need, NotUnderstood, Refusal, Shape
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed, read_json
from cpq_hooks.signing import basic_challenge, basic_is_right, matches_any, sha256_hex
from cpq_hooks.vendor_terms import mapping

_PARAMETERS: Final = ("secret", "key", "token")
_SHAPES: Final[Mapping[str, Shape]] = {"subscription": Shape.BILLING_CONFIGURATION, "invoice": Shape.INVOICE}
_TOLD: Final = frozenset(
    {
        "SUBSCRIPTION_CREATION", "SUBSCRIPTION_PHASE", "SUBSCRIPTION_CHANGE", "SUBSCRIPTION_CANCEL", "SUBSCRIPTION_UNCANCEL",
        "SUBSCRIPTION_BCD_CHANGE", "SUBSCRIPTION_EXPIRED", "SUBSCRIPTION_UNDO_CHANGE", "ENTITLEMENT_CREATION", "ENTITLEMENT_CANCEL",
        "ENTITLEMENT_CHANGE", "INVOICE_CREATION", "INVOICE_ADJUSTMENT",
    }
)  # fmt: skip
_NOTHING_TO_DO: Final[Mapping[str, str]] = {
    "TENANT_CONFIG_CHANGE": "a change of the tenant's settings or catalog names no subscription; each is checked when it changes",
    "INVOICE_NOTIFICATION": "a notice of an invoice to come has no invoice yet",
    "TAG_CREATION": "a tag changes no price; what it stops is seen when the subscription is read",
    "TAG_DELETION": "a tag changes no price; what it stops is seen when the subscription is read",
}


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the address holds the connection's secret, or the caller knows user and password where it has those."""
    users = [each for each in connection.secrets.get("user", ()) if each]
    passwords = [each for each in connection.secrets.get("password", ()) if each]
    secrets = [each for each in connection.secrets.get("webhook", ()) if each]
    if users and passwords:
        if basic_is_right(delivery.header("authorization"), users, passwords):
            return Genuine()
        return Refusal(because="the user or the password is wrong or missing", headers=(basic_challenge("Quoteguard"),))
    if not secrets:
        return Refusal(because="the connection has neither a secret for its address nor user and password", status=503)
    given = next((value for name, value in delivery.query if name in _PARAMETERS), None)
    if not matches_any(given, secrets):
        return Refusal(because="the secret in the address (?secret=…) is wrong or missing")
    return Genuine()


def events(delivery: Delivery) -> tuple[Event, ...]:
    """The one event of a delivery. Raises `NotUnderstood`, and `Malformed` where it cannot be read.

    Two changes of one object look alike to the byte, and a second must not pass for the first sent again. So the key is the
    content and the minute in which it came: one that Kill Bill repeats, a quarter of an hour later at the earliest, makes us
    read once more.
    """
    told = mapping(read_json(delivery.body))
    kind, identity = told.get("eventType"), told.get("objectId")
    if not isinstance(kind, str) or not kind:
        raise NotUnderstood("this is no push notification of Kill Bill's: it has an eventType")
    key = f"{sha256_hex(delivery.body)}:{delivery.received_at:%Y%m%d%H%M}"
    name = str(told.get("objectType") or "").lower()
    because = _NOTHING_TO_DO.get(kind)
    if because is None and (kind not in _TOLD or name not in _SHAPES or not isinstance(identity, str) or not identity):
        because = f"notifications of type {kind} bear on no subscription or invoice that is read"
    if because is not None:
        return (
            Event(key=key, kind=kind, object_type=name or "unknown", object_id=str(identity or key), ignored=because),
        )
    return (
        Event(
            key=key, kind=kind, object_type=name, object_id=str(identity), shape=_SHAPES[name],
            needs=(Need(resource=name, id=str(identity)),), payload={**told, "metaData": meta_of(told)},
        ),
    )  # fmt: skip


def meta_of(told: Mapping[str, Any]) -> Any:
    """The metadata, which are JSON within a text; None where they cannot be read, for nothing depends on them."""
    text = told.get("metaData")
    if not isinstance(text, str):
        return None
    try:
        return read_json(text.encode("utf-8", "surrogatepass"))
    except (Malformed, ValueError):
        return None
