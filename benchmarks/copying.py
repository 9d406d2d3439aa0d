"""One filled database copied into another, table by table, so that both are measured with the same content.

PostgreSQL takes the rows by COPY, without its triggers: they would have every decision in a statement of its own join the chain,
which is whole already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, create_engine, delete, func, select

from app.store.tables import METADATA
from app.store.upgrade import upgrade

AT_ONCE = 5_000


def copy_into(source: str, target: str) -> None:
    """Make the tables of an empty PostgreSQL database and put in all that the other database has."""
    upgrade(target)
    there, here = create_engine(source), create_engine(target)
    with there.connect() as reading:
        for table in METADATA.sorted_tables:
            _copy(reading, here, table)
    with here.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    there.dispose()
    here.dispose()


def _copy(reading: Connection, engine: Engine, table: Table) -> None:
    rows = reading.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*table.primary_key))
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(delete(table))
        for portion in rows.partitions():
            _put(connection, table, portion)
        _go_on_counting(connection, table)


def _put(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    names = ", ".join(column.name for column in table.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(tuple(row))


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Numbers that the database gives go on after those that were copied."""
    counted = table.autoincrement_column
    if counted is None:
        return
    name = connection.execute(select(func.pg_get_serial_sequence(table.name, counted.name))).scalar()
    newest = connection.execute(select(func.max(counted))).scalar()
    if name is not None and newest is not None:
        connection.execute(select(func.setval(name, newest)))
