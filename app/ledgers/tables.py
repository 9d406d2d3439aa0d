"""Insights as CSV: one row a line, with cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

CSV: Final = "text/csv; charset=utf-8"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows under the names of all their columns; what is nested gets a name with a point. A BOM says that it is UTF-8."""
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in flat)
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def cell(value: Any) -> str:
    """A value as a cell. Text that begins like a formula gets an apostrophe; a number below zero stays one."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float) or not text.lstrip(" ").startswith(_FORMULA):
        return text
    return text if _is_amount(text) else "'" + text


def _is_amount(text: str) -> bool:
    digits = text.removeprefix("-").replace(".", "", 1)
    return text.startswith("-") and digits.isascii() and digits.isdigit()


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        elif isinstance(value, list):
            found[before + name] = "; ".join(str(each) for each in value)
        else:
            found[before + name] = value
    return found
