"""The reconciler: once in a while each vendor is asked what has changed, and what no delivery told of becomes an event."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.deliveries import note_of
from app.failing import pause, reason_of
from cpq_hooks.clients.client import Reconciling

if TYPE_CHECKING:
    from app.connections import Connected, Connections
    from app.store import Claimed, EventNote, Queue
    from app.store.inbox import Inbox
    from app.vendor_objects import Fetching

_AT_A_TIME: Final = 200
_OVERLAP: Final = timedelta(hours=1)
_FIRST_LOOK: Final = timedelta(days=1)
_SOON: Final = timedelta(minutes=5)


class Reconciler:
    """Asks each connection in its turn. `line` holds one item for each connection whose client can be asked."""

    def __init__(
        self,
        inbox: Inbox,
        line: Queue,
        connections: Connections,
        clients: Fetching,
        clock: Callable[[], datetime],
        *,
        every: timedelta,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inbox = inbox
        self._line = line
        self._connections = connections
        self._clients = clients
        self._clock = clock
        self._every = every
        self._chance = chance

    def plan(self) -> tuple[str, ...]:
        """Put every connection in line that is not in it, and name those that cannot be asked. The first look comes soon after."""
        in_vain: list[str] = []
        for connected in self._connections:
            name = connected.connection.name
            if self._client(connected) is None:
                in_vain.append(name)
            else:
                self._line.add(name, name, due_at=self._clock() + _SOON * self._chance())
        return tuple(in_vain)

    def handle(self, item: Claimed) -> dict[str, Any]:
        """Ask one connection, and say what to log. Where the vendor cannot be asked now it is asked again later."""
        connected = self._connections.get(item.item_id)
        client = None if connected is None else self._client(connected)
        if client is None:
            self._line.finish(item)
            return {"became": "gone"}
        try:
            missed = self.ask(item.item_id, client)
        except Exception as error:  # noqa: BLE001 - the vendor's client may fail in any way; the day comes again
            self._line.retry(item, self._clock() + pause(item.attempts, self._chance()), reason_of(error))
            return {"became": "retried", "connection": item.item_id, "failure": type(error).__name__}
        self._line.postpone(item, self._clock() + self._every * (0.95 + self._chance() / 10))
        return {"became": "done", "connection": item.item_id, "missed": missed}

    def ask(self, name: str, client: Reconciling, since: datetime | None = None) -> int:
        """Take in what changed since the last time, or since a moment, and was not seen; how much that was."""
        began = self._clock()
        last = since or self._inbox.since(name) or began - _FIRST_LOOK
        missed = 0
        portion: list[EventNote] = []
        for note in self._unseen(name, client, last - _OVERLAP):
            portion.append(note)
            if len(portion) == _AT_A_TIME:
                missed += len(self._inbox.take(name, portion, None).new)
                portion = []
        missed += len(self._inbox.take(name, portion, None).new) if portion else 0
        self._inbox.note_since(name, began)
        return missed

    def _unseen(self, name: str, client: Reconciling, since: datetime) -> Iterable[EventNote]:
        for event in client.reconcile(since):
            note = note_of(event)
            if not event.needs and not event.deleted and event.ignored is None:
                note = replace(note, ignored="the vendor listed it without saying what to fetch")
            if not self._inbox.has_seen(name, note):
                yield note

    def _client(self, connected: Connected) -> Reconciling | None:
        client: object = self._clients.of(connected.connection)
        return client if isinstance(client, Reconciling) else None
