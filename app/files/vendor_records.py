"""Records from files in a vendor's own language: exports and API answers, read by the vendor's adapter.

A document that is canonical already is taken as it is, so that an agreement of one's own can be held against a vendor's set-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from app.files.rows import Faults
from app.vendor_notes import notes_of
from cpq_hooks.adapter import Adapter, NotUnderstood, Shape, Translation
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed
from policies.domain.decision import NotAssessed

Found = TypeVar("Found")

_CANONICAL: Final[Mapping[Shape, tuple[str, ...]]] = {
    Shape.QUOTE: ("quote_id", "lines"),
    Shape.AGREEMENT: ("agreement_id", "lines"),
    Shape.BILLING_CONFIGURATION: ("billing_configuration_id", "charges"),
    Shape.USAGE: ("usage_id", "quantity"),
    Shape.INVOICE: ("invoice_id", "lines"),
}


@dataclass(slots=True)
class Vendor:
    """Whose language files are in; `notes` gather what of them was not understood and bears on a bill."""

    adapter: Adapter
    connection: Connection
    notes: list[NotAssessed] = field(default_factory=list)

    def translated(
        self, raw: bytes, name: str, shape: Shape, faults: Faults, *, max_bytes: int
    ) -> Iterator[Translation]:
        """Every document of a file's bytes in canonical form; what is wrong is added to the faults."""
        try:
            for payload in self._payloads(raw, name, max_bytes):
                yield from self._translated(payload, shape)
        except Invalid as invalid:
            for problem in invalid.problems:
                faults.add(name, f"{problem.path}: {problem.message}")
        except (Malformed, NotUnderstood) as error:
            faults.add(name, str(error))

    def records(
        self, path: Path, shape: Shape, load: Callable[[Any], Found], faults: Faults, *, max_bytes: int
    ) -> Iterator[Found]:
        """The records of a file, each read by its schema."""
        try:
            with path.open("rb") as file:
                raw = file.read(max_bytes + 1)
        except OSError as error:
            faults.add(str(path), str(error))
            return
        for translation in self.translated(raw, str(path), shape, faults, max_bytes=max_bytes):
            self.notes += notes_of(translation, self.adapter.title)
            try:
                yield load(dict(translation.document))
            except Invalid as invalid:
                for problem in invalid.problems:
                    faults.add(str(path), f"in canonical form, {problem.path}: {problem.message}")

    def _payloads(self, raw: bytes, name: str, max_bytes: int) -> list[Any]:
        if len(raw) > max_bytes:
            raise NotUnderstood(f"the file has more than {max_bytes:,} bytes: send it in parts")
        if name.endswith((".jsonl", ".ndjson")):
            return [self.adapter.parse(line) for line in raw.splitlines() if line.strip()]
        return [self.adapter.parse(raw)]

    def _translated(self, payload: Any, shape: Shape) -> tuple[Translation, ...]:
        if is_canonical(payload, shape):
            return (Translation(shape=shape, document=payload),)
        if isinstance(payload, list) and payload and all(is_canonical(each, shape) for each in payload):
            return tuple(Translation(shape=shape, document=each) for each in payload)
        return self.adapter.translate(payload, shape, self.connection)


def is_canonical(payload: Any, shape: Shape) -> bool:
    """Whether a document is in canonical form already: it has the fields that no vendor calls so."""
    return isinstance(payload, Mapping) and all(name in payload for name in _CANONICAL[shape])
