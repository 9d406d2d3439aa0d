"""What every HubSpot document has around it: the lines with their dates, the company, the owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cpq_hooks.adapters.hubspot.lines import Item, item_of, stated_total, terms_of
from cpq_hooks.adapters.hubspot.reading import RECORD, Reader, currency_of, identity
from cpq_hooks.vendor_fields import Fields

CALCULATED: Final = "calculated_properties"
"""Where our client puts the names of calculated properties by kind of object: they follow from others."""
KNOWN_ONLY: Final = "known_properties_only"
"""Where our client says that it could not ask which properties there are, so that custom ones are not read."""
_CUT: Final = "the line items themselves are wanted here: fetch them by the quote's associations"


def calculated(fields: Fields, kind: str) -> tuple[str, ...]:
    found = fields.raw(CALCULATED)
    names = found.get(kind) if isinstance(found, Mapping) else None
    return tuple(each for each in names if isinstance(each, str)) if isinstance(names, list) else ()


def known_only(fields: Fields, reader: Reader) -> None:
    if fields.flag(KNOWN_ONLY):
        reader.note(
            "only HubSpot's own properties were read: the token may not list the custom ones (crm.schemas scopes)"
        )


def items_of(fields: Fields, reader: Reader) -> list[Item]:
    """The line items of a document. Without any the document is refused: half of a quote is not judged."""
    if not isinstance(fields.value.get("line_items"), list):
        fields.ledger.refuse((*fields.path, "line_items"), "not_fetched", _CUT)
        return []
    names = calculated(fields, "line_items")
    return [item_of(each, number, reader, names) for number, each in enumerate(fields.objects("line_items"), start=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What all recurring lines have in common: their term, their first day; None where they differ or do not say."""

    term: int | None
    starts: date | None
    ends: date | None

    @classmethod
    def of(cls, items: Sequence[Item]) -> Span:
        recurring = [each for each in items if each.is_recurring]
        terms, starts = {each.term for each in recurring}, {each.starts for each in recurring}
        term = next(iter(terms)) if len(terms) == 1 else None
        start = next(iter(starts)) if len(starts) == 1 else None
        end = recurring[0].ends() if term is not None and start is not None else None
        return cls(term=term, starts=start, ends=end)


def lines_of(items: Sequence[Item], span: Span, reader: Reader) -> list[dict[str, Any]]:
    """The canonical lines; what a line has of its own, against the others, stands on it."""
    return [
        {"line_id": each.line_id, **terms_of(each, reader), **_dates(each, span), "stated_total": stated_total(each)}
        for each in items
    ]


def _dates(item: Item, span: Span) -> dict[str, Any]:
    if not item.is_recurring:
        return {"start_date": _iso(item.starts)}
    own_end = item.ends()
    return {
        "start_date": None if item.starts == span.starts else _iso(item.starts),
        "end_date": None if own_end == span.ends else _iso(own_end),
    }


def _iso(found: date | None) -> str | None:
    return None if found is None else found.isoformat()


def terms_without_dates(items: Sequence[Item], span: Span, reader: Reader) -> int | None:
    """The document's term: the common one, else the longest; lines that are shorter and have no dates are said."""
    if span.term is not None:
        return span.term
    terms = [each.term for each in items if each.term is not None]
    longest = max(terms, default=None)
    for each in items:
        if each.term is not None and each.term != longest and each.ends() is None:
            reader.say(
                each.fields, "hs_recurring_billing_period", each.fields.value.get("hs_recurring_billing_period"), "term",
                f"line {each.line_id} runs for {each.term} months, without a start, and the quote for {longest}",
            )  # fmt: skip
    return longest


def renewal_of(items: Sequence[Item], reader: Reader) -> dict[str, Any]:
    """What HubSpot does at the end: a line with a term makes its payments and stops, one without goes on."""
    recurring = [each for each in items if each.is_recurring and each.months is not None]
    going_on = [each for each in recurring if each.goes_on]
    if not recurring:
        return {}
    if not going_on:
        return {"renewal": {"auto_renew": False}}
    names = ", ".join(each.line_id for each in going_on)
    reader.note(f"these lines have no term and are billed until somebody cancels them: {names}")
    months = reader.whole_option("term_months", 600)
    if len(going_on) < len(recurring):
        return {}
    return {"renewal": {"auto_renew": True, "term_months": months}, **({"term_months": months} if months else {})}


def account_of(fields: Fields, reader: Reader) -> dict[str, Any] | None:
    """The company, where one is associated."""
    company = fields.object("company")
    fields.harmless("company", "contacts")
    if company is None:
        return None
    known = company.value.get("properties")
    own = Fields(known if isinstance(known, Mapping) else {}, fields.ledger, (*company.path, "properties"))
    company_id = identity(company)
    segment = reader.option("segment_property")
    country = (own.text("hs_country_code") or "").upper()
    return (
        None
        if company_id is None
        else {
            "account_id": company_id,
            "name": own.text("name"),
            "segment": own.text(segment) if segment else None,
            "country": country if len(country) == 2 and country.isalpha() and country.isascii() else None,
        }
    )


def rep_of(fields: Fields, *owned: Fields | None) -> dict[str, Any] | None:
    """The owner: fetched, or at least by the id that stands on the quote or on its deal."""
    owner = fields.object("owner")
    fields.harmless("owner")
    if owner is not None and identity(owner):
        names = [owner.text("firstName"), owner.text("lastName")]
        team = next((each for each in owner.objects("teams") if each.flag("primary") is not False), None)
        return {
            "rep_id": identity(owner),
            "name": " ".join(each for each in names if each) or owner.text("email"),
            "team": None if team is None else team.text("name"),
        }
    ids = [each.text("hubspot_owner_id") for each in owned if each is not None]
    found = next((each for each in ids if each), None)
    return {"rep_id": found} if found else None


def common_currency(fields: Fields, stated: Sequence[tuple[Fields, str]], reader: Reader) -> str:
    """The document's currency: its own, its deal's, its lines', else the one that the connection names."""
    for owner, name in stated:
        found = currency_of(owner, name)
        if found is not None:
            return found
    for each in fields.objects("line_items"):
        own = each.value.get("properties")
        if isinstance(own, Mapping) and own.get("hs_line_item_currency_code"):
            return (
                currency_of(Fields(own, fields.ledger, (*each.path, "properties")), "hs_line_item_currency_code") or ""
            )
    found = currency_of(Fields({"currency": reader.option("currency")}, fields.ledger), "currency")
    if found is None:
        fields.ledger.refuse(
            (*fields.path,),
            "unknown_currency",
            "no currency is stated: set the option currency where the portal has only one",
        )
    return found or ""


def whole_of(fields: Fields, reader: Reader) -> None:
    """Discounts, fees and taxes of the whole document are objects of their own, which change no line."""
    fields.harmless("taxes")
    for name, bears_on, what in (("discounts", "discount", "discount"), ("fees", "price", "fee")):
        for each in fields.objects(name):
            each.harmless(*RECORD, "properties")
            own = each.value.get("properties")
            known: Mapping[str, Any] = own if isinstance(own, Mapping) else {}
            value, kind = known.get("hs_value"), str(known.get("hs_type") or "").lower()
            label = known.get("hs_label") or what
            unit = " percent" if kind.startswith("percent") else f" {reader.currency}"
            reader.say(
                each, "properties", value, bears_on,
                f"a {what} of the whole, {label} ({value}{unit}), is on no line and not judged by",
            )  # fmt: skip
