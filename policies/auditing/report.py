"""The answer of an audit: every period of every line, what was found, and what is still to be invoiced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.domain.decision import NotAssessed
    from policies.domain.finding import Finding
    from policies.domain.invoice import InvoiceLine


class Side(StrEnum):
    """Whose loss a period's difference is. `UNKNOWN` is a period that cannot be told: no usage record, or no comparable invoice."""

    UNDER = "under"
    OVER = "over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPeriod:
    """One line in one service period. None is not known; `difference` is expected less billed, positive where too little was."""

    line_id: str
    period_start: date
    period_end: date
    used: Decimal | None = None
    included: Decimal | None = None
    overage: Decimal | None = None
    expected_amount: Decimal | None = None
    expected_how: tuple[str, ...] = ()
    billed_amount: Decimal | None = None
    invoice_ids: tuple[str, ...] = ()
    difference: Decimal | None = None
    direction: Side | None = None
    pattern: str | None = None
    recoverable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTotals:
    """Sums in the agreement's currency. `expected` holds what is known, so of an unknown period only the part that is."""

    expected: Decimal
    billed: Decimal
    under: Decimal
    over: Decimal
    unknown_periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit found. `audited_through` is the last day whose charges were expected; None where nothing was to be held against."""

    agreement_id: str
    currency: str
    periods: tuple[AuditPeriod, ...]
    findings: tuple[Finding, ...]
    totals: AuditTotals
    draft_invoice_lines: tuple[InvoiceLine, ...]
    not_assessed: tuple[NotAssessed, ...] = ()
    audited_through: date | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing leaks, nothing is billed too much and every period that is over could be told."""
        return not self.findings and not self.not_assessed
