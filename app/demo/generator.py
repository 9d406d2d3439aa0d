"""The simulated company's two years, from a seed, at any size, one account after the other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Final

from app.demo.defects.catalogue import BRINGS_ALONG
from app.demo.documents import Document, Kind
from app.demo.odds import STANDARD_EFFECTS, Effects
from app.demo.telling import Told, tellings
from app.demo.world import DEFAULT_START, MONTHS, the_world
from policies.domain.period import add_months
from policies.patterns import PATTERNS

DEMO_SEED: Final = 20_261_101
DEMO_QUOTES: Final = 400

Progress = Callable[[int, int], None]
"""Called after each account with how many quotes are made and how many there will be."""


@dataclass(slots=True, kw_only=True)
class Manifest:
    """What a data set holds: how it was made, how many records of each kind, and each pattern how many times."""

    seed: int
    quotes: int
    start: date
    end: date
    records: Counter[Kind] = field(default_factory=Counter)
    patterns: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    leaked: int = 0
    forced: int = 0

    def add(self, told: Told) -> None:
        """Count one account."""
        self.records.update(document.kind for document in told.documents)
        self.patterns.update(told.patterns)
        self.accepted += told.accepted
        self.leaked += told.leaked
        self.forced += told.forced

    def as_json(self) -> dict[str, object]:
        """The manifest as JSON, patterns in the catalogue's order, those that do not occur included."""
        return {
            "simulated": True,
            "company": "Northlight Software (simulated)",
            "seed": self.seed,
            "quotes": self.quotes,
            "history": {"start": self.start.isoformat(), "end": self.end.isoformat()},
            "records": {kind.value: self.records[kind] for kind in Kind},
            "patterns": {number: self.patterns[number] for number in PATTERNS},
            "brings_along": {pattern: list(others) for pattern, others in BRINGS_ALONG.items()},
            "accepted": self.accepted,
            "leaked": self.leaked,
            "forced": self.forced,
        }


def generate(
    seed: int,
    quotes: int,
    out_dir: Path,
    *,
    start: date = DEFAULT_START,
    effects: Effects = STANDARD_EFFECTS,
    workers: int = 1,
    progress: Progress | None = None,
) -> Manifest:
    """Write a data set into a folder: a JSON Lines file of each kind, and `manifest.json` last.

    The same seed, quotes, start and effects give the same bytes, by however many processes (`workers`). Raises
    ValueError for a number of quotes or workers below one, LookupError for a start before the company's first price book,
    and OSError where the folder cannot be written.
    """
    manifest = new_manifest(seed, quotes, start)
    out_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files: dict[Kind, IO[str]] = {
            kind: stack.enter_context((out_dir / f"{kind.value}.jsonl").open("w", encoding="utf-8", newline="\n"))
            for kind in Kind
        }
        for document in documents(manifest, effects=effects, workers=workers, progress=progress):
            files[document.kind].write(document.text + "\n")
    text = json.dumps(manifest.as_json(), indent=2) + "\n"
    (out_dir / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    return manifest


def new_manifest(seed: int, quotes: int, start: date = DEFAULT_START) -> Manifest:
    """The manifest of a data set that is still to be made: what `documents` is asked for, and fills in.

    Raises ValueError for a number of quotes below one.
    """
    if quotes < 1:
        raise ValueError(f"a data set has at least one quote, not {quotes}")
    return Manifest(seed=seed, quotes=quotes, start=start, end=add_months(start, MONTHS))


def documents(
    manifest: Manifest,
    *,
    effects: Effects = STANDARD_EFFECTS,
    workers: int = 1,
    progress: Progress | None = None,
) -> Iterator[Document]:
    """Every document, account by account, in each the older deals first; the manifest counts what goes by.

    Raises as `generate` does, before the first document.
    """
    if workers < 1:
        raise ValueError(f"at least one process has to do the work, not {workers}")
    world = the_world(manifest.seed, manifest.start, effects)
    made = 0
    for told in tellings(world, manifest.quotes, workers):
        manifest.add(told)
        yield from told.documents
        made += told.quotes
        if progress is not None:
            progress(made, manifest.quotes)


def demo_documents() -> Iterator[Document]:
    """The small data set that the demo shows."""
    return documents(new_manifest(DEMO_SEED, DEMO_QUOTES))
