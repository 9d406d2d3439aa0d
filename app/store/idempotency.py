"""Idempotency-Key: the first answer to a request is given again to whoever repeats it.

There is no mark for a request in progress. The answer is written in the same transaction as what it answers, so a process
that dies leaves nothing to clean up or to wait for; and of two that do the same work at the same time the second cannot commit:
its work is undone, and it gives the first one's answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, text

from app.store.database import Database, Prepared
from app.store.errors import AlreadyAnswered, IdempotencyConflict
from app.store.identifiers import searchable, stamp
from app.store.packing import pack, unpack
from app.store.records import Answer, KeyedAnswer, KeyedRequest
from app.store.tables import IDEMPOTENCY

_FIND: Final = Prepared(
    select(IDEMPOTENCY).where(
        IDEMPOTENCY.c.key_id == bindparam("key_id"),
        IDEMPOTENCY.c.route == bindparam("route"),
        IDEMPOTENCY.c.idempotency_key == bindparam("idempotency_key"),
        IDEMPOTENCY.c.expires_at > bindparam("now"),
    )
)
# One statement that both databases understand: insert, or take the place of an answer that has expired, or do nothing.
_KEEP: Final = Prepared(
    text(
        """
    INSERT INTO idempotency
        (key_id, route, idempotency_key, digest, status, content_type, created_at, expires_at, body)
    VALUES (:key_id, :route, :idempotency_key, :digest, :status, :content_type, :now, :expires_at, :body)
    ON CONFLICT (key_id, route, idempotency_key) DO UPDATE SET
        digest = excluded.digest, status = excluded.status, content_type = excluded.content_type,
        created_at = excluded.created_at, expires_at = excluded.expires_at, body = excluded.body
    WHERE idempotency.expires_at <= :now
    """
    )
)


class Idempotency:
    """Answers by API key, route and Idempotency-Key."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, request: KeyedRequest) -> Answer | None:
        """The answer that the same request got; None where it is new. Raises `IdempotencyConflict` for other content."""
        return self._database.read(lambda connection: self._find(connection, request))

    def keep(self, keyed: KeyedAnswer) -> None:
        """Keep an answer that goes with no record, such as a refusal. Raises as `keep_in` does."""
        self._database.write(lambda connection: self.keep_in(connection, keyed))

    def keep_in(self, connection: Connection, keyed: KeyedAnswer) -> None:
        """Keep the answer in the caller's transaction.

        Raises `AlreadyAnswered` or `IdempotencyConflict`, which undo that transaction, where the key was used meanwhile.
        """
        now = self._clock()
        values = {
            **_address(keyed.request),
            "digest": keyed.request.digest,
            "status": keyed.answer.status,
            "content_type": searchable(keyed.answer.content_type),
            "now": stamp(now),
            "expires_at": stamp(keyed.expires_at),
            "body": pack(keyed.answer.body),
        }
        if _KEEP.run(connection, values).rowcount == 1:
            return
        earlier = self._find(connection, keyed.request)
        if earlier is None:
            raise RuntimeError("an answer stood in the way and is not to be found")
        raise AlreadyAnswered(earlier)

    def purge(self) -> int:
        """Forget the answers that have expired, and return how many there were."""
        query = delete(IDEMPOTENCY).where(IDEMPOTENCY.c.expires_at <= stamp(self._clock()))
        return self._database.write(lambda connection: connection.execute(query).rowcount)

    def _find(self, connection: Connection, request: KeyedRequest) -> Answer | None:
        row = _FIND.run(connection, {**_address(request), "now": stamp(self._clock())}).first()
        if row is None:
            return None
        if row.digest != request.digest:
            raise IdempotencyConflict("this Idempotency-Key was used for a request with other content")
        return Answer(status=row.status, content_type=row.content_type, body=unpack(row.body))


def _address(request: KeyedRequest) -> dict[str, Any]:
    return {
        "key_id": request.key_id,
        "route": searchable(request.route),
        "idempotency_key": searchable(request.idempotency_key),
    }
