"""What a vendor's client does for Quoteguard, and the clients by connector. They register by entry points, as adapters do.

A client serves one connection and may be used by several threads at once. It raises `CallFailed` where a call comes to
nothing; `again` on it says whether the same call may well succeed later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from threading import Lock
from typing import Any, Final, Protocol, runtime_checkable

from cpq_hooks.adapter import Event, Need, VendorCall
from cpq_hooks.clients.exchange import Answer
from cpq_hooks.connection import Connection

GROUP: Final = "quoteguard.clients"


class Client(Protocol):
    """Calls to one system of a vendor's. `budget` is for the whole call in seconds; None is the client's own."""

    def fetch(self, need: Need, *, budget: float | None = None) -> Any:
        """The full object, with everything that the adapter's `translate` reads of it. Raises `CallFailed`."""

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call that the adapter asked for: a hold, a release, a write-back. Raises `CallFailed`."""


@runtime_checkable
class Reconciling(Protocol):
    """A client that can be asked what has changed."""

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """The objects that changed since a moment, as events that name what to fetch in `needs`. Raises `CallFailed`.

        `version` is made as the adapter makes it for a delivery, so that what the inbox has seen is known. `key` is the
        vendor's own where it lists events; else `reconciled` makes one. More than what changed may be told.
        """


Make = Callable[[Connection], Client]


class ClientBroken(RuntimeError):  # noqa: N818 - it says what happened
    """A client that is installed cannot be loaded."""


@dataclass(slots=True)
class Clients:
    """Installed clients. Each connection has one, made when it is first asked for."""

    points: Mapping[str, EntryPoint]
    _made: dict[str, Client | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, connection: Connection) -> Client | None:
        """The connection's client; None where its connector has none. Raises `ClientBroken`."""
        with self._lock:
            if connection.name not in self._made:
                self._made[connection.name] = self._make(connection)
            return self._made[connection.name]

    def _make(self, connection: Connection) -> Client | None:
        point = self.points.get(connection.connector)
        if point is None:
            return None
        try:
            make: Make = point.load()
            return make(connection)
        except Exception as error:
            raise ClientBroken(f"the client of {point.name} ({point.value}) cannot be made: {error}") from error


def installed_clients(points: Callable[[], Iterable[EntryPoint]] = lambda: entry_points(group=GROUP)) -> Clients:
    """Every client that is installed."""
    return Clients({point.name: point for point in points()})


def reconciled(object_type: str, object_id: str, version: str | None) -> str:
    """The key of an event of which no delivery told: one for each version of an object."""
    return f"reconcile:{object_type}:{object_id}:{version or ''}"
