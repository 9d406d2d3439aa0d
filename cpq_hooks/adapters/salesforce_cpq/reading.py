"""One quote under reading: what the connection says of the organisation, and what is to be said beside the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.salesforce.words import mapped, stages_of
from cpq_hooks.vendor_fields import Fields
from policies.domain.money import plain
from policies.domain.period import add_months

QUOTE_FIELDS: Final = (
    "account.segment", "account.country", "account.time_zone", "rep.role", "rep.team", "deal_type", "billing_timing",
    "billing_start_date", "termination_for_convenience", "special_terms", "opportunity_id",
    "renewal.auto_renew", "renewal.term_months", "renewal.uplift_percent", "renewal.cap_percent", "renewal.notice_days",
)  # fmt: skip
LINE_FIELDS: Final = (
    "product_family", "unit_of_measure", "included_quantity", "overage_unit_price", "hard_cap", "minimum_amount",
    "maximum_amount", "quantity_basis", "floor_price", "unit_cost", "free_months", "billing_start_date", "uplift_percent",
    "is_custom",
)  # fmt: skip


@dataclass(slots=True)
class Reader:
    """The connection's options, and what was not understood."""

    connection: Connection | None
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_whole: bool = True  # whether every line that is in the quote's totals is judged
    quote_fields: Mapping[str, str] = field(init=False)
    line_fields: Mapping[str, str] = field(init=False)
    stages: Mapping[str, str] = field(init=False)
    counts_days: bool = field(init=False)  # whether terms are in days (the package's Subscription Term Unit)

    def __post_init__(self) -> None:
        self.quote_fields = mapped(self.option("quote_fields"), QUOTE_FIELDS, "quote_fields")
        self.line_fields = mapped(self.option("line_fields"), LINE_FIELDS, "line_fields")
        self.stages = stages_of(self.option("stages"))
        self.counts_days = self.option("term_unit") == "day"

    def option(self, name: str) -> str | None:
        return None if self.connection is None else self.connection.option(name)

    def say(self, fields: Fields, name: str, bears_on: str, note: str | None = None) -> None:
        """Say that a field with a value was not understood, or only in part."""
        value = str(fields.value.get(name))[:120]
        found = Unused(path=json_path((*fields.path, name)), value=value, bears_on=bears_on)
        fields.ledger.understood.add((*fields.path, name))
        if found not in self.unused:
            self.unused.append(found)
        if note is not None:
            self.note(note)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def last_day(self, start: str | None, term: Decimal | None) -> str | None:
        """The last day of a term from a day on; None where either is not known or the term is no whole number."""
        if start is None or term is None or term != term.to_integral_value() or not 0 < term <= 36_500:
            return None
        first, length = date.fromisoformat(start), int(term)
        try:
            after = first + timedelta(days=length) if self.counts_days else add_months(first, length)
        except (ValueError, OverflowError):
            return None
        return (after - timedelta(days=1)).isoformat()


def written(number: Decimal | None) -> str | None:
    """A number as canonical documents have it."""
    return None if number is None else plain(number)


def said(record: Mapping[str, Any]) -> dict[str, Any]:
    """A line without what it does not say, in itself and in the records of its lists; numbers are texts already."""
    return {
        name: value if value.__class__ is not list else [said(each) for each in value]
        for name, value in record.items()
        if value is not None and value != []
    }


def set_in(document: dict[str, Any], name: str, value: Any) -> None:
    """Set a field such as renewal.cap_percent, within its part of the document."""
    part, point, inner = name.partition(".")
    if not point:
        document[name] = value
        return
    document[part] = {**(document.get(part) or {}), inner: value}
