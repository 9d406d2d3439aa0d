"""A record with other terms, as `dataclasses.replace` makes one, at half its cost: the simulator makes millions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, TypeVar

from policies.domain.charge import Line
from policies.domain.quote import Quote

R = TypeVar("R", Line, Quote)


def altered(record: R, **changes: Any) -> R:
    """The line or quote with these terms in place of its own."""
    names, values = _FIELDS[type(record)]
    terms = dict(zip(names, values(record), strict=True))
    terms.update(changes)
    return type(record)(**terms)


def _fields(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[object], Any]]:
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


_FIELDS: Final = {Line: _fields(Line), Quote: _fields(Quote)}
