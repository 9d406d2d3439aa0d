"""The types of the language: what a value can be, and what it measures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Kind(Enum):
    """The shapes of a value. `UNKNOWN` is what remains of a text that was refused; it fits everywhere, silently."""

    DECIMAL = "decimal"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    ENUM = "enum"
    RECORD = "record"
    LIST = "list"
    UNKNOWN = "unknown"


class Unit(StrEnum):
    """What a number measures. Two different units are not compared, added or subtracted."""

    MONEY = "money"
    PERCENT = "percent"
    DAYS = "days"
    MONTHS = "months"


UNIT_WORDS: Final = {
    Unit.MONEY: "an amount of money",
    Unit.PERCENT: "a percentage",
    Unit.DAYS: "a number of days",
    Unit.MONTHS: "a number of months",
}
_WORDS: Final = {
    Kind.DECIMAL: "a number",
    Kind.INTEGER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.TEXT: "text",
    Kind.DATE: "a date",
    Kind.DATETIME: "a date and time",
    Kind.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Type:
    """A type: `members` is the enumeration, `record` the dataclass, `item` what a list holds."""

    kind: Kind
    members: type[StrEnum] | None = None
    record: type | None = None
    item: Type | None = None

    @property
    def is_number(self) -> bool:
        return self.kind in {Kind.DECIMAL, Kind.INTEGER}

    @property
    def is_ordered(self) -> bool:
        return self.is_number or self.kind in {Kind.DATE, Kind.DATETIME}

    @property
    def is_scalar(self) -> bool:
        return self.kind not in {Kind.RECORD, Kind.LIST}

    def __str__(self) -> str:
        """The type in the words of a sentence."""
        if self.kind is Kind.ENUM and self.members is not None:
            return f"one of {', '.join(member.value for member in self.members)}"
        if self.kind is Kind.RECORD:
            return "a record, not a single value"
        if self.kind is Kind.LIST:
            return f"a list of {_plural(self.item)}"
        return _WORDS[self.kind]


DECIMAL: Final = Type(Kind.DECIMAL)
INTEGER: Final = Type(Kind.INTEGER)
BOOLEAN: Final = Type(Kind.BOOLEAN)
TEXT: Final = Type(Kind.TEXT)
DATE: Final = Type(Kind.DATE)
DATETIME: Final = Type(Kind.DATETIME)
UNKNOWN: Final = Type(Kind.UNKNOWN)


def same(left: Type, right: Type) -> bool:
    """Whether two values can be equal: the same kind, or both numbers; enumerations must be the same one."""
    if Kind.UNKNOWN in {left.kind, right.kind}:
        return True
    if left.is_number and right.is_number:
        return True
    return left.kind is right.kind and left.members is right.members and left.is_scalar


def _plural(item: Type | None) -> str:
    if item is None or item.kind is Kind.RECORD:
        return "records"
    if item.kind is Kind.ENUM:
        return f"values ({item})"
    return {"a number": "numbers", "a date": "dates"}.get(str(item), "values")
