"""Counts of the deals under one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scoring.history.smoothing import Spread

_COUNTS: Final = ("quotes", "leaked", "clean", "overridden", "discounts", "discounted", "first_seen")


@dataclass(slots=True)
class Tally:
    """What is known of the deals under one name.

    `leaked` and `clean` are deals with a known outcome; a deal of which nothing came up for the whole window counts into
    `clean` with less than one. `sources` has leaked and clean deals by how they came to be known. `first_seen` is in
    seconds since 1970; discounts are in percent.
    """

    spread: Spread
    quotes: int = 0
    leaked: float = 0.0
    clean: float = 0.0
    overridden: int = 0
    discounts: float = 0.0
    discounted: int = 0
    first_seen: float | None = None
    sources: dict[str, list[int]] = field(default_factory=dict)

    @property
    def known(self) -> float:
        return self.leaked + self.clean

    def label(self, leaked: float, clean: float) -> None:
        """Add to what is known; less than nothing takes back."""
        self.spread.take(self.leaked, self.known, -1)
        self.leaked += leaked
        self.clean += clean
        self.spread.take(self.leaked, self.known, +1)

    def note(self, source: str, *, leaked: bool, sign: int) -> None:
        """Keep how an outcome came to be known."""
        counts = self.sources.setdefault(source, [0, 0])
        counts[0 if leaked else 1] += sign

    def as_json(self) -> list[object]:
        """The counts in order, and the sources that still count."""
        sources = {source: list(both) for source, both in sorted(self.sources.items()) if any(both)}
        return [*(getattr(self, name) for name in _COUNTS), sources]

    @staticmethod
    def of_json(spread: Spread, saved: Sequence[Any]) -> Tally:
        """The tally that `as_json` wrote."""
        *counts, sources = saved
        named = dict(zip(_COUNTS, counts, strict=True))
        return Tally(spread, **named, sources={source: list(both) for source, both in sources.items()})


@dataclass(slots=True)
class Table:
    """The tallies of one kind, by name."""

    spread: Spread = field(default_factory=Spread)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def of(self, name: str) -> Tally:
        """The tally of a name, a new one where it was never seen."""
        found = self.tallies.get(name)
        if found is None:
            found = self.tallies[name] = Tally(self.spread)
        return found
