"""Reading what a model's JSON says, with words for what is wrong: numbers that are finite, texts, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

from scoring.model.errors import Malformed


def number(value: Any, what: str) -> float:
    """A finite number. Raises Malformed for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Malformed(f"{what} is no finite number: {value!r}")
    return float(value)


def numbers(values: Any, what: str) -> tuple[float, ...]:
    """A list of finite numbers."""
    return tuple([number(each, what) for each in listed(values, what)])


def whole(value: Any, what: str) -> int:
    """A count: a whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(f"{what} is no count: {value!r}")
    return value


def yes(value: Any, what: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Malformed(f"{what} is neither true nor false: {value!r}")
    return value


def text(value: Any, what: str) -> str:
    """A text."""
    if not isinstance(value, str):
        raise Malformed(f"{what} is no text: {value!r}")
    return value


def listed(value: Any, what: str) -> Sequence[Any]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise Malformed(f"{what} is no list")
    return value


def mapped(value: Any, what: str) -> Mapping[str, Any]:
    """An object with names."""
    if not isinstance(value, dict):
        raise Malformed(f"{what} is no object")
    return value


def limit(value: Any, what: str, *, open_end: float) -> float:
    """A bound; null is none, which is `open_end` (an infinity)."""
    return open_end if value is None else number(value, what)


def limit_as_json(value: float) -> float | None:
    """A bound as JSON has it: an infinity is null."""
    return None if value in {inf, -inf} else value
