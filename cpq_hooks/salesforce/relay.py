"""How the relay that an administrator installs in Salesforce proves who it is.

Salesforce signs nothing by itself, so the recipe is ours: `X-Quoteguard-Timestamp` holds Unix seconds, and
`X-Quoteguard-Signature` is `v1=` and the hexadecimal HMAC-SHA256, under the shared secret, of the timestamp, a point and
the exact body. Where a company would rather keep its secret in a Named Credential, which cannot sign, a bearer secret does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cpq_hooks.adapter import Delivery, Genuine, Option, Refusal
from cpq_hooks.connection import Connection
from cpq_hooks.signing import (
    USUAL_WINDOW,
    bearer_token,
    hmac_hex,
    matches_any,
    moment_of,
    signed_with_any,
    within,
)

SIGNATURE: Final = "x-quoteguard-signature"
TIMESTAMP: Final = "x-quoteguard-timestamp"
SECRETS: Final = (
    Option(name="relay", about="The secret that the Apex relay signs with; several while it is replaced."),
    Option(
        name="bearer", about="In place of relay: the secret that a Named Credential sends as Authorization: Bearer."
    ),
    Option(name="url", about="The secret that an Outbound Message's address ends in, as ?key=SECRET."),
    Option(name="client_id", about="The consumer key of the connected app (client credentials flow)."),
    Option(name="client_secret", about="The consumer secret of the connected app."),
)
TOLERANCE: Final = Option(
    name="tolerance_seconds", about="How far the relay's clock may be from ours; 300 where it is not given."
)


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header of a body: what the Apex relay computes."""
    return "v1=" + hmac_hex(secret, timestamp.encode("utf-8", "surrogatepass") + b"." + body)


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the relay sent these very bytes just now. A connection with a signing secret takes no unsigned call."""
    signing = [each for each in connection.secrets.get("relay", ()) if each.strip()]
    bearing = [each for each in connection.secrets.get("bearer", ()) if each.strip()]
    if not signing and not bearing:
        return Refusal(because="the connection has no secret of the relay (relay or bearer)", status=503)
    if not signing:
        known = matches_any(bearer_token(delivery.header("authorization")), bearing)
        return Genuine() if known else Refusal(because="the bearer secret is missing or is not the connection's")
    return _verify_signature(delivery, connection, signing)


def _verify_signature(delivery: Delivery, connection: Connection, secrets: list[str]) -> Genuine | Refusal:
    given, stamp = delivery.header(SIGNATURE), delivery.header(TIMESTAMP)
    if not given or not stamp:
        return Refusal(because="the relay's signature or timestamp header is missing")
    message = stamp.encode("utf-8", "surrogatepass") + b"." + delivery.body
    if not signed_with_any(given.removeprefix("v1="), secrets, message) or not given.startswith("v1="):
        return Refusal(because="the signature is not that of this body under any secret in force")
    if not within(moment_of(stamp), delivery.received_at, _window(connection)):
        return Refusal(because="it was signed too long before or after it came; check the clock")
    return Genuine()


def _window(connection: Connection) -> timedelta:
    text = connection.option("tolerance_seconds") or ""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else USUAL_WINDOW
