"""The watch over everything that is stored: each agreement with what bills it and what was used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from app.store import AlertNote, DocumentFilter, DocumentKind, Noted, StoredDocument
from cpq_hooks.canonical import dump_watched, load_agreement, load_billing_configuration, load_usage
from cpq_hooks.reading import read_json
from policies.domain.charge import ChargeType
from policies.domain.period import local_date
from policies.watching.watch import watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.charge import Line
    from policies.domain.company import Company
    from policies.domain.usage import UsageRecord
    from policies.watching.alert import Watched


class StoredDocuments(Protocol):
    """Where agreements, configurations and usage lie: a room of the store."""

    def find(self, kind: DocumentKind, wanted: DocumentFilter) -> Iterator[StoredDocument]: ...

    def get(self, kind: DocumentKind, document_id: str) -> StoredDocument | None: ...


class KeptAlerts(Protocol):
    """Where alerts are kept: a room of the store."""

    def note(self, agreement_id: str, found: Sequence[AlertNote]) -> Noted: ...


def watch_all(
    documents: StoredDocuments, as_of: date, company: Company | None, *, after: str | None = None
) -> Iterator[Watched]:
    """What the watch says of each stored agreement, by id, from the one after `after` on. Read as it is asked for."""
    for stored in documents.find(DocumentKind.AGREEMENT, DocumentFilter(after=after)):
        yield _watched(stored, documents, as_of, company)


def watch_one(documents: StoredDocuments, agreement_id: str, as_of: date, company: Company | None) -> Watched | None:
    """What the watch says of one stored agreement; None where there is none."""
    stored = documents.get(DocumentKind.AGREEMENT, agreement_id)
    return None if stored is None else _watched(stored, documents, as_of, company)


def note(watched: Watched, alerts: KeptAlerts) -> Noted:
    """Keep the alerts on an agreement, and say which of them are new."""
    written = dump_watched(watched)["alerts"]
    notes = [
        AlertNote(
            alert_id=alert.alert_id,
            agreement_id=alert.agreement_id,
            account_id=alert.account_id,
            policy_id=alert.finding.policy_id,
            pattern=alert.finding.pattern,
            due_on=alert.due_on,
            document=json.dumps(document).encode("ascii"),
        )
        for alert, document in zip(watched.alerts, written, strict=True)
    ]
    return alerts.note(watched.agreement_id, notes)


def today(now: datetime, company: Company | None) -> date:
    """The company's day at a moment."""
    return local_date(now, "UTC" if company is None else company.calendar.time_zone)


def _watched(stored: StoredDocument, documents: StoredDocuments, as_of: date, company: Company | None) -> Watched:
    agreement = load_agreement(read_json(stored.document.body), max_lines=None)
    usage = _usage(agreement, documents) if _is_metered(agreement) else ()
    return watch(agreement, _configuration(agreement, documents), usage, as_of, company=company)


def _configuration(agreement: Agreement, documents: StoredDocuments) -> BillingConfiguration | None:
    """What bills the agreement: of several configurations, the one that was stored last."""
    wanted = [DocumentFilter(agreement_id=agreement.agreement_id)]
    if agreement.quote_id is not None:
        wanted.append(DocumentFilter(parent_id=agreement.quote_id))
    for each in wanted:
        found = list(documents.find(DocumentKind.BILLING_CONFIGURATION, each))
        if found:
            newest = max(found, key=lambda stored: stored.received_at)
            return load_billing_configuration(read_json(newest.document.body), max_lines=None)
    return None


def _is_metered(agreement: Agreement) -> bool:
    """Whether anything that the watch looks for hangs on use. Where nothing does, none is read."""
    amended = (line for amendment in agreement.amendments for line in amendment.lines)
    return any(_hangs_on_use(line) for line in (*agreement.terms.lines, *amended))


def _hangs_on_use(line: Line) -> bool:
    return line.charge_type is ChargeType.USAGE or line.included_quantity is not None


def _usage(agreement: Agreement, documents: StoredDocuments) -> Iterable[UsageRecord]:
    """The use of the agreement, and that of its customer that names none; read as it is asked for."""
    for each in documents.find(DocumentKind.USAGE, DocumentFilter(agreement_id=agreement.agreement_id)):
        yield load_usage(read_json(each.document.body))
    account = agreement.terms.account
    if account is not None:
        for each in documents.find(DocumentKind.USAGE, DocumentFilter(account_id=account.account_id)):
            if each.document.agreement_id is None:
                yield load_usage(read_json(each.document.body))
