"""What every kind of file has in common: rows with their places, the columns of a table, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

_MOST_TOLD: Final = 50

Advance: TypeAlias = Callable[[float, int], object]
"""Told now and then how much of the file is read (0 to 1), and how many rows that were."""


def quietly(share: float, rows: int) -> None:
    """Advance without anyone watching."""


class Rows(NamedTuple):
    """The raw values of a file, numbered. `place` words a number: `:3` is line 3, `[2]` the third entry of a list."""

    place: str
    values: Iterator[tuple[int, Any]]


@dataclass(slots=True)
class Faults:
    """What is wrong with files: all is counted, the first ones are told. `notes` are words about what was taken."""

    told: list[str] = field(default_factory=list)
    count: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, where: str, message: str) -> None:
        """Note a fault, with the file and the place in it."""
        self.count += 1
        if len(self.told) < _MOST_TOLD:
            self.told.append(f"  {where}: {message}")

    def lines(self) -> tuple[str, ...]:
        """The faults for a person, and how many more there are."""
        more = self.count - len(self.told)
        return (*self.told, f"  and {more:,} more") if more else tuple(self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The columns that a file of flat records may have; `one_of` are choices, each between sets of columns.

    Columns in `days` hold dates, in `moments` points in time, in `numbers` quantities; all others hold texts.
    """

    noun: str
    required: tuple[str, ...]
    one_of: tuple[tuple[tuple[str, ...], ...], ...]
    optional: tuple[str, ...]
    days: frozenset[str]
    moments: frozenset[str]
    numbers: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read; others are left aside."""
        chosen = (name for choice in self.one_of for names in choice for name in names)
        return tuple(dict.fromkeys((*self.required, *chosen, *self.optional)))

    def missing(self, found: Collection[str]) -> Iterator[str]:
        """A sentence for each column that is needed and not there."""
        has = f"the file has {', '.join(list(found)[:30]) or 'no columns'}"
        for name in self.required:
            if name not in found:
                yield f"the column {name} is missing, and {self.noun} need it; {has}"
        for choice in self.one_of:
            if not any(set(names) <= set(found) for names in choice):
                wanted = ", or ".join(" and ".join(names) for names in choice)
                yield f"a column is missing: {self.noun} need {wanted}; {has}"


USAGE: Final = Table(
    noun="usage records",
    required=("usage_id", "quantity"),
    one_of=((("line_id",), ("product_id",)), (("at",), ("period_start", "period_end"))),
    optional=("account_id", "agreement_id", "received_on", "received_at", "recorded_on", "recorded_at"),
    days=frozenset({"period_start", "period_end", "received_on", "recorded_on"}),
    moments=frozenset({"at", "received_at", "recorded_at"}),
    numbers=frozenset({"quantity"}),
)


def stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table as a document has it: an empty cell states nothing."""
    return {name: value for name, value in row.items() if value is not None and value != ""}


class UnreadableFile(ValueError):  # noqa: N818 - the name says what is wrong
    """A file that cannot be read as a whole, for the reasons given."""

    def __init__(self, path: Path, reasons: Collection[str]) -> None:
        self.path = path
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))
