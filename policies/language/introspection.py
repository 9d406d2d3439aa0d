"""What a dataclass offers to expressions: its fields and annotated properties, read from its type hints.

A mapping, a callable or a class that is no dataclass has no place in the language and is left out, as are `extra`,
`nulls` and every name that begins with an underscore.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from policies.language.kinds import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, Kind, Type, Unit

HIDDEN: Final = frozenset({"extra", "nulls"})
_SCALARS: Final[Mapping[object, Type]] = {
    Decimal: DECIMAL,
    int: INTEGER,
    bool: BOOLEAN,
    str: TEXT,
    date: DATE,
    datetime: DATETIME,
}
_NOT_FOR_EXPRESSIONS: Final = frozenset({"Mapping", "dict", "frozenset", "set", "Callable"})
_UNIT_ENDINGS: Final = (
    (Unit.PERCENT, ("percent",)),
    (Unit.DAYS, ("days",)),
    (Unit.MONTHS, ("months",)),
    (Unit.MONEY, ("price", "amount", "cost", "fee", "total", "tcv", "acv", "mrr")),
)


class VocabularyError(TypeError):
    """A vocabulary does not fit the classes that it is built from: a mistake in code, not in a policy."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One readable attribute of a dataclass. `stored` tells a field from a property."""

    name: str
    type: Type
    nullable: bool
    unit: Unit | None
    metadata: Mapping[str, Any]
    stored: bool


def attributes(record: type) -> Iterator[Attribute]:
    """The attributes of a dataclass that expressions may read, in the order of their definition."""
    stored = {field.name: field for field in dataclasses.fields(record)}
    for name, annotation, where in _annotations(record):
        if name.startswith("_") or name in HIDDEN:
            continue
        resolved = _resolved(record, name, annotation, where)
        if resolved is None:
            continue
        kind, nullable = resolved
        metadata = stored[name].metadata if name in stored else {}
        yield Attribute(name, kind, nullable, _unit(name, kind), metadata, name in stored)


def keeps_nulls(record: type) -> bool:
    """Whether a record remembers which of its fields were sent as an explicit null."""
    return any(field.name == "nulls" for field in dataclasses.fields(record))


def _annotations(record: type) -> Iterator[tuple[str, object, type]]:
    for cls in reversed(record.__mro__):
        for name, annotation in inspect.get_annotations(cls).items():
            yield name, annotation, cls
        for name, member in cls.__dict__.items():
            if isinstance(member, property) and "return" in getattr(member.fget, "__annotations__", {}):
                yield name, member.fget.__annotations__["return"], cls


def _resolved(record: type, name: str, annotation: object, where: type) -> tuple[Type, bool] | None:
    if isinstance(annotation, str) and annotation.partition("[")[0] in _NOT_FOR_EXPRESSIONS:
        return None
    namespace = vars(sys.modules[where.__module__])
    holder = types.SimpleNamespace(__annotations__={name: annotation})
    try:
        hint = typing.get_type_hints(holder, globalns=namespace)[name]
    except NameError as error:
        raise VocabularyError(f"{record.__name__}.{name}: {error}; its type must be imported at run time") from error
    return _typed(hint)


def _typed(hint: object) -> tuple[Type, bool] | None:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        inner = _typed(parts[0]) if len(parts) == 1 else None
        return (inner[0], True) if inner is not None else None
    plain = _plain(hint)
    return (plain, False) if plain is not None else None


def _plain(hint: object) -> Type | None:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Type(Kind.ENUM, members=hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Type(Kind.RECORD, record=hint)
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _plain(arguments[0])
        return Type(Kind.LIST, item=item) if item is not None and item.kind is not Kind.LIST else None
    return None


def _unit(name: str, kind: Type) -> Unit | None:
    """What a number measures, by the last word of its name."""
    if not kind.is_number:
        return None
    last = name.rpartition("_")[2]
    return next((unit for unit, endings in _UNIT_ENDINGS if last in endings), None)
