"""Records from a file of any kind: its rows, each read by its schema, with a word on each that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from app.files.csv_rows import csv_rows
from app.files.json_rows import json_rows
from app.files.rows import Advance, Faults, Rows, Table, UnreadableFile, quietly
from cpq_hooks.problem import Invalid

Found = TypeVar("Found")
_PARQUET: Final = b"PAR1"


def records(
    path: Path,
    load: Callable[[Any], Found],
    faults: Faults,
    *,
    max_bytes: int,
    table: Table | None = None,
    advance: Advance = quietly,
) -> Iterator[Found]:
    """The records of a file; what is wrong is added to the faults, with its place.

    Only records that a `table` describes may come as CSV or Parquet: in others lists are nested.
    """
    try:
        place, values = _rows(path, table, faults, advance, max_bytes)
    except UnreadableFile as error:
        for reason in error.reasons:
            faults.add(str(path), reason)
        return
    except OSError as error:
        faults.add(str(path), str(error))
        return
    for number, value in values:
        try:
            yield load(value)
        except Invalid as invalid:
            for problem in invalid.problems:
                faults.add(f"{path}{place.format(number)}", f"{problem.path}: {problem.message}")


def _rows(path: Path, table: Table | None, faults: Faults, advance: Advance, max_bytes: int) -> Rows:
    suffix = path.suffix.lower()
    is_parquet = suffix in (".parquet", ".pq") or _starts_with(path, _PARQUET)
    if table is None and (is_parquet or suffix == ".csv"):
        told = "in these documents lists are nested, which a table does not hold: send JSON or JSON Lines"
        raise UnreadableFile(path, [told])
    if table is not None and is_parquet:
        from app.files.parquet_rows import parquet_rows  # pyarrow takes a third of a second to load

        return parquet_rows(path, table, faults, advance)
    if table is not None and suffix == ".csv":
        return csv_rows(path, table, faults, advance)
    return json_rows(path, faults, advance, max_bytes=max_bytes)


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
