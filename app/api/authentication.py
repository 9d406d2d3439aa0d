"""Who calls: API keys out of the headers, and what each may do."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from app.errors import KEY_NOT_VALID, MISSING_SCOPE, NO_KEY, refuse
from app.store import ApiKey, Scope

REMEMBERED_SECONDS: Final = 5.0
"""A key that was revoked stops opening anything after this time at the latest."""
_MOST_REMEMBERED: Final = 2_000
_LONGEST_SECRET: Final = 512
_CHALLENGE: Final = 'Bearer realm="quoteguard"'


class Keys(Protocol):
    """What knows the keys: the store."""

    def authenticate(self, secret: str) -> ApiKey | None: ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey | None
    until: float


class KeyRing:
    """Keys as the store knows them, each remembered for a few seconds so that a busy caller costs no query a request.

    A secret is remembered by its digest only. One that opens nothing is remembered as well.
    """

    def __init__(
        self, keys: Keys, *, seconds: float = REMEMBERED_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = keys
        self._seconds = seconds
        self._now = now
        self._lock = Lock()
        self._remembered: dict[bytes, _Remembered] = {}

    def caller(self, environ: Mapping[str, str]) -> ApiKey:
        """The key that the request carries. Raises the problem that it carries none, or one that is not valid."""
        secret = _secret(environ)
        key = self._key(secret) if len(secret) <= _LONGEST_SECRET else None
        if key is None:
            headers = (("WWW-Authenticate", f'{_CHALLENGE}, error="invalid_token"'),)
            raise refuse(KEY_NOT_VALID, "The API key is unknown, revoked or expired.", headers=headers)
        return key

    def _key(self, secret: str) -> ApiKey | None:
        digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        found = self._remembered.get(digest)
        now = self._now()
        if found is not None and now < found.until:
            return found.key
        key = self._keys.authenticate(secret)
        with self._lock:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[digest] = _Remembered(key, now + self._seconds)
        return key


def require(key: ApiKey, scope: Scope) -> None:
    """Raise the problem that names the scope, unless the key has it. `admin` opens everything."""
    if scope not in key.scopes and Scope.ADMIN not in key.scopes:
        has = ", ".join(sorted(key.scopes))
        headers = (("WWW-Authenticate", f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'),)
        raise refuse(MISSING_SCOPE, f"This needs a key with the scope {scope}; this key has {has}.", headers=headers)


def _secret(environ: Mapping[str, str]) -> str:
    stated = environ.get("HTTP_AUTHORIZATION")
    if stated is None:
        secret = environ.get("HTTP_X_API_KEY", "").strip()
    else:
        scheme, _, secret = stated.strip().partition(" ")
        secret = secret.strip() if scheme.lower() == "bearer" else ""
    if not secret:
        detail = "Send an API key: `Authorization: Bearer qg_...`."
        raise refuse(NO_KEY, detail, headers=(("WWW-Authenticate", _CHALLENGE),))
    return secret
