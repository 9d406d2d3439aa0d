"""Artefacts: the very policies, catalog and company tables that decisions were made with, each kept once under its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app.store.database import Database
from app.store.errors import MissingArtefact, Unreadable
from app.store.identifiers import moment, stamp
from app.store.packing import pack, unpack
from app.store.records import Basis
from app.store.tables import ARTEFACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A text that decisions refer to. `kind` is a word for people: "policies", "catalog", "company"."""

    digest: str
    kind: str
    created_at: datetime
    content: bytes


def digest_of(content: bytes) -> str:
    """The content's address: "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Artefacts:
    """Content under its digest, put once and never changed."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        # Artefacts never go away, so what was seen once need not be asked again for every decision.
        self._seen: set[str] = set()

    def put(self, kind: str, content: bytes) -> str:
        """Keep the content, unless it is there already, and return its digest."""
        digest = digest_of(content)
        if not self._is_there(digest):
            self._insert(Artefact(digest=digest, kind=kind, created_at=self._clock(), content=content))
        return digest

    def get(self, digest: str) -> Artefact | None:
        """The artefact under this digest. Raises `Unreadable` where its content is no longer the one that has it."""
        query = select(ARTEFACTS).where(ARTEFACTS.c.digest == digest)
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        content = unpack(row.content)
        if digest_of(content) != digest:
            raise Unreadable(f"{digest} was changed after it was written")
        return Artefact(digest=digest, kind=row.kind, created_at=moment(row.created_at), content=content)

    def require(self, basis: Basis) -> None:
        """Raise `MissingArtefact` unless everything that a decision was made with is here."""
        for digest in (basis.policies, basis.catalog, basis.company):
            if digest is not None and not self._is_there(digest):
                raise MissingArtefact(f"{digest} was never put into the store, so the decision could not be re-run")

    def _is_there(self, digest: str) -> bool:
        if digest in self._seen:
            return True
        query = select(ARTEFACTS.c.digest).where(ARTEFACTS.c.digest == digest)
        found = self._database.read(lambda connection: connection.execute(query).first())
        if found is not None:
            self._seen.add(digest)
        return found is not None

    def _insert(self, artefact: Artefact) -> None:
        columns = {
            "digest": artefact.digest,
            "kind": artefact.kind,
            "created_at": stamp(artefact.created_at),
            "content": pack(artefact.content),
        }

        def add(connection: Connection) -> None:
            connection.execute(insert(ARTEFACTS), columns)

        try:
            self._database.write(add)
        except IntegrityError:
            # Another process put the same content in the meantime: that is the same artefact.
            if not self._is_there(artefact.digest):
                raise
