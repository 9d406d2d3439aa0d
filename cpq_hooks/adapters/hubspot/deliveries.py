"""HubSpot's deliveries: batches of webhook events, workflow actions, and whole quotes from the custom code that comes with Quoteguard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Event, Need, NotUnderstood, Shape, ordered
from cpq_hooks.adapters.hubspot.quotes import STAGES
from cpq_hooks.adapters.hubspot.reading import PREFIX
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed, read_json

CUSTOM_CODE_SECONDS: Final = 8.0
"""How long the custom code waits for the answer; HubSpot stops it after 20."""

_TYPES: Final = {
    "0-14": "quote", "0-8": "line_item", "0-3": "deal", "0-69": "subscription", "0-53": "invoice",
    "quote": "quote", "line_item": "line_item", "deal": "deal", "subscription": "subscription", "commerce_subscription": "subscription",
    "invoice": "invoice", "quotes": "quote", "line_items": "line_item", "deals": "deal", "subscriptions": "subscription", "invoices": "invoice",
}  # fmt: skip
_SHAPES: Final = {
    "quote": Shape.QUOTE,
    "line_item": Shape.QUOTE,
    "deal": Shape.QUOTE,
    "subscription": Shape.BILLING_CONFIGURATION,
    "invoice": Shape.INVOICE,
}
_NEEDS: Final = {"line_item": "quote_of_line_item"}
_GONE: Final = frozenset({"deletion", "privacyDeletion"})
_CHANGES: Final = _GONE | {"creation", "propertyChange", "associationChange", "restore", "merge"}


def action_of(body: Any) -> Mapping[str, Any] | None:
    """A workflow action's call, which waits for its callback; None where the body is something else."""
    if (
        isinstance(body, Mapping)
        and isinstance(body.get("callbackId"), str)
        and isinstance(body.get("object"), Mapping)
    ):
        return body
    return None


def payload_of(body: Any) -> Mapping[str, Any] | None:
    """A whole quote or deal, as the custom code sends it; None where the body is something else."""
    if isinstance(body, Mapping) and isinstance(body.get("line_items"), list) and ("quote" in body or "deal" in body):
        return body
    return None


def body_of(delivery: Delivery) -> Any:
    """The body, or None where it is none that can be read: for answers, which are given to all that is genuine."""
    try:
        return read_json(delivery.body)
    except Malformed:
        return None


def events(delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
    """What a genuine delivery tells. Raises `NotUnderstood`, and `Malformed` where it cannot be read."""
    body = read_json(delivery.body)
    if isinstance(body, list):
        return tuple({each.key: each for each in _batch(body, connection)}.values())
    action = action_of(body)
    if action is not None:
        return (_action(action, connection),)
    raise NotUnderstood("this is neither a batch of HubSpot's events nor a workflow action")


def _batch(body: list[Any], connection: Connection) -> Iterator[Event]:
    for each in body:
        if not isinstance(each, Mapping) or not isinstance(each.get("subscriptionType"), str):
            raise NotUnderstood("an event of HubSpot's has a subscriptionType, and one of these has none")
        yield _event(each, connection)


def _event(event: Mapping[str, Any], connection: Connection) -> Event:
    family, _, change = event["subscriptionType"].partition(".")
    name = _TYPES.get(_word(event.get("objectTypeId")) if family in {"object", ""} else family.lower(), family)
    at = _moment(event.get("occurredAt"))
    object_id = _word(event.get("objectId"))
    if change == "associationChange":
        name, object_id = _ends(event, name, object_id)
    because = _ignored(event, change, name, object_id, connection)
    kind = f"{name}.{change}" + (f" {_word(event.get('propertyName'))}" if event.get("propertyName") else "")
    if because is not None:
        return Event(
            key=_key(event),
            kind=kind,
            object_type=name or "unknown",
            object_id=object_id or "unknown",
            occurred_at=at,
            ignored=because,
        )
    over = change in _GONE
    return Event(
        key=_key(event), kind=kind, object_type=name, object_id=object_id, version=ordered(at) if at is not None else None,
        occurred_at=at, shape=_shape(event, name), deleted=over,
        needs=() if over else (Need(resource=_NEEDS.get(name, name), id=object_id),), payload=dict(event),
    )  # fmt: skip


def _shape(event: Mapping[str, Any], name: str) -> Shape:
    """What the object will be: a quote that the customer accepts by this is kept as agreed, for billing to be held against."""
    changed, value = _word(event.get("propertyName")), _word(event.get("propertyValue")).upper()
    accepted = (
        STAGES.get(value) == "accepted"
        if changed == "hs_status"
        else changed == "hs_payment_status" and value == "PAID"
    )
    return Shape.AGREEMENT if name == "quote" and accepted else _SHAPES[name]


def _key(event: Mapping[str, Any]) -> str:
    """HubSpot's eventId is not unique, so an event is known by what changed, where and when."""
    names: tuple[str, ...] = ("portalId", "subscriptionId", "objectId", "propertyName", "occurredAt")
    if event["subscriptionType"].endswith(".associationChange"):
        names = (
            "portalId",
            "subscriptionId",
            "fromObjectId",
            "toObjectId",
            "associationTypeId",
            "associationRemoved",
            "occurredAt",
        )
    return ":".join(_word(event.get(name)) for name in names)


def _ends(event: Mapping[str, Any], name: str, object_id: str) -> tuple[str, str]:
    """Which end of an association is the document: a quote to which a line is added, a subscription, an invoice."""
    ends = [
        (_TYPES.get(_word(event.get(f"{end}ObjectTypeId")), ""), _word(event.get(f"{end}ObjectId")))
        for end in ("from", "to")
    ]
    for wanted in ("quote", "subscription", "invoice", "deal"):
        for kind, its_id in ends:
            if kind == wanted and its_id:
                return kind, its_id
    return (name, object_id or ends[0][1]) if name in _SHAPES else ("unknown", object_id or ends[0][1])


def _ignored(event: Mapping[str, Any], change: str, name: str, object_id: str, connection: Connection) -> str | None:
    """Why nothing is to be done, where that is so; the first reason counts."""
    gone = change in _GONE
    reasons = (
        (connection.tenant and _word(event.get("portalId")) != connection.tenant, "the event is of another portal than this connection is for"),
        (name not in _SHAPES, f"events of {name or 'an unknown object'} bear on no quote, subscription or invoice that is read"),
        (change not in _CHANGES, f"events of the kind {change or 'unknown'} are not known"),
        (not object_id, "the event names no object"),
        (_word(event.get("propertyName")).startswith(PREFIX), "it tells of nothing but what Quoteguard wrote itself"),
        (name == "line_item" and gone, "a line item that is gone leads to no quote any more; its quote tells of the association"),
        (name == "deal" and connection.option("deals") != "check", "deals are checked with their quotes only (option deals)"),
    )  # fmt: skip
    return next((because for holds, because in reasons if holds), None)


def _action(action: Mapping[str, Any], connection: Connection) -> Event:
    """A workflow action asks for a verdict on the enrolled object, and waits for its callback to be completed."""
    subject = action["object"]
    name = _TYPES.get(_word(subject.get("objectType")).lower(), _word(subject.get("objectType")).lower() or "unknown")
    object_id = _word(subject.get("objectId"))
    because = _no_action(action, name, object_id, connection)
    callback = action["callbackId"]
    if because is not None:
        return Event(
            key=f"action:{callback}",
            kind="workflow.action",
            object_type=name,
            object_id=object_id or "unknown",
            ignored=because,
        )
    return Event(
        key=f"action:{callback}", kind="workflow.action", object_type=name, object_id=object_id, shape=_SHAPES[name],
        needs=(Need(resource=_NEEDS.get(name, name), id=object_id),), payload=dict(action), callback=callback,
    )  # fmt: skip


def _no_action(action: Mapping[str, Any], name: str, object_id: str, connection: Connection) -> str | None:
    origin = action.get("origin")
    portal = _word(origin.get("portalId")) if isinstance(origin, Mapping) else ""
    if connection.tenant and portal != connection.tenant:
        return "the action is of another portal than this connection is for"
    if name not in {"quote", "deal", "subscription"} or not object_id:
        return f"a workflow on {name} has nothing that can be judged: enroll quotes, deals or subscriptions"
    return None


def is_deal_alone(payload: Mapping[str, Any]) -> bool:
    return "quote" not in payload or payload.get("quote") is None


def inline_seconds(connection: Connection) -> float:
    """How long the custom code waits, as its own time limit says; 8 seconds where the connection does not."""
    text = connection.option("custom_code_seconds") or ""
    return float(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 19 else CUSTOM_CODE_SECONDS


def _word(value: Any) -> str:
    """An id or a name as text; nothing where it is neither."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, (str, int)) else ""


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    since = timedelta(milliseconds=min(value, 10**16))
    return datetime(1970, 1, 1, tzinfo=UTC) + since if since < timedelta(days=2_900_000) else None
