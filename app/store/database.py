"""One database, SQLite or PostgreSQL, spoken to in the same way: a connection for each thread, short transactions, and
errors that say whether it makes sense to come back.

Every connection is in autocommit mode and transactions are opened by hand, since SQLite must be told at the start that one
will write: a reader that turns writer halfway can be refused at any statement.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote
from weakref import WeakSet

from sqlalchemy import URL, ClauseElement, Connection, CursorResult, Engine, create_engine, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.pool import NullPool

from app.store.errors import SchemaMismatch, StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")

_ATTEMPTS: Final = 4
_LONGEST_WORK: Final = 30.0
_PAUSE_SECONDS: Final = 0.01
# PostgreSQL asks for the whole transaction again: serialization failure, deadlock.
_AGAIN: Final = frozenset({"40001", "40P01"})
# Away, locked, full, read-only, damaged; a bare DatabaseError is SQLite's for a file that is no database.
_THE_DATABASE: Final = (OperationalError, InterfaceError, InternalError)
_IS_READ_ONLY: Final = "SELECT current_setting('transaction_read_only')"
_OUT_OF_DATE: Final = (
    "the tables are at revision {found}, this program works with {expected}: run `quoteguard db upgrade`"
)


class Database:
    """Runs work in a thread's own connection. Raises `StoreUnavailable` for whatever another attempt could mend.

    `schema` is the revision that the tables must have; None asks for none.
    """

    _opened: WeakSet[Connection]

    def __init__(self, url: str, *, timeout: timedelta, schema: str | None) -> None:
        self.url = _with_driver(url)
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        self._engine = _postgresql(self.url, timeout) if self.is_postgresql else _sqlite(self.url, timeout)
        self._begin = "BEGIN" if self.is_postgresql else "BEGIN IMMEDIATE"
        self._schema = schema
        self._inherited: list[Connection] = []
        self._begin_anew()
        _DATABASES.add(self)

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads. Each statement sees the newest commit; `work` may run twice, if the connection was lost."""
        with self._at_work(), _told_apart():
            try:
                return work(self._connection())
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self._drop()
                return work(self._connection())

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction that no other writer interrupts, and commit it.

        `work` may run several times, each on a clean slate: it must have no effect but on the database. A commit whose answer was
        lost is not repeated but raised as `StoreUnavailable` with `uncertain`.
        """
        with self._at_work(), _told_apart():
            for _ in range(_ATTEMPTS - 1):
                try:
                    return self._transaction(work)
                except DBAPIError as error:
                    if not _worth_repeating(error):
                        raise
            return self._transaction(work)

    def ping(self) -> None:
        """Raise `StoreUnavailable` unless the database can be reached, has the right tables and lets us write."""

        def look(connection: Connection) -> None:
            self._check_schema(connection)
            if self.is_postgresql and connection.exec_driver_sql(_IS_READ_ONLY).scalar_one() == "on":
                raise StoreUnavailable("the database is read-only")

        # A transaction that changes nothing costs no flush; on SQLite its beginning shows a lock or a read-only file.
        self.write(look)

    def close(self) -> None:
        """Close every connection that this process opened, once the work on it is done. Others are opened when they are needed.

        A connection that is closed while another thread works on it may bring the process down. Work that goes on for very long
        keeps its connection, which ends with the process.
        """
        with self._idle:
            self._is_closing = True
            try:
                if self._idle.wait_for(lambda: self._under_way == 0, _LONGEST_WORK):
                    for connection in self._opened:
                        with contextlib.suppress(DBAPIError):
                            connection.close()
                self._opened, self._kept = WeakSet(), threading.local()
            finally:
                self._is_closing = False
                self._idle.notify_all()

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """While a thread works on its connection, nobody closes it. Work within work is part of it."""
        if getattr(self._kept, "is_at_work", False):
            yield
            return
        with self._idle:
            self._idle.wait_for(lambda: not self._is_closing)
            self._under_way += 1
            kept = self._kept
        kept.is_at_work = True
        try:
            yield
        finally:
            kept.is_at_work = False
            with self._idle:
                self._under_way -= 1
                if self._under_way == 0:
                    self._idle.notify_all()

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection()
        try:
            connection.exec_driver_sql(self._begin)
            result = work(connection)
        except BaseException:
            self._roll_back(connection)
            raise
        self._commit(connection)
        return result

    def _commit(self, connection: Connection) -> None:
        try:
            connection.exec_driver_sql("COMMIT")
        except BaseException as error:
            self._roll_back(connection)
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise StoreUnavailable("the connection broke during a commit", uncertain=True) from error
            raise

    def _roll_back(self, connection: Connection) -> None:
        """Leave the connection clean or not at all; that it cannot be cleaned is no news beside what went wrong before."""
        clean = False
        try:
            with contextlib.suppress(Exception):
                connection.exec_driver_sql("ROLLBACK")
                clean = True
        finally:
            if not clean:
                self._drop()

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._kept, "connection", None)
        return connection if connection is not None else self._connect()

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        try:
            self._check_schema(connection)
        except BaseException:
            connection.close()
            raise
        self._kept.connection = connection
        with self._idle:
            self._opened.add(connection)
        return connection

    def _drop(self) -> None:
        connection: Connection | None = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.close()

    def leave_the_parents_connections(self) -> None:
        """After a fork: start without connections. The parent's are kept and left alone, since closing one ends its session."""
        self._inherited.extend(self._opened)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._idle = threading.Condition()
        self._is_closing = False
        self._under_way = 0
        self._kept = threading.local()
        self._opened = WeakSet()

    def _check_schema(self, connection: Connection) -> None:
        if self._schema is None:
            return
        found = revision(connection)
        if found != self._schema:
            raise SchemaMismatch(_OUT_OF_DATE.format(found=found or "none", expected=self._schema))


_DATABASES: Final[WeakSet[Database]] = WeakSet()


def _after_a_fork() -> None:
    for database in list(_DATABASES):
        database.leave_the_parents_connections()


os.register_at_fork(after_in_child=_after_a_fork)


class Prepared:
    """A statement put into words once. Run often, it costs a quarter of what building it each time does.

    Values go in and come out as the driver has them, so it is for texts, whole numbers and bytes, which both drivers agree on.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._said: dict[str, tuple[str, Sequence[str] | None]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        """The statement's result in this connection. A named value that it does not use is ignored."""
        dialect = connection.dialect
        if dialect.name not in self._said:
            compiled = cast("SQLCompiler", self._statement.compile(dialect=dialect))
            self._said[dialect.name] = (str(compiled), compiled.positiontup)
        words, order = self._said[dialect.name]
        return connection.exec_driver_sql(words, tuple([values[name] for name in order]) if order else dict(values))


def revision(connection: Connection) -> str | None:
    """The revision of the database's tables; None where there are none."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """What the database's state causes becomes `StoreUnavailable`; what the statement causes goes on as it is."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, _THE_DATABASE) or type(error) is DatabaseError:
            raise StoreUnavailable(_first_line(error)) from error
        raise


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__


def _worth_repeating(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN


def _with_driver(url: str) -> URL:
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _postgresql(url: URL, timeout: timedelta) -> Engine:
    milliseconds = int(timeout.total_seconds() * 1000)
    arguments: dict[str, Any] = {
        "connect_timeout": max(1, milliseconds // 1000),
        "tcp_user_timeout": 2 * milliseconds,
        "application_name": "quoteguard",
    }
    if "options" not in url.query:
        arguments["options"] = f"-c lock_timeout={milliseconds} -c idle_in_transaction_session_timeout=60000"
    return _engine(url, connect_args=arguments)


def _sqlite(url: URL, timeout: timedelta) -> Engine:
    seconds = timeout.total_seconds()
    # Opened without leave to create: a path that is wrong must not become an empty database.
    address = f"file:{quote(str(url.database))}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)
        _write_ahead(connection, seconds)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return _engine(url, creator=connect)


def _write_ahead(connection: sqlite3.Connection, seconds: float) -> None:
    """Switch the file to its write-ahead log. Of two that do so at once on a new file SQLite refuses one without waiting."""
    until = monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= until:
                connection.close()
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return


def _engine(url: URL, **options: Any) -> Engine:
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True, **options)
