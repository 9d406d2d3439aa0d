"""CSV files of flat records: a header, then one record a row; an empty cell states nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

from app.files.rows import Advance, Faults, Rows, Table, UnreadableFile, stated

_A_STEP: Final = 5_000


def csv_rows(path: Path, table: Table, faults: Faults, advance: Advance) -> Rows:
    """The rows of the file, each with its line. Raises `UnreadableFile` where the header lacks a column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = [name.strip() for name in next(csv.reader(file, strict=True), [])]
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableFile(path, [f"the first line is no header of a CSV file: {error}"]) from None
    reasons = list(table.missing(header))
    twice = sorted({name for name in header if header.count(name) > 1})
    reasons += [f"the column {name} stands twice in the header: name each once" for name in twice]
    if reasons and len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        reasons.append("its columns are not separated by commas: save it so that they are")
    if reasons:
        raise UnreadableFile(path, reasons)
    return Rows(":{}", _rows(path, header, faults, advance))


def _rows(path: Path, header: list[str], faults: Faults, advance: Advance) -> Iterator[tuple[int, Any]]:
    size = path.stat().st_size or 1
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            next(reader)
            for count, cells in enumerate(reader, start=1):
                if len(cells) == len(header):
                    yield reader.line_num, stated(dict(zip(header, cells, strict=True)))
                elif cells:
                    told = f"the row has {len(cells)} cells, and the header has {len(header)}"
                    faults.add(f"{path}:{reader.line_num}", told)
                if not count % _A_STEP:
                    advance(min(1.0, raw.tell() / size), count)
        except (csv.Error, UnicodeDecodeError) as error:
            faults.add(f"{path}:{reader.line_num}", f"the file cannot be read from here on: {error}")
