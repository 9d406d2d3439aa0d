"""Parquet files of flat records, batch by batch. Only this module needs pyarrow.

Values leave as a JSON document has them, so that they are judged by the same schema: decimals and whole numbers exactly,
days and moments as texts. A binary float of 64 bits is taken as the shortest decimal that it stands for, as JSON would
have written it, and the reader says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.files.rows import Advance, Faults, Rows, Table, UnreadableFile

_BATCH: Final = 4_096  # many more at once, and the garbage collector begins to walk through them
_UTC: Final = pa.timestamp("us", tz="UTC")


class _Unfit(ValueError):  # noqa: N818 - a signal within this module
    """A column holds what cannot be taken exactly."""


def parquet_rows(path: Path, table: Table, faults: Faults, advance: Advance) -> Rows:
    """The rows of the file. Raises `UnreadableFile` for what is no Parquet, and for columns that are missing or unfit."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFile(path, [f"this is no Parquet file that can be read: {error}"]) from None
    schema = file.schema_arrow
    reasons = list(table.missing(schema.names))
    names = [name for name in table.columns if name in schema.names]
    for name in names:
        try:
            _check(name, schema.field(name).type, table)
        except _Unfit as unfit:
            reasons.append(str(unfit))
    if reasons:
        raise UnreadableFile(path, reasons)
    floats = [name for name in names if pa.types.is_float64(_plain_type(schema.field(name).type))]
    for name in floats:
        faults.notes.append(
            f"{path}: the column {name} holds binary floats; each was taken as its shortest decimal. Write decimals "
            "(decimal128) to be exact."
        )
    return Rows(" row {}", _rows(file, path, names, table, faults, advance))


def _rows(
    file: pq.ParquetFile, path: Path, names: list[str], table: Table, faults: Faults, advance: Advance
) -> Iterator[tuple[int, Any]]:
    rows, done = file.metadata.num_rows or 1, 0
    try:
        for batch in file.iter_batches(_BATCH, columns=names, use_threads=False):
            yield from enumerate(_documents(batch, table), start=done + 1)
            done += batch.num_rows
            advance(done / rows, done)
    except (_Unfit, pa.ArrowException, OSError) as error:
        faults.add(f"{path} row {done + 1}", f"the file cannot be read from here on: {error}")


def _documents(batch: pa.RecordBatch, table: Table) -> list[dict[str, Any]]:
    """The batch as documents; a null is not stated."""
    names = [name for name in batch.schema.names if batch.column(name).null_count < batch.num_rows]
    columns = [_values(name, batch.column(name), table) for name in names]
    if not names:
        return [{} for _ in range(batch.num_rows)]
    found = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    if any(batch.column(name).null_count for name in names):
        return [{name: value for name, value in each.items() if value is not None} for each in found]
    return found


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _check(name: str, kind: pa.DataType, table: Table) -> None:
    """Refuse a column of a type that cannot stand for what the column means."""
    plain, types = _plain_type(kind), pa.types
    if types.is_null(plain) or types.is_string(plain) or types.is_large_string(plain):
        return
    if name in table.numbers:
        if not (types.is_integer(plain) or types.is_decimal(plain) or types.is_float64(plain)):
            raise _Unfit(f"the column {name} holds {plain}: write decimals, whole numbers or texts of digits")
    elif name in table.moments:
        if not types.is_timestamp(plain) or plain.tz is None:
            raise _Unfit(f"the column {name} holds {plain}: write timestamps with a time zone, such as UTC")
    elif name in table.days:
        if not (types.is_date(plain) or (types.is_timestamp(plain) and plain.tz is None)):
            raise _Unfit(f"the column {name} holds {plain}: write dates")
    elif not types.is_integer(plain):
        raise _Unfit(f"the column {name} holds {plain}: write texts")


def _values(name: str, column: pa.Array, table: Table) -> Sequence[object]:
    kind = _plain_type(column.type)
    if kind is not column.type:
        column = column.dictionary_decode()
    if name in table.numbers:
        return _numbers(column)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = column.cast(_UTC, safe=False)  # beyond microseconds no moment is told
    elif pa.types.is_timestamp(kind):
        column = _as_days(name, column)
    return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _numbers(column: pa.Array) -> Sequence[object]:
    if pa.types.is_float64(column.type):
        return [None if value is None else repr(value) for value in column.to_pylist()]
    if pa.types.is_decimal(column.type):
        with suppress(pa.ArrowInvalid):  # whole numbers are read several times as fast, and any other is refused
            column = column.cast(pa.int64())
    return column.to_pylist()  # type: ignore[no-any-return]


def _as_days(name: str, column: pa.Array) -> pa.Array:
    days = column.cast(pa.date32(), safe=False)
    if not pc.all(pc.equal(days.cast(column.type), column)).as_py() and column.null_count < len(column):
        raise _Unfit(f"the column {name} holds times of day: write dates")
    return days
