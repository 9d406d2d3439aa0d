"""The inbox: deliveries as they came and what they told, each event once, and how far each of the vendor's objects is.

What arrives is on disk when `take` returns. An event leaves the line in the transaction of what was made of it, and only
if nothing newer of its object was handled before: the comparison is part of the update, so that no two can both win.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select, text, update

from app.identifiers import new_id
from app.store.database import Database, Prepared
from app.store.errors import StoreError
from app.store.identifiers import moment, searchable, stamp
from app.store.inbox_records import EventFilter, EventNote, EventState, KeptDelivery, KeptEvent, Taken
from app.store.inbox_tables import INBOX_CURSORS, INBOX_DELIVERIES, INBOX_EVENTS, INBOX_OBJECTS
from app.store.packing import pack, unpack
from app.store.queue import Claimed, Queue, bounded

_LONGEST_PAGE: Final = 500
_LONGEST_REASON: Final = 2_000
_DELIVERY: Final = Prepared(
    text(
        """
    INSERT INTO inbox_deliveries (delivery_id, connection, received_at, method, envelope, body)
    VALUES (:delivery_id, :connection, :received_at, :method, :envelope, :body)
    ON CONFLICT (delivery_id) DO NOTHING
    """
    )
)
_EVENT: Final = Prepared(
    text(
        """
    INSERT INTO inbox_events
        (event_id, connection, dedupe_key, delivery_id, received_at, kind, object_type, object_id, version, occurred_at,
         state, reason, handled_at, told)
    VALUES (:event_id, :connection, :dedupe_key, :delivery_id, :received_at, :kind, :object_type, :object_id, :version,
        :occurred_at, :state, :reason, :handled_at, :told)
    ON CONFLICT (connection, dedupe_key) DO NOTHING
    """
    )
)
# A version that is not newer than the one that was handled changes nothing; one without a version counts as it comes.
_ADVANCE: Final = Prepared(
    text(
        """
    INSERT INTO inbox_objects (connection, object_key, version, event_id, decision_id, updated_at)
    VALUES (:connection, :object_key, :version, :event_id, :decision_id, :now)
    ON CONFLICT (connection, object_key) DO UPDATE SET
        version = COALESCE(excluded.version, inbox_objects.version), event_id = excluded.event_id,
        decision_id = COALESCE(excluded.decision_id, inbox_objects.decision_id), updated_at = excluded.updated_at
    WHERE excluded.version IS NULL OR inbox_objects.version IS NULL OR excluded.version >= inbox_objects.version
    """
    )
)


class Superseded(StoreError):  # noqa: N818 - it says what happened
    """A newer version of the object was handled before. What was made of the older one is undone."""


class Inbox:
    """What came in. `line` is where its events wait, `asking` where vendors wait to be asked what they did not tell.

    Methods that end in `_in` work in the caller's transaction.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], line: Queue) -> None:
        self._database = database
        self._clock = clock
        self.line = line
        self.asking = Queue(database, clock, "reconcile")

    def take(
        self,
        connection_name: str,
        events: Sequence[EventNote],
        delivery: KeptDelivery | None,
        *,
        due_at: datetime | None = None,
    ) -> Taken:
        """Keep a delivery with what it tells, all or nothing. One that tells nothing new leaves nothing behind."""
        return self._database.write(
            lambda connection: self._take(connection, connection_name, events, delivery, due_at)
        )

    def event(self, event_id: str) -> KeptEvent | None:
        query = select(INBOX_EVENTS).where(INBOX_EVENTS.c.event_id == searchable(event_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _event(row)

    def delivery(self, delivery_id: str) -> KeptDelivery | None:
        query = select(INBOX_DELIVERIES).where(INBOX_DELIVERIES.c.delivery_id == searchable(delivery_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _delivery(row)

    def page(self, wanted: EventFilter, *, limit: int = 50, before: str | None = None) -> tuple[KeptEvent, ...]:
        """Up to `limit` events (at most 500), the newest first, from the one before the event `before` on."""
        query = select(INBOX_EVENTS).where(*_conditions(wanted)).order_by(INBOX_EVENTS.c.event_id.desc())
        if before is not None:
            query = query.where(INBOX_EVENTS.c.event_id < searchable(before))
        query = query.limit(max(1, min(limit, _LONGEST_PAGE)))
        return tuple(map(_event, self._database.read(lambda connection: connection.execute(query).all())))

    def is_outdated(self, event: KeptEvent) -> bool:
        """Whether a newer version of the event's object was handled already."""
        if event.note.version is None:
            return False
        query = select(INBOX_OBJECTS.c.version).where(
            INBOX_OBJECTS.c.connection == event.connection, INBOX_OBJECTS.c.object_key == object_key(event.note)
        )
        version = self._database.read(lambda connection: connection.execute(query).scalar())
        return version is not None and version > event.note.version

    def has_seen(self, connection_name: str, note: EventNote) -> bool:
        """Whether this version of an object, or a newer one, was handled or waits already."""
        if note.version is None:
            return False
        of = (INBOX_OBJECTS.c.connection == connection_name, INBOX_OBJECTS.c.object_key == object_key(note))
        waits = (
            INBOX_EVENTS.c.connection == connection_name,
            INBOX_EVENTS.c.object_type == searchable(note.object_type),
            INBOX_EVENTS.c.object_id == searchable(note.object_id),
            INBOX_EVENTS.c.state == EventState.WAITING.value,
        )
        queries = select(INBOX_OBJECTS.c.version).where(*of), select(INBOX_EVENTS.c.version).where(*waits)
        found = self._database.read(
            lambda connection: [each for query in queries for each in connection.execute(query).scalars()]
        )
        return any(each is not None and each >= note.version for each in found)

    def advance_in(self, connection: Connection, event: KeptEvent, decision_id: str | None = None) -> None:
        """The event's object is as far as the event tells. Raises `Superseded`, which undoes the caller's transaction."""
        values = {
            "connection": event.connection,
            "object_key": object_key(event.note),
            "version": event.note.version,
            "event_id": event.event_id,
            "decision_id": decision_id,
            "now": stamp(self._clock()),
        }
        if _ADVANCE.run(connection, values).rowcount != 1:
            raise Superseded(event.event_id)

    def done_in(self, connection: Connection, item: Claimed, event: KeptEvent, decision_id: str | None = None) -> None:
        """The event is done and its object as far as it tells. Raises `LeaseLost` and `Superseded`, which undo the transaction."""
        self.line.finish_in(connection, item)
        self.advance_in(connection, event, decision_id)
        self._mark(connection, event.event_id, EventState.DONE, None, decision_id)

    def end(self, item: Claimed, event: KeptEvent, state: EventState, reason: str, *, advance: bool = False) -> None:
        """Nothing is to be made of the event: it is superseded, or ignored for a reason. Raises `LeaseLost`, `Superseded`."""

        def work(connection: Connection) -> None:
            self.line.finish_in(connection, item)
            if advance:
                self.advance_in(connection, event)
            self._mark(connection, event.event_id, state, reason)

        self._database.write(work)

    def done(self, item: Claimed, event: KeptEvent, decision_id: str | None = None) -> None:
        """`done_in`, in a transaction of its own."""
        self._database.write(lambda connection: self.done_in(connection, item, event, decision_id))

    def park(self, item: Claimed, event: KeptEvent, reason: str) -> None:
        """The event waits for a person. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.park_in(connection, item, reason)
            self._mark(connection, event.event_id, EventState.PARKED, reason)

        self._database.write(work)

    def retry(self, item: Claimed, event: KeptEvent, at: datetime, reason: str) -> None:
        """The event is tried again at a moment. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.retry_in(connection, item, at, reason)
            self._mark(connection, event.event_id, EventState.WAITING, reason)

        self._database.write(work)

    def again(self, event_ids: Sequence[str]) -> int:
        """Put events back in line, whatever became of them, unless one is being handled now; how many that were."""

        def work(connection: Connection) -> int:
            return sum(self._again(connection, each) for each in event_ids)

        return self._database.write(work)

    def since(self, connection_name: str) -> datetime | None:
        """Up to when a vendor was asked for what had changed; None where it never was."""
        query = select(INBOX_CURSORS.c.since).where(INBOX_CURSORS.c.connection == connection_name)
        found = self._database.read(lambda connection: connection.execute(query).scalar())
        return None if found is None else moment(found)

    def note_since(self, connection_name: str, since: datetime) -> None:
        """A vendor was asked for everything up to this moment."""
        values = {"connection": connection_name, "since": stamp(since), "asked_at": stamp(self._clock())}

        def work(connection: Connection) -> None:
            of = INBOX_CURSORS.c.connection == connection_name
            if connection.execute(update(INBOX_CURSORS).where(of).values(values)).rowcount == 0:
                connection.execute(insert(INBOX_CURSORS).values(values))

        self._database.write(work)

    def purge(self, older_than: timedelta) -> int:
        """Forget events that were dealt with longer ago, and deliveries of which no event is left; how many events those were."""
        before = stamp(self._clock() - older_than)
        over = INBOX_EVENTS.c.state.not_in([EventState.WAITING.value, EventState.PARKED.value])
        left = exists().where(INBOX_EVENTS.c.delivery_id == INBOX_DELIVERIES.c.delivery_id)

        def work(connection: Connection) -> int:
            gone = connection.execute(delete(INBOX_EVENTS).where(over, INBOX_EVENTS.c.received_at < before)).rowcount
            connection.execute(delete(INBOX_DELIVERIES).where(INBOX_DELIVERIES.c.received_at < before, ~left))
            return gone

        return self._database.write(work)

    def _take(
        self,
        connection: Connection,
        name: str,
        events: Sequence[EventNote],
        delivery: KeptDelivery | None,
        due_at: datetime | None,
    ) -> Taken:
        now = stamp(self._clock())
        new: list[str] = []
        for note in events:
            columns = _event_columns(note, name, None if delivery is None else delivery.delivery_id, now)
            if _EVENT.run(connection, columns).rowcount == 1:
                new.append(columns["event_id"])
                if note.ignored is None:
                    self.line.add_in(connection, columns["event_id"], _ordering_key(name, note), due_at=due_at)
        if new and delivery is not None:
            _DELIVERY.run(connection, _delivery_columns(delivery))
        return Taken(new=tuple(new), known=len(events) - len(new))

    def _again(self, connection: Connection, event_id: str) -> int:
        row = connection.execute(select(INBOX_EVENTS).where(INBOX_EVENTS.c.event_id == searchable(event_id))).first()
        if row is None:
            return 0
        event = _event(row)
        is_new = self.line.add_in(connection, event.event_id, _ordering_key(event.connection, event.note))
        if not is_new and not self.line.again_in(connection, [event.event_id]):
            return 0
        self._mark(connection, event.event_id, EventState.WAITING, None)
        return 1

    def _mark(
        self,
        connection: Connection,
        event_id: str,
        state: EventState,
        reason: str | None,
        decision_id: str | None = None,
    ) -> None:
        is_over = state not in (EventState.WAITING, EventState.PARKED)
        values = {
            "state": state.value,
            "reason": None if reason is None else searchable(reason)[:_LONGEST_REASON],
            "handled_at": stamp(self._clock()) if is_over else None,
        }
        if decision_id is not None:
            values["decision_id"] = decision_id
        connection.execute(update(INBOX_EVENTS).where(INBOX_EVENTS.c.event_id == event_id).values(values))


def object_key(note: EventNote) -> str:
    """What an object of a vendor's is known by within its connection."""
    return bounded(f"{note.object_type}/{note.object_id}")


def _ordering_key(connection_name: str, note: EventNote) -> str:
    return f"{connection_name}/{object_key(note)}"


def _event_columns(note: EventNote, connection_name: str, delivery_id: str | None, now: str) -> dict[str, Any]:
    told = {
        "shape": note.shape,
        "deleted": note.deleted,
        "needs": note.needs,
        "key": note.key,
        "inline": note.inline,
        "promised": note.decision_id,
        "callback": note.callback,
    }
    return {
        "event_id": new_id("evt"),
        "connection": connection_name,
        "dedupe_key": bounded(note.key),
        "delivery_id": delivery_id,
        "received_at": now,
        "kind": searchable(note.kind),
        "object_type": searchable(note.object_type),
        "object_id": searchable(note.object_id),
        "version": searchable(note.version),
        "occurred_at": None if note.occurred_at is None else stamp(note.occurred_at),
        "state": (EventState.WAITING if note.ignored is None else EventState.IGNORED).value,
        "reason": None if note.ignored is None else searchable(note.ignored)[:_LONGEST_REASON],
        "handled_at": None if note.ignored is None else now,
        "told": pack(json.dumps(told).encode("ascii")),
    }


def _delivery_columns(delivery: KeptDelivery) -> dict[str, Any]:
    envelope = {"url": delivery.url, "query": delivery.query, "headers": delivery.headers}
    return {
        "delivery_id": delivery.delivery_id,
        "connection": delivery.connection,
        "received_at": stamp(delivery.received_at),
        "method": delivery.method,
        "envelope": pack(json.dumps(envelope).encode("ascii")),
        "body": pack(delivery.body),
    }


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    equal = {
        "connection": wanted.connection,
        "state": wanted.state and wanted.state.value,
        "object_id": searchable(wanted.object_id),
        "delivery_id": searchable(wanted.delivery_id),
    }
    return [INBOX_EVENTS.c[name] == value for name, value in equal.items() if value is not None]


def _event(row: Row[Any]) -> KeptEvent:
    told = json.loads(unpack(row.told))
    return KeptEvent(
        event_id=row.event_id,
        connection=row.connection,
        delivery_id=row.delivery_id,
        received_at=moment(row.received_at),
        state=EventState(row.state),
        reason=row.reason,
        handled_at=None if row.handled_at is None else moment(row.handled_at),
        decision_id=row.decision_id,
        note=EventNote(
            key=told["key"],
            kind=row.kind,
            object_type=row.object_type,
            object_id=row.object_id,
            version=row.version,
            occurred_at=None if row.occurred_at is None else moment(row.occurred_at),
            shape=told["shape"],
            deleted=told["deleted"],
            needs=tuple((resource, identity) for resource, identity in told["needs"]),
            ignored=row.reason if row.state == EventState.IGNORED.value else None,
            inline=told["inline"],
            decision_id=told["promised"],
            callback=told.get("callback"),
        ),
    )


def _delivery(row: Row[Any]) -> KeptDelivery:
    envelope = json.loads(unpack(row.envelope))
    return KeptDelivery(
        delivery_id=row.delivery_id,
        connection=row.connection,
        received_at=moment(row.received_at),
        method=row.method,
        url=envelope["url"],
        body=unpack(row.body),
        headers=tuple((name, value) for name, value in envelope["headers"]),
        query=tuple((name, value) for name, value in envelope["query"]),
    )
