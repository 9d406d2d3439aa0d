"""Who is told of events: the `webhooks` of connections.yaml, as those who listen and as the places where to send."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from app.outgoing import Listener
from app.secret_places import SecretMissing, secret_at
from cpq_hooks.canonical import read_connections
from cpq_hooks.canonical.connections import SecretPlace, WebhookEntry
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid
from cpq_hooks.yaml_files import read_yaml

FILE: Final = "connections.yaml"
T = TypeVar("T")

_LEAST_BYTES: Final = 24
_PREFIX: Final = "whsec_"
_RECIPE: Final = "make one with: echo whsec_$(head -c 32 /dev/urandom | base64)"


class WebhooksRefused(ValueError):  # noqa: N818 - it says what happened
    """The file cannot be used; `reasons` has a sentence for each fault."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a listener's events are sent. `secrets` are those in force, the newest first."""

    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    allow_private: bool = False

    def as_connection(self) -> Connection:
        """What calls to it go by: its address, and the secrets that no message of a failure may hold."""
        bare = tuple(each.removeprefix(_PREFIX) for each in self.secrets)
        return Connection(
            name=self.name,
            connector="webhook",
            base_url=self.url,
            secrets={"webhook": (*self.secrets, *bare)},
            allow_private=self.allow_private,
        )


def listeners_of(home: Path | None) -> tuple[Listener, ...]:
    """Who listens, without the secrets. Raises `WebhooksRefused`."""
    return tuple(Listener(name=each.name, events=frozenset(each.events)) for each in _entries(home).values())


def endpoints_of(home: Path | None, environ: Mapping[str, str]) -> Mapping[str, Endpoint]:
    """Where to send, by listener. Raises `WebhooksRefused` with every fault at once."""
    reasons: list[str] = []
    found = {}
    for entry in _entries(home).values():
        reading = _Reading(entry, environ, home or Path())
        secrets = tuple(reading.secrets())
        reasons += reading.reasons
        found[entry.name] = Endpoint(name=entry.name, url=entry.url, secrets=secrets, allow_private=entry.allow_private)
    if reasons:
        raise WebhooksRefused(tuple(reasons))
    return found


class Live(Generic[T]):
    """Something that is read from files again when it may have changed, at most every so often.

    `stamp` tells whether it may have; what cannot be read leaves the last that could be in force. The first reading raises.
    """

    def __init__(
        self,
        read: Callable[[], T],
        every: timedelta,
        *,
        stamp: Callable[[], object] = object,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._every = every.total_seconds()
        self._stamp = stamp
        self._seconds = seconds
        self._lock = Lock()
        self._found: tuple[T, object, float] | None = None

    def __call__(self) -> T:
        """What is in force."""
        with self._lock:
            now = self._seconds()
            if self._found is None:
                self._found = (self._read(), self._stamp(), now)
                return self._found[0]
            value, before, looked_at = self._found
            if self._every and now - looked_at >= self._every:
                stamp = self._stamp()
                if stamp != before:
                    with suppress(WebhooksRefused):
                        value = self._read()
                self._found = (value, stamp, now)
            return value


def live_listeners(home: Path, every: timedelta) -> Live[tuple[Listener, ...]]:
    """Those who listen, read again when connections.yaml has changed."""

    def stamp() -> object:
        try:
            found = (home / FILE).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    return Live(lambda: listeners_of(home), every, stamp=stamp)


def live_endpoints(home: Path, environ: Mapping[str, str], every: timedelta) -> Live[Mapping[str, Endpoint]]:
    """Where to send, read again and again with the secrets, whose files may change by themselves."""
    return Live(lambda: endpoints_of(home, environ), every)


def _entries(home: Path | None) -> Mapping[str, WebhookEntry]:
    path = None if home is None else home / FILE
    if path is None or not path.is_file():
        return {}
    try:
        return read_connections(read_yaml(path.read_text("utf-8"), FILE)).webhooks
    except UnicodeDecodeError:
        raise WebhooksRefused((f"{FILE}: the file is not UTF-8 text",)) from None
    except Invalid as invalid:
        told = (f"{FILE}:{each.line or 1}: {each.path}: {each.message}" for each in invalid.problems)
        raise WebhooksRefused(tuple(told)) from None


@dataclass(slots=True)
class _Reading:
    """One entry on its way to an endpoint."""

    entry: WebhookEntry
    environ: Mapping[str, str]
    folder: Path
    reasons: list[str] = field(default_factory=list)

    def secrets(self) -> Iterator[str]:
        for place in self.entry.secrets:
            try:
                secret = secret_at(place, self.environ, self.folder)
            except SecretMissing as missing:
                self._refuse(f"its secret {missing}")
                continue
            if self._is_usable(secret, place):
                yield secret

    def _is_usable(self, secret: str, place: SecretPlace) -> bool:
        """Whether it is a secret of Standard Webhooks: base64 of at least 24 bytes, which a signature is made with."""
        try:
            size = len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if size < _LEAST_BYTES:
            self._refuse(
                f"what lies in {place.env or place.file} is no secret of 24 bytes or more in base64; {_RECIPE}"
            )
        return size >= _LEAST_BYTES

    def _refuse(self, reason: str) -> None:
        self.reasons.append(f"{FILE}: {self.entry.name}: {reason}")
