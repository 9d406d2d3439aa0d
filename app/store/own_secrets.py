"""Secrets that the installation makes for itself: one for each purpose, the same for all processes, never shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, bindparam, select, text

from app.store.database import Database, Prepared
from app.store.identifiers import stamp
from app.store.tables import METADATA

RANDOM_RELEASE: Final = "random release"
_LENGTH: Final = 32

SECRETS: Final = Table(
    "secrets",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
)
_FIND: Final = Prepared(select(SECRETS.c.secret).where(SECRETS.c.name == bindparam("this")))
# Of two processes that make it at once, one does; both read what stands there then.
_MAKE: Final = Prepared(
    text("INSERT INTO secrets (name, made_at, secret) VALUES (:name, :made_at, :secret) ON CONFLICT (name) DO NOTHING")
)


class OwnSecrets:
    """Found by what they are for, and made where there is none yet."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, bytes] = {}

    def of(self, name: str) -> bytes:
        """The secret of 32 random bytes for a purpose. It never changes once it is made."""
        found = self._known.get(name) or self._database.read(lambda connection: _found(connection, name))
        if found is None:
            found = self._database.write(lambda connection: self._made(connection, name))
        self._known[name] = found
        return found

    def _made(self, connection: Connection, name: str) -> bytes:
        made = {"name": name, "made_at": stamp(self._clock()), "secret": secrets.token_bytes(_LENGTH)}
        _MAKE.run(connection, made)
        return _found(connection, name) or made["secret"]  # type: ignore[return-value]


def _found(connection: Connection, name: str) -> bytes | None:
    found = _FIND.run(connection, {"this": name}).scalar()
    return None if found is None else bytes(found)
