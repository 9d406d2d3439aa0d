"""A mapping file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class Unit(StrEnum):
    """How a number or a moment is counted there, where canonical documents count otherwise."""

    MINOR = "minor"
    FRACTION = "fraction"
    YEARS = "years"
    QUARTERS = "quarters"
    EPOCH_SECONDS = "epoch_seconds"
    EPOCH_MILLISECONDS = "epoch_milliseconds"


class Kind(StrEnum):
    """What a canonical field holds."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one canonical value comes from.

    `paths` are tried in order; `constant` needs none. `position` is the entry's place in its list, from 1. `values` turns
    the sender's words into canonical ones. `day_format` is as `strptime` has it. `ends_before` says that a date is the day
    after the last. `decimal_mark` and `group_mark` are how the sender writes numbers as text. `prefix` is set before a text.
    `divided_by` are paths to what a number is divided by; where none is stated there is no value. `otherwise` is asked where
    this source has none.
    """

    kind: Kind
    paths: tuple[str, ...] = ()
    constant: object = None
    default: object = None
    position: bool = False
    values: Mapping[str, object] | None = None
    unit: Unit | None = None
    factor: Decimal | None = None
    day_format: str | None = None
    ends_before: bool = False
    decimal_mark: str = "."
    group_mark: str = ""
    choices: tuple[str, ...] = ()
    prefix: str = ""
    divided_by: tuple[str, ...] = ()
    otherwise: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An object in the canonical document: its fields by name."""

    fields: Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A list in the canonical document: one entry for each entry at `each` whose fields have the values of `only`.

    `each` None makes exactly one entry, of the object around it.
    """

    each: str | None
    group: Group
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Node: TypeAlias = "Source | Group | Entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """How one shape is made: one document for each entry at `each` (None: of the payload itself).

    A text of `missing`, such as NA, states nothing.
    """

    shape: str
    group: Group
    each: str | None = None
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFile:
    """All sections by the shape that they make."""

    sections: Mapping[str, Section]


def paths_of(section: Section) -> frozenset[str]:
    """Every path that a section reads from the document that it is given, those inside its lists left out."""
    found: set[str] = set(section.only)
    if section.each is not None:
        return frozenset({section.each})
    waiting: list[Node] = [section.group]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Group):
            waiting += node.fields.values()
        elif isinstance(node, Entries):
            found.update([node.each] if node.each is not None else node.only)
            waiting += [node.group] if node.each is None else []
        else:
            found.update(node.paths[:1], node.divided_by[:1])
    return frozenset(found)
