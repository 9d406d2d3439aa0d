"""What an identity provider says about itself: its endpoints and its keys, asked for once and kept for a while.

https://openid.net/specs/openid-connect-discovery-1_0.html. Providers change their keys by publishing the new one first: a token that
no known key has signed is a reason to ask again (Core, 10.1.1), though not for every token that somebody makes up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests

_SECONDS: Final = 10.0
_KEPT_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 30.0
"""Keys are asked for again no sooner than this, whatever tokens come."""


class NotKnown(Exception):  # noqa: N818 - it says what is the matter
    """The provider did not say who it is, or who it is may not come in. The message is for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A document of the provider's, and when it was fetched, by the monotonic clock."""

    content: dict[str, Any]
    fetched: float


class ProviderDocuments:
    """The documents of the provider `issuer`, each kept for an hour by `clock`, which counts seconds and never goes back.

    Safe for several threads. A provider that is away is noticed only when a document is asked for again.
    """

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._kept: dict[str, _Document] = {}
        self._lock = Lock()

    def endpoint(self, name: str) -> str:
        """An endpoint by the provider's own description, which must be the description of this very provider. Raises `NotKnown`."""
        about = self._document(f"{self._issuer}/.well-known/openid-configuration", _KEPT_SECONDS).content
        if str(about.get("issuer", "")).rstrip("/") != self._issuer:
            raise NotKnown("The identity provider calls itself something else than QUOTEGUARD_OIDC_ISSUER.")
        address = str(about.get(name, ""))
        if not _is_safe(address):
            raise NotKnown("The identity provider names no safe address.")
        return address

    def keys(self, key_id: str | None, *, asking_again: bool = False) -> Sequence[jwt.PyJWK]:
        """The keys that may have signed a token with `key_id`; all where it names none. Raises `NotKnown`.

        An unknown id has the provider asked again, and so has a signature that did not fit (`asking_again`).
        """
        address = self.endpoint("jwks_uri")
        fitting = _fitting(self._document(address, _AGAIN_SECONDS if asking_again else _KEPT_SECONDS), key_id)
        return fitting or _fitting(self._document(address, _AGAIN_SECONDS), key_id)

    def _document(self, address: str, at_most_old: float) -> _Document:
        with self._lock:
            kept = self._kept.get(address)
        if kept is not None and self._clock() - kept.fetched < at_most_old:
            return kept
        # Fetched without the lock: one slow answer must not hold up whoever needs what is known already.
        document = _Document(content=_fetched(address), fetched=self._clock())
        with self._lock:
            self._kept[address] = document
        return document


def _fitting(document: _Document, key_id: str | None) -> Sequence[jwt.PyJWK]:
    keys = jwt.PyJWKSet.from_dict(document.content).keys
    return [key for key in keys if key_id in (None, key.key_id)]


def _fetched(address: str) -> dict[str, Any]:
    if not _is_safe(address):
        raise NotKnown("The identity provider must be reached by https.")
    try:
        answer = requests.get(address, timeout=_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise NotKnown("The identity provider does not answer. Try again, or use your password.") from error
    return found if isinstance(found, dict) else {}


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and (parts.hostname or "") in ("127.0.0.1", "localhost", "::1")
    )
