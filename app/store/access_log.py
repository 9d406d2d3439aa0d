"""The access log: who looked at what, and what people did to people. It is only ever added to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from app.store.database import Database
from app.store.identifiers import moment, searchable, stamp
from app.store.people_records import Access, AccessFilter, LoggedAccess
from app.store.people_tables import ACCESS_LOG

_LONGEST_PAGE: Final = 500


class AccessLog:
    """Who looked at what."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, *accesses: Access) -> None:
        """Log these accesses, on disk when this returns."""
        now = self._clock()

        def work(connection: Connection) -> None:
            for access in accesses:
                add_in(connection, access, now)

        self._database.write(work)

    def newest(
        self, wanted: AccessFilter | None = None, *, limit: int = 50, before: int | None = None
    ) -> tuple[LoggedAccess, ...]:
        """Up to `limit` entries (at most 500), the newest first; `before` is the `seq` of the last one seen."""
        query = select(ACCESS_LOG).where(*_conditions(wanted or AccessFilter()))
        if before is not None:
            query = query.where(ACCESS_LOG.c.seq < before)
        query = query.order_by(ACCESS_LOG.c.seq.desc()).limit(max(1, min(limit, _LONGEST_PAGE)))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(map(_logged, rows))

    def all(self, wanted: AccessFilter | None = None) -> Iterator[LoggedAccess]:
        """Every entry, the newest first, read in pages."""
        before: int | None = None
        while found := self.newest(wanted, limit=_LONGEST_PAGE, before=before):
            yield from found
            before = found[-1].seq


def add_in(connection: Connection, access: Access, now: datetime) -> None:
    """Log an access in a transaction of the caller's."""
    connection.execute(insert(ACCESS_LOG), logged_columns(access, now))


def logged_columns(access: Access, now: datetime) -> dict[str, Any]:
    """An access as its row."""
    return {
        "at": stamp(now),
        "user_id": access.user_id,
        "user_name": searchable(access.user_name),
        "action": access.action,
        "subject_type": access.subject_type,
        "subject_id": searchable(access.subject_id),
        "detail": searchable(access.detail),
    }


def _conditions(wanted: AccessFilter) -> list[ColumnElement[bool]]:
    columns = ACCESS_LOG.c
    found = [
        (columns.user_id, wanted.user_id),
        (columns.action, wanted.action),
        (columns.subject_type, wanted.subject_type),
        (columns.subject_id, wanted.subject_id),
    ]
    conditions: list[ColumnElement[bool]] = [
        column == searchable(value) for column, value in found if value is not None
    ]
    if wanted.since is not None:
        conditions.append(columns.at >= stamp(wanted.since))
    if wanted.until is not None:
        conditions.append(columns.at < stamp(wanted.until))
    return conditions


def _logged(row: Row[*tuple[Any, ...]]) -> LoggedAccess:
    access = Access(
        user_id=row.user_id,
        user_name=row.user_name,
        action=row.action,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        detail=row.detail,
    )
    return LoggedAccess(seq=row.seq, at=moment(row.at), access=access)
