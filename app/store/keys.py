"""API keys: shown once, kept as a hash, scoped, rotated and revoked.

A key reads `qg_<id>_<secret>`. The id finds the row; the secret has 256 random bits, so one SHA-256 of it is as good as a
slow hash: there is no list of likely secrets to try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from app.store.database import Database, Prepared
from app.store.errors import StoreError
from app.store.identifiers import moment, searchable, stamp
from app.store.tables import API_KEYS

_PREFIX: Final = "qg"
ANY_ROLE: Final = "*"
"""Stands for every role of the company."""
_NOTICED_EVERY: Final = timedelta(minutes=10)
_BY_ID: Final = Prepared(select(API_KEYS).where(API_KEYS.c.id == bindparam("key_id")))
_ONE: Final = update(API_KEYS).where(API_KEYS.c.id == bindparam("key_id"))


class Scope(StrEnum):
    """What a key may do."""

    CHECK = "check"
    VERIFY = "verify"
    INGEST = "ingest"
    REVIEW = "review"
    READ = "read"
    ADMIN = "admin"


class UnknownKey(StoreError):  # noqa: N818 - it says what is the matter
    """No API key has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret. `last_used_at` is exact to ten minutes; `rotated_from` is the key that it replaces.

    `roles` are the approval roles in which a key with the scope review may consent: none unless stated, `ANY_ROLE` for all.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    rotated_from: str | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made. `secret` is the whole of what a caller sends; it is shown now and never again."""

    secret: str = field(repr=False)
    key: ApiKey


class ApiKeys:
    """The keys that callers authenticate with."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, name: str, scopes: Iterable[Scope], *, roles: Iterable[str] = (), expires_at: datetime | None = None
    ) -> NewKey:
        """A new key for `scopes`, of which there is at least one, that consents in `roles`. The secret is not kept."""
        key = ApiKey(
            id=secrets.token_hex(6),
            name=name,
            scopes=frozenset(scopes),
            roles=frozenset(roles),
            created_at=self._clock(),
            expires_at=expires_at,
        )
        return self._add(key)

    def authenticate(self, secret: str) -> ApiKey | None:
        """The valid key that this secret belongs to; None for any other text. Takes as long for a wrong id as for a wrong secret."""
        prefix, _, rest = secret.partition("_")
        key_id, _, own = rest.partition("_")
        row = self._database.read(lambda connection: self._row(connection, key_id))
        expected = row.secret_hash if row is not None else _hash("")
        fits = hmac.compare_digest(_hash(own), expected) and prefix == _PREFIX and own != ""
        if row is None or not fits:
            return None
        key = _key(row)
        now = self._clock()
        if not key.is_valid(now):
            return None
        self._notice(key, now)
        return key

    def rotate(self, key_id: str, *, overlap: timedelta) -> NewKey:
        """A key that replaces another one, whose own secret works on for `overlap`. Raises `UnknownKey`."""
        old = self.get(key_id)
        now = self._clock()
        if not old.is_valid(now):
            raise UnknownKey(f"key {key_id} has expired or was revoked; create a new one")
        ends = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
        new = replace(
            old, id=secrets.token_hex(6), created_at=now, expires_at=None, last_used_at=None, rotated_from=old.id
        )
        return self._add(new, ends=(old.id, ends))

    def revoke(self, key_id: str) -> ApiKey:
        """End a key at once; a revoked one stays as it is. Raises `UnknownKey`."""
        query = _ONE.where(API_KEYS.c.revoked_at.is_(None)).values(revoked_at=stamp(self._clock()))
        self._database.write(lambda connection: connection.execute(query, {"key_id": key_id}))
        return self.get(key_id)

    def get(self, key_id: str) -> ApiKey:
        """The key with this id, valid or not. Raises `UnknownKey`."""
        row = self._database.read(lambda connection: self._row(connection, key_id))
        if row is None:
            raise UnknownKey(f"there is no key {key_id}")
        return _key(row)

    def all(self) -> tuple[ApiKey, ...]:
        """Every key that was ever made, oldest first."""
        query = select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple([_key(row) for row in rows])

    def _row(self, connection: Connection, key_id: str) -> Row[*tuple[Any, ...]] | None:
        return _BY_ID.run(connection, {"key_id": searchable(key_id)}).first()

    def _add(self, key: ApiKey, ends: tuple[str, datetime] | None = None) -> NewKey:
        if not key.scopes:
            raise ValueError("a key without a scope opens nothing")
        own = secrets.token_hex(32)
        columns = {
            "id": key.id,
            "name": searchable(key.name),
            "secret_hash": _hash(own),
            "scopes": " ".join(sorted(key.scopes)),
            "roles": json.dumps(sorted(key.roles)),
            "created_at": stamp(key.created_at),
            "expires_at": stamp(key.expires_at) if key.expires_at is not None else None,
            "rotated_from": key.rotated_from,
        }

        def add(connection: Connection) -> None:
            connection.execute(insert(API_KEYS), columns)
            if ends is not None:
                connection.execute(_ONE.values(expires_at=stamp(ends[1])), {"key_id": ends[0]})

        self._database.write(add)
        return NewKey(secret=f"{_PREFIX}_{key.id}_{own}", key=key)

    def _notice(self, key: ApiKey, now: datetime) -> None:
        """Remember the use, but not at every call: each writing costs a flush to disk."""
        if key.last_used_at is not None and now - key.last_used_at < _NOTICED_EVERY:
            return
        query = _ONE.values(last_used_at=stamp(now))
        self._database.write(lambda connection: connection.execute(query, {"key_id": key.id}))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _key(row: Row[*tuple[Any, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        roles=frozenset(json.loads(row.roles)),
        created_at=moment(row.created_at),
        expires_at=_moment(row.expires_at),
        revoked_at=_moment(row.revoked_at),
        last_used_at=_moment(row.last_used_at),
        rotated_from=row.rotated_from,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
