"""How HubSpot writes properties: all as text, days as ISO dates or milliseconds, lengths of time as ISO periods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.signing import moment_of
from cpq_hooks.vendor_fields import Fields
from policies.domain.money import UnknownCurrency, exponent, plain

PREFIX: Final = "quoteguard_"
"""What the names of our own properties begin with."""

_MONTHS: Final = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?", re.ASCII)
_WHOLE_MILLISECONDS: Final = re.compile(r"-?\d{11,16}", re.ASCII)
_ENOUGH: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
_FINEST: Final = Decimal("1e-12")
_HARMLESS_PREFIXES: Final = (
    PREFIX, "hs_all_", "hs_object_source", "hs_user_ids", "hs_created_by", "hs_updated_by", "hs_merged", "hs_was_imported",
    "hs_read_only", "hs_shared_", "hs_owning_", "hs_pinned", "hs_sender_", "hs_recipient_", "hs_esign", "hs_sign", "hs_margin",
    "hs_pdf", "hs_unique_creation", "hubspot_", "hs_v2_", "hs_date_entered_", "hs_date_exited_", "hs_time_in_",
)  # fmt: skip
RECORD: Final = (
    "id",
    "createdAt",
    "updatedAt",
    "archived",
    "archivedAt",
    "associations",
    "url",
    "objectWriteTraceId",
    "propertiesWithHistory",
)


@dataclass(slots=True)
class Reader:
    """One object under translation: in which currency it is, and what is to be said beside it."""

    connection: Connection | None
    currency: str = ""
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def option(self, name: str) -> str | None:
        return None if self.connection is None else self.connection.option(name)

    def whole_option(self, name: str, most: int) -> int | None:
        """A whole number from 1 up. Raises `NotUnderstood` where the option is something else."""
        text = self.option(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= most):
            raise NotUnderstood(f"the option {name} is {text!r}: a whole number from 1 to {most} is wanted")
        return int(text)

    def say(self, fields: Fields, name: str, value: Any, bears_on: str, note: str | None = None) -> None:
        """Say that something with a value was not understood."""
        fields.harmless(name)
        found = Unused(path=json_path((*fields.path, name)), value=str(value)[:120], bears_on=bears_on)
        if found not in self.unused:
            self.unused.append(found)
        if note is not None:
            self.note(note)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def properties_of(record: Fields, harmless: frozenset[str], calculated: Iterable[str] = ()) -> Fields:
    """The properties of a record, those noted that mean nothing for a bill or follow from others."""
    record.harmless(*RECORD)
    found = record.object("properties")
    if found is None:
        record.ledger.refuse((*record.path, "properties"), "missing", "the record's properties are wanted here")
        return Fields({}, record.ledger, (*record.path, "properties"))
    found.harmless_among(harmless).harmless(*calculated)
    return found.harmless(*filter(_says_nothing, found.value))


@lru_cache(maxsize=4_096)
def _says_nothing(name: str) -> bool:
    return name.startswith(_HARMLESS_PREFIXES)


def identity(record: Fields) -> str | None:
    """The record's id, which is also among its properties."""
    found = record.text("id")
    if found is not None:
        return found
    known = record.value.get("properties")
    own = known.get("hs_object_id") if isinstance(known, Mapping) else None
    return str(own) if isinstance(own, (str, int)) and not isinstance(own, bool) and own != "" else None


def day(fields: Fields, name: str) -> date | None:
    """A day: an ISO date, an ISO moment or milliseconds since 1970, at midnight in UTC as HubSpot keeps days."""
    text = fields.text(name)
    if text is None:
        return None
    if _WHOLE_MILLISECONDS.fullmatch(text):
        moment = moment_of(text, per_second=1000)
        if moment is not None:
            return moment.date()
    else:
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            pass
    fields.ledger.refuse((*fields.path, name), "type", "a date such as 2026-01-31 is wanted here")
    return None


def moment(fields: Fields, name: str) -> str | None:
    """An ISO moment, from one or from milliseconds since 1970."""
    text = fields.text(name)
    if text is None:
        return None
    found = moment_of(text, per_second=1000) if _WHOLE_MILLISECONDS.fullmatch(text) else _iso(text)
    if found is None:
        fields.ledger.refuse((*fields.path, name), "type", "a moment such as 2026-01-31T12:00:00Z is wanted here")
        return None
    return found.isoformat()


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def months_of(period: str) -> int | None:
    """The months of an ISO period such as P24M, P2Y or P1Y6M; None where it has days or weeks, or is none."""
    found = _MONTHS.fullmatch(period.strip().upper())
    if found is None or not any(found.groups()):
        return None
    return int(found[1] or 0) * 12 + int(found[2] or 0) or None


def currency_of(fields: Fields, name: str) -> str | None:
    """The currency in capitals; None where none is stated, and a problem noted where it is none of ISO 4217."""
    code = (fields.text(name) or "").upper()
    if not code:
        return None
    try:
        exponent(code)
    except UnknownCurrency:
        fields.ledger.refuse((*fields.path, name), "unknown_currency", "a currency code such as USD is wanted here")
        return None
    return code


def fine(number: Decimal) -> Decimal:
    """The number with at most the twelve decimals that a canonical price can hold."""
    return number if number.as_tuple().exponent >= -12 else number.quantize(_FINEST, context=_ENOUGH)  # type: ignore[operator]


def parted(number: Decimal, parts: int) -> Decimal:
    return fine(_ENOUGH.divide(number, Decimal(parts)))


def divides(number: Decimal, parts: int) -> bool:
    """Whether the number is so many equal parts of at most twelve decimals."""
    return _ENOUGH.divide(number, Decimal(parts)).as_tuple().exponent >= -12  # type: ignore[operator]


def written(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def records(value: Any) -> list[Mapping[str, Any]]:
    """The records of a list, as they are."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
