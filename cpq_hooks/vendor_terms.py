"""What adapters of billing platforms share: moments and minor units, and prices per so many months as canonical terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cpq_hooks.adapter import NotUnderstood, Shape, Translation, Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.vendor_fields import Fields, is_unix_time, stated
from policies.domain.money import UnknownCurrency, exponent, plain
from policies.domain.period import add_months

FREQUENCIES: Final[Mapping[int, str]] = {1: "monthly", 3: "quarterly", 6: "semiannual", 12: "annual"}
"""Months to a canonical billing frequency."""

_EXACT: Final = Decimal("1e-12")
_LARGE: Final = Decimal("1e15")
_SUMMER_TIME: Final = timedelta(hours=1)


@dataclass(slots=True)
class Reading:
    """One object under translation: where days begin, its currency, and what is to be said beside it.

    Raises `NotUnderstood` where the connection's option time_zone names no time zone.
    """

    connection: Connection | None
    currency: str = ""
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    zone_name: str = "UTC"
    _zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def __post_init__(self) -> None:
        self.in_zone(self.option("time_zone"))

    def in_zone(self, name: Any) -> None:
        """Let days begin in a zone; nothing leaves it as it is. Raises `NotUnderstood`."""
        if not name:
            return
        if not isinstance(name, str):
            raise NotUnderstood("a time zone is given by its IANA name")
        try:
            self.zone_name, self._zone = name, ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise NotUnderstood(f"there is no time zone {name!r}") from None

    def option(self, name: str, default: str | None = None) -> str | None:
        return default if self.connection is None else self.connection.option(name, default)

    # ------------------------------------------------------------------------------------------------ moments

    def unix(self, value: Any) -> datetime | None:
        """A Unix time as a moment in the zone; None where it is none."""
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not is_unix_time(value):
            return None
        try:
            return datetime.fromtimestamp(int(value), UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return None

    def stamp(self, fields: Fields, name: str) -> datetime | None:
        """The Unix time in a field, which is understood by that."""
        value = fields.raw(name)
        found = self.unix(value)
        if value is not None and found is None:
            fields.ledger.refuse((*fields.path, name), "type", "a Unix time in seconds is wanted here")
        return found

    def moment(self, fields: Fields, name: str) -> datetime | None:
        """The ISO moment in a field, in the zone; without an offset it is UTC, and a date alone is the start of that day."""
        text = fields.text(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            fields.ledger.refuse((*fields.path, name), "type", "a moment such as 2026-01-31T12:00:00Z is wanted here")
            return None
        if len(text) == len("2026-01-31"):
            return found.replace(tzinfo=self._zone)
        try:
            return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(self._zone)
        except OverflowError:
            fields.ledger.refuse((*fields.path, name), "type", "a moment within the calendar is wanted here")
            return None

    # -------------------------------------------------------------------------------------------------- money

    def take_currency(self, fields: Fields, name: str) -> None:
        """Take the document's currency from a field; a problem is noted where it is none."""
        code = (fields.text(name) or "").upper()
        try:
            exponent(code)
        except UnknownCurrency:
            fields.ledger.refuse((*fields.path, name), "unknown_currency", "a currency code such as USD is wanted here")
            return
        self.currency = code

    def major(self, minor: Decimal) -> Decimal:
        """An amount in minor units as an amount of the currency, exact."""
        return minor.scaleb(-exponent(self.currency))

    def cents(self, fields: Fields, name: str) -> Decimal | None:
        """The amount in a field that counts minor units."""
        found = fields.number(name)
        return None if found is None else self.major(found)

    def amount(self, number: Decimal, about: str) -> Decimal:
        """An amount with no more decimals than the currency has; that it is rounded is said."""
        if abs(number) >= _LARGE:
            return number
        rounded = round(number, exponent(self.currency))
        if rounded != number:
            self.note(f"{about} of {plain(number)} is rounded to {plain(rounded)}, as an invoice does")
        return rounded

    # ------------------------------------------------------------------------------------------- what is said

    def say(self, fields: Fields, name: str, value: Any, bears_on: str, note: str | None = None) -> None:
        """Say that something with a value was not understood."""
        found = Unused(path=json_path((*fields.path, name)), value=str(value)[:120], bears_on=bears_on)
        if found not in self.unused:
            self.unused.append(found)
        if note is not None:
            self.note(note)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def translation(self, shape: Shape, document: Mapping[str, Any], fields: Fields) -> Translation:
        """The document with what was not understood. Raises `Invalid` where anything was wrong."""
        fields.ledger.settle()
        return Translation(
            shape=shape,
            document=stated(document),
            unused=(*self.unused, *fields.unused()),
            notes=tuple(self.notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a tier table; `up_to` belongs to it, and None is open."""

    up_to: Decimal | None
    unit_price: Decimal | None = None
    flat_fee: Decimal | None = None
    starts_at: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How a quantity becomes an amount. `model` is None where the vendor does not say."""

    model: str | None
    unit_price: Decimal | None = None
    steps: tuple[Step, ...] = ()
    package: Mapping[str, Any] | None = None

    def scaled(self, factor: Decimal) -> Rate:
        """The rate times a factor, exact."""
        steps = tuple(
            replace(each, unit_price=times(each.unit_price, factor), flat_fee=times(each.flat_fee, factor))
            for each in self.steps
        )
        return replace(self, unit_price=times(self.unit_price, factor), steps=steps)

    def divides(self, parts: int) -> bool:
        """Whether each of its numbers over so many parts has at most twelve decimals."""
        numbers = [self.unit_price, *(n for each in self.steps for n in (each.unit_price, each.flat_fee))]
        return all(cut(number / parts) * parts == number for number in numbers if number is not None)

    def terms(self, reading: Reading) -> dict[str, Any]:
        """Its part of a canonical line."""
        return {
            "charge_model": self.model,
            "net_unit_price": written(self.unit_price),
            "tiers": [_step(each, reading) for each in self.steps],
            "package": self.package,
        }


def period_of(months: int, rate: Rate, *, cuttable: bool = True) -> tuple[str, int] | None:
    """The canonical price period of a price for so many months, and into how many of it the price has to be cut.

    None where there is none: usage cannot be cut (`cuttable` false), nor a price that does not divide.
    """
    for name, length in (("year", 12), ("quarter", 3), ("month", 1)):
        parts, rest = divmod(months, length)
        if rest == 0 and parts > 0 and (parts == 1 or (cuttable and rate.divides(parts))):
            return name, parts
    return None


def last_day(start: datetime, end: datetime) -> date:
    """The last day of a time that ends at a moment: the day before, where that is the hour at which it began or midnight.

    An hour more may be summer time; a second less than midnight is the end of its own day.
    """
    begun, ended = _of_day(start), _of_day(end)
    is_whole = ended - begun <= _SUMMER_TIME and ended < timedelta(hours=23, minutes=59)
    return max(start.date(), day_before(end.date()) if is_whole or not ended else end.date())


def day_before(day: date) -> date:
    """The day before; the calendar's very first day has none and stays."""
    return day if day == date.min else day - timedelta(days=1)


def months_after(day: date, months: int) -> date | None:
    """The day so many months later; None where the calendar ends before."""
    try:
        return add_months(day, months)
    except (ValueError, OverflowError):
        return None


def _of_day(moment: datetime) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)


def times(number: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if number is None else number * factor


def cut(number: Decimal) -> Decimal:
    """The number with at most twelve decimals; one of more digits than that leaves room for is left as it is."""
    return number.quantize(_EXACT) if abs(number) < _LARGE else number


def written(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def day_of(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def mapping(value: Any) -> Mapping[str, Any]:
    """The object that a value is; an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects in what may be a list of them."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def word(known: Mapping[str, Any], key: str) -> str | None:
    """A company's own word under a key: text or a whole number."""
    found = known.get(key)
    return str(found).strip() or None if isinstance(found, (str, int)) and not isinstance(found, bool) else None


def _step(step: Step, reading: Reading) -> dict[str, Any]:
    flat = None if step.flat_fee is None else reading.amount(step.flat_fee, "a tier's fee")
    return {
        "from": written(step.starts_at),
        "up_to": written(step.up_to),
        "unit_price": written(step.unit_price) if step.unit_price is not None or flat is not None else "0",
        "flat_fee": written(flat),
    }
