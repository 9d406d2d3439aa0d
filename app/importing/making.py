"""Making documents of rows: canonical ones as they are, a vendor's by its adapter, any other by a mapping file.

This is what the processes do beside the one that stores. Everything that they need comes with each portion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

from app.importing.kinds import KINDS, SORTS, Kind, holders
from app.importing.reading import Form, Portion, Row
from app.ingest import document_of
from app.store import Document, DocumentKind
from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.connection import Connection
from cpq_hooks.mapping import MappingFile, read_mapping, translate
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from cpq_hooks.registry import installed

MOST_REASONS: Final = 20
"""So many reasons are told of one row."""


class Refused(NamedTuple):
    """A row that is not taken: its place in the file, why, and the row itself as text or as JSON."""

    place: int
    reasons: tuple[str, ...]
    row: Any


@dataclass(slots=True)
class Made:
    """What came of a portion: documents by kind, rows that are refused, how far the file is read, and what came last."""

    documents: dict[DocumentKind, list[Document]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    rows: int = 0
    number: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How the rows of one kind become documents: by the text of a mapping file, by a connector, or as they are."""

    kind: str
    form: Form
    mapping: str | None = None
    connection: Connection | None = None
    simulated: bool = False

    def __call__(self, portion: Portion) -> Made:
        """The documents of a portion, with every row that gives none and why."""
        made = Made(share=portion.share, rows=len(portion.rows) + len(portion.faults))
        made.refused += [Refused(place, (reason,), None) for place, reason in portion.faults]
        for row in portion.rows:
            made.number = row.number
            try:
                for shape, document in self.documents(row, portion.header):
                    self._keep(made, shape, document)
            except Malformed as error:
                _refuse(made, row, portion, (f"column {error.column}: {error.message}",))
            except NotUnderstood as error:
                _refuse(made, row, portion, (str(error),))
            except Invalid as invalid:
                _refuse(made, row, portion, tuple(f"{each.path}: {each.message}" for each in invalid.problems))
        return made

    def documents(self, row: Row, header: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """Every document of a row in canonical form, with the section that it was made by. Raises what refuses the row."""
        kind = KINDS[self.kind]
        yield from self._documents(self._value(row, header, kind), row, kind)

    def _value(self, row: Row, header: tuple[str, ...], kind: Kind) -> Any:
        if self.form is Form.LINES:
            return read_json(row.raw)
        if self.form is Form.VALUES:
            return row.raw
        if self.mapping is not None or self.connection is not None:
            return dict(zip(header, row.raw[0], strict=True))
        return joined([_nested(header, cells, holders(kind.schema)) for cells in row.raw], kind)

    def _documents(self, value: Any, row: Row, kind: Kind) -> Iterator[tuple[str, Any]]:
        own = kind.sections[0]
        if self.mapping is not None:
            sections = mapping_of(self.mapping).sections
            # All sections are followed before one document counts: a row is taken whole or not at all.
            made = [
                (shape, document)
                for shape in kind.sections
                if shape in sections
                for document, _ in translate(sections[shape], value, position=row.number)
            ]
            yield from made
        elif self.connection is not None and kind.shape is not None:
            adapter = installed().adapter(self.connection.connector)
            for each in adapter.translate(value, Shape(kind.shape), self.connection):
                yield own, dict(each.document)
        else:
            yield own, value

    def _keep(self, made: Made, shape: str, document: Any) -> None:
        sort = SORTS[shape]
        found = document_of(sort, sort.load(document))
        made.documents.setdefault(sort.kind, []).append(replace(found, simulated=True) if self.simulated else found)


@lru_cache(maxsize=4)
def mapping_of(text: str) -> MappingFile:
    """The mapping that a text describes, read once in a process. Raises `MappingRefused`."""
    return read_mapping(text)


def _refuse(made: Made, row: Row, portion: Portion, reasons: tuple[str, ...]) -> None:
    raw = row.raw
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "backslashreplace")
    elif portion.header:
        told = [dict(zip(portion.header, cells, strict=True)) for cells in raw]
        raw = told[0] if len(told) == 1 else told
    made.refused.append(Refused(row.place, reasons[:MOST_REASONS], raw))


def _nested(header: tuple[str, ...], cells: list[str], holding: frozenset[str]) -> dict[str, Any]:
    """A row of a table as a document: `rep.rep_id` is inside `rep`, a cell that holds a list or an object is JSON."""
    document: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        if not cell:
            continue
        *outer, last = name.split(".")
        target = document
        for step in outer:
            target = target.setdefault(step, {})
            if not isinstance(target, dict):
                raise NotUnderstood(f"the column {name} is inside {step}, which a column by itself states as well")
        target[last] = read_json(cell.encode()) if not outer and last in holding and cell[0] in "[{" else cell
    return document


def joined(rows: list[dict[str, Any]], kind: Kind) -> Mapping[str, Any]:
    """Rows of a table as one document: the first, with the entry of each in its list."""
    document = rows[0]
    if kind.entries is None or not isinstance(document.get(kind.entries[0]), dict):
        return document
    name, entry_id = kind.entries
    entries = [row[name] for row in rows if isinstance(row.get(name), dict)]
    for number, entry in enumerate(entries, start=1):
        if kind.schema != "Invoice":
            entry.setdefault(entry_id, str(number))
    return {**document, name: entries}
