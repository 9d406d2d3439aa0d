"""A line in which work waits, for any number of workers: each item is had by one at a time, and comes back if that one dies.

What shares an ordering key is done in the order in which it was added, one after another. Whoever claims an item holds it
until a lease runs out. What finishes it belongs in the transaction of the work itself: a worker that was too slow, and whose
item another has meanwhile, then finds its work undone with it (`LeaseLost`), so that nothing is done twice.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Connection, Row, case, delete, func, literal_column, or_, select, text, update

from app.store.database import Database, Prepared
from app.store.errors import StoreError
from app.store.identifiers import moment, searchable, stamp
from app.store.inbox_tables import QUEUE

USUAL_LEASE: Final = timedelta(minutes=5)
_LONGEST_KEY: Final = 400
_LONGEST_REASON: Final = 2_000
_LONGEST_PAGE: Final = 500
# Whoever claims on PostgreSQL takes turns, so that two items of one key are never had at once.
_TURN: Final = 7_316_005_000

_ADD: Final = Prepared(
    text(
        """
    INSERT INTO queue (queue, item_id, ordering_key, state, due_at, added_at, attempts)
    VALUES (:queue, :item_id, :ordering_key, 'waiting', :due_at, :now, 0)
    ON CONFLICT (queue, item_id) DO NOTHING
    """
    )
)
# The item that is due longest, unless one of its key was added before it and is not done, or is claimed.
_NEXT: Final = Prepared(
    text(
        """
    SELECT seq, queue, item_id, ordering_key, attempts, added_at FROM queue
    WHERE queue = :queue AND state = 'waiting' AND due_at <= :now AND NOT EXISTS (
        SELECT 1 FROM queue AS other
        WHERE other.queue = queue.queue AND other.ordering_key = queue.ordering_key
            AND other.seq <> queue.seq AND other.state = 'waiting'
            AND (other.seq < queue.seq OR (other.lease IS NOT NULL AND other.due_at > :now))
    )
    ORDER BY due_at, seq LIMIT 1
    """
    )
)
_CLAIM: Final = Prepared(
    text(
        """
    UPDATE queue SET lease = :lease, due_at = :until, attempts = attempts + 1
    WHERE seq = :seq AND state = 'waiting' AND due_at <= :now
    """
    )
)
_FINISH: Final = Prepared(text("DELETE FROM queue WHERE seq = :seq AND lease = :lease"))


class QueueState(StrEnum):
    """Whether an item waits for its turn or for a person."""

    WAITING = "waiting"
    PARKED = "parked"


class LeaseLost(StoreError):  # noqa: N818 - it says what happened
    """The lease ran out, and somebody else has the item or had it. What was done for it is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An item that the holder of `lease` has. `attempts` counts this one; `added_at` is when the item came into the line."""

    seq: int
    queue: str
    item_id: str
    ordering_key: str
    attempts: int
    added_at: datetime
    lease: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item in the line. `due_at` is its turn, or the end of its lease where it `is_claimed`; `reason` is the last failure's."""

    queue: str
    item_id: str
    ordering_key: str
    state: QueueState
    due_at: datetime
    added_at: datetime
    attempts: int
    is_claimed: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How long a line is. `oldest` is when the first of those that wait was added."""

    waiting: int = 0
    parked: int = 0
    oldest: datetime | None = None


class Queue:
    """One line by its name. Methods that end in `_in` work in the caller's transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime], name: str) -> None:
        self._database = database
        self._clock = clock
        self.name = name

    def add_in(
        self, connection: Connection, item_id: str, ordering_key: str, *, due_at: datetime | None = None
    ) -> bool:
        """Put an item at the end of the line; False where it is in it already, parked or not."""
        now = stamp(self._clock())
        values = {
            "queue": self.name,
            "item_id": item_id,
            "ordering_key": bounded(ordering_key),
            "due_at": now if due_at is None else stamp(due_at),
            "now": now,
        }
        return _ADD.run(connection, values).rowcount == 1

    def add(self, item_id: str, ordering_key: str, *, due_at: datetime | None = None) -> bool:
        """The same as `add_in`, in a transaction of its own."""
        return self._database.write(lambda connection: self.add_in(connection, item_id, ordering_key, due_at=due_at))

    def claim(self, lease: timedelta = USUAL_LEASE) -> Claimed | None:
        """The next item whose turn it is; None where there is none now."""
        # A look without a lock: an empty line is asked every few moments and must not hold up whoever writes.
        if self._database.read(self._next) is None:
            return None
        return self._database.write(lambda connection: self._claim(connection, lease))

    def finish_in(self, connection: Connection, item: Claimed) -> None:
        """The item is done. Raises `LeaseLost`, which undoes the caller's transaction."""
        if _FINISH.run(connection, {"seq": item.seq, "lease": item.lease}).rowcount != 1:
            raise LeaseLost(f"{item.item_id} is another worker's by now")

    def finish(self, item: Claimed) -> None:
        self._database.write(lambda connection: self.finish_in(connection, item))

    def retry_in(self, connection: Connection, item: Claimed, at: datetime, reason: str) -> None:
        """The item's turn comes again later; what shares its key waits for it. Raises `LeaseLost`."""
        self._leave(connection, item, state=QueueState.WAITING, due_at=at, reason=reason)

    def retry(self, item: Claimed, at: datetime, reason: str) -> None:
        self._database.write(lambda connection: self.retry_in(connection, item, at, reason))

    def postpone(self, item: Claimed, at: datetime) -> None:
        """The item is done for now and has a new turn at a moment. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.finish_in(connection, item)
            self.add_in(connection, item.item_id, item.ordering_key, due_at=at)

        self._database.write(work)

    def park_in(self, connection: Connection, item: Claimed, reason: str) -> None:
        """The item waits for a person, and lets others of its key go on. Raises `LeaseLost`."""
        self._leave(connection, item, state=QueueState.PARKED, due_at=self._clock(), reason=reason)

    def park(self, item: Claimed, reason: str) -> None:
        self._database.write(lambda connection: self.park_in(connection, item, reason))

    def again_in(self, connection: Connection, item_ids: Sequence[str]) -> int:
        """Give items a new beginning, parked ones and those that wait for a later attempt; how many there were."""
        now = stamp(self._clock())
        fresh = {"state": QueueState.WAITING.value, "due_at": now, "attempts": 0, "lease": None}
        is_free = or_(QUEUE.c.lease.is_(None), QUEUE.c.due_at <= now)
        these = (QUEUE.c.queue == self.name, QUEUE.c.item_id.in_(list(item_ids)), is_free)
        return connection.execute(update(QUEUE).where(*these).values(fresh)).rowcount

    def again(self, item_ids: Sequence[str]) -> int:
        return self._database.write(lambda connection: self.again_in(connection, item_ids))

    def drop_in(self, connection: Connection, item_ids: Sequence[str]) -> int:
        """Take items out of the line, whoever has them; how many there were."""
        these = (QUEUE.c.queue == self.name, QUEUE.c.item_id.in_(list(item_ids)))
        return connection.execute(delete(QUEUE).where(*these)).rowcount

    def get(self, item_id: str) -> Waiting | None:
        """An item that is not done."""
        query = select(QUEUE).where(QUEUE.c.queue == self.name, QUEUE.c.item_id == searchable(item_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else self._waiting(row)

    def page(
        self, state: QueueState | None = None, *, limit: int = 50, after: str | None = None
    ) -> tuple[Waiting, ...]:
        """Items that are not done, in the order in which they were added, from the one after the item `after` on."""
        query = select(QUEUE).where(QUEUE.c.queue == self.name).order_by(QUEUE.c.seq)
        if state is not None:
            query = query.where(QUEUE.c.state == state.value)
        if after is not None:
            of = (QUEUE.c.queue == self.name, QUEUE.c.item_id == searchable(after))
            query = query.where(QUEUE.c.seq > select(QUEUE.c.seq).where(*of).scalar_subquery())
        query = query.limit(max(1, min(limit, _LONGEST_PAGE)))
        return tuple(map(self._waiting, self._database.read(lambda connection: connection.execute(query).all())))

    def counts(self) -> QueueCounts:
        """How long the line is."""
        waits = QUEUE.c.state == QueueState.WAITING.value
        query = select(
            func.count(case((waits, literal_column("1")))),
            func.count(case((~waits, literal_column("1")))),
            func.min(case((waits, QUEUE.c.added_at))),
        ).where(QUEUE.c.queue == self.name)
        waiting, parked, oldest = self._database.read(lambda connection: connection.execute(query).one())
        return QueueCounts(waiting=waiting, parked=parked, oldest=None if oldest is None else moment(oldest))

    def _next(self, connection: Connection) -> Row[Any] | None:
        return _NEXT.run(connection, {"queue": self.name, "now": stamp(self._clock())}).first()

    def _claim(self, connection: Connection, lease: timedelta) -> Claimed | None:
        if self._database.is_postgresql:
            # A claim that a crash of the database forgets is one that ran out: nothing has to be on disk for it.
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN + crc32(self.name.encode())})")
        row = self._next(connection)
        if row is None:
            return None
        token, now = secrets.token_hex(8), self._clock()
        values = {"seq": row.seq, "lease": token, "now": stamp(now), "until": stamp(now + lease)}
        if _CLAIM.run(connection, values).rowcount != 1:
            return None  # whoever had it before came to an end of it just now
        return Claimed(
            seq=row.seq,
            queue=row.queue,
            item_id=row.item_id,
            ordering_key=row.ordering_key,
            attempts=row.attempts + 1,
            added_at=moment(row.added_at),
            lease=token,
        )

    def _leave(
        self, connection: Connection, item: Claimed, *, state: QueueState, due_at: datetime, reason: str
    ) -> None:
        values = {
            "state": state.value,
            "due_at": stamp(due_at),
            "lease": None,
            "reason": searchable(reason)[:_LONGEST_REASON],
        }
        held = (QUEUE.c.seq == item.seq, QUEUE.c.lease == item.lease)
        if connection.execute(update(QUEUE).where(*held).values(values)).rowcount != 1:
            raise LeaseLost(f"{item.item_id} is another worker's by now")

    def _waiting(self, row: Row[Any]) -> Waiting:
        due_at = moment(row.due_at)
        return Waiting(
            queue=row.queue,
            item_id=row.item_id,
            ordering_key=row.ordering_key,
            state=QueueState(row.state),
            due_at=due_at,
            added_at=moment(row.added_at),
            attempts=row.attempts,
            is_claimed=row.lease is not None and due_at > self._clock(),
            reason=row.reason,
        )


def bounded(key: str) -> str:
    """A key that an index can hold: one that is too long is told by its digest."""
    key = searchable(key)
    return key if len(key) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(key.encode('utf-8')).hexdigest()}"
