"""DealHub's deliveries: who sent one is told by a token or a password alone, and webhooks name a quote and little else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Event, Genuine, Need, NotUnderstood, Refusal, Shape, ordered
from cpq_hooks.adapters.dealhub.reading import stamp
from cpq_hooks.connection import Connection
from cpq_hooks.signing import basic_challenge, basic_is_right, bearer_token, matches_any, sha256_hex

SECONDS: Final = 5.0
"""DealHub does not say how long it waits for an answer."""

_NOTHING_TO_DO: Final = {
    "primaryquote": "which quote is the primary one changes nothing on it",
    "quoteunpublished": "a quote that is taken back from the customer goes nowhere",
    "quotelost": "a lost quote goes nowhere",
    "quoteexpired": "an expired quote goes nowhere",
    "dealroom_event": "what happens in a DealRoom changes no quote",
}
_WON: Final = "quotewon"


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the token, or the name and password, are the connection's. DealHub signs nothing."""
    secrets = {name: [each for each in found if each.strip()] for name, found in connection.secrets.items()}
    tokens, users, passwords = (secrets.get(name, []) for name in ("token", "user", "password"))
    if not tokens and not (users and passwords):
        return Refusal(because="the connection has neither a token nor a name and password", status=503)
    header = delivery.header("authorization")
    by_token = matches_any(bearer_token(header), tokens)
    by_password = basic_is_right(header, users, passwords) if users and passwords else False
    by_address = (
        matches_any(_in_address(delivery), tokens) if connection.option("token_in_address") == "accept" else False
    )
    if by_token or by_password or by_address:
        return Genuine(tenant=None)
    challenge = (basic_challenge("Quoteguard"),) if users else ()
    return Refusal(because="the token or the password is missing or wrong", status=401, headers=challenge)


def _in_address(delivery: Delivery) -> str | None:
    return next((value for name, value in delivery.query if name == "token"), None)


def body_of(delivery: Delivery) -> Mapping[str, Any]:
    """The body as an object. Raises `NotUnderstood`, `Malformed`."""
    found = delivery.json()
    if not isinstance(found, Mapping):
        raise NotUnderstood("this is nothing of DealHub's: an object is wanted")
    return found


def events(delivery: Delivery) -> tuple[Event, ...]:
    """The one event of a webhook. Raises `NotUnderstood`, `Malformed`."""
    body = body_of(delivery)
    info = body.get("event_info")
    known: Mapping[str, Any] = info if isinstance(info, Mapping) else {}
    kind = next((text for each in (body.get("event"), *map(known.get, _KIND)) if (text := _word(each))), "webhook")
    quote_id = _word(body.get("dealhub_quote_id"))
    if not known and not quote_id and "event" not in body:
        raise NotUnderstood("this is no webhook of DealHub's: it has neither event_info nor a quote")
    at = stamp(_word(body.get("execution_date")))
    key = _word(known.get("event_id")) or f"content:{sha256_hex(delivery.body)}"
    because = _NOTHING_TO_DO.get(kind.lower()) or (None if quote_id else "the event is on no quote")
    if because is not None:
        return (
            Event(
                key=key,
                kind=kind,
                object_type="quote",
                object_id=quote_id or "unknown",
                occurred_at=at,
                ignored=because,
            ),
        )
    deleted = "delete" in kind.lower()
    return (
        Event(
            key=key, kind=kind, object_type="quote", object_id=quote_id, occurred_at=at, deleted=deleted,
            version=ordered(at) if at is not None and at.year >= 1970 else None,
            shape=Shape.AGREEMENT if kind.lower() == _WON else Shape.QUOTE,
            needs=() if deleted else (Need(resource="quote", id=quote_id),), payload=dict(body),
        ),
    )  # fmt: skip


_KIND: Final = ("event_name", "event_type", "event", "webhook_name", "webhook_id")


def _word(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
