"""How sentences and evidence name a line, its fields and its values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.money import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.charge import Line


def called(line: Line) -> str:
    """What a sentence calls the line: the product's name, or its id where the line does not name it."""
    return line.product_name or line.product_id


def field_of(line: Line, name: str) -> str:
    """The place of a line's field as evidence has it, by line id: `lines[2].overage_unit_price`."""
    return f"lines[{line.line_id}].{name}"


def spelt(value: object) -> str | None:
    """A value of a document as evidence has it: numbers plainly, dates as ISO 8601, None as None."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def counted(number: Decimal) -> str:
    """A quantity as a sentence has it: "500,000", "1,200.5"."""
    return f"{Decimal(plain(number)):,f}"


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence with commas between them and "and" before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
