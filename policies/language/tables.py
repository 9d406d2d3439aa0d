"""Tables local to a policy: a value for every key of an enumeration, for chosen texts, or for bands of a number.

A table is refused unless it answers every key that can come: an enumeration is total or has a default, texts and
numbers need a default, bands rise and end open.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from policies.language.kinds import BOOLEAN, DATE, DECIMAL, INTEGER, TEXT, UNKNOWN, Kind, Type
from policies.language.problem import Problem, Source, did_you_mean

_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NO_END: Final = frozenset({"null", "~", ""})


@dataclass(frozen=True, slots=True)
class Band:
    """`value` holds up to and including `up_to`; null leaves the last band open."""

    up_to: Source
    value: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """A table as it stands in the file: either `rows` by key with an optional default, or `bands`."""

    name: Source
    by: Source
    rows: tuple[tuple[Source, Source], ...] = ()
    default: Source | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table that answers every key. `bounds` are the inclusive ends of all bands but the last, open one."""

    name: str
    by: Source
    key: Type
    value: Type
    rows: Mapping[object, object]
    default: object = None
    bounds: tuple[Decimal, ...] = ()
    values: tuple[object, ...] = ()

    def at(self, key: object) -> object:
        """The value for a key of the table's key type."""
        if self.values:
            return self.values[bisect_left(self.bounds, cast("Decimal", key))]
        return self.rows.get(key, self.default)


def read_table(text: TableText, key: Type, problems: list[Problem]) -> Table | None:
    """The table, its keys read as the type of what it is looked up by; None and the reasons where it is refused."""
    before = len(problems)
    cells = [value for _, value in text.rows] + [band.value for band in text.bands]
    cells += [text.default] if text.default is not None else []
    if not cells:
        problems.append(text.name.problem(f"the table {text.name.text} is empty"))
        return None
    value, values = _values(cells, problems)
    if text.bands:
        bounds = tuple(_bounds(text, key, problems))
        rows: dict[object, object] = {}
    else:
        rows, bounds = _rows(text, key, values, problems), ()
    if len(problems) > before:
        return None
    default = values[-1] if text.default is not None else None
    steps = tuple(values) if text.bands else ()
    name = text.name.text
    return Table(name=name, by=text.by, key=key, value=value, rows=rows, default=default, bounds=bounds, values=steps)


def _values(cells: list[Source], problems: list[Problem]) -> tuple[Type, list[object]]:
    """All values of a table, read as the one type that fits them all."""
    words = [cell.text.strip() for cell in cells]
    if all(_NUMBER.fullmatch(word) for word in words):
        if all("." not in word for word in words):
            return INTEGER, [int(word) for word in words]
        return DECIMAL, [Decimal(word) for word in words]
    if all(word in {"true", "false"} for word in words):
        return BOOLEAN, [word == "true" for word in words]
    days = [_day(word) for word in words]
    if all(day is not None for day in days):
        return DATE, list(days)
    odd = next((cell for cell, word in zip(cells, words, strict=True) if not _NUMBER.fullmatch(word)), None)
    if odd is not None and any(_NUMBER.fullmatch(word) for word in words):
        problems.append(odd.problem(f"{odd.text.strip()!r} is not a number, as other values of this table are"))
        return UNKNOWN, list(words)
    return TEXT, list(words)


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if _DATE.fullmatch(word) else None
    except ValueError:
        return None


def _rows(text: TableText, key: Type, values: list[object], problems: list[Problem]) -> dict[object, object]:
    rows: dict[object, object] = {}
    for (source, _), value in zip(text.rows, values, strict=False):
        read = _key(source, key, problems)
        if read is not None and read in rows:
            problems.append(source.problem(f"{source.text} stands twice in the table {text.name.text}"))
        elif read is not None:
            rows[read] = value
    if text.default is None and key.kind is not Kind.UNKNOWN:
        problems.extend(_gaps(text, key, rows))
    return rows


def _key(source: Source, key: Type, problems: list[Problem]) -> object | None:
    word = source.text.strip()
    if key.kind is Kind.ENUM and key.members is not None:
        return _member(source, word, key.members, problems)
    if key.kind is Kind.BOOLEAN:
        if word in {"true", "false"}:
            return word == "true"
        problems.append(source.problem(f"{word} is neither true nor false"))
        return None
    if key.is_number:
        if _NUMBER.fullmatch(word):
            return Decimal(word)
        problems.append(source.problem(f"{word} is not a number, which the table is looked up by"))
        return None
    return word


def _member(source: Source, word: str, members: type[StrEnum], problems: list[Problem]) -> StrEnum | None:
    known = [member.value for member in members]
    if word in known:
        return members(word)
    hint = did_you_mean(word, known) or f"it is one of {', '.join(known)}"
    problems.append(source.problem(f"{word} is not a value that the table is looked up by", suggestion=hint))
    return None


def _gaps(text: TableText, key: Type, rows: Mapping[object, object]) -> Iterator[Problem]:
    """What a table without a default leaves unanswered."""
    name = text.name.text
    if key.kind is Kind.ENUM and key.members is not None:
        missing = [member.value for member in key.members if member not in rows]
        reason = f"the table {name} has no value for {', '.join(missing)}" if missing else None
    elif key.kind is Kind.BOOLEAN:
        missing = [word for word, value in (("true", True), ("false", False)) if value not in rows]
        reason = f"the table {name} has no value for {', '.join(missing)}" if missing else None
    else:
        reason = f"the table {name} is looked up by {key} and has no default"
    if reason is not None:
        yield text.name.problem(reason, suggestion="add what is missing, or a `default`")


def _bounds(text: TableText, key: Type, problems: list[Problem]) -> Iterator[Decimal]:
    """The inclusive ends of the bands, refused unless they rise and the last band, and no other, is open."""
    name = text.name.text
    if key.kind is not Kind.UNKNOWN and not key.is_number:
        problems.append(text.by.problem(f"the table {name} has bands, but is looked up by {key}, not a number"))
    if text.rows or text.default is not None:
        problems.append(text.name.problem(f"the table {name} has bands; keys and a default have no place beside them"))
    previous: Decimal | None = None
    for band in text.bands:
        last = band is text.bands[-1]
        word = band.up_to.text.strip()
        if word in _NO_END:
            if not last:
                problems.append(band.up_to.problem("only the last band may be open: those after it are never reached"))
            continue
        if not _NUMBER.fullmatch(word):
            problems.append(band.up_to.problem(f"{word} is not a number"))
            continue
        bound = Decimal(word)
        if previous is not None and bound <= previous:
            problems.append(band.up_to.problem(_overlap(previous, bound)))
        if last:
            hint = "end with `up_to: null`"
            problems.append(band.up_to.problem(f"the table {name} has no value above {word}", suggestion=hint))
        previous = bound
        yield bound


def _overlap(previous: Decimal, bound: Decimal) -> str:
    if previous == bound:
        return f"two bands end at {bound}: the second is never reached"
    return f"the bands must rise, but {bound} comes after {previous}: they overlap"
