"""Where an import stopped, so that one that was cut off goes on there: a small file beside the home folder's other files.

It is written after the rows that it speaks of are stored. A crash between the two stores them again, which changes nothing
since documents are put by their ids. It is gone once the file is done: an import of the same file compares every row.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

FOLDER: Final = "imports"


@dataclass(slots=True, kw_only=True)
class Counts:
    """What became of rows and documents so far."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, other: Counts) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(slots=True, kw_only=True)
class Progressed:
    """How far a file is stored: so many records of it, with what came of them, and the last stored document's kind and id.

    `refused_bytes` is how long the file of refused rows was then.
    """

    number: int = 0
    counts: Counts = field(default_factory=Counts)
    by_kind: dict[str, Counts] = field(default_factory=dict)
    last: tuple[str, str] | None = None
    refused_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one import: of this content, read in this way, into this database."""

    path: Path

    @staticmethod
    def of(home: Path, file: Path, *how: str) -> Journal:
        """That of a file. Another content, kind, mapping or database is another import."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        spelt = "\x1f".join((digest, *how))
        return Journal(home / FOLDER / f"{hashlib.sha256(spelt.encode()).hexdigest()[:24]}.json")

    def read(self) -> Progressed | None:
        """How far the import came; None where it never began or is done, or where the file cannot be read."""
        try:
            found = json.loads(self.path.read_text("utf-8"))
            return Progressed(
                number=found["number"],
                counts=Counts(**found["counts"]),
                by_kind={kind: Counts(**counts) for kind, counts in found["by_kind"].items()},
                last=None if found["last"] is None else (found["last"][0], found["last"][1]),
                refused_bytes=found["refused_bytes"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, progressed: Progressed) -> None:
        """Keep how far it came, all of it or nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(progressed)), "utf-8")
        beside.replace(self.path)

    def close(self) -> None:
        """The import is done."""
        self.path.unlink(missing_ok=True)
