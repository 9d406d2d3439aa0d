"""The outbox: what is to be sent, put in with what it tells of, all or nothing, and taken out when it has arrived.

Whoever sends claims a message, sends it, and marks it. One that died in between leaves it claimed until its lease runs out; then
another sends it again, under the same id. So each arrives at least once, and those on one object in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Insert, delete, insert, select, update

from app.store.database import Database
from app.store.desk_records import ReviewChange
from app.store.identifiers import searchable, stamp
from app.store.outbox_records import KeptMessage, MessageFilter, MessageKind, MessageNote, MessageState, Origin, Sending
from app.store.outbox_rows import conditions_of, message_columns, message_of, ordering_key
from app.store.outbox_tables import OUTBOX_MESSAGES
from app.store.outbox_targets import known_target, note_asked, note_carried, note_origin, note_wanted, target_at
from app.store.packing import pack
from app.store.queue import Claimed, Queue
from app.store.records import AlertNote, Beside, RecordedDecision, RefusedRequest
from app.store.tables import ALERTS, HOLD_HISTORY
from policies.domain.outcome import SubjectType
from policies.holding import HoldChange, HoldEvent

LEASE: Final = timedelta(minutes=5)
_LONGEST_PAGE: Final = 500
_LONGEST_REASON: Final = 2_000
_TOLD_BY: Final = {
    MessageKind.HOLD: (HoldEvent.HELD.value, HoldEvent.KEPT.value),
    MessageKind.RELEASE: (HoldEvent.RELEASED.value,),
}
_OVER: Final = (MessageState.DELIVERED.value, MessageState.SUPERSEDED.value, MessageState.DROPPED.value)


class Outbox:
    """What goes out. `line` is where messages wait, `sending` decides what is sent; where it is None, nothing is.

    Methods that end in `_in` work in the caller's transaction.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], line: Queue, sending: Sending | None) -> None:
        self._database = database
        self._clock = clock
        self._sending = sending
        self.line = line

    # ------------------------------------------------------------------------------------------- put in

    def came_from(self, origin: Origin) -> Beside:
        """What notes, beside a decision, of which vendor's object its subject was made: holds and write-backs go there."""
        return lambda connection, decision: note_origin(connection, origin, decision)

    def decided_in(self, connection: Connection, decision: RecordedDecision, change: HoldChange | None) -> None:
        """Put in what a decision calls for, with what it did to a hold."""
        if self._sending is None:
            return
        summary = decision.summary
        known = known_target(connection, summary.subject) if self._sending.looks_at(decision) else None
        notes = self._sending.of_decision(decision, change, known)
        self.put_in(connection, notes)
        note_asked(connection, decision, notes)

    def reviewed_in(self, connection: Connection, change: ReviewChange) -> None:
        """Put in what a review calls for."""
        if self._sending is None:
            return
        subject = (change.case.subject_type, change.case.subject_id)
        known = None if change.case.simulated else target_at(connection, *subject)
        notes = self._sending.of_review(change, known)
        self.put_in(connection, notes)
        note_wanted(connection, subject, notes, answered=change.told is not None and change.told.is_final)

    def changed_in(self, connection: Connection, change: HoldChange) -> None:
        """Put in what a hold calls for that changed as time went on or by hand."""
        if self._sending is None:
            return
        subject = (SubjectType.BILLING_CONFIGURATION, change.hold.billing_configuration_id)
        notes = self._sending.of_change(change, target_at(connection, *subject))
        self.put_in(connection, notes)
        note_wanted(connection, subject, notes, answered=False)

    def watched_in(self, connection: Connection, raised: Sequence[AlertNote], resolved: Sequence[AlertNote]) -> None:
        """Put in what alerts call for that are new, or no more."""
        if self._sending is not None and (raised or resolved):
            self.put_in(connection, self._sending.of_alerts(raised, resolved, self._clock()))

    def refused_in(self, connection: Connection, refused: RefusedRequest) -> None:
        """Put in what a refused request calls for."""
        if self._sending is not None:
            self.put_in(connection, self._sending.of_refusal(refused))

    def put_in(self, connection: Connection, notes: Sequence[MessageNote]) -> None:
        now = stamp(self._clock())
        for note in notes:
            columns = message_columns(note, now)
            connection.execute(_PUT, columns)
            self.line.add_in(connection, columns["message_id"], ordering_key(note))

    # ----------------------------------------------------------------------------------------- take out

    def claim(self, lease: timedelta = LEASE) -> tuple[Claimed, KeptMessage] | None:
        """The next message whose turn it is; None where there is none now."""
        while (item := self.line.claim(lease)) is not None:
            message = self.get(item.item_id)
            if message is not None:
                return item, message
            self.line.finish(item)
        return None

    def is_pointless(self, message: KeptMessage) -> bool:
        """Whether a later message of the same family has arrived at the same object, so that this one would undo it; or, where a
        hold or a release failed already, whether a later one waits behind it and takes its place.
        """
        if not message.note.kind.family:
            return False
        states = [MessageState.DELIVERED.value]
        if message.attempts and message.note.kind in MessageKind.HOLD.family:
            states.append(MessageState.WAITING.value)
        later = (OUTBOX_MESSAGES.c.seq > message.seq, OUTBOX_MESSAGES.c.state.in_(states))
        query = select(OUTBOX_MESSAGES.c.seq).where(*_same_family(message), *later).limit(1)
        return self._database.read(lambda connection: connection.execute(query).first()) is not None

    def plan(self, message: KeptMessage, plan: bytes | None, calls_made: int = 0) -> None:
        """Keep the calls that are about to be made, so that whoever repeats them makes the same; None forgets them."""
        self._change(message, plan=pack(plan), calls_made=calls_made)

    def made(self, message: KeptMessage, calls_made: int) -> None:
        """Keep how many calls of the plan are made."""
        self._change(message, calls_made=calls_made)

    def delivered(self, item: Claimed, message: KeptMessage, reason: str | None = None) -> None:
        """The message has arrived. `reason` is a word on how, where there is one. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.finish_in(connection, item)
            self._mark(connection, message, MessageState.DELIVERED, reason, attempts=message.attempts + 1)
            self._note_sent(connection, message.note)
            self._end_earlier(connection, message)

        self._database.write(work)

    def end(self, item: Claimed, message: KeptMessage, state: MessageState, reason: str) -> None:
        """Nothing is to be sent any more. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.finish_in(connection, item)
            self._mark(connection, message, state, reason)

        self._database.write(work)

    def retry(self, item: Claimed, message: KeptMessage, at: datetime, reason: str) -> None:
        """The message did not arrive and is sent again at a moment. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.retry_in(connection, item, at, reason)
            self._mark(connection, message, MessageState.WAITING, reason, attempts=message.attempts + 1)

        self._database.write(work)

    def put_off(self, item: Claimed, at: datetime, reason: str) -> None:
        """The message was not tried, and has its turn at a moment. Raises `LeaseLost`."""
        self.line.retry(item, at, reason)

    def park(self, item: Claimed, message: KeptMessage, reason: str) -> None:
        """The message waits for a person, and whoever listens is told where that matters. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.line.park_in(connection, item, reason)
            self._mark(connection, message, MessageState.PARKED, reason, attempts=message.attempts + 1)
            if self._sending is not None:
                self.put_in(connection, self._sending.of_parking(message, reason, self._clock()))

        self._database.write(work)

    # ----------------------------------------------------------------------------------------- look after

    def get(self, message_id: str) -> KeptMessage | None:
        query = select(OUTBOX_MESSAGES).where(OUTBOX_MESSAGES.c.message_id == searchable(message_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else message_of(row)

    def page(self, wanted: MessageFilter, *, limit: int = 50, before: str | None = None) -> tuple[KeptMessage, ...]:
        """Up to `limit` messages (at most 500), the newest first, from the one before the message `before` on."""
        query = select(OUTBOX_MESSAGES).where(*conditions_of(wanted)).order_by(OUTBOX_MESSAGES.c.seq.desc())
        if before is not None:
            this = OUTBOX_MESSAGES.c.message_id == searchable(before)
            query = query.where(OUTBOX_MESSAGES.c.seq < select(OUTBOX_MESSAGES.c.seq).where(this).scalar_subquery())
        query = query.limit(max(1, min(limit, _LONGEST_PAGE)))
        return tuple(map(message_of, self._database.read(lambda connection: connection.execute(query).all())))

    def again(self, message_ids: Sequence[str]) -> int:
        """Send messages anew, whatever became of them, unless one is being sent now; how many that were."""
        return self._database.write(lambda connection: sum(self._again(connection, each) for each in message_ids))

    def drop(self, message_ids: Sequence[str], reason: str) -> int:
        """Give up messages that wait or are parked; how many that were."""

        def work(connection: Connection) -> int:
            dropped = 0
            for each in message_ids:
                if self.line.drop_in(connection, [each]):
                    over = {"state": MessageState.DROPPED.value, "reason": _short(reason), "ended_at": self._now()}
                    this = OUTBOX_MESSAGES.c.message_id == each
                    connection.execute(update(OUTBOX_MESSAGES).where(this).values(over))
                    dropped += 1
            return dropped

        return self._database.write(work)

    def purge(self, older_than: timedelta) -> int:
        """Forget messages that were dealt with longer ago, and say how many."""
        before = stamp(self._clock() - older_than)
        these = (OUTBOX_MESSAGES.c.state.in_(_OVER), OUTBOX_MESSAGES.c.ended_at < before)
        return self._database.write(
            lambda connection: connection.execute(delete(OUTBOX_MESSAGES).where(*these)).rowcount
        )

    def _again(self, connection: Connection, message_id: str) -> int:
        this = OUTBOX_MESSAGES.c.message_id == searchable(message_id)
        row = connection.execute(select(OUTBOX_MESSAGES).where(this)).first()
        if row is None:
            return 0
        is_new = self.line.add_in(connection, row.message_id, ordering_key(message_of(row).note))
        if not is_new and not self.line.again_in(connection, [row.message_id]):
            return 0
        fresh = {"state": MessageState.WAITING.value, "attempts": 0, "ended_at": None, "plan": None, "calls_made": 0}
        connection.execute(update(OUTBOX_MESSAGES).where(this).values(fresh))
        return 1

    def _mark(
        self, connection: Connection, message: KeptMessage, state: MessageState, reason: str | None, **more: Any
    ) -> None:
        is_over = state.value in _OVER
        values = {"state": state.value, "reason": _short(reason), "ended_at": self._now() if is_over else None} | more
        this = OUTBOX_MESSAGES.c.message_id == message.message_id
        connection.execute(update(OUTBOX_MESSAGES).where(this).values(values))

    def _change(self, message: KeptMessage, **values: Any) -> None:
        query = update(OUTBOX_MESSAGES).where(OUTBOX_MESSAGES.c.message_id == message.message_id).values(values)
        self._database.write(lambda connection: connection.execute(query))

    def _note_sent(self, connection: Connection, note: MessageNote) -> None:
        """What was told of is told: a hold's history, the target, or the alert."""
        now = self._now()
        if note.kind in _TOLD_BY:
            these = (
                HOLD_HISTORY.c.billing_configuration_id == note.subject_id,
                HOLD_HISTORY.c.decision_id == note.decision_id,
                HOLD_HISTORY.c.event.in_(_TOLD_BY[note.kind]),
                HOLD_HISTORY.c.sent_at.is_(None),
            )
            connection.execute(update(HOLD_HISTORY).where(*these).values(sent_at=now))
            note_carried(connection, note)
        elif note.object_type == "alert":
            unsent = (ALERTS.c.alert_id == note.subject_id, ALERTS.c.sent_at.is_(None))
            connection.execute(update(ALERTS).where(*unsent).values(sent_at=now))

    def _end_earlier(self, connection: Connection, message: KeptMessage) -> None:
        """What was parked before and would undo this one has no point any more."""
        if not message.note.kind.family:
            return
        earlier = (OUTBOX_MESSAGES.c.seq < message.seq, OUTBOX_MESSAGES.c.state == MessageState.PARKED.value)
        query = select(OUTBOX_MESSAGES.c.message_id).where(*_same_family(message), *earlier)
        ids = list(connection.execute(query).scalars())
        if ids:
            self.line.drop_in(connection, ids)
            reason = f"{message.message_id} has arrived since"
            over = {"state": MessageState.SUPERSEDED.value, "reason": reason, "ended_at": self._now()}
            connection.execute(update(OUTBOX_MESSAGES).where(OUTBOX_MESSAGES.c.message_id.in_(ids)).values(over))

    def _now(self) -> str:
        return stamp(self._clock())


_PUT: Final[Insert] = insert(OUTBOX_MESSAGES)


def _same_family(message: KeptMessage) -> tuple[Any, ...]:
    note = message.note
    return (
        OUTBOX_MESSAGES.c.destination == note.destination,
        OUTBOX_MESSAGES.c.object_type == note.object_type,
        OUTBOX_MESSAGES.c.object_id == note.object_id,
        OUTBOX_MESSAGES.c.kind.in_([each.value for each in note.kind.family]),
    )


def _short(reason: str | None) -> str | None:
    return None if reason is None else searchable(reason)[:_LONGEST_REASON]
