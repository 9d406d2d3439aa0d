"""Documents by kind and id: agreements, usage, invoices and the like, as they were sent, with every version kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, select, update

from app.store.database import Database
from app.store.idempotency import Idempotency
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from app.store.records import Document, DocumentFilter, DocumentKind, KeyedAnswer, PutResult, StoredDocument
from app.store.tables import DOCUMENTS

_AT_A_TIME: Final = 500
# Writers of one kind take turns on PostgreSQL, so that two versions of a document cannot get the same number.
_TURN: Final = 7_316_003_000
_KINDS: Final = tuple(DocumentKind)

_IN_FORCE: Final = DOCUMENTS.c.superseded_at.is_(None)
_THESE: Final = (
    DOCUMENTS.c.kind == bindparam("of_kind"),
    DOCUMENTS.c.id.in_(bindparam("ids", expanding=True)),
    _IN_FORCE,
)
_NEWEST: Final = select(DOCUMENTS.c.id, DOCUMENTS.c.version, DOCUMENTS.c.digest).where(*_THESE)
_SUPERSEDE: Final = update(DOCUMENTS).where(*_THESE).values(superseded_at=bindparam("now"))
_ADD: Final = insert(DOCUMENTS)


Telling = Callable[[Connection, DocumentKind, Sequence[Document]], None]
"""Told which documents are new or have changed, in the transaction that stores them."""


class Link(NamedTuple):
    """What a document is of: its agreement, its quote or configuration, and the moment it is filed under."""

    id: str
    agreement_id: str | None
    parent_id: str | None
    occurred_at: datetime | None


class Documents:
    """Documents under their own ids, put as often as one likes."""

    def __init__(
        self,
        database: Database,
        idempotency: Idempotency,
        clock: Callable[[], datetime],
        told: Telling = lambda *_: None,
    ) -> None:
        self._database = database
        self._idempotency = idempotency
        self._clock = clock
        self._told = told

    def put(
        self,
        kind: DocumentKind,
        documents: Iterable[Document],
        *,
        answer: Callable[[PutResult], KeyedAnswer] | None = None,
        beside: Callable[[Connection], None] | None = None,
    ) -> PutResult:
        """Store the documents, all or none: a new id begins at version 1, changed content is a further version.

        Content that is there already changes nothing. With `answer`, the answer to the request is kept in the same transaction;
        then raises `AlreadyAnswered` and `IdempotencyConflict`. `beside` is what another room does in it.
        """
        given = list(documents)

        def work(connection: Connection) -> PutResult:
            result = self.put_in(connection, kind, given)
            if answer is not None:
                self._idempotency.keep_in(connection, answer(result))
            if beside is not None:
                beside(connection)
            return result

        return self._database.write(work)

    def put_in(self, connection: Connection, kind: DocumentKind, documents: list[Document]) -> PutResult:
        """The same as `put` in the caller's transaction."""
        if self._database.is_postgresql:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN + _KINDS.index(kind)})")
        result = PutResult()
        for start in range(0, len(documents), _AT_A_TIME):
            result += self._put_some(connection, kind, documents[start : start + _AT_A_TIME])
        return result

    def get(self, kind: DocumentKind, document_id: str, *, version: int | None = None) -> StoredDocument | None:
        """The version in force, or the one that is asked for."""
        which = _IN_FORCE if version is None else DOCUMENTS.c.version == version
        query = select(DOCUMENTS).where(
            DOCUMENTS.c.kind == kind.value, DOCUMENTS.c.id == searchable(document_id), which
        )
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _stored(row)

    def find(self, kind: DocumentKind, wanted: DocumentFilter) -> Iterator[StoredDocument]:
        """The documents in force that fit, by id. Read in portions, so that any number may fit."""
        query = select(DOCUMENTS).where(DOCUMENTS.c.kind == kind.value, _IN_FORCE, *_conditions(wanted))
        query = query.order_by(DOCUMENTS.c.id).limit(_AT_A_TIME)
        portion = self._rows(query)
        while portion:
            yield from map(_stored, portion)
            if len(portion) < _AT_A_TIME:
                return
            portion = self._rows(query.where(DOCUMENTS.c.id > portion[-1].id))

    def newest(self, kind: DocumentKind, limit: int) -> Iterator[Document]:
        """The documents in force that were received last, the newest first."""
        these = (DOCUMENTS.c.kind == kind.value, _IN_FORCE)
        newest = select(DOCUMENTS.c.id).where(*these).order_by(DOCUMENTS.c.received_at.desc(), DOCUMENTS.c.id.desc())
        ids = [row.id for row in self._rows(newest.limit(limit))]
        for start in range(0, len(ids), _AT_A_TIME):
            some = ids[start : start + _AT_A_TIME]
            found = {row.id: row for row in self._rows(select(DOCUMENTS).where(*these, DOCUMENTS.c.id.in_(some)))}
            yield from (_stored(found[each]).document for each in some if each in found)

    def links(self, kind: DocumentKind) -> Iterator[Link]:
        """What each document in force is of, without its content; in no order."""
        query = select(DOCUMENTS.c.id, DOCUMENTS.c.agreement_id, DOCUMENTS.c.parent_id, DOCUMENTS.c.occurred_at)
        for row in self._rows(query.where(DOCUMENTS.c.kind == kind.value, _IN_FORCE)):
            yield Link(row.id, row.agreement_id, row.parent_id, row.occurred_at and moment(row.occurred_at))

    def _rows(self, query: Any) -> Sequence[Row[Any]]:
        return self._database.read(lambda connection: connection.execute(query).all())

    def _put_some(self, connection: Connection, kind: DocumentKind, documents: list[Document]) -> PutResult:
        now = stamp(self._clock())
        ids = list({searchable(document.id) for document in documents})
        known = connection.execute(_NEWEST, {"of_kind": kind.value, "ids": ids}).all()
        versions = _Versions(kind, now, {row.id: (row.version, row.digest) for row in known})
        for document in documents:
            versions.add(document)
        if versions.superseded:
            connection.execute(_SUPERSEDE, {"of_kind": kind.value, "ids": list(versions.superseded), "now": now})
        if versions.rows:
            connection.execute(_ADD, versions.rows)
            self._told(connection, kind, versions.changed)
        return versions.result()


@dataclass(slots=True)
class _Versions:
    """The rows that a portion of documents adds, given the version and digest of each id that is in force."""

    kind: DocumentKind
    now: str
    newest: dict[str, tuple[int, str]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    superseded: set[str] = field(default_factory=set)
    changed: list[Document] = field(default_factory=list)
    created: int = 0
    unchanged: int = 0

    def add(self, document: Document) -> None:
        document_id = searchable(document.id)
        digest = f"sha256:{hashlib.sha256(document.body).hexdigest()}"
        version, before = self.newest.get(document_id, (0, ""))
        if digest == before:
            self.unchanged += 1
            return
        if version == 0:
            self.created += 1
        else:
            self._end(document_id)
        self.newest[document_id] = (version + 1, digest)
        self.changed.append(document)
        self.rows.append(self._row(document, document_id, version + 1, digest))

    def result(self) -> PutResult:
        return PutResult(created=self.created, changed=len(self.rows) - self.created, unchanged=self.unchanged)

    def _end(self, document_id: str) -> None:
        """Supersede the version in force, whether it is in the database or among the rows of this very portion."""
        for row in self.rows:
            if row["id"] == document_id and row["superseded_at"] is None:
                row["superseded_at"] = self.now
                return
        self.superseded.add(document_id)

    def _row(self, document: Document, document_id: str, version: int, digest: str) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "id": document_id,
            "version": version,
            "digest": digest,
            "received_at": self.now,
            "superseded_at": None,
            "account_id": searchable(document.account_id),
            "agreement_id": searchable(document.agreement_id),
            "parent_id": searchable(document.parent_id),
            "occurred_at": stamp(document.occurred_at) if document.occurred_at is not None else None,
            "key_id": document.key_id,
            "simulated": document.simulated,
            "body": pack(document.body),
        }


def _conditions(wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    equal = {"account_id": wanted.account_id, "agreement_id": wanted.agreement_id, "parent_id": wanted.parent_id}
    conditions = [DOCUMENTS.c[name] == searchable(value) for name, value in equal.items() if value is not None]
    if wanted.occurred_from is not None:
        conditions.append(DOCUMENTS.c.occurred_at >= stamp(wanted.occurred_from))
    if wanted.occurred_before is not None:
        conditions.append(DOCUMENTS.c.occurred_at < stamp(wanted.occurred_before))
    if wanted.after is not None:
        conditions.append(DOCUMENTS.c.id > searchable(wanted.after))
    return conditions


def _stored(row: Row[Any]) -> StoredDocument:
    return StoredDocument(
        kind=DocumentKind(row.kind),
        version=row.version,
        digest=row.digest,
        received_at=moment(row.received_at),
        superseded_at=None if row.superseded_at is None else moment(row.superseded_at),
        document=Document(
            id=row.id,
            body=unpack(row.body),
            account_id=row.account_id,
            agreement_id=row.agreement_id,
            parent_id=row.parent_id,
            occurred_at=None if row.occurred_at is None else moment(row.occurred_at),
            key_id=row.key_id,
            simulated=row.simulated,
        ),
    )
