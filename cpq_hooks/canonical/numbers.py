"""Field types of the canonical schemas: decimal numbers, amounts, percentages and whole numbers, all exact.

A decimal may come as a JSON number or as a string of digits; it leaves as a string. A binary float never passes: JSON
numbers with a fraction arrive as Decimal from `cpq_hooks.reading`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from cpq_hooks.canonical.fields import Described, refuse
from cpq_hooks.compiled import Shortcut
from cpq_hooks.problem import shown
from policies.domain.money import amount_string, plain

LIMIT: Final = Decimal(10) ** 15
MOST_DECIMALS: Final = 12
_PATTERN: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,5})?"
_DIGITS: Final = re.compile(_PATTERN, re.ASCII)
_LONGEST: Final = 100
_ENOUGH: Final = Context(prec=LIMIT.adjusted() + MOST_DECIMALS + 1, rounding=ROUND_HALF_EVEN)


def is_countable(number: Decimal) -> bool:
    """Whether the number has at most 15 digits before the point; zero has none, whatever its exponent."""
    return not number or number.adjusted() < LIMIT.adjusted()


def has_at_most(places: int, number: Decimal) -> bool:
    """Whether a countable number needs no more than so many decimals; zeros at the end do not count."""
    return number.quantize(Decimal(1).scaleb(-places), context=_ENOUGH) == number


class Number(Described):
    """A decimal number between `least` and `most`, both included; `above` excludes its own value instead of `least`."""

    longest_plain = 13  # so short a text has neither more than 12 decimals nor 16 digits before them
    wanted = 'send digits such as "12.50"'

    def __init__(
        self,
        description: str,
        *,
        least: int | None = 0,
        above: int | None = None,
        most: int | None = None,
        **options: Any,
    ) -> None:
        self.least = None if above is not None else least
        self.above = above
        self.most = most
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.least, "exclusiveMinimum": self.above, "maximum": self.most}
        stated = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"type": ["string", "number"], "pattern": f"^{_PATTERN}$", "examples": ["12.50"], **stated}

    def shortcuts(self) -> Sequence[Shortcut]:
        """Short runs of digits and a point, which Decimal itself takes or refuses; whole JSON numbers; short decimals."""
        signs = repr("0123456789.-" if self.least is None and self.above is None else "0123456789.")
        short = self.longest_plain
        text = f"v.__class__ is str and len(v) <= {short} and not v.strip({signs}){self._places('v')}"
        exact = f"v.__class__ is Decimal and len(t := str(v)) <= {short} and not t.strip({signs}){self._places('t')}"
        floor = -(10**13) if self.least is None and self.above is None else (self.least or 0)
        whole = f"v.__class__ is int and {floor} <= v < {10**13}"
        bounds = self._bounds("x")
        return (
            Shortcut(f"{text} and ((x := Decimal(v)) or True){bounds}", "x")
            if bounds
            else Shortcut(text, "Decimal(v)"),
            Shortcut(f"{whole}{self._bounds('v')}", "Decimal(v)"),
            Shortcut(f"{exact}{self._bounds('v')}", "v"),
        )

    def source_names(self) -> Mapping[str, object]:
        return {"Decimal": Decimal}

    def wire(self, value: Any) -> object:
        return plain(value)

    def _places(self, _: str) -> str:
        """Source that holds for a text with few enough decimals."""
        return ""

    def _bounds(self, name: str) -> str:
        parts = []
        if self.above is not None:
            parts.append(f" and {name} > {self.above}")
        elif self.least:
            parts.append(f" and {self.least} <= {name}")
        if self.most is not None:
            parts.append(f" and {name} <= {self.most}")
        return "".join(parts)

    def number_of(self, value: object) -> Decimal | None:
        """The number that a raw value spells, before any bound; None where it spells none."""
        if isinstance(value, str):
            return Decimal(value) if len(value) <= _LONGEST and _DIGITS.fullmatch(value) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        return value if isinstance(value, Decimal) and value.is_finite() else None

    def read(self, value: Any) -> Decimal:
        if isinstance(value, float):
            refuse("binary_float", f"{shown(value)} came as a binary float, which is not exact: send it as a text")
        number = self.number_of(value)
        if number is None:
            refuse("not_a_number", f"{_quoted(value)} is not a decimal number: {self.wanted}")
        if not is_countable(number):
            refuse("too_large", f"{shown(value)} is too large: send a number of at most 15 digits before the point")
        self._check_bounds(number, value)
        if not has_at_most(MOST_DECIMALS, number):
            refuse("too_many_decimals", f"{shown(value)} has more than {MOST_DECIMALS} decimals: send at most so many")
        return _spelt_out(number)

    def _check_bounds(self, number: Decimal, value: object) -> None:
        if self.above is not None and number <= self.above:
            wanted = "more than zero" if self.above == 0 else f"more than {self.above}"
            refuse("too_small", f"{shown(value)} is not {wanted}: send a number that is")
        if self.least is not None and number < self.least:
            if self.least == 0:
                refuse("negative", f"{shown(value)} is negative: send zero or more")
            refuse("too_small", f"{shown(value)} is less than {self.least}")
        if self.most is not None and number > self.most:
            refuse("too_large", f"{shown(value)} is more than {self.most}")


def _quoted(value: object) -> str:
    return shown(value) if not isinstance(value, str) or value.strip() else f"{shown(value)} is empty and"


def _spelt_out(number: Decimal) -> Decimal:
    """The same number without a positive exponent and without a negative zero."""
    if not number:
        return Decimal(0)
    exponent = number.as_tuple().exponent
    return number.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else number


class Amount(Number):
    """Money to be paid or owed: no more decimals than the document's currency has; the document's schema sees to it."""

    in_minor_units = True
    longest_plain = 15

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "examples": ["14400.00"]}

    def _places(self, name: str) -> str:
        return f" and ((p := {name}.find('.')) < 0 or len({name}) - p - 1 <= places)"


class Money(Amount):
    """An amount as an answer has it: with exactly the decimals of its currency."""

    def wire_in(self, value: Any, currency: str | None) -> object:
        return self.wire(value) if currency is None else amount_string(value, currency)


class Percent(Number):
    """A percentage in percent: "20" is 20 %."""

    wanted = 'send the percentage such as "20" for 20 %'

    def __init__(self, description: str, *, most: int | None = 100, **options: Any) -> None:
        super().__init__(description, most=most, **options)

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "examples": ["20"]}


class Whole(Described):
    """A whole number between `least` and `most`, both included. A string of digits is taken as well."""

    def __init__(self, description: str, *, least: int = 0, most: int, **options: Any) -> None:
        self.least = least
        self.most = most
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def shortcuts(self) -> Sequence[Shortcut]:
        return (Shortcut(f"v.__class__ is int and {self.least} <= v <= {self.most}"),)

    def read(self, value: Any) -> int:
        number = _whole(value)
        if number is None:
            refuse("not_a_whole_number", f"{shown(value)} is not a whole number: send one without quotes, such as 12")
        if not self.least <= number <= self.most:
            refuse("out_of_range", f"{shown(value)} is not between {self.least:,} and {self.most:,}")
        return number


def _whole(value: object) -> int | None:
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII) else None
    if isinstance(value, Decimal) and value.is_finite() and -_LONGEST < value.adjusted() < _LONGEST:
        return int(value) if value == value.to_integral_value() else None
    return None
