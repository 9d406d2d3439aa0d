"""An audit as it is asked for: what was sent, and for the rest what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from app.ingest import OUTCOMES
from app.store import Document, DocumentFilter, DocumentKind, PutResult, StoredDocument
from cpq_hooks.canonical import AuditRequest, load_agreement, load_invoice, load_usage, to_document
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json
from policies.auditing.audit import audit
from policies.auditing.outcomes import outcome_of, outcome_of_dismissed
from policies.auditing.report import AuditReport
from policies.domain.agreement import Agreement
from policies.domain.finding import Finding
from policies.domain.money import has_too_many_decimals
from policies.domain.outcome import Outcome

_NO_AGREEMENT: Final = (
    "no agreement is stored under this id: store it with POST /v1/agreements, or send it as agreement"
)


class StoredDocuments(Protocol):
    """Where agreements, usage, invoices and outcomes lie: a room of the store."""

    def get(self, kind: DocumentKind, document_id: str) -> StoredDocument | None: ...

    def find(self, kind: DocumentKind, wanted: DocumentFilter) -> Iterator[StoredDocument]: ...

    def put(self, kind: DocumentKind, documents: list[Document]) -> PutResult: ...


def audit_request(request: AuditRequest, documents: StoredDocuments) -> AuditReport:
    """The report on what is asked for. Raises `Invalid` where the agreement is not stored."""
    agreement = request.agreement or _agreement(request.agreement_id or "", documents)
    used = request.usage
    billed = request.invoices
    return audit(
        agreement,
        _stored(DocumentKind.USAGE, load_usage, agreement, documents) if used is None else used,
        _stored(DocumentKind.INVOICE, load_invoice, agreement, documents) if billed is None else billed,
        as_of=request.as_of,
    )


def judged(request: AuditRequest, report: AuditReport, documents: StoredDocuments, now: datetime) -> list[Document]:
    """The outcomes of the findings that the request confirms or dismisses, ready to be stored.

    One that is stored already keeps the moment when it was found. Raises `Invalid` for findings that the report has not.
    """
    by_id = {each.finding_id: each for each in report.findings}
    _check(request, report, by_id)
    found = [
        outcome_of(report, by_id[each.finding_id], now, recovered=each.recovered_amount) for each in request.confirm
    ]
    found += [outcome_of_dismissed(report, by_id[each], now) for each in request.dismiss]
    return [_filed(outcome, documents) for outcome in found]


def _check(request: AuditRequest, report: AuditReport, known: Mapping[str, Finding]) -> None:
    problems = []
    wanted = [(f"$.confirm[{number}].finding_id", each.finding_id) for number, each in enumerate(request.confirm)]
    wanted += [(f"$.dismiss[{number}]", each) for number, each in enumerate(request.dismiss)]
    for path, name in wanted:
        if name not in known:
            has = ", ".join(list(known)[:20]) or "none"
            told = f"the audit of these documents has no such finding; it has {has}"
            problems.append(Problem(path=path, message=told, code="unknown_finding"))
    for number, each in enumerate(request.confirm):
        if each.recovered_amount is not None and has_too_many_decimals(each.recovered_amount, report.currency):
            told = f"{report.currency} has fewer decimals than this amount"
            path = f"$.confirm[{number}].recovered_amount"
            problems.append(Problem(path=path, message=told, code="too_many_decimals"))
    if problems:
        raise Invalid(problems)


def _filed(outcome: Outcome, documents: StoredDocuments) -> Document:
    stored = documents.get(DocumentKind.OUTCOME, outcome.outcome_id)
    if stored is not None:
        outcome = replace(outcome, discovered_at=stored.document.occurred_at)
    body = json.dumps(to_document(outcome), ensure_ascii=False, separators=(",", ":")).encode()
    return OUTCOMES.filed(outcome, body)


def _agreement(agreement_id: str, documents: StoredDocuments) -> Agreement:
    stored = documents.get(DocumentKind.AGREEMENT, agreement_id)
    if stored is None:
        raise Invalid([Problem(path="$.agreement_id", message=_NO_AGREEMENT, code="unknown_agreement")])
    return load_agreement(read_json(stored.document.body), max_lines=None)


def _stored(
    kind: DocumentKind, load: Callable[[Any], Any], agreement: Agreement, documents: StoredDocuments
) -> Iterator[Any]:
    """The records of the agreement, and those of its customer that name none; read as they are asked for."""
    for each in documents.find(kind, DocumentFilter(agreement_id=agreement.agreement_id)):
        yield load(read_json(each.document.body))
    account = agreement.terms.account
    if account is not None:
        for each in documents.find(kind, DocumentFilter(account_id=account.account_id)):
            if each.document.agreement_id is None:
                yield load(read_json(each.document.body))
