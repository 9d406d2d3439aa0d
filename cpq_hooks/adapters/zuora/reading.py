"""What every part of the Zuora room reads with: currency, words, periods and dates as Zuora writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation, Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.vendor_fields import Fields, stated
from policies.domain.money import UnknownCurrency, exponent, plain

ONE_DAY: Final = timedelta(days=1)
EXACT: Final = Decimal("1e-12")
LARGE: Final = Decimal("1e13")
TERM: Final = -1
"""In place of a number of months: the subscription's term."""

_MONTHS: Final[Mapping[str, int]] = {
    "month": 1, "quarter": 3, "semiannual": 6, "annual": 12, "eighteenmonths": 18, "twoyears": 24, "threeyears": 36,
    "fiveyears": 60, "subscriptionterm": TERM, "year": 12,
}  # fmt: skip
_FREQUENCIES: Final[Mapping[int, str]] = {1: "monthly", 3: "quarterly", 6: "semiannual", 12: "annual", TERM: "term"}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_OF_MONTH: Final = re.compile(r"SpecificDayofMonth\s*[(/]?\s*(\d{1,2})", re.IGNORECASE)


@dataclass(slots=True)
class Reader:
    """One document under translation: the connection's settings, the currency, and what is to be said beside it."""

    connection: Connection | None
    currency: str = ""
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def option(self, name: str, default: str | None = None) -> str | None:
        return default if self.connection is None else self.connection.option(name, default)

    def say(self, fields: Fields, name: str, value: Any, bears_on: str, note: str | None = None) -> None:
        """Say that something with a value was not understood; it counts as read by that."""
        fields.harmless(name)
        found = Unused(path=json_path((*fields.path, name)), value=str(value)[:120], bears_on=bears_on)
        if found not in self.unused:
            self.unused.append(found)
        if note is not None:
            self.note(note)

    def leave_out(self, fields: Fields, name: str, value: Any, bears_on: str, note: str) -> None:
        """Say that a whole charge is not in the document, by the one field for which it is not."""
        self.say(fields, name, value, bears_on, note)
        fields.harmless(*fields.value)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def custom(self, fields: Fields, option: str, usual: str | None = None) -> str | None:
        """A custom field of the company's own, which an option names; in the object itself or under `customFields`."""
        name = self.option(option) or usual
        if not name:
            return None
        within = fields.value.get("customFields")
        if isinstance(within, Mapping) and name in within:
            fields.ledger.understood.add((*fields.path, "customFields", name))
            return word(within[name])
        return word(fields.raw(name))

    def translation(self, shape: Shape, document: Mapping[str, Any], fields: Fields) -> Translation:
        """The translation. Raises `Invalid` with everything that was wrong."""
        fields.ledger.settle()
        return Translation(
            shape=shape, document=stated(document), unused=(*self.unused, *fields.unused()), notes=tuple(self.notes)
        )


def currency_of(fields: Fields, reader: Reader, *names: str) -> str:
    """The currency, from one of the fields or the option `currency`; empty, and a problem noted, where there is none."""
    texts = [fields.text(name) for name in names or ("currency",)]
    code = next((each for each in texts if each), None) or reader.option("currency") or ""
    try:
        exponent(code.upper())
    except UnknownCurrency:
        told = f"{code} is no currency" if code else "there is no currency here, and amounts mean nothing without it"
        message = f"{told}: Zuora leaves it to the account; give the option currency where the export has none"
        fields.ledger.refuse((*fields.path, (names or ("currency",))[0]), "unknown_currency", message)
        return ""
    return code.upper()


def spelt(name: str | None) -> str:
    """A word of Zuora's without capitals and separators, for one API writes `Semi_Annual` and another `Semi-Annual`."""
    return "".join(each for each in (name or "").casefold() if each.isalnum())


def word(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def written(number: Decimal | None) -> str | None:
    """A number as the canonical form has it: plain, with at most twelve decimals."""
    return None if number is None else plain(cut(number))


def cut(number: Decimal) -> Decimal:
    return number.quantize(EXACT) if abs(number) < LARGE else number


def months_of(fields: Fields, name: str, specific: str) -> int | None:
    """How many months a period has; None for weeks and days, and where it is not said."""
    period, number = spelt(fields.text(name)), fields.whole(specific)
    if period in {"specificmonths", "perspecificmonths"}:
        return number
    return _MONTHS.get(period)


def frequency_of(months: int | None) -> str | None:
    return None if months is None else _FREQUENCIES.get(months)


def price_period_of(months: int) -> tuple[str, int]:
    """The canonical period that a price pays for, and how many of them lie in so many months."""
    if months == TERM:
        return "term", 1
    for period, length in (("year", 12), ("quarter", 3)):
        if months % length == 0:
            return period, months // length
    return "month", months


def day_of(fields: Fields, name: str) -> date | None:
    """A date such as 2016-01-31, or 2016-1-31 as older examples of Zuora's have it, or the date of a moment."""
    text = fields.text(name)
    found = _ISO.match(text or "")
    if text is None:
        return None
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        fields.ledger.refuse((*fields.path, name), "type", "a date such as 2026-01-31 is wanted here")
        return None


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def last_day(start: date | None, end: date | None) -> date | None:
    """The last day of a time that Zuora ends on the day after it; a time of one day has both on that day."""
    if end is None or end == date.min:
        return None
    before = end - ONE_DAY
    return before if start is None or before >= start else start


def anchor_of(billing_day: str | None) -> int | None:
    """The day of the month in `SpecificDayofMonth(31st)`; None where the text names none."""
    found = _DAY_OF_MONTH.match(billing_day or "")
    day = int(found.group(1)) if found else 0
    return day if 1 <= day <= 31 else None


def add_period(start: date, count: int, kind: str | None) -> date | None:
    """The day after so many days, weeks, months or years from a day; None where the kind is not known."""
    unit = spelt(kind).removesuffix("s")
    try:
        if unit in {"day", "week"}:
            return start + timedelta(days=count * (7 if unit == "week" else 1))
        months = count * {"month": 1, "year": 12}[unit]
    except (KeyError, OverflowError):
        return None
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1) if year < 9999 or month < 11 else date.max
    return date(year, month + 1, min(start.day, (following - ONE_DAY).day))
