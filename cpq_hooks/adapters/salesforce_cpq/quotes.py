"""A QuoteModel as a quote, and an accepted one as an agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.salesforce_cpq import names
from cpq_hooks.adapters.salesforce_cpq.lines import left_over, line_of, sold
from cpq_hooks.adapters.salesforce_cpq.model import Wrapped, rows_of
from cpq_hooks.adapters.salesforce_cpq.reading import Reader, said, set_in, written
from cpq_hooks.adapters.salesforce_cpq.renewals import renewal
from cpq_hooks.adapters.salesforce_cpq.segments import Read, folded, with_parents
from cpq_hooks.adapters.salesforce_cpq.terms import billing
from cpq_hooks.salesforce.words import payment_days
from cpq_hooks.vendor_fields import Fields, stated

_DEAL_TYPES: Final = {"quote": "new", "amendment": "amendment", "renewal": "renewal"}
_STAGES: Final = ("draft", "submitted", "sent", "accepted")
NO_CURRENCY: Final = (
    "the quote states no currency (CurrencyIsoCode), as in an organisation with one currency: set the option currency of the "
    "connection"
)


def quote(wrapped: Wrapped, shape: Shape, reader: Reader) -> Translation:
    """A QuoteModel in canonical form. Raises `Invalid`, and `NotUnderstood` where only an accepted quote is wanted."""
    model = Fields.of(wrapped.model)
    record = model.object("record")
    if record is None:
        raise NotUnderstood("the QuoteModel has no record")
    model.harmless(*names.OF_MODEL, "lineItems")
    document = _head(record, wrapped.stage, reader)
    document.update(_terms(record, reader))
    lines = _lines(model, record, document.get("start_date"), reader)
    document["renewal"] = renewal(record, lines, reader)
    total = _total(model, record, lines)
    document["stated_totals"] = {"tcv": total} if reader.is_whole else None
    for name, field in reader.quote_fields.items():
        if record.has(field):
            value = record.raw(field)
            set_in(document, name, [str(value)] if name == "special_terms" else value)
    record.harmless(*names.OF_QUOTE)
    if shape is Shape.AGREEMENT:
        document = _as_agreement(document, record)
    document = {**stated(document), "lines": [said(each) for each in lines]}
    model.ledger.settle()
    return Translation(
        shape=shape, document=document, unused=(*reader.unused, *model.unused()), notes=tuple(reader.notes)
    )


def _head(record: Fields, stage: str | None, reader: Reader) -> dict[str, Any]:
    currency = record.text("CurrencyIsoCode") or reader.option("currency")
    if currency is None:
        reader.note(NO_CURRENCY)
    by_name = reader.option("quote_id") == "name"
    number = record.text("Name")
    return {
        "quote_id": (number if by_name else None) or record.text("Id") or number,
        "revision": record.text("SystemModstamp") or record.text("LastModifiedDate"),
        "source": "salesforce-cpq",
        "stage": stage if stage in _STAGES else _stage(record, reader),
        "opportunity_id": record.text("SBQQ__Opportunity2__c"),
        "deal_type": _deal_type(record, reader),
        "account": _account(record, reader),
        "rep": _rep(record),
        "currency": None if currency is None else currency.upper(),
        "price_book": _price_book(record, reader),
        "created_at": record.moment("CreatedDate"),
        "valid_until": record.day("SBQQ__ExpirationDate__c"),
        "special_terms": [note] if (note := record.text("SBQQ__Notes__c")) is not None else None,
    }


def _stage(record: Fields, reader: Reader) -> str | None:
    status = record.text("SBQQ__Status__c")
    if status is None:
        return None
    found = reader.stages.get(status.lower())
    if found is None:
        reader.note(f"the quote's status {status} is no stage that is known: set the option stages")
    return found


def _deal_type(record: Fields, reader: Reader) -> str | None:
    kind = record.text("SBQQ__Type__c")
    if kind is None:
        return None
    found = _DEAL_TYPES.get(kind.lower())
    if found is None:
        reader.say(record, "SBQQ__Type__c", "term", f"the quote's type {kind} is none that is known")
    return found


def _account(record: Fields, reader: Reader) -> dict[str, Any] | None:
    account = record.object("SBQQ__Account__r")
    identity = record.text("SBQQ__Account__c") or (account.text("Id") if account is not None else None)
    if identity is None:
        return None
    if account is not None:
        account.harmless(
            "attributes", "Id", "BillingCountry", "BillingStreet", "BillingCity", "BillingState", "BillingPostalCode"
        )
    return {
        "account_id": identity,
        "name": account.text("Name") if account is not None else None,
        "country": account.text("BillingCountryCode") if account is not None else None,
        "time_zone": reader.option("time_zone"),
    }


def _rep(record: Fields) -> dict[str, Any] | None:
    """The sales rep, else the record's owner."""
    identity = record.text("SBQQ__SalesRep__c") or record.text("OwnerId")
    person = record.object("SBQQ__SalesRep__r") or record.object("Owner")
    for name in ("SBQQ__SalesRep__r", "Owner"):
        record.harmless(name)
    return (
        None if identity is None else {"rep_id": identity, "name": person.text("Name") if person is not None else None}
    )


def _price_book(record: Fields, reader: Reader) -> str | None:
    """The catalog's price book: the option's, else the name of the quote's where it was sent. An id means nothing to a catalog."""
    book = record.object("SBQQ__PriceBook__r")
    name = book.text("Name") if book is not None else None
    record.harmless("SBQQ__PriceBook__r")
    return reader.option("price_book") or name


def _terms(record: Fields, reader: Reader) -> dict[str, Any]:
    start, end = record.day("SBQQ__StartDate__c"), record.day("SBQQ__EndDate__c")
    term = record.number("SBQQ__SubscriptionTerm__c")
    found: dict[str, Any] = {"start_date": start, "end_date": end, **billing(record, reader)}
    if term is not None and reader.counts_days:
        found["end_date"] = end or reader.last_day(start, term)
        if found["end_date"] is None:
            reader.say(
                record, "SBQQ__SubscriptionTerm__c", "term", f"the term of {written(term)} days has no first day"
            )
    elif term is not None and term == term.to_integral_value() and term > 0:
        found["term_months"] = int(term)
    elif term is not None:
        reader.say(record, "SBQQ__SubscriptionTerm__c", "term", f"a term of {written(term)} months is no whole number")
    terms = record.text("SBQQ__PaymentTerms__c")
    found["payment_terms_days"] = days = payment_days(terms)
    if terms is not None and days is None:
        reader.say(record, "SBQQ__PaymentTerms__c", "billing", f"the payment terms {terms} are none that are known")
    if (first := record.day("SBQQ__FirstSegmentTermEndDate__c")) is not None:
        reader.note(f"the first segment ends on {first}; the segments' own dates are what counts")
    return found


def _lines(model: Fields, record: Fields, start: str | None, reader: Reader) -> list[dict[str, Any]]:
    rows = rows_of(model)
    read: list[Read] = []
    for row in rows:
        sale = sold(row, reader)
        if sale is None:
            continue
        line = line_of(row, sale, record, start, reader)
        if not any(line.get(name) for name in ("net_unit_price", "tiers")):
            row.record.ledger.refuse(
                (*row.record.path, "SBQQ__NetPrice__c"), "no_price",
                "the line has no net price: read the quote with its prices (a reader that gives only ids is not enough)",
            )  # fmt: skip
        read.append(Read(row, line))
        reader.unused += left_over(row)
    return with_parents(folded(read, reader), rows, reader)


def _total(model: Fields, record: Fields, lines: list[dict[str, Any]]) -> str | None:
    """The quote's net total, where every line that is judged is in it and nothing else is: else it would not foot."""
    total, amount = model.number("netTotal"), record.number("SBQQ__NetAmount__c")
    usage = any(each["charge_type"] == "usage" for each in lines)
    found = amount if amount is not None else total
    return None if usage or not found else written(found)


def _as_agreement(document: Mapping[str, Any], record: Fields) -> dict[str, Any]:
    if document.get("stage") != "accepted" and not record.flag("SBQQ__Ordered__c"):
        raise NotUnderstood(f"quote {document['quote_id']} is not accepted: only an accepted quote is an agreement")
    contract = record.text("SBQQ__MasterContract__c")
    return {"agreement_id": contract or document["quote_id"], **document}
