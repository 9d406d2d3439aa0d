"""Reading and writing the numbers of features: dates as senders write them, shares and percentages as people read them."""

from __future__ import annotations

from datetime import date
from math import inf, log10, nan


def date_of(value: object) -> date | None:
    """The day that a text begins with (ISO 8601), or None."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def number_of(text: str | None) -> float:
    """A whole number written as text, such as a revision; NaN for anything else."""
    digits = (text or "").strip().lower().removeprefix("v")
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else nan


def decimal_logarithm(amount: object) -> float:
    """The decimal logarithm of a positive amount; NaN of anything else."""
    number = float(amount) if amount is not None else 0.0  # type: ignore[arg-type]
    return log10(number) if 0.0 < number < inf else nan


def counted(number: float, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 line, 3 lines, 1,200 lines."""
    whole = round(number)
    return f"{whole:,} {one if whole == 1 else many or one + 's'}"


def percentage(share: float) -> str:
    """A share as a person reads it: 22 %, and 0.4 % where it is small."""
    percent = share * 100
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"
