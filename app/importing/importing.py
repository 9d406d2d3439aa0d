"""The import of one file: portions are made into documents by processes beside this one, and stored here in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from app.files.rows import Advance
from app.importing.journal import Counts, Journal, Progressed
from app.importing.kinds import KINDS
from app.portions import worked
from app.store import Document, DocumentKind

if TYPE_CHECKING:
    from app.importing.making import Made, Making, Refused
    from app.importing.reading import Opened
    from app.store import Store

FEW_BYTES: Final = 2_000_000
"""A file up to this size is made here: starting other processes would take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file on its way into the store. `refused_to` is where refused rows go, each a line of JSON."""

    opened: Opened
    making: Making
    store: Store
    journal: Journal
    refused_to: Path
    workers: int = 2

    def run(self, advance: Advance) -> Progressed:
        """Store every good row and write down every other; go on where an earlier run of the same import stopped."""
        state = self._resumed()
        workers = self.workers if self.opened.path.stat().st_size > FEW_BYTES else 0
        portions = self.opened.portions(state.number, joined_by(self.opened, self.making))
        with _refused_file(self.refused_to, state) as refused:
            for made in worked(self.making, portions, workers):
                self._store(made, state)
                _write(refused, self.opened.path, made.refused)
                state.refused_bytes = refused.tell()
                self.journal.write(state)
                advance(made.share, state.counts.rows)
        if not state.counts.refused:
            self.refused_to.unlink(missing_ok=True)
        self.journal.close()
        return state

    @property
    def resumes_after(self) -> int:
        """How many records an earlier run of the same import stored already."""
        return self._resumed().number

    def _resumed(self) -> Progressed:
        """How far an earlier run came, if what it stored last is there: another database may stand at the same address."""
        known = self.journal.read()
        if known is None or known.last is None:
            return Progressed()
        kind, document_id = known.last
        there = self.store.documents.get(DocumentKind(kind), document_id) is not None
        return known if there else Progressed()

    def _store(self, made: Made, state: Progressed) -> None:
        state.counts.add(Counts(rows=made.rows, refused=len(made.refused)))
        for kind, documents in made.documents.items():
            put = self.store.documents.put(kind, documents)
            counts = Counts(created=put.created, changed=put.changed, unchanged=put.unchanged)
            state.counts.add(counts)
            state.by_kind.setdefault(kind.value, Counts()).add(counts)
            state.last = (kind.value, _last(documents))
        state.number = max(state.number, made.number)


def joined_by(opened: Opened, making: Making) -> str | None:
    """The column that joins rows of a table: the id, where each row states one entry of a list."""
    kind = KINDS[making.kind]
    if making.mapping is not None or kind.entries is None or kind.id_field not in opened.header:
        return None
    start = f"{kind.entries[0]}."
    return kind.id_field if any(name.startswith(start) for name in opened.header) else None


def _last(documents: list[Document]) -> str:
    return documents[-1].id


@contextmanager
def _refused_file(path: Path, state: Progressed) -> Iterator[IO[bytes]]:
    """The file of refused rows, cut to what was in it when the last portion was stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(state.refused_bytes)
        file.seek(0, 2)
        yield file


def _write(file: IO[bytes], source: Path, refused: list[Refused]) -> None:
    for each in refused:
        told: dict[str, Any] = {"file": str(source), "line": each.place, "reasons": each.reasons, "row": each.row}
        file.write(json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n")
    file.flush()
