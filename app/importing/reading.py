"""A file in portions of raw rows, each with its place, from any row on: JSON Lines, JSON, CSV or Parquet.

Nothing is parsed here that can be parsed elsewhere: a portion is read quickly and made into records by another process.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import TextIOWrapper
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.files.json_rows import is_lines
from app.files.rows import UnreadableFile
from cpq_hooks.reading import Malformed, TooLarge, read_json

A_PORTION: Final = 1_000
_BOM: Final = b"\xef\xbb\xbf"
_PARQUET: Final = b"PAR1"


class Form(StrEnum):
    """How the rows of a file come: as lines of JSON, as cells of a table, or as values."""

    LINES = "lines"
    CELLS = "cells"
    VALUES = "values"


class Row(NamedTuple):
    """One record as it came. `place` is its line or its number in the file; `number` counts records from 1."""

    place: int
    number: int
    raw: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Rows that are read together; `share` of the file is read after them. `header` names the cells of a table's rows."""

    rows: tuple[Row, ...]
    share: float
    header: tuple[str, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file that can be read: its form, its columns where it has any, and its name for people."""

    path: Path
    form: Form
    header: tuple[str, ...] = ()
    is_parquet: bool = False
    max_bytes: int

    def portions(self, after: int = 0, joined_by: str | None = None) -> Iterator[Portion]:
        """The rows after so many records. Rows of a table that follow one another with the same `joined_by` are one record."""
        if self.form is Form.LINES:
            return _lines(self.path, after)
        if self.form is Form.CELLS:
            return _cells(self, after, joined_by)
        return _parquet(self.path, after) if self.is_parquet else _values(self, after)


def open_file(path: Path, *, max_bytes: int) -> Opened:
    """Look at a file's beginning. Raises `UnreadableFile` for what is no file of rows."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        suffix = path.suffix.lower()
        if start == _PARQUET or suffix in (".parquet", ".pq"):
            return Opened(
                path=path, form=Form.VALUES, header=_parquet_header(path), is_parquet=True, max_bytes=max_bytes
            )
        if suffix == ".csv":
            return Opened(path=path, form=Form.CELLS, header=_csv_header(path), max_bytes=max_bytes)
        form = Form.LINES if suffix in (".jsonl", ".ndjson") or is_lines(path) else Form.VALUES
    except OSError as error:
        raise UnreadableFile(path, [error.strerror or str(error)]) from None
    return Opened(path=path, form=form, max_bytes=max_bytes)


def _lines(path: Path, after: int) -> Iterator[Portion]:
    """Lines as they are; empty ones are no records."""
    size = path.stat().st_size or 1
    with path.open("rb") as file:
        number, place, done = 0, 0, 0
        while block := list(islice(file, A_PORTION)):
            rows = []
            for line in block:
                place += 1
                done += len(line)
                text = line.strip() if place > 1 else line.removeprefix(_BOM).strip()
                if text:
                    number += 1
                    if number > after:
                        rows.append(Row(place, number, text))
            if rows:
                yield Portion(rows=tuple(rows), share=min(1.0, done / size))


def _values(opened: Opened, after: int) -> Iterator[Portion]:
    """A document or a list of them, read whole."""
    try:
        with opened.path.open("rb") as file:
            document = read_json(file.read(opened.max_bytes + 1), max_bytes=opened.max_bytes)
    except TooLarge as error:
        told = f"{error.limit:,} bytes are the most that a document or list may have: write JSON Lines, a record a line"
        raise UnreadableFile(opened.path, [told]) from None
    except Malformed as error:
        raise UnreadableFile(opened.path, [str(error)]) from None
    listed = document if isinstance(document, list) else [document]
    for start in range(after, len(listed), A_PORTION):
        part = listed[start : start + A_PORTION]
        rows = tuple([Row(at, at, value) for at, value in enumerate(part, start=start + 1)])
        yield Portion(rows=rows, share=(start + len(part)) / len(listed))


# ------------------------------------------------------------------------------------------------------ tables


def _csv_header(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = tuple(name.strip() for name in next(csv.reader(file, strict=True), []))
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableFile(path, [f"the first line is no header of a CSV file: {error}"]) from None
    twice = sorted({name for name in header if header.count(name) > 1})
    reasons = [f"the column {name} stands twice in the header: name each once" for name in twice]
    if not header:
        reasons.append("the file is empty: its first line names the columns")
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        reasons.append("its columns are not separated by commas: save it so that they are")
    if reasons:
        raise UnreadableFile(path, reasons)
    return header


def _cells(opened: Opened, after: int, joined_by: str | None) -> Iterator[Portion]:
    """Rows of cells; a record is a tuple of them, more than one where they are joined."""
    path, header = opened.path, opened.header
    size, faults = path.stat().st_size or 1, list[tuple[int, str]]()
    at = header.index(joined_by) if joined_by is not None else None
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        records = enumerate(_records(csv.reader(file, strict=True), len(header), at, faults), start=1)
        numbered = (Row(place, number, cells) for number, (place, cells) in records if number > after)
        while rows := tuple(islice(numbered, A_PORTION)):
            yield Portion(rows=rows, share=min(1.0, raw.tell() / size), header=header, faults=_taken(faults))
        if faults:
            yield Portion(rows=(), share=1.0, header=header, faults=_taken(faults))


def _records(
    reader: Any, width: int, at: int | None, faults: list[tuple[int, str]]
) -> Iterator[tuple[int, tuple[list[str], ...]]]:
    rows = _whole_rows(reader, width, faults)
    if at is None:
        for place, cells in rows:
            yield place, (cells,)
        return
    for _, group in groupby(rows, key=lambda row: row[1][at]):
        together = list(group)
        yield together[0][0], tuple([cells for _, cells in together])


def _whole_rows(reader: Any, width: int, faults: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        next(reader, None)
        for cells in reader:
            if len(cells) == width:
                yield reader.line_num, cells
            elif cells:
                faults.append((reader.line_num, f"the row has {len(cells)} cells, and the header has {width}"))
    except (csv.Error, UnicodeDecodeError) as error:
        faults.append((reader.line_num, f"the file cannot be read from here on: {error}"))


def _taken(faults: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    found = tuple(faults)
    faults.clear()
    return found


def _parquet_header(path: Path) -> tuple[str, ...]:
    from app.files.parquet_values import columns  # pyarrow takes a third of a second to load

    return columns(path)


def _parquet(path: Path, after: int) -> Iterator[Portion]:
    from app.files.parquet_values import documents

    for rows, share in _in_portions(documents(path, after, A_PORTION)):
        yield Portion(rows=rows, share=share)


def _in_portions(batches: Iterable[tuple[int, list[Any], float]]) -> Iterator[tuple[tuple[Row, ...], float]]:
    for before, values, share in batches:
        yield tuple([Row(at, at, value) for at, value in enumerate(values, start=before + 1)]), share
