"""What was received and refused: kept for a while under its own id, so that nothing that was sent is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from app.store.database import Database
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from app.store.records import RefusedRequest
from app.store.tables import REFUSED

_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRefusal:
    """A refused request out of the store. `request.body` is cut where `is_cut`; `body_digest` is of all that arrived."""

    request: RefusedRequest
    body_digest: str

    @property
    def is_cut(self) -> bool:
        return self.request.length > len(self.request.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalNote:
    """A refused request in a list, without what was sent. `place` is where it stands among the others."""

    ref_id: str
    received_at: datetime
    route: str
    status: int
    problem: bytes
    length: int
    key_id: str | None
    place: tuple[str, str]


class Refused:
    """Refused requests by their id, `ref_...`. A body is kept up to `limit` bytes."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        limit: int,
        told: Callable[[Connection, RefusedRequest], None] = lambda *_: None,
    ) -> None:
        self._told = told
        self._database = database
        self._clock = clock
        self._limit = limit

    def keep(self, refused: RefusedRequest) -> None:
        """Keep what was received, as it came, with the problem that it was refused for."""
        columns = {
            "ref_id": refused.ref_id,
            "received_at": stamp(refused.received_at),
            "route": searchable(refused.route),
            "key_id": refused.key_id,
            "content_type": searchable(refused.content_type),
            "status": refused.status,
            "length": min(max(refused.length, len(refused.body)), _LARGEST),
            "body_digest": f"sha256:{hashlib.sha256(refused.body).hexdigest()}",
            "problem": pack(refused.problem),
            "body": pack(refused.body[: self._limit]),
        }

        def work(connection: Connection) -> None:
            connection.execute(insert(REFUSED), columns)
            self._told(connection, refused)

        self._database.write(work)

    def get(self, ref_id: str) -> KeptRefusal | None:
        """The refused request with this id, unless it was never there or its time is over."""
        query = select(REFUSED).where(REFUSED.c.ref_id == searchable(ref_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        request = RefusedRequest(
            ref_id=row.ref_id,
            received_at=moment(row.received_at),
            route=row.route,
            status=row.status,
            problem=unpack(row.problem),
            body=unpack(row.body),
            length=row.length,
            content_type=row.content_type,
            key_id=row.key_id,
        )
        return KeptRefusal(request=request, body_digest=row.body_digest)

    def newest(self, *, limit: int = 50, before: tuple[str, str] | None = None) -> tuple[RefusalNote, ...]:
        """Up to `limit` refused requests (at most 500) without their bodies, the newest first; `before` is the `place` of the
        last one seen.
        """
        columns = REFUSED.c
        query = select(*[column for column in columns if column.name != "body"])
        if before is not None:
            query = query.where(tuple_(columns.received_at, columns.ref_id) < tuple_(*map(searchable, before)))
        query = query.order_by(columns.received_at.desc(), columns.ref_id.desc()).limit(max(1, min(limit, 500)))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(
            RefusalNote(
                ref_id=row.ref_id,
                received_at=moment(row.received_at),
                route=row.route,
                status=row.status,
                problem=unpack(row.problem),
                length=row.length,
                key_id=row.key_id,
                place=(row.received_at, row.ref_id),
            )
            for row in rows
        )

    def older(self, than: timedelta) -> int:
        """How many were refused longer ago."""
        query = select(func.count()).where(REFUSED.c.received_at < stamp(self._clock() - than))
        return self._database.read(lambda connection: connection.execute(query).scalar_one())

    def purge(self, older_than: timedelta) -> int:
        """Forget what was refused longer ago, and return how many that were."""
        query = delete(REFUSED).where(REFUSED.c.received_at < stamp(self._clock() - older_than))
        return self._database.write(lambda connection: connection.execute(query).rowcount)
