"""The ledgers' room: what decisions, documents and audits do to the books, and what the books say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from app.bookkeeping.facts import DecisionFacts, facts_of, minor, name_of, read
from app.store import ledger_books
from app.store.database import Database
from app.store.identifiers import searchable, stamp
from app.store.ledger_outcomes import outcome_in
from app.store.ledger_posting import BALANCES
from app.store.ledger_tables import (
    AUDIT_REPORTS,
    INSIGHT_DAYS,
    LEDGER_DAYS,
    LEDGER_ENTRIES,
    LEDGER_ITEMS,
)
from app.store.packing import pack, unpack
from app.store.records import Document, DocumentKind, RecordedDecision
from app.store.tables import DOCUMENTS
from policies.holding import HoldChange

# Audits of one agreement take turns on PostgreSQL.
_AUDITING: Final = 7_316


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAudit:
    """The newest audit of an agreement that was kept: its report as JSON, when it was made, and the report's digest."""

    agreement_id: str
    audited_at: str
    digest: str
    report: bytes
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a day (included) to a day (not included), both in UTC: "2026-01-01"."""

    first: str
    before: str


class Ledgers:
    """Items of money, entries that say in which ledger they are, and the sums of both.

    Methods that end in `_in` work in the caller's transaction.
    """

    def __init__(self, database: Database, clock: Callable[[], Any]) -> None:
        self._database = database
        self._clock = clock

    # -------------------------------------------------------------------------------------------- come in

    def read(self, decision: RecordedDecision) -> DecisionFacts:
        """What the books take from a decision. Done before the record is held up."""
        summary = decision.summary
        columns = {
            "decision_id": summary.decision_id,
            "at": stamp(summary.created_at),
            "subject_type": summary.subject.type.value,
            "subject_id": summary.subject.id,
            "content_hash": searchable(summary.subject.content_hash),
            "verdict": summary.verdict.value,
            "currency": summary.currency,
            "rep_id": summary.rep_id,
            "account_id": summary.account_id,
            "source": summary.source,
        }
        return facts_of(columns, read(decision.document), read(decision.request))

    def decided_in(
        self, connection: Connection, facts: DecisionFacts, decision: RecordedDecision, change: HoldChange | None
    ) -> None:
        """Book a decision."""
        ledger_books.decided(connection, facts, decision.request, change)

    def stored_in(self, connection: Connection, kind: DocumentKind, documents: Sequence[Document]) -> None:
        """Book documents that are new or have changed: signatures and outcomes."""
        at = stamp(self._clock())
        for each in documents:
            if kind is DocumentKind.AGREEMENT and each.parent_id is not None:
                ledger_books.signed(connection, each.parent_id, read(each.body), at)
            elif kind is DocumentKind.OUTCOME:
                outcome_in(connection, read(each.body), at)

    def audited(self, report: bytes, *, simulated: bool = False) -> StoredAudit:
        """Keep the newest report on an agreement and book what it found. The same report again changes nothing."""
        document, at = json.loads(report), stamp(self._clock())
        digest = f"sha256:{hashlib.sha256(report).hexdigest()}"
        kept = StoredAudit(
            agreement_id=document["agreement_id"], audited_at=at, digest=digest, report=report, simulated=simulated
        )
        self._database.write(lambda connection: self._audited(connection, kept, document))
        return kept

    def _audited(self, connection: Connection, kept: StoredAudit, document: Mapping[str, Any]) -> None:
        contract = searchable(kept.agreement_id)
        if self._database.is_postgresql:
            connection.execute(select(func.pg_advisory_xact_lock(_AUDITING, func.hashtext(contract))))
        this = AUDIT_REPORTS.c.agreement_id == contract
        row = connection.execute(select(AUDIT_REPORTS.c.digest).where(this)).first()
        if row is not None and row.digest == kept.digest:
            return
        columns = _audit_columns(kept, document)
        statement = insert(AUDIT_REPORTS) if row is None else update(AUDIT_REPORTS).where(this)
        connection.execute(statement.values(columns))
        ledger_books.audited(connection, document, _account(connection, contract), kept.audited_at)

    # ------------------------------------------------------------------------------------------- look up

    def audit(self, agreement_id: str) -> StoredAudit | None:
        """The newest audit of an agreement that was kept."""
        query = select(AUDIT_REPORTS).where(AUDIT_REPORTS.c.agreement_id == searchable(agreement_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        return StoredAudit(
            agreement_id=row.agreement_id,
            audited_at=row.audited_at,
            digest=row.digest,
            report=unpack(row.document),
            simulated=row.simulated,
        )

    def sums(self, span: Span, dimension: str, *, by_month: bool = False) -> Sequence[Row[Any]]:
        """The ledgers by value, side and currency; `value` is the month where that is asked for."""
        return self._summed(LEDGER_DAYS, span, dimension, BALANCES, ("currency", "side"), by_month=by_month)

    def counts(self, span: Span, dimension: str, *, by_month: bool = False) -> Sequence[Row[Any]]:
        """The decisions' counts by value and currency."""
        return self._summed(INSIGHT_DAYS, span, dimension, ledger_books.COUNTED, ("currency",), by_month=by_month)

    def _summed(
        self,
        table: Any,
        span: Span,
        dimension: str,
        measures: Sequence[str],
        keys: Sequence[str],
        *,
        by_month: bool,
    ) -> Sequence[Row[Any]]:
        value = func.substr(table.c.day, 1, 7) if by_month else table.c.value
        groups = [value, *(table.c[name] for name in keys)]
        # PostgreSQL adds big integers up to a numeric.
        sums = [func.sum(table.c[name]).label(name) for name in measures]
        query = select(value.label("value"), *groups[1:], *sums).where(
            table.c.dimension == dimension, table.c.day >= span.first, table.c.day < span.before
        )
        return self.rows(query.group_by(*groups).order_by(*groups))

    def rows(self, query: Any) -> Sequence[Row[Any]]:
        """The rows of a query on the books."""
        return self._database.read(lambda connection: connection.execute(query).all())

    def items(self, contract: str) -> tuple[Mapping[str, Any], ...]:
        """The money of a quote, configuration or agreement, item by item."""
        query = select(LEDGER_ITEMS).where(LEDGER_ITEMS.c.contract == searchable(contract))
        rows = self.rows(query.order_by(LEDGER_ITEMS.c.line_id, LEDGER_ITEMS.c.period_start, LEDGER_ITEMS.c.item_id))
        return tuple(dict(row._mapping) | {"fields": json.loads(row.fields)} for row in rows)  # noqa: SLF001

    def entries(self, contract: str) -> tuple[Mapping[str, Any], ...]:
        """What was booked for a quote, configuration or agreement, in order."""
        of = LEDGER_ITEMS.c.contract == searchable(contract)
        joined = LEDGER_ENTRIES.join(LEDGER_ITEMS, LEDGER_ITEMS.c.item_id == LEDGER_ENTRIES.c.item_id)
        query = select(LEDGER_ENTRIES).select_from(joined).where(of).order_by(LEDGER_ENTRIES.c.seq)
        return tuple(dict(row._mapping) for row in self.rows(query))  # noqa: SLF001

    def balances(self) -> Iterator[Mapping[str, int]]:
        """Every item's balances; for whoever checks that no cent is in two ledgers."""
        columns = [LEDGER_ITEMS.c[name] for name in (*BALANCES, "found")]
        for row in self.rows(select(*columns)):
            yield dict(row._mapping)  # noqa: SLF001


def _account(connection: Connection, agreement_id: str) -> dict[str, str]:
    this = (DOCUMENTS.c.kind == "agreement", DOCUMENTS.c.id == agreement_id, DOCUMENTS.c.superseded_at.is_(None))
    body = connection.execute(select(DOCUMENTS.c.body).where(*this)).scalar()
    return ledger_books.account_of(read(unpack(body)))


def _audit_columns(kept: StoredAudit, document: Mapping[str, Any]) -> dict[str, Any]:
    totals, currency = document["totals"], document["currency"]
    amounts = {name: minor(totals[name], currency) for name in ("expected", "billed", "under", "over")}
    return {
        "agreement_id": searchable(kept.agreement_id),
        "audited_at": kept.audited_at,
        "audited_through": document["audited_through"],
        "digest": kept.digest,
        "currency": name_of(currency),
        **amounts,
        "unknown_periods": totals["unknown_periods"],
        "findings": len(document["findings"]),
        "simulated": kept.simulated,
        "document": pack(kept.report),
    }
