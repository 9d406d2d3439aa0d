"""What the files that people edit have in common: unknown fields are refused, and values may be written without quotes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from cpq_hooks.canonical.fields import Key
from cpq_hooks.canonical.numbers import Percent
from cpq_hooks.canonical.record import Record


class FileRecord(Record):
    """A shape in a file that a person edits: what it does not know is a slip of the pen, not something to keep."""

    takes_unknown = False


class Word(Key):
    """An id that may be written without quotes although it looks like a number or a date: `gl_code: 4000`."""

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "type": ["string", "number"]}

    def read(self, value: Any) -> str:
        is_plain = isinstance(value, int | Decimal | date) and not isinstance(value, bool)
        return super().read(str(value) if is_plain else value)


class Share(Percent):
    """A percentage that may be written with its sign: 20, "20" or 20%."""

    wanted = "write the percentage, such as 20 or 20%"

    def read(self, value: Any) -> Decimal:
        if isinstance(value, str) and value.endswith("%"):
            return super().read(value[:-1].rstrip())
        return super().read(value)
