"""An audit as it is asked for: what was sent, and for the rest what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from app.store import DocumentFilter, DocumentKind, StoredDocument
from cpq_hooks.canonical import AuditRequest, load_agreement, load_invoice, load_usage
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json
from policies.auditing.audit import audit
from policies.auditing.report import AuditReport
from policies.domain.agreement import Agreement

_NO_AGREEMENT: Final = (
    "no agreement is stored under this id: store it with POST /v1/agreements, or send it as agreement"
)


class StoredDocuments(Protocol):
    """Where agreements, usage and invoices lie: a room of the store."""

    def get(self, kind: DocumentKind, document_id: str) -> StoredDocument | None: ...

    def find(self, kind: DocumentKind, wanted: DocumentFilter) -> Iterator[StoredDocument]: ...


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
