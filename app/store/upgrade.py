"""Bring a database's tables to the form that this version of the program works with.

The migrations lie inside the package, so that an installed wheel needs no other file. Only this module imports Alembic.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url

from app.store.database import Database, revision
from app.store.errors import StoreUnavailable
from app.store.tables import SCHEMA

_TIMEOUT: Final = timedelta(seconds=60)
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number will do, as long as every copy of this program asks for the same.
_UPGRADING: Final = 7_316_002_511


def upgrade(url: str) -> bool:
    """Create or upgrade the tables, and say whether there was anything to do. An SQLite file is created with its folder.

    Runs in one transaction: it happens whole or not at all, and of two at the same time the second finds it done.
    Raises `StoreUnavailable`.
    """
    file = _sqlite_file(url)
    if file is not None:
        _create(file)
    with _database(url) as database:
        return database.write(lambda connection: _upgrade(connection, together=database.is_postgresql))


def current(url: str) -> str | None:
    """The revision of the database's tables; None where there are none. Raises `StoreUnavailable`."""
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        return None
    with _database(url) as database:
        return database.read(revision)


def needs_upgrade(url: str) -> bool:
    """Whether `upgrade` has anything to do. Raises `StoreUnavailable`."""
    return current(url) != SCHEMA


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings, made here and not read from a file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, *, together: bool) -> bool:
    if together:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADING})")
    if revision(connection) == SCHEMA:
        return False
    command.upgrade(alembic_config(connection), SCHEMA)
    return True


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(url, timeout=_TIMEOUT, schema=None)
    try:
        yield database
    finally:
        database.close()


def _sqlite_file(url: str) -> Path | None:
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _create(file: Path) -> None:
    """An empty file that only its owner can read: quotes are customers' data."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise StoreUnavailable(f"{file}: {error.strerror}") from error
