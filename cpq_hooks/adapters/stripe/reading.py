"""How Stripe writes moments, money and links, and which of its metadata tie its objects to ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cpq_hooks.adapter import NotUnderstood, Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.vendor_fields import Fields, is_unix_time
from policies.domain.money import UnknownCurrency, exponent, plain

_OWN_DECIMALS: Final[Mapping[str, int]] = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe's amounts have other decimals than ISO 4217 gives the currency."""
_SUMMER_TIME: Final = timedelta(hours=1)
_KEYS: Final[Mapping[str, str]] = {
    "agreement_key": "agreement_id",
    "quote_key": "quote_id",
    "quote_line_key": "quote_line_id",
    "line_key": "line_id",
    "product_key": "product_id",
    "opportunity_key": "opportunity_id",
    "rep_key": "rep_id",
    "segment_key": "segment",
    "deal_type_key": "deal_type",
    "term_key": "term_months",
}


@dataclass(slots=True)
class Reader:
    """One object under translation: where days begin, in which currency it is, and what is to be said beside it."""

    connection: Connection | None
    currency: str = ""
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    zone_name: str = "UTC"
    _zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def __post_init__(self) -> None:
        name = self.option("time_zone")
        if name:
            try:
                self.zone_name, self._zone = name, ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise NotUnderstood(f"the option time_zone names no time zone: {name}") from None

    def option(self, name: str) -> str | None:
        return None if self.connection is None else self.connection.option(name)

    def key(self, option: str) -> str:
        """The metadata key that an option names, or the usual one."""
        return self.option(option) or _KEYS[option]

    # ------------------------------------------------------------------------------------------------ moments

    def moment(self, value: Any) -> datetime | None:
        """A Unix time as a moment in the account's zone; None where there is none."""
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not is_unix_time(value):
            return None
        try:
            return datetime.fromtimestamp(int(value), UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return None

    def stamp(self, fields: Fields, name: str) -> datetime | None:
        """The moment in a field, which is understood by that."""
        value = fields.raw(name)
        found = self.moment(value)
        if value is not None and found is None:
            fields.ledger.refuse((*fields.path, name), "type", "a Unix time in seconds is wanted here")
        return found

    def day(self, fields: Fields, name: str) -> date | None:
        moment = self.stamp(fields, name)
        return None if moment is None else moment.date()

    # -------------------------------------------------------------------------------------------------- money

    def decimals(self) -> int:
        return decimals_of(self.currency)

    def major(self, minor: Decimal) -> Decimal:
        """An amount in Stripe's smallest unit as an amount of the currency, exact."""
        return minor.scaleb(-self.decimals())

    def money(self, fields: Fields, name: str) -> Decimal | None:
        """The amount in a field, from its smallest unit; `name_decimal` goes before it where that is given."""
        exact, whole = fields.number(f"{name}_decimal"), fields.number(name)
        found = exact if exact is not None else whole
        return None if found is None else self.major(found)

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


def decimals_of(currency: str) -> int:
    """How many decimals Stripe's smallest unit of a currency has."""
    return _OWN_DECIMALS.get(currency, exponent(currency))


def currency_of(fields: Fields) -> str | None:
    """The currency in capitals, as ISO 4217 writes it; None and a problem where it is none."""
    code = (fields.text("currency") or "").upper()
    try:
        exponent(code)
    except UnknownCurrency:
        fields.ledger.refuse(
            (*fields.path, "currency"), "unknown_currency", "a currency code such as usd is wanted here"
        )
        return None
    return code


def last_day(start: datetime, end: datetime) -> date:
    """The last day of a time that ends at a moment: the day before, where that is the hour at which it began.

    Stripe counts periods from one moment to the same time of another day. An hour more may be summer time.
    """
    begun = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
    ended = timedelta(hours=end.hour, minutes=end.minute, seconds=end.second)
    is_whole = ended - begun <= _SUMMER_TIME
    return max(start.date(), end.date() - timedelta(days=1) if is_whole else end.date())


def written(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def identity(value: Any) -> str | None:
    """The id of a linked object, expanded or not."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def metadata_of(fields: Fields) -> Mapping[str, Any]:
    """The object's metadata, which are the company's own words and no terms of Stripe's."""
    found = fields.raw("metadata")
    return found if isinstance(found, Mapping) else {}


def word(metadata: Mapping[str, Any], key: str) -> str | None:
    found = metadata.get(key)
    return str(found).strip() or None if isinstance(found, (str, int)) and not isinstance(found, bool) else None
