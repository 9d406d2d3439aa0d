"""Vectors of any number of decisions, of which so many are kept as drift can use: drawn by lot, the same at each run."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

MOST: Final = 10_000
"""With as many on both sides, a share that moved by three points is found; twice as many would find two."""
_SEED: Final = 7


class Sample:
    """Each of the vectors that were added is in it with the same odds (Vitter's algorithm R). `seen` is how many came."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._chance = Random(_SEED)  # noqa: S311 - a lot, no secret
        self._rows: list[array[float]] = []
        self.seen = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, vector: Sequence[float] | None) -> None:
        """Take a vector; None, of a decision without one, does not count."""
        if vector is None:
            return
        self.seen += 1
        if len(self._rows) < self._most:
            self._rows.append(array("d", vector))
        elif (place := self._chance.randrange(self.seen)) < self._most:
            self._rows[place] = array("d", vector)

    def columns(self, names: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """The values of each feature; nothing where there is no vector."""
        if not self._rows:
            return {}
        return {name: array("d", (row[at] for row in self._rows)) for at, name in enumerate(names)}
