"""Notices: what people are to be told, kept in the transaction of what causes it, and each telling by its channel.

A notice is planned once: for each channel that it goes to there is a telling. Tellings wait in a line of their own and are
marked when they were sent, so each arrives at least once, under an id that stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from app.identifiers import new_id
from app.store.database import Database
from app.store.decision_rows import amount_of, minor_units
from app.store.desk_records import KeptReview
from app.store.desk_rows import review_of
from app.store.desk_tables import REVIEWS
from app.store.identifiers import moment, searchable, stamp
from app.store.notices_records import (
    DeliveryNote,
    DeliveryState,
    KeptDelivery,
    KeptNotice,
    NoticeKind,
    NoticeNote,
    Noticing,
)
from app.store.notices_tables import NOTICE_DELIVERIES, NOTICES
from app.store.packing import pack, unpack
from app.store.queue import Claimed, Queue
from app.store.records import AlertNote, RecordedDecision
from policies.domain.money import round_to_currency
from policies.domain.review import ReviewAction

WINDOW: Final = timedelta(days=7)
"""How long the same is not told again."""
_LONGEST_PAGE: Final = 500
_LONGEST_REASON: Final = 500
# Whoever puts notices in takes turns on PostgreSQL, so that the same is not put in twice.
_TURN: Final = 7_316_008_000
_BOTH: Final = NOTICE_DELIVERIES.join(NOTICES, NOTICES.c.notice_id == NOTICE_DELIVERIES.c.notice_id)
_OF_A_NOTICE: Final = [each.label(f"n_{each.name}") for each in NOTICES.c]


class Notices:
    """What people are told. `planning` is where notices wait to be planned, `sending` where tellings wait for their turn.

    `noticing` decides what is told; without it, nothing is. Methods that end in `_in` work in the caller's transaction.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], noticing: Noticing | None) -> None:
        self._database = database
        self._clock = clock
        self._noticing = noticing
        self.planning = Queue(database, clock, "notices")
        self.sending = Queue(database, clock, "notice_deliveries")

    # ------------------------------------------------------------------------------------------- put in

    def of_decision(self, decision: RecordedDecision) -> Sequence[NoticeNote]:
        """What a decision calls for, worked out before the record is held up."""
        return () if self._noticing is None else self._noticing.of_decision(decision)

    def watched_in(self, connection: Connection, raised: Sequence[AlertNote]) -> None:
        """Put in what new alerts of the watch call for."""
        if self._noticing is not None and raised:
            self.put_in(connection, self._noticing.of_alerts(raised))

    def put_in(self, connection: Connection, notes: Sequence[NoticeNote]) -> int:
        """Put notices in; how many of them are to be told. The same as before is only counted, within the window."""
        if notes and self._database.is_postgresql:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        return sum(self._put(connection, each) for each in notes)

    def put(self, notes: Sequence[NoticeNote]) -> int:
        """The same as `put_in`, in a transaction of its own."""
        return self._database.write(lambda connection: self.put_in(connection, notes)) if notes else 0

    def _put(self, connection: Connection, note: NoticeNote) -> int:
        now, columns = self._clock(), _columns(note)
        key = NOTICES.c.dedupe_key == columns["dedupe_key"]
        recent = select(NOTICES).where(key, NOTICES.c.last_at > stamp(now - WINDOW)).order_by(NOTICES.c.seq.desc())
        before = connection.execute(recent.limit(1)).first()
        if before is not None and before.digest == columns["digest"]:
            again = {"last_at": stamp(now), "repeats": before.repeats + 1}
            connection.execute(update(NOTICES).where(NOTICES.c.seq == before.seq).values(again))
            return 0
        identity = new_id("ntc")
        thread = identity if before is None else before.thread_id
        told = {
            "notice_id": identity,
            "thread_id": thread,
            "created_at": stamp(now),
            "last_at": stamp(now),
            "repeats": 0,
        }
        connection.execute(insert(NOTICES).values(columns | told))
        self.planning.add_in(connection, identity, note.dedupe_key)
        return 1

    # --------------------------------------------------------------------------------------------- plan

    def notice(self, notice_id: str) -> KeptNotice | None:
        query = select(*_OF_A_NOTICE).where(NOTICES.c.notice_id == searchable(notice_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _notice(row)

    def plan(self, item: Claimed, deliveries: Sequence[DeliveryNote]) -> None:
        """The notice goes by these channels, all of them or none. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.planning.finish_in(connection, item)
            for each in deliveries:
                self._add(connection, item.item_id, each)

        self._database.write(work)

    def _add(self, connection: Connection, notice_id: str, note: DeliveryNote) -> None:
        # The same id for the same telling: whoever gets it twice knows it again.
        identity = "tel_" + hashlib.sha256(f"{notice_id}\n{note.channel}".encode()).hexdigest()[:26]
        told = select(NOTICE_DELIVERIES.c.seq).where(NOTICE_DELIVERIES.c.delivery_id == identity)
        if connection.execute(told).first() is not None:
            return
        columns = {
            "delivery_id": identity,
            "notice_id": notice_id,
            "channel": note.channel,
            "state": note.state.value,
            "created_at": stamp(self._clock()),
            "due_at": stamp(note.due_at),
            "urgent": note.urgent,
            "attempts": 0,
            "reason": note.reason,
        }
        connection.execute(insert(NOTICE_DELIVERIES).values(columns))
        if note.state is DeliveryState.WAITING:
            self.sending.add_in(connection, identity, _ordering(note.channel, urgent=note.urgent), due_at=note.due_at)

    # --------------------------------------------------------------------------------------------- send

    def delivery(self, delivery_id: str) -> KeptDelivery | None:
        query = _telling().where(NOTICE_DELIVERIES.c.delivery_id == searchable(delivery_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _delivery(row)

    def end(self, item: Claimed, delivery_ids: Sequence[str], state: DeliveryState, reason: str | None = None) -> None:
        """These tellings have become what `state` says. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.sending.finish_in(connection, item)
            self._mark(connection, delivery_ids, state, reason, attempts=item.attempts)

        self._database.write(work)

    def hold_back(self, item: Claimed, delivery: KeptDelivery, at: datetime, reason: str) -> None:
        """The telling goes into the one that sums up, which is due at a moment. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.sending.finish_in(connection, item)
            self._mark(connection, [delivery.delivery_id], DeliveryState.SUMMED_UP, reason, attempts=0)
            self.sending.add_in(connection, f"{SUM_UP}{delivery.channel}", f"{SUM_UP}{delivery.channel}", due_at=at)

        self._database.write(work)

    def retry(self, item: Claimed, delivery_ids: Sequence[str], at: datetime, reason: str) -> None:
        """It did not arrive, and is tried again at a moment. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            self.sending.retry_in(connection, item, at, reason)
            values = {"reason": _short(reason), "due_at": stamp(at), "attempts": item.attempts}
            these = NOTICE_DELIVERIES.c.delivery_id.in_(list(delivery_ids))
            connection.execute(update(NOTICE_DELIVERIES).where(these).values(values))

        self._database.write(work)

    def sent_since(self, channel: str, since: datetime) -> tuple[datetime, ...]:
        """When tellings were sent by a channel since then, the first one first; those of one message count once."""
        these = (
            NOTICE_DELIVERIES.c.channel == channel,
            NOTICE_DELIVERIES.c.state == DeliveryState.SENT.value,
            NOTICE_DELIVERIES.c.ended_at > stamp(since),
        )
        query = select(NOTICE_DELIVERIES.c.ended_at).distinct().where(*these).order_by(NOTICE_DELIVERIES.c.ended_at)
        return tuple(map(moment, self._database.read(lambda connection: connection.execute(query).scalars().all())))

    def collected(self, channel: str, state: DeliveryState, before: datetime | None = None) -> tuple[KeptDelivery, ...]:
        """What waits to be told together by a channel, the oldest first."""
        query = _telling().where(NOTICE_DELIVERIES.c.channel == channel, NOTICE_DELIVERIES.c.state == state.value)
        if before is not None:
            query = query.where(NOTICE_DELIVERIES.c.created_at < stamp(before))
        query = query.order_by(NOTICE_DELIVERIES.c.seq).limit(_LONGEST_PAGE)
        return tuple(map(_delivery, self._database.read(lambda connection: connection.execute(query).all())))

    # --------------------------------------------------------------------------------------- look after

    def page(self, states: Sequence[DeliveryState] = (), *, limit: int = 50) -> tuple[KeptDelivery, ...]:
        """Tellings, the newest first, at most 500."""
        query = _telling().order_by(NOTICE_DELIVERIES.c.seq.desc()).limit(max(1, min(limit, _LONGEST_PAGE)))
        if states:
            query = query.where(NOTICE_DELIVERIES.c.state.in_([each.value for each in states]))
        return tuple(map(_delivery, self._database.read(lambda connection: connection.execute(query).all())))

    def counts(self) -> dict[DeliveryState, int]:
        """How many tellings there are in each state."""
        query = select(NOTICE_DELIVERIES.c.state, func.count()).group_by(NOTICE_DELIVERIES.c.state)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        found = {row[0]: row[1] for row in rows}
        return {each: found.get(each.value, 0) for each in DeliveryState}

    def waivers_ending(self, first: date, last: date) -> tuple[KeptReview, ...]:
        """Waivers whose last day lies between two days, both included."""
        these = (
            REVIEWS.c.action == ReviewAction.WAIVE.value,
            REVIEWS.c.expires_on >= first.isoformat(),
            REVIEWS.c.expires_on <= last.isoformat(),
        )
        query = select(REVIEWS).where(*these).order_by(REVIEWS.c.expires_on, REVIEWS.c.review_id)
        return tuple(map(review_of, self._database.read(lambda connection: connection.execute(query).all())))

    def again(self, delivery_ids: Sequence[str]) -> int:
        """Send tellings anew that were given up or wait; how many those were."""
        return self._database.write(lambda connection: sum(self._again(connection, each) for each in delivery_ids))

    def _again(self, connection: Connection, delivery_id: str) -> int:
        open_states = [DeliveryState.GIVEN_UP.value, DeliveryState.WAITING.value]
        this = (
            NOTICE_DELIVERIES.c.delivery_id == searchable(delivery_id),
            NOTICE_DELIVERIES.c.state.in_(open_states),
        )
        row = connection.execute(select(NOTICE_DELIVERIES).where(*this)).first()
        if row is None:
            return 0
        is_new = self.sending.add_in(connection, row.delivery_id, _ordering(row.channel, urgent=row.urgent))
        if not is_new and not self.sending.again_in(connection, [row.delivery_id]):
            return 0
        fresh = {"state": DeliveryState.WAITING.value, "attempts": 0, "ended_at": None, "due_at": stamp(self._clock())}
        connection.execute(update(NOTICE_DELIVERIES).where(*this).values(fresh))
        return 1

    def purge(self, older_than: timedelta) -> int:
        """Forget notices all of whose tellings ended longer ago, and say how many; what was given up stays."""
        before = stamp(self._clock() - older_than)
        stays = select(NOTICE_DELIVERIES.c.notice_id).where(
            NOTICE_DELIVERIES.c.ended_at.is_(None)
            | (NOTICE_DELIVERIES.c.ended_at >= before)
            | (NOTICE_DELIVERIES.c.state == DeliveryState.GIVEN_UP.value)
        )
        old = (NOTICES.c.last_at < before, NOTICES.c.notice_id.not_in(stays))

        def work(connection: Connection) -> int:
            these = select(NOTICES.c.notice_id).where(*old)
            connection.execute(delete(NOTICE_DELIVERIES).where(NOTICE_DELIVERIES.c.notice_id.in_(these)))
            return connection.execute(delete(NOTICES).where(*old)).rowcount

        return self._database.write(work)

    def _mark(
        self,
        connection: Connection,
        delivery_ids: Sequence[str],
        state: DeliveryState,
        reason: str | None,
        *,
        attempts: int,
    ) -> None:
        is_over = state in (DeliveryState.SENT, DeliveryState.GIVEN_UP, DeliveryState.DROPPED)
        values = {
            "state": state.value,
            "reason": _short(reason),
            "ended_at": stamp(self._clock()) if is_over else None,
            "attempts": attempts,
        }
        these = NOTICE_DELIVERIES.c.delivery_id == bindparam("this")
        if delivery_ids:
            connection.execute(
                update(NOTICE_DELIVERIES).where(these).values(values), [{"this": each} for each in delivery_ids]
            )


SUM_UP: Final = "sum-up:"
"""What stands before the channel in the line for what sums up."""


def _ordering(channel: str, *, urgent: bool) -> str:
    """What keeps its order: the tellings of a channel. What is urgent does not wait behind what waits for the morning."""
    return f"{channel}/{'urgent' if urgent else 'usual'}"


def _telling() -> Select[Any]:
    return select(NOTICE_DELIVERIES, *_OF_A_NOTICE).select_from(_BOTH)


def _columns(note: NoticeNote) -> dict[str, Any]:
    facts = json.dumps(note.facts, sort_keys=True, default=str).encode("ascii")
    told = {name: value for name, value in note.facts.items() if name not in _NO_NEWS}
    amount = None
    if note.amount is not None and note.currency is not None:
        amount = minor_units(round_to_currency(note.amount, note.currency), note.currency)
    return {
        "kind": note.kind.value,
        "dedupe_key": hashlib.sha256(note.dedupe_key.encode("utf-8", "replace")).hexdigest(),
        "subject_type": note.subject_type,
        "subject_id": searchable(note.subject_id),
        "decision_id": note.decision_id,
        "currency": note.currency,
        "amount": amount,
        "digest": hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode("ascii")).hexdigest(),
        "simulated": note.simulated,
        "facts": pack(facts),
    }


_NO_NEWS: Final = frozenset({"decision_id", "links", "valid_until", "evaluated_at"})
"""Facts that differ although nothing is new."""


def _notice(row: Row[Any]) -> KeptNotice:
    return KeptNotice(
        notice_id=row.n_notice_id,
        thread_id=row.n_thread_id,
        created_at=moment(row.n_created_at),
        last_at=moment(row.n_last_at),
        repeats=row.n_repeats,
        note=NoticeNote(
            kind=NoticeKind(row.n_kind),
            dedupe_key=row.n_dedupe_key,
            subject_type=row.n_subject_type,
            subject_id=row.n_subject_id,
            facts=json.loads(unpack(row.n_facts)),
            decision_id=row.n_decision_id,
            currency=row.n_currency,
            amount=None if row.n_amount is None else amount_of(row.n_amount, row.n_currency),
            simulated=row.n_simulated,
        ),
    )


def _delivery(row: Row[Any]) -> KeptDelivery:
    return KeptDelivery(
        seq=row.seq,
        delivery_id=row.delivery_id,
        notice=_notice(row),
        channel=row.channel,
        state=DeliveryState(row.state),
        created_at=moment(row.created_at),
        due_at=moment(row.due_at),
        urgent=row.urgent,
        attempts=row.attempts,
        reason=row.reason,
        ended_at=None if row.ended_at is None else moment(row.ended_at),
    )


def _short(reason: str | None) -> str | None:
    return None if reason is None else searchable(reason)[:_LONGEST_REASON]
