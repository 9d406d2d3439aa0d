"""How HubSpot signs what it sends, in its three versions, and which of them is believed where.

Version 3 is a keyed digest of method, address, body and moment. Versions 1 and 2 are plain digests that begin with the secret and
know no moment, so what they sign can be sent again for ever. Workflow actions come with version 2 and nothing better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from cpq_hooks.adapter import Delivery, Genuine, Refusal
from cpq_hooks.connection import Connection
from cpq_hooks.signing import hmac_base64, matches_any, moment_of, sha256_hex, within

SIGNATURE_V3: Final = "x-hubspot-signature-v3"
MOMENT: Final = "x-hubspot-request-timestamp"
SIGNATURE: Final = "x-hubspot-signature"
VERSION: Final = "x-hubspot-signature-version"
OWN_SIGNATURE: Final = "x-quoteguard-signature"
OWN_MOMENT: Final = "x-quoteguard-timestamp"

_ESCAPES: Final = {
    "3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$",
    "27": "'", "28": "(", "29": ")", "2A": "*", "2C": ",", "3B": ";",
}  # fmt: skip
_ESCAPE: Final = re.compile("%(" + "|".join(_ESCAPES) + ")", re.IGNORECASE)
_IN_MILLISECONDS: Final = 1000


def decoded(url: str) -> str:
    """The address as HubSpot signs it: twelve escapes are their signs, each once, and all others stay as they are."""
    return _ESCAPE.sub(lambda found: _ESCAPES[found[1].upper()], url)


def signature_v1(secret: str, body: bytes) -> str:
    return sha256_hex(_bytes(secret) + body)


def signature_v2(secret: str, method: str, url: str, body: bytes) -> str:
    return sha256_hex(_bytes(secret + method + url) + body)


def signature_v3(secret: str, method: str, url: str, body: bytes, moment: str) -> str:
    return hmac_base64(secret, _bytes(method + decoded(url)) + body + _bytes(moment))


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether HubSpot, or the custom code that comes with Quoteguard, sent these very bytes to this address."""
    if delivery.header(OWN_SIGNATURE) is not None:
        return _keyed(delivery, _secrets(connection, "custom_code"), OWN_SIGNATURE, OWN_MOMENT)
    secrets = _secrets(connection, "webhook")
    if not secrets:
        return Refusal(because="the connection has no client secret of the app", status=503)
    if connection.public_url is None:
        return Refusal(
            because="the connection has no public_url, and HubSpot signs the address that it calls", status=503
        )
    if delivery.header(SIGNATURE_V3) is not None:
        return _keyed(delivery, secrets, SIGNATURE_V3, MOMENT)
    return _older(delivery, secrets, connection)


def _secrets(connection: Connection, purpose: str) -> list[str]:
    return [each for each in connection.secrets.get(purpose, ()) if each.strip()]


def _keyed(delivery: Delivery, secrets: list[str], header: str, moment_header: str) -> Genuine | Refusal:
    """A signature of version 3: by HubSpot, or made in the same way by the custom code with a secret of its own."""
    if not secrets:
        return Refusal(because="the connection has no secret for custom code", status=503)
    moment = delivery.header(moment_header) or ""
    made = [signature_v3(each, delivery.method.upper(), delivery.url, delivery.body, moment) for each in secrets]
    if not matches_any(delivery.header(header), made):
        return Refusal(because="the signature is not that of the body and the address under any secret in force")
    signed_at: datetime | None = moment_of(moment, per_second=_IN_MILLISECONDS)
    if not within(signed_at, delivery.received_at):
        return Refusal(because="it was signed more than five minutes before or after it came")
    return Genuine(tenant=None)


def _older(delivery: Delivery, secrets: list[str], connection: Connection) -> Genuine | Refusal:
    """Version 2, where it is accepted: on what can only be a workflow action, and on a connection that says so."""
    given = delivery.header(SIGNATURE)
    if given is None:
        return Refusal(because="there is no signature of HubSpot's")
    method, url, body = delivery.method.upper(), delivery.url, delivery.body
    if delivery.header(VERSION) != "v2" or not _any(
        given, secrets, lambda secret: signature_v2(secret, method, url, body)
    ):
        if _any(given, secrets, lambda secret: signature_v1(secret, body)):
            return Refusal(
                because="it is signed by version 1, which knows neither address nor moment: version 3 is wanted"
            )
        return Refusal(because="the signature is not that of the body and the address under any secret in force")
    if connection.option("workflow_action") != "accept":
        return Refusal(
            because="version 2 is taken of workflow actions only, and this connection's option workflow_action is off"
        )
    if not body.lstrip().startswith(b"{"):
        return Refusal(because="version 2 is taken of workflow actions only, and this is none")
    return Genuine(tenant=None)


def _any(given: str, secrets: Iterable[str], form: Callable[[str], str]) -> bool:
    return matches_any(given, [form(each) for each in secrets])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
