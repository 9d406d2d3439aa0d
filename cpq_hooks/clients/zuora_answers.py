"""Signing in to Zuora, and what its answers mean: a 200 with `success` false has failed, and its code says how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from cpq_hooks.adapter import JSON
from cpq_hooks.clients.exchange import FORM, Header, Request
from cpq_hooks.clients.failures import (
    CallFailed,
    NotAllowed,
    NotThere,
    Refused,
    Throttled,
    Unreadable,
    VendorDown,
    redacted,
    secrets_of,
)
from cpq_hooks.clients.http import Session
from cpq_hooks.connection import Connection

EARLY: Final = 60.0
"""So many seconds before its end a token is renewed."""
USUAL_LIFE: Final = 3_000.0


@dataclass(slots=True)
class Token:
    """An OAuth token, kept until shortly before it ends: signing in has a limit of its own."""

    session: Session
    connection: Connection
    _value: str | None = None
    _until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def headers(self, renewed: bool) -> Sequence[Header]:
        with self._lock:
            if renewed or self._value is None or self.session.clock.seconds() >= self._until:
                self._value, self._until = self._fetched()
            return (("Authorization", f"Bearer {self._value}"),)

    def _fetched(self) -> tuple[str, float]:
        identity, secret = self.connection.secret("client_id"), self.connection.secret("client_secret")
        if not identity or not secret:
            raise NotAllowed("the connection has no client_id and client_secret for Zuora's API", status=401)
        form = {"client_id": identity, "client_secret": secret, "grant_type": "client_credentials"}
        found = self.session.send(
            Request(
                method="POST", path="/oauth/token", body=urlencode(form).encode("ascii"), repeatable=True,
                headers=(("Content-Type", FORM), ("Accept", JSON)),
            )
        ).json()  # fmt: skip
        token = found.get("access_token") if isinstance(found, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token:
            raise Unreadable("Zuora's sign-in gave no token")
        return token, self.session.clock.seconds() + _life(found.get("expires_in"))


def _life(told: Any) -> float:
    seconds = float(told) if isinstance(told, int) and not isinstance(told, bool) and told > 0 else USUAL_LIFE
    return max(0.0, seconds - EARLY)


def succeeded(found: Any, where: str, connection: Connection) -> Any:
    """The answer, where Zuora says that it did what was asked. Raises the `CallFailed` that its code stands for."""
    refused = isinstance(found, Mapping) and (found.get("success") is False or found.get("Success") is False)
    if not refused:
        return found
    reasons = found.get("reasons") or found.get("Errors") or []
    known = [each for each in reasons if isinstance(each, Mapping)] if isinstance(reasons, list) else []
    code = next((str(each.get("code") or each.get("Code")) for each in known), "")
    said = "; ".join(str(each.get("message") or each.get("Message")) for each in known)[:300]
    message = redacted(f"{where}: Zuora says {code} {said}".strip(), secrets_of(connection))
    raise _failure(code, message)


def _failure(code: str, message: str) -> CallFailed:
    """The failure behind a code: its last two digits are Zuora's kind of error."""
    kind = code[-2:]
    if kind in {"10", "11"}:
        return NotAllowed(message, status=403)
    if kind == "40":
        return NotThere(message, status=404)
    if kind in {"50", "70"}:
        return Throttled(message, status=429)
    if kind in {"60", "61"}:
        return VendorDown(message, status=500, perhaps_done=True)
    return Refused(message, status=400)
