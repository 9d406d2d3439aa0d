"""Parquet files with any columns, nested ones included, as JSON documents. Only what reads Parquet needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.files.rows import UnreadableFile


def columns(path: Path) -> tuple[str, ...]:
    """The names of a file's columns. Raises `UnreadableFile`."""
    return tuple(_file(path).schema_arrow.names)


def documents(path: Path, after: int, at_a_time: int) -> Iterator[tuple[int, list[dict[str, Any]], float]]:
    """Rows as documents, so many at a time: how many came before, the rows, and how much of the file is read then.

    A null is not stated. Binary floats are taken as their shortest decimal.
    """
    file = _file(path)
    total, done = file.metadata.num_rows or 1, 0
    try:
        for batch in file.iter_batches(at_a_time, use_threads=False):
            before, done = done, done + batch.num_rows
            if done <= after:
                continue
            skipped = max(0, after - before)
            rows = [_plain(row) for row in batch.slice(skipped).to_pylist()]
            yield before + skipped, rows, done / total
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(path, [f"the file cannot be read after row {done}: {error}"]) from None


def _file(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFile(path, [f"this is no Parquet file that can be read: {error}"]) from None


def _plain(value: Any) -> Any:
    """A value as parsed JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        is_day = value.tzinfo is None and value.hour == value.minute == value.second == value.microsecond == 0
        return value.date().isoformat() if is_day else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value
