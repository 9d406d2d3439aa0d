"""What can be imported: each kind by the word of the command, how it is stored, and which section of a mapping makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, INVOICES, OUTCOMES, QUOTES, USAGE, Sort
from cpq_hooks.adapter import Shape
from cpq_hooks.canonical import SCHEMAS
from cpq_hooks.canonical.fields import Described
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.record import schema_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record: its word, the schema's name, and the mapping sections that its rows are read by.

    `entries` is the list that a row of a table may be one entry of. A deal's outcome stands in its row in many systems, so
    quotes bring theirs along where the mapping says how.
    """

    word: str
    sort: Sort
    schema: str
    id_field: str
    sections: tuple[str, ...]
    shape: Shape | None = None
    entries: tuple[str, str] | None = None


KINDS: Final[Mapping[str, Kind]] = {
    each.word: each
    for each in (
        Kind(
            word="quotes",
            sort=QUOTES,
            schema="Quote",
            id_field="quote_id",
            sections=("quote", "outcome"),
            shape=Shape.QUOTE,
            entries=("lines", "line_id"),
        ),
        Kind(
            word="agreements",
            sort=AGREEMENTS,
            schema="Agreement",
            id_field="agreement_id",
            sections=("agreement",),
            shape=Shape.AGREEMENT,
            entries=("lines", "line_id"),
        ),
        Kind(
            word="billing-configurations",
            sort=BILLING_CONFIGURATIONS,
            schema="BillingConfiguration",
            id_field="billing_configuration_id",
            sections=("billing-configuration",),
            shape=Shape.BILLING_CONFIGURATION,
            entries=("charges", "charge_id"),
        ),
        Kind(
            word="usage", sort=USAGE, schema="UsageRecord", id_field="usage_id", sections=("usage",), shape=Shape.USAGE
        ),
        Kind(
            word="invoices",
            sort=INVOICES,
            schema="Invoice",
            id_field="invoice_id",
            sections=("invoice",),
            shape=Shape.INVOICE,
            entries=("lines", "line_id"),
        ),
        Kind(word="outcomes", sort=OUTCOMES, schema="Outcome", id_field="outcome_id", sections=("outcome",)),
    )
}
SORTS: Final[Mapping[str, Sort]] = {kind.sections[0]: kind.sort for kind in KINDS.values()}
"""How the documents of a mapping section are stored."""


@cache
def holders(schema: str) -> frozenset[str]:
    """The fields of a shape that hold objects or lists: a cell of a table spells such a one as JSON."""
    found = schema_of(SCHEMAS[schema]).load_fields.items()
    return frozenset(each.data_key or name for name, each in found if isinstance(each, (Part, Items)))


@cache
def required(schema: str) -> tuple[str, ...]:
    """The fields that no record of a shape is without."""
    found = schema_of(SCHEMAS[schema]).load_fields.items()
    return tuple(each.data_key or name for name, each in found if isinstance(each, Described) and each.required)
