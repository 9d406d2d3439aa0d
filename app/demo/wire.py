"""Domain records as canonical JSON text, faster than by the schemas; a test holds both to the same words.

What is not stated is left out, numbers are decimal strings, and what the record holds beside its known fields follows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from operator import attrgetter
from typing import Any, Final, TypeAlias

from policies.domain.billing import BillingCharge
from policies.domain.charge import Discount, Drawdown, MinimumCommitment, Package, Percentage, RampSegment, Tier
from policies.domain.money import plain
from policies.domain.quote import Account, Rep

_Writer: TypeAlias = Callable[[Any], str]

# Records whose JSON object holds the fields of an inner record as its own; the inner one's id is not written again.
_INNER: Final[Mapping[type, str]] = {BillingCharge: "terms"}
_ONE_DAY: Final = timedelta(days=1)
_PLAIN: Final = (Discount, Tier, Package, Percentage, MinimumCommitment, Drawdown, RampSegment)
_UNWRITTEN: Final = frozenset({"extra", "nulls", "included_unlimited"})


def text_of(record: object, **extra: str) -> str:
    """The record as one JSON object; `extra` are further fields, each already JSON text."""
    return joined(members(record), **extra)


def joined(parts: list[str], **extra: str) -> str:
    """Members, as `members` gives them, as one JSON object."""
    more = [f'"{name}": {text}' for name, text in extra.items()]
    return "{" + ", ".join(parts + more if more else parts) + "}"


def json_text(value: object) -> str:
    """A value that has no record of its own, as JSON text: dicts, lists, texts, numbers, booleans; decimals as strings."""
    return json.dumps(value, default=_plainly)


def members(record: object) -> list[str]:
    """The members of the record's JSON object, each as text."""
    kind = type(record)
    keys, values = _SHAPES[kind]
    stated = values(record)
    found = [
        key + _WRITERS[type(value)](value)
        for key, value in zip(keys, stated, strict=True)
        if value is not None and value != ()
    ]
    if kind not in _PLAIN:
        found += _more(record)
    inner = _INNER.get(kind)
    if inner is not None:
        known = {member.split(":", 1)[0] for member in found}
        found += [member for member in members(getattr(record, inner)) if member.split(":", 1)[0] not in known]
    return found


def _more(record: Any) -> list[str]:
    """Explicit nulls, what is unlimited, and fields that no schema knows."""
    found = [f'"{name}": null' for name in getattr(record, "nulls", ())]
    if getattr(record, "included_unlimited", False):
        found.append('"included_quantity": "unlimited"')
    return found + [f"{quoted(name)}: {json_text(value)}" for name, value in getattr(record, "extra", {}).items()]


def _moment(moment: datetime) -> str:
    return f'"{moment.astimezone(UTC).isoformat()[:19]}Z"'


@lru_cache(maxsize=4096)
def _part(part: object) -> str:
    """A part that comes again and again, such as a discount of 10 % or the account of a story."""
    return text_of(part)


@lru_cache(maxsize=1 << 16)
def number_text(number: Decimal) -> str:
    """A number as JSON text: a decimal string in quotes."""
    return f'"{plain(number)}"'


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    """A day as it is written, without quotes."""
    return day.isoformat()


@lru_cache(maxsize=4096)
def last_day_text(end: date) -> str:
    """The day before the end of a period, as it is written, without quotes."""
    return (end - _ONE_DAY).isoformat()


def _items(values: tuple[object, ...]) -> str:
    return "[" + ", ".join([_WRITERS[type(each)](each) for each in values]) + "]"


def _quoted_enum(value: StrEnum) -> str:
    return '"' + value + '"'


def _plainly(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form here")


class _Writers(dict[type, _Writer]):
    """Writers by type; that of an enum or a record is found the first time and remembered."""

    def __missing__(self, kind: type) -> _Writer:
        self[kind] = found = _quoted_enum if issubclass(kind, StrEnum) else text_of
        return found


_WRITERS: Final = _Writers(
    {
        str: quoted,
        Decimal: number_text,
        bool: lambda flag: "true" if flag else "false",
        int: str,
        date: lambda day: f'"{day_text(day)}"',
        datetime: _moment,
        tuple: _items,
        # These compare by all that they hold, as long as they hold nothing beside their fields.
        Account: lambda account: text_of(account) if account.extra else _part(account),
        Rep: lambda rep: text_of(rep) if rep.extra else _part(rep),
        Discount: _part,
        Tier: _part,
        Percentage: _part,
    }
)


class _Shapes(dict[type, tuple[tuple[str, ...], Callable[[object], Any]]]):
    """The beginnings of a record's members, and what gives their values; found the first time and remembered."""

    def __missing__(self, kind: type) -> tuple[tuple[str, ...], Callable[[object], Any]]:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is no record")
        inner = _INNER.get(kind)
        names = [each.name for each in fields(kind) if each.name not in _UNWRITTEN and each.name != inner]
        self[kind] = found = tuple(f'"{name}": ' for name in names), attrgetter(*names)
        return found


_SHAPES: Final = _Shapes()
