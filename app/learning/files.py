"""Records to learn from out of files, where there is no store: read as an import reads them, and kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.importing.kinds import KINDS
from app.importing.making import Making
from app.importing.reading import Form, Row, open_file
from app.portions import worked
from app.store import Document
from cpq_hooks.reading import Malformed, read_json

_TOLD = 10


@dataclass(slots=True, kw_only=True)
class FromFiles:
    """Reads files of records; what is refused is counted, and the first rows are told."""

    max_bytes: int
    workers: int = 0
    refused: int = 0
    told: list[str] = field(default_factory=list)

    def documents(self, path: Path, kind: str) -> Iterator[Document]:
        """Every good record of a file. Raises `UnreadableFile`."""
        opened = open_file(path, max_bytes=self.max_bytes)
        if opened.form is Form.LINES and kind == "quotes":
            # Whether it is a quote by the schema is seen when it is judged: reading each twice would double the time.
            for portion in opened.portions():
                for row in portion.rows:
                    found = self._as_sent(path, row)
                    if found is not None:
                        yield found
            return
        making = Making(kind=kind, form=opened.form)
        for made in worked(making, opened.portions(), self.workers):
            for each in made.refused:
                self._refuse(path, each.place, "; ".join(each.reasons[:3]))
            yield from made.documents.get(KINDS[kind].sort.kind, ())

    def _as_sent(self, path: Path, row: Row) -> Document | None:
        try:
            value: Any = read_json(row.raw)
        except Malformed as error:
            self._refuse(path, row.place, f"column {error.column}: {error.message}")
            return None
        quote_id = value.get("quote_id") if isinstance(value, dict) else None
        if not isinstance(quote_id, str) or not quote_id:
            self._refuse(path, row.place, "$.quote_id: it is missing, and every quote has one")
            return None
        return Document(id=quote_id, body=row.raw, occurred_at=_moment(value.get("created_at")))

    def _refuse(self, path: Path, place: int, reason: str) -> None:
        self.refused += 1
        if len(self.told) < _TOLD:
            self.told.append(f"  {path}:{place}: {reason}")


def _moment(value: Any) -> datetime | None:
    """A moment as the schema reads it; None for what is none, which is refused where the quote is judged."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
