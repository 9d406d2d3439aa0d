"""How DealHub names and writes things: an administrator chooses the names, and numbers, days and lists come in several forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.signing import moment_of
from cpq_hooks.vendor_fields import Fields
from policies.domain.money import UnknownCurrency, exponent, plain

_GAPS: Final = re.compile(r"[\s\-]+")
_WHOLE_MILLISECONDS: Final = re.compile(r"\d{11,14}", re.ASCII)

ANSWERS: Final[Mapping[str, str]] = {
    "quote_id": "general.quote_id",
    "currency": "general.currency",
    "stage": "general.stage",
    "opportunity_id": "general.opportunity_id",
    "account_id": "general.account_id",
    "account_name": "general.account_name",
    "country": "general.country",
    "segment": "general.segment",
    "rep_id": "general.rep_id",
    "deal_type": "general.deal_type",
    "start_date": "general.start_date",
    "term_months": "general.term_months",
    "billing_frequency": "general.billing_frequency",
    "payment_terms_days": "general.payment_terms_days",
    "special_terms": "general.special_terms",
    "renewal": "general.auto_renew",
}
"""Which playbook question answers what, unless the connection's option `answer_…` names another."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "sku": "sku",
    "name": "item_name",
    "family": "family",
    "quantity": "quantity",
    "duration": "duration",
    "net": "net_per_unit",
    "list": "list_price",
    "discount": "discount",
    "cost": "unit_cost",
    "charge_type": "charge_type",
    "billing_frequency": "billing_frequency",
    "start_date": "start_date",
}
"""Which attribute of a product is what, unless the connection's option `attribute_…` names another."""


@lru_cache(maxsize=4_096)
def named(name: str) -> str:
    """A name without what varies: case, spaces, hyphens, and the stray quotes that DealHub's own examples have."""
    return _GAPS.sub("_", name.strip().strip("\"'").strip()).lower()


@dataclass(slots=True)
class Reader:
    """One document under translation, and what is to be said beside it."""

    connection: Connection | None
    currency: str = ""
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _attributes: dict[str, str] = field(default_factory=dict)

    def option(self, name: str) -> str | None:
        return None if self.connection is None else self.connection.option(name)

    def answer(self, name: str) -> str:
        return named(self.option(f"answer_{name}") or ANSWERS[name])

    def attribute(self, name: str) -> str:
        found = self._attributes.get(name)
        if found is None:
            found = self._attributes[name] = named(self.option(f"attribute_{name}") or ATTRIBUTES[name])
        return found

    def duration_months(self) -> int:
        """How many months one unit of a product's duration is."""
        unit = self.option("duration_unit") or "month"
        if unit not in {"month", "year"}:
            raise NotUnderstood(f"the option duration_unit is {unit!r}: month or year is wanted")
        return 12 if unit == "year" else 1

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


@dataclass(frozen=True, slots=True)
class Named:
    """Fields by their names as `named` gives them, wherever they stand; the first that has a value counts."""

    places: Mapping[str, tuple[Fields, str]]

    @classmethod
    def of(cls, *parts: Fields | None) -> Named:
        found: dict[str, tuple[Fields, str]] = {}
        for each in (one for one in parts if one is not None):
            for own, value in each.value.items():
                if value is not None and value != "":
                    found.setdefault(named(str(own)), (each, own))
        return cls(found)

    def place(self, name: str) -> tuple[Fields, str] | None:
        """The fields and the very name under which a name stands with a value."""
        return self.places.get(name)

    def text(self, name: str) -> str | None:
        found = self.place(name)
        return None if found is None else found[0].text(found[1])

    def number(self, name: str) -> Decimal | None:
        found = self.place(name)
        return None if found is None else found[0].number(found[1])

    def whole(self, name: str) -> int | None:
        found = self.place(name)
        return None if found is None else found[0].whole(found[1])

    def flag(self, name: str) -> bool | None:
        found = self.place(name)
        return None if found is None else found[0].flag(found[1])

    def day(self, name: str) -> date | None:
        """A day: ISO, "2026-01-31 10:00:00" as the quote API has it, or milliseconds since 1970 as playbooks have it."""
        found = self.place(name)
        if found is None:
            return None
        fields, own = found
        text = fields.text(own) or ""
        if _WHOLE_MILLISECONDS.fullmatch(text):
            moment = moment_of(text, per_second=1000)
            return None if moment is None else moment.date()
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            fields.ledger.refuse((*fields.path, own), "type", "a date such as 2026-01-31 is wanted here")
            return None

    def currency(self, name: str) -> str | None:
        found = self.place(name)
        if found is None:
            return None
        code = (found[0].text(found[1]) or "").upper()
        try:
            exponent(code)
        except UnknownCurrency:
            found[0].ledger.refuse(
                (*found[0].path, found[1]), "unknown_currency", "a currency code such as USD is wanted here"
            )
            return None
        return code


def stamp(text: str | None) -> datetime | None:
    """A moment as the quote API and webhooks write it: "2026-01-31 10:00:00", which is GMT, or ISO."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def written(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def iso(found: date | None) -> str | None:
    return None if found is None else found.isoformat()
