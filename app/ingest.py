"""What came after the sale comes in: agreements, usage, invoices and outcomes, one or many, stored by their ids.

A JSON list is taken whole or not at all. JSON Lines are taken line by line: the good ones are stored, each bad one is
reported with its number. Sent again, the same content changes nothing; changed content is a further version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from app.store import Document, DocumentKind
from cpq_hooks.canonical import (
    load_agreement,
    load_billing_configuration,
    load_invoice,
    load_outcome,
    load_quote,
    load_usage,
    to_document,
)
from cpq_hooks.problem import MOST_PROBLEMS, Invalid, Problem
from cpq_hooks.reading import Malformed, read_json, read_json_lines
from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.invoice import Invoice
from policies.domain.outcome import Outcome
from policies.domain.quote import Quote
from policies.domain.usage import UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """A sort of record that is stored by id: how it is read, and what it is looked up by."""

    kind: DocumentKind
    load: Callable[[object], Any]
    filed: Callable[[Any, bytes], Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What could be read of a body: documents to store, what is wrong with the rest, and the rest as it came."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    refused_lines: tuple[bytes, ...] = ()


def read_records(sort: Sort, raw: bytes) -> Read:
    """All records of a JSON document, which is one of them or a list. Raises `Malformed`, or `Invalid` with every problem."""
    value = read_json(raw)
    if not isinstance(value, list):
        return Read(documents=(_filed(sort, value),))
    if not value:
        raise Invalid([Problem(path="$", message="the list is empty: send at least one record", code="empty")])
    documents: list[Document] = []
    problems: list[Problem] = []
    for position, item in enumerate(value):
        try:
            documents.append(_filed(sort, item))
        except Invalid as invalid:
            problems += [replace(problem, path=f"$[{position}]{problem.path[1:]}") for problem in invalid.problems]
    if problems:
        raise Invalid(_shortened(problems))
    return Read(documents=tuple(documents))


def read_record_lines(sort: Sort, raw: bytes) -> Read:
    """The records of JSON Lines, and the lines that are none. Raises `Malformed` where there is no line at all."""
    lines = raw.split(b"\n")
    documents: list[Document] = []
    problems: list[Problem] = []
    refused: list[bytes] = []
    for number, value in read_json_lines(raw):
        found = list(_faults(sort, number, value, documents))
        if found:
            problems += found
            refused.append(lines[number - 1])
    if not documents and not refused:
        raise Malformed("there is nothing here: send a record on each line", line=1, column=1)
    return Read(documents=tuple(documents), problems=_shortened(problems), refused_lines=tuple(refused))


def _faults(sort: Sort, number: int, value: Any, documents: list[Document]) -> Iterator[Problem]:
    """What is wrong with one line; a good one is added to the documents."""
    if isinstance(value, Malformed):
        message = f"column {value.column}: {value.message}"
        yield Problem(path=value.path or "$", message=message, code="malformed_json", line=number)
        return
    try:
        documents.append(_filed(sort, value))
    except Invalid as invalid:
        yield from (replace(problem, line=number) for problem in invalid.problems)


def _shortened(problems: list[Problem]) -> tuple[Problem, ...]:
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return tuple(problems)
    message = f"{more:,} more problems are not listed: mend these first"
    return (*problems[:MOST_PROBLEMS], Problem(path="$", message=message, code="more"))


def _filed(sort: Sort, value: Any) -> Document:
    return document_of(sort, sort.load(value))


def document_of(sort: Sort, record: Any) -> Document:
    """A record as it is stored: its canonical form, and what it is looked up by."""
    body = json.dumps(to_document(record), ensure_ascii=False, separators=(",", ":"))
    return sort.filed(record, body.encode("utf-8", "backslashreplace"))


def _agreement(agreement: Agreement, body: bytes) -> Document:
    account = agreement.terms.account
    return Document(
        id=agreement.agreement_id,
        body=body,
        account_id=None if account is None else account.account_id,
        agreement_id=agreement.agreement_id,
        parent_id=agreement.quote_id,
        occurred_at=_start_of(agreement.signed_on),
    )


def _quote(quote: Quote, body: bytes) -> Document:
    return Document(
        id=quote.quote_id,
        body=body,
        account_id=None if quote.account is None else quote.account.account_id,
        occurred_at=quote.created_at,
    )


def _configuration(configuration: BillingConfiguration, body: bytes) -> Document:
    return Document(
        id=configuration.billing_configuration_id,
        body=body,
        account_id=None if configuration.account is None else configuration.account.account_id,
        agreement_id=configuration.agreement_id,
        parent_id=configuration.quote_id,
        occurred_at=configuration.created_at,
    )


def _usage(usage: UsageRecord, body: bytes) -> Document:
    return Document(
        id=usage.usage_id,
        body=body,
        account_id=usage.account_id,
        agreement_id=usage.agreement_id,
        occurred_at=usage.at or _start_of(usage.period_start),
    )


def _invoice(invoice: Invoice, body: bytes) -> Document:
    return Document(
        id=invoice.invoice_id,
        body=body,
        account_id=invoice.account_id,
        agreement_id=invoice.agreement_id,
        parent_id=invoice.billing_configuration_id,
        occurred_at=_start_of(invoice.issued_on),
    )


def _outcome(outcome: Outcome, body: bytes) -> Document:
    return Document(id=outcome.outcome_id, body=body, parent_id=outcome.subject.id, occurred_at=outcome.discovered_at)


def _start_of(day: date | None) -> datetime | None:
    """A day as a moment to sort by: its start in UTC, whatever the account's time zone."""
    return None if day is None else datetime.combine(day, time(), UTC)


QUOTES: Final = Sort(kind=DocumentKind.QUOTE, load=load_quote, filed=_quote)
BILLING_CONFIGURATIONS: Final = Sort(
    kind=DocumentKind.BILLING_CONFIGURATION, load=load_billing_configuration, filed=_configuration
)
AGREEMENTS: Final = Sort(kind=DocumentKind.AGREEMENT, load=load_agreement, filed=_agreement)
USAGE: Final = Sort(kind=DocumentKind.USAGE, load=load_usage, filed=_usage)
INVOICES: Final = Sort(kind=DocumentKind.INVOICE, load=load_invoice, filed=_invoice)
OUTCOMES: Final = Sort(kind=DocumentKind.OUTCOME, load=load_outcome, filed=_outcome)
