"""Fields that not everybody needs to see: hidden where the record is shown or exported, never in the record itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.people.person import Person
from app.store import Role

HIDDEN: Final = "•••"
SEES_ALL: Final = frozenset({Role.ADMIN})
"""Who sees what is hidden from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """Hides fields by their path, "account.name" or "rep.*", wherever in a document that path ends.

    The chain stays whole, because what is recorded is not touched: the hashes beside a masked document are of the unmasked one.
    """

    fields: tuple[str, ...] = ()

    def hides_from(self, reader: Person) -> bool:
        """Whether anything is hidden from the reader."""
        return bool(self.fields) and not reader.may(*SEES_ALL)

    def of(self, document: Any, reader: Person) -> Any:
        """The document as the reader may see it."""
        if not self.hides_from(reader):
            return document
        paths = [tuple(field.split(".")) for field in self.fields]
        return _masked(document, (), paths)


def _masked(value: Any, at: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> Any:
    if value is not None and any(_fits(at, path) for path in paths):
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _masked(each, (*at, str(name)), paths) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, at, paths) for each in value]
    return value


def _fits(at: tuple[str, ...], path: tuple[str, ...]) -> bool:
    end = at[-len(path) :]
    return len(end) == len(path) and all(want in ("*", name) for want, name in zip(path, end, strict=True))
