"""Alerts of the watch: kept once each, with when they were seen first and last, so that each can be sent once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from app.store.database import Database
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from app.store.records import AlertNote, KeptAlert, Noted
from app.store.tables import ALERTS

# Whoever notes alerts takes turns on PostgreSQL, so that none is put in twice.
_TURN: Final = 7_316_004_000

Telling = Callable[[Connection, Sequence[AlertNote], Sequence[AlertNote]], None]
"""Told which alerts are new and which are no more, in the transaction that keeps them."""


class Alerts:
    """Alerts by the agreement that they are on. What is no longer found is resolved; what is found again comes back."""

    def __init__(self, database: Database, clock: Callable[[], datetime], told: Telling = lambda *_: None) -> None:
        self._database = database
        self._clock = clock
        self._told = told

    def note(self, agreement_id: str, found: Sequence[AlertNote]) -> Noted:
        """Keep what was found of an agreement, which is all that there is of it now."""
        if not found and not any(each.resolved_at is None for each in self.of(agreement_id)):
            return Noted()
        return self._database.write(lambda connection: self._note(connection, agreement_id, found))

    def of(self, agreement_id: str) -> tuple[KeptAlert, ...]:
        """Every alert on an agreement, resolved ones too, by the day that they are due on."""
        query = select(ALERTS).where(ALERTS.c.agreement_id == searchable(agreement_id))
        query = query.order_by(ALERTS.c.due_on, ALERTS.c.alert_id)
        return tuple(map(_kept, self._database.read(lambda connection: connection.execute(query).all())))

    def _note(self, connection: Connection, agreement_id: str, found: Sequence[AlertNote]) -> Noted:
        if self._database.is_postgresql:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        now, of = stamp(self._clock()), ALERTS.c.agreement_id == searchable(agreement_id)
        kept = {row.alert_id: row for row in connection.execute(select(ALERTS).where(of))}
        new = [each for each in found if each.alert_id not in kept]
        if new:
            connection.execute(insert(ALERTS), [_columns(each) | {"first_seen": now, "last_seen": now} for each in new])
        again = [each for each in found if each.alert_id in kept]
        for each in again:
            changed = _columns(each) | {"last_seen": now, "resolved_at": None}
            if kept[each.alert_id].resolved_at is not None:
                changed["sent_at"] = None
            connection.execute(update(ALERTS).where(ALERTS.c.alert_id == each.alert_id).values(changed))
        gone = sorted(
            {row.alert_id for row in kept.values() if row.resolved_at is None} - {each.alert_id for each in found}
        )
        if gone:
            connection.execute(update(ALERTS).where(ALERTS.c.alert_id.in_(gone)).values(resolved_at=now))
        back = [each.alert_id for each in again if kept[each.alert_id].resolved_at is not None]
        noted = Noted(new=(*(each.alert_id for each in new), *back), resolved=tuple(gone))
        raised = [each for each in found if each.alert_id in noted.new]
        self._told(connection, raised, [_kept(kept[each]).alert for each in gone])
        return noted


def _columns(note: AlertNote) -> dict[str, Any]:
    return {
        "alert_id": note.alert_id,
        "agreement_id": searchable(note.agreement_id),
        "account_id": searchable(note.account_id),
        "policy_id": note.policy_id,
        "pattern": note.pattern,
        "due_on": note.due_on.isoformat(),
        "document": pack(note.document),
    }


def _kept(row: Row[Any]) -> KeptAlert:
    return KeptAlert(
        alert=AlertNote(
            alert_id=row.alert_id,
            agreement_id=row.agreement_id,
            account_id=row.account_id,
            policy_id=row.policy_id,
            pattern=row.pattern,
            due_on=date.fromisoformat(row.due_on),
            document=unpack(row.document),
        ),
        first_seen=moment(row.first_seen),
        last_seen=moment(row.last_seen),
        resolved_at=None if row.resolved_at is None else moment(row.resolved_at),
        sent_at=None if row.sent_at is None else moment(row.sent_at),
    )
