"""The kept audits as a list: those with the most money first, and what of it is still open in the ledgers."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, func, select, tuple_

from app.store.decision_rows import amount_of
from app.store.errors import BadPageToken
from app.store.identifiers import searchable
from app.store.ledger_tables import AUDIT_REPORTS, LEDGER_ITEMS
from app.store.ledgers import Ledgers

_ORDER: Final = (AUDIT_REPORTS.c.under, AUDIT_REPORTS.c.agreement_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A kept audit in a line. `open` is what was billed too little and is neither recovered nor written off."""

    agreement_id: str
    audited_at: str
    audited_through: str | None
    currency: str
    expected: Decimal
    billed: Decimal
    under: Decimal
    over: Decimal
    open: Decimal
    unknown_periods: int
    findings: int


def audit_page(
    ledgers: Ledgers,
    *,
    currency: str | None = None,
    agreement_id: str | None = None,
    limit: int = 50,
    page: str | None = None,
) -> tuple[tuple[AuditEntry, ...], str | None]:
    """Up to `limit` audits, the most that was billed too little first, and the token of the next page. Raises `BadPageToken`."""
    query = select(*[column for column in AUDIT_REPORTS.c if column.name != "document"])
    if currency is not None:
        query = query.where(AUDIT_REPORTS.c.currency == searchable(currency))
    if agreement_id is not None:
        query = query.where(AUDIT_REPORTS.c.agreement_id == searchable(agreement_id))
    if page is not None:
        query = query.where(tuple_(*_ORDER) < tuple_(*_read_token(page)))
    rows = ledgers.rows(query.order_by(*[each.desc() for each in _ORDER]).limit(limit + 1))
    shown = rows[:limit]
    still = _open(ledgers, [row.agreement_id for row in shown])
    entries = tuple(_entry(row, still.get(row.agreement_id, 0)) for row in shown)
    return entries, _token(shown[-1]) if len(rows) > limit else None


def currencies(ledgers: Ledgers) -> tuple[str, ...]:
    """The currencies of the kept audits."""
    column = AUDIT_REPORTS.c.currency
    return tuple(row.currency for row in ledgers.rows(select(column).distinct().order_by(column)))


def _open(ledgers: Ledgers, agreement_ids: Sequence[str]) -> dict[str, int]:
    columns = LEDGER_ITEMS.c
    query = select(columns.contract, func.sum(columns.detected).label("open")).where(
        columns.contract.in_(agreement_ids), columns.side == "under", columns.kind.in_(("audit", "case"))
    )
    return (
        {row.contract: int(row.open) for row in ledgers.rows(query.group_by(columns.contract))} if agreement_ids else {}
    )


def _entry(row: Row[Any], still_open: int) -> AuditEntry:
    money = {name: amount_of(getattr(row, name), row.currency) for name in ("expected", "billed", "under", "over")}
    return AuditEntry(
        agreement_id=row.agreement_id,
        audited_at=row.audited_at,
        audited_through=row.audited_through,
        currency=row.currency,
        open=amount_of(still_open, row.currency) or Decimal(0),
        unknown_periods=row.unknown_periods,
        findings=row.findings,
        **{name: amount or Decimal(0) for name, amount in money.items()},
    )


def _token(row: Row[Any]) -> str:
    text = json.dumps([row.under, row.agreement_id])
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _read_token(token: str) -> tuple[int, str]:
    try:
        under, agreement_id = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=="))
    except (ValueError, TypeError, binascii.Error):
        raise BadPageToken("this is no page token of ours") from None
    if not isinstance(under, int) or not isinstance(agreement_id, str):
        raise BadPageToken("this is no page token of ours")
    return under, searchable(agreement_id)
