"""The few operations that Python's own operators do not do safely: rounding, moments, days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

# Wide enough for any number that an expression can make: rounding then never meets a limit.
_WIDE: Final = Context(prec=2000)


# 28 digits; the limits of a document keep every result far from the traps, which stand for errors in this code.
ARITHMETIC: Final = Context(prec=28)


def rounded(number: Decimal | int, places: int) -> Decimal:
    """To that many decimals, half away from zero. A number with fewer decimals stays as it is."""
    exact = Decimal(number)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -places:
        return exact
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)


def moment(at: datetime) -> datetime:
    """A moment that can be compared with every other: one without a time zone is taken as UTC."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def days_between(first: date, second: date) -> int:
    return (second - first).days
