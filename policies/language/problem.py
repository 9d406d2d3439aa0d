"""Where a text stands in a policy file, and what is wrong with it, said with file, line, caret and a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

_WIDEST: Final = 120


class Span(NamedTuple):
    """A stretch of an expression's text, from `start` up to but not including `end`."""

    start: int
    end: int


class Spot(NamedTuple):
    """A place in a file; `line` and `column` count from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the place that each of its characters has in a file.

    `spots` is None where the text was not found in the file as it stands (escapes in a quoted scalar, or no file at
    all). A problem then shows the text itself, and `line` is the line on which it begins; a part of such a text knows
    the `whole` and its own `offset` in it.
    """

    text: str
    file: str = "<text>"
    line: int = 0
    lines: tuple[str, ...] = ()
    spots: tuple[Spot, ...] | None = None
    whole: str | None = None
    offset: int = 0

    @classmethod
    def located(cls, text: str, *, file: str, lines: tuple[str, ...], line: int, column: int) -> Source:
        """A text as a YAML parser hands it out, found again in the file's own `lines`; `line`, `column` from 0.

        The place may be the first character, the opening quote or the indicator of a block (`>` or `|`).
        """
        spots = _align(text, lines, line, column)
        return cls(text, file, spots[0].line if spots else line, lines, spots)

    def part(self, start: int, end: int) -> Source:
        """A stretch of this text that knows its own place."""
        text = self.text[start:end]
        if self.spots is None:
            whole = self.text if self.whole is None else self.whole
            return Source(text, self.file, self.line, self.lines, whole=whole, offset=self.offset + start)
        spots = self.spots[start:end]
        return Source(text, self.file, spots[0].line if spots else self.line, self.lines, spots)

    def problem(self, message: str, span: Span | None = None, suggestion: str | None = None) -> Problem:
        """What is wrong with a stretch of this text; without `span`, with all of it."""
        start, end = span if span is not None else Span(0, len(self.text))
        if not self.spots:
            shown = " ".join((self.text if self.whole is None else self.whole).split("\n"))
            place = start + self.offset
            return Problem(self.file, self.line + 1, place + 1, shown, place, max(1, end - start), message, suggestion)
        first = self.spots[min(start, len(self.spots) - 1)]
        column = first.column + max(0, start - len(self.spots) + 1)
        same_line = [spot.column for spot in self.spots[start:end] if spot.line == first.line]
        width = max(1, max(same_line) - column + 1 if same_line else 1)
        return Problem(
            self.file, first.line + 1, column + 1, self.lines[first.line], column, width, message, suggestion
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a policy is refused. `line` and `column` count from 1; `caret` and `width` mark `source_line`."""

    file: str
    line: int
    column: int
    source_line: str
    caret: int
    width: int
    message: str
    suggestion: str | None = None

    def render(self) -> str:
        """The problem as a person reads it in a terminal."""
        shown, caret = _window(self.source_line, self.caret)
        mark = " " * caret + "^" * max(1, min(self.width, len(shown) - caret))
        rows = [f"{self.file}:{self.line}:{self.column}: {self.message}", f"    {shown}", f"    {mark}"]
        if self.suggestion is not None:
            rows.append(f"    {self.suggestion}")
        return "\n".join(rows)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file, line and column."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line, problem.column)))


def did_you_mean(word: str, known: Iterable[str], *, lead: str = "") -> str | None:
    """The known word nearest to a misspelt one, as a question; None where none is near. `lead` goes before the word."""
    choices = list(known)
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean {lead}{by_lower[near[0]]}?" if near else None


def _window(row: str, caret: int) -> tuple[str, int]:
    """The line without its indentation, or what of a long one stands around the caret, and where the caret is in it."""
    indent = len(row) - len(row.lstrip())
    shown, place = row.strip(), max(0, caret - indent)
    if len(shown) <= _WIDEST:
        return shown, place
    start = max(0, min(place - _WIDEST // 3, len(shown) - _WIDEST))
    end = start + _WIDEST
    before, after = "..." if start else "", "..." if end < len(shown) else ""
    return f"{before}{shown[start:end]}{after}", place - start + len(before)


def _align(text: str, lines: tuple[str, ...], line: int, column: int) -> tuple[Spot, ...] | None:
    """The place of each character, where line breaks and indentation stand for a space or for nothing."""
    spot = _first_character(lines, line, column)
    spots: list[Spot] = []
    for character in text:
        if character.isspace():
            spots.append(spot or Spot(line, column))
            continue
        while spot is not None and lines[spot.line][spot.column].isspace():
            spot = _after(lines, spot)
        if spot is None or lines[spot.line][spot.column] != character:
            return None
        spots.append(spot)
        spot = _after(lines, spot)
    return tuple(spots)


def _first_character(lines: tuple[str, ...], line: int, column: int) -> Spot | None:
    if line >= len(lines) or column >= len(lines[line]):
        return None
    opening = lines[line][column]
    if opening in "|>":
        return _after(lines, Spot(line, len(lines[line]) - 1))
    return _after(lines, Spot(line, column)) if opening in "\"'" else Spot(line, column)


def _after(lines: tuple[str, ...], spot: Spot) -> Spot | None:
    line, column = spot.line, spot.column + 1
    while line < len(lines) and column >= len(lines[line]):
        line, column = line + 1, 0
    return Spot(line, column) if line < len(lines) else None
