"""Whether a callout is genuine: by Basic, which Zuora sends only when it is asked to, or by the tenant's own HMAC.

Zuora signs nothing by itself. A tenant writes its own recipe (what is signed, how, in which header), so the recipe is the
connection's options. A recipe that leaves the body out proves nothing of the body.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from cpq_hooks.adapter import Delivery, Genuine, Refusal
from cpq_hooks.connection import Connection
from cpq_hooks.signing import USUAL_WINDOW, basic_challenge, basic_is_right, hmac_digest, matches_any, moment_of, within

REALM: Final = "Quoteguard"
ALGORITHMS: Final = ("sha256", "sha384", "sha512", "sha1")
ENCODINGS: Final = ("base64", "hex")
_PLACE: Final = re.compile(r"\{(body|method|url|path|query|header:[A-Za-z0-9-]+|param:[^{}]+)\}")
_SIGNED: Final = "{signature}"
_MILLISECONDS: Final = 12


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the callout proves what the connection asks for. Never raises."""
    wanted = connection.option("callout_auth") or "basic"
    if wanted not in {"basic", "hmac", "both"}:
        return Refusal(because="the option callout_auth is neither basic, hmac nor both", status=503)
    refusal = _basic(delivery, connection) if wanted != "hmac" else None
    if refusal is None and wanted != "basic":
        refusal = _signed(delivery, connection)
    return Genuine(tenant=connection.tenant) if refusal is None else refusal


def _basic(delivery: Delivery, connection: Connection) -> Refusal | None:
    """None where user and password are right; else the challenge, for Zuora's first call comes without them."""
    users, passwords = _secrets(connection, "user"), _secrets(connection, "password")
    if not users or not passwords:
        return Refusal(because="the connection has no user and password for callouts", status=503)
    header = delivery.header("authorization")
    if basic_is_right(header, users, passwords):
        return None
    because = "user or password is wrong" if header else "there is no Authorization header; it is asked for now"
    return Refusal(because=because, status=401, headers=(basic_challenge(REALM),))


def _signed(delivery: Delivery, connection: Connection) -> Refusal | None:
    """None where one of the keys in force signed what the recipe names."""
    name, keys = connection.option("hmac_header"), _secrets(connection, "hmac")
    algorithm, encoding = connection.option("hmac_algorithm", "sha256"), connection.option("hmac_encoding", "base64")
    if not name or not keys:
        return Refusal(because="the connection has no HMAC key, or does not name the header (hmac_header)", status=503)
    if algorithm not in ALGORITHMS or encoding not in ENCODINGS:
        return Refusal(because="the options hmac_algorithm and hmac_encoding name none that is known", status=503)
    given = delivery.header(name)
    if not given:
        return Refusal(because="the header with the signature is missing")
    template = connection.option("hmac_value") or _SIGNED
    message = signed_bytes(delivery, connection.option("hmac_data") or "{body}")
    wanted = [template.replace(_SIGNED, _encoded(hmac_digest(key, message, algorithm), encoding)) for key in keys]
    shown = given.strip().lower() if encoding == "hex" and template == _SIGNED else given.strip()
    if _SIGNED not in template or not matches_any(shown, wanted):
        return Refusal(because="the signature is not that of the callout under any key in force")
    return _late(delivery, connection)


def signed_bytes(delivery: Delivery, recipe: str) -> bytes:
    r"""What a recipe names, with the exact bytes of the body. `\n` is a new line; what is not there is nothing."""
    parts = _PLACE.split(recipe.replace("\\n", "\n"))
    return b"".join(_part(delivery, part) if at % 2 else _raw(part) for at, part in enumerate(parts))


def _part(delivery: Delivery, place: str) -> bytes:
    if place == "body":
        return delivery.body
    kind, _, name = place.partition(":")
    if kind == "header":
        return _raw(delivery.header(name) or "")
    if kind == "param":
        return _raw(next((value for key, value in delivery.query if key == name), ""))
    try:
        parts = urlsplit(delivery.url)
    except ValueError:
        return b""
    return _raw({"method": delivery.method.upper(), "url": delivery.url, "path": parts.path}.get(kind, parts.query))


def _late(delivery: Delivery, connection: Connection) -> Refusal | None:
    """A refusal where the recipe has a timestamp that lies too far from now, in either direction."""
    name = connection.option("hmac_timestamp_header")
    if not name:
        return None
    text = connection.option("tolerance_seconds") or ""
    window = timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else USUAL_WINDOW
    if within(_moment(delivery.header(name)), delivery.received_at, window):
        return None
    return Refusal(because="it was signed too long before or after it came, or its timestamp cannot be read")


def _moment(stamp: str | None) -> datetime | None:
    """Unix seconds or milliseconds, an ISO moment with its offset, or an HTTP date."""
    text = (stamp or "").strip()
    if text.isascii() and text.isdigit():
        return moment_of(text, per_second=1000 if len(text) > _MILLISECONDS else 1)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found.astimezone(UTC) if found.tzinfo is not None else None
    return None


def _encoded(digest: bytes, encoding: str) -> str:
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii")


def _secrets(connection: Connection, purpose: str) -> list[str]:
    return [each for each in connection.secrets.get(purpose, ()) if each.strip()]


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
