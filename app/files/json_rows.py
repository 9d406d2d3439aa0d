"""JSON files: one document, a list of them, or JSON Lines in blocks of lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from app.files.rows import Advance, Faults, Rows, UnreadableFile
from cpq_hooks.plain_lines import plain_objects
from cpq_hooks.reading import Malformed, TooLarge, read_json

_BLOCK: Final = 1 << 18
_BOM_AND_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


def json_rows(path: Path, faults: Faults, advance: Advance, *, max_bytes: int) -> Rows:
    """The values of the file. Lines that are no JSON are faults; a file that is none raises `UnreadableFile`.

    Only JSON Lines are read as a stream: a document or a list may have at most `max_bytes`.
    """
    if is_lines(path):
        return Rows(":{}", _lines(path, faults, advance))
    try:
        with path.open("rb") as file:
            document = read_json(file.read(max_bytes + 1), max_bytes=max_bytes)
    except TooLarge as error:
        told = (
            f"{error.limit:,} bytes are the most that a document or list may have: write JSON Lines, one record a line"
        )
        raise UnreadableFile(path, [told]) from None
    except Malformed as error:
        raise UnreadableFile(path, [str(error)]) from None
    if isinstance(document, list):
        return Rows("[{}]", enumerate(document))
    return Rows("", iter([(0, document)]))


def is_lines(path: Path) -> bool:
    """Whether the first line of a file is a whole object by itself, as in JSON Lines."""
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    if first.lstrip(_BOM_AND_BLANKS)[:1] != b"{":
        return False
    try:
        read_json(first)
    except Malformed:
        return path.suffix in (".jsonl", ".ndjson")
    return True


def _lines(path: Path, faults: Faults, advance: Advance) -> Iterator[tuple[int, Any]]:
    size, done, number = path.stat().st_size or 1, 0, 0
    with path.open("rb") as file:
        while lines := file.readlines(_BLOCK):
            block = b"".join(lines)
            found = plain_objects(block, len(lines))
            if found is None:
                yield from _one_by_one(path, lines, number, faults)
            else:
                yield from enumerate(found, start=number + 1)
            number += len(lines)
            done += len(block)
            advance(min(1.0, done / size), number)


def _one_by_one(path: Path, lines: list[bytes], before: int, faults: Faults) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, start=before + 1):
        if line.strip():
            try:
                yield number, read_json(line)
            except Malformed as fault:
                faults.add(f"{path}:{number}", fault.message)
