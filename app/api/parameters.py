"""How the values of query parameters are read. Each raises ValueError with the end of a sentence that begins with the name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from app.api.route import Parameter

E = TypeVar("E", bound=StrEnum)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_LONGEST: Final = 200


def flag(text: str) -> bool:
    """True or false."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def text_parameter(name: str, about: str) -> Parameter:
    """A parameter that is compared with an id or other short word."""
    return Parameter(
        name=name, about=about, schema={"type": "string", "minLength": 1, "maxLength": _LONGEST}, parse=_word
    )


def flag_parameter(name: str, about: str, **more: Any) -> Parameter:
    """A parameter that is true or false."""
    return Parameter(name=name, about=about, schema={"type": "boolean", **more}, parse=flag)


def choice_parameter(name: str, about: str, choices: type[E]) -> Parameter:
    """A parameter that is one of a few words."""
    words = [choice.value for choice in choices]
    return Parameter(name=name, about=about, schema={"type": "string", "enum": words}, parse=_choice(choices))


def moment_parameter(name: str, about: str) -> Parameter:
    """A parameter that is a moment with its time zone."""
    return Parameter(name=name, about=about, schema={"type": "string", "format": "date-time"}, parse=_moment)


def day_parameter(name: str, about: str) -> Parameter:
    """A parameter that is a day."""
    return Parameter(name=name, about=about, schema={"type": "string", "format": "date"}, parse=_day)


def number_parameter(name: str, about: str, *, least: int, most: int, default: int) -> Parameter:
    """A parameter that is a whole number."""

    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name=name, about=about, schema=schema, parse=parse)


def _word(text: str) -> str:
    if not 1 <= len(text) <= _LONGEST:
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    return text


def _choice(choices: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return choices(text)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(choices)}") from None

    return parse


def _day(text: str) -> date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise ValueError("must be a day such as 2026-03-01")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is a day that does not exist") from None


def _moment(text: str) -> datetime:
    # In a query a plus sign that is not escaped arrives as a blank.
    text = text.replace(" ", "+")
    if not _MOMENT.fullmatch(text):
        raise ValueError("must be a moment with its time zone, such as 2026-03-01T09:30:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is a moment that does not exist") from None
