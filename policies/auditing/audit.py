"""The audit of one agreement: its terms, its usage and its invoices laid side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.amended import Version, fold
from policies.auditing.causes import UNKNOWN_USE, Cause, Explainer
from policies.auditing.comparing import match
from policies.auditing.drafting import drafts
from policies.auditing.expected import Component, Horizon, accept_whole_readings, components, mark_due
from policies.auditing.finding_makers import Difference, findings_of
from policies.auditing.invoiced import Billed, Invoiced, read_invoices
from policies.auditing.metered import UsageBook
from policies.auditing.recovery import Recovery
from policies.auditing.renewals import renewal_findings
from policies.auditing.report import AuditReport, AuditTotals, Side
from policies.auditing.rhythm import rhythm_findings
from policies.auditing.rows import beyond_rows, rows
from policies.auditing.strays import stray_findings
from policies.domain.charge import QuantityBasis
from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction
from policies.domain.period import Period
from policies.domain.schedule import Unscheduled

if TYPE_CHECKING:
    from policies.domain.agreement import Agreement
    from policies.domain.invoice import Invoice
    from policies.domain.usage import UsageRecord

ZERO = Decimal(0)


def audit(
    agreement: Agreement,
    usage: Iterable[UsageRecord],
    invoices: Iterable[Invoice],
    *,
    as_of: date | None = None,
) -> AuditReport:
    """What the agreement should have billed, what was billed, and why they differ. `usage` is read once.

    Everything whose invoice belongs on `as_of` or before is expected; without it, as far as the documents go. Usage and
    invoices that name another agreement, or another account, are left aside.
    """
    folded = fold(agreement)
    zone = agreement.terms.account.time_zone if agreement.terms.account is not None else None
    book = UsageBook([version.line for version in folded.versions], zone)
    for record in usage:
        if _is_of(agreement, record.agreement_id, record.account_id):
            book.add(record)
    book.drop_strays_outside(_term(folded.versions))
    ours = [each for each in invoices if _is_of(agreement, each.agreement_id, each.account_id)]
    invoiced = read_invoices(ours, folded.versions, agreement.terms.currency)
    horizon = Horizon(as_of=as_of, edge=_edge(book, invoiced))
    expected, unscheduled = _expected(folded.versions, book)
    mark_due(expected, horizon)
    not_assessed = [*folded.not_assessed, *invoiced.not_assessed, *unscheduled, *_unread(book)]
    if horizon.as_of is None and horizon.edge is None:
        because = "there are neither usage nor invoices of this agreement, and no day to audit through was named"
        not_assessed.append(NotAssessed(policy_id="audit-documents", because=because))
    return _Auditor(agreement, book, expected, invoiced, horizon, not_assessed).report()


def _term(versions: Sequence[Version]) -> Period | None:
    """The days from the first of the agreement to its last."""
    found = []
    for version in versions:
        with suppress(Unscheduled):
            term = version.terms.term
            found += [] if term is None else [term]
    return Period(min(each.start for each in found), max(each.end for each in found)) if found else None


def _is_of(agreement: Agreement, agreement_id: str | None, account_id: str | None) -> bool:
    """Whether a record belongs to the agreement: it says so, or it names none and is not another customer's."""
    if agreement_id is not None:
        return agreement_id == agreement.agreement_id
    account = agreement.terms.account
    return account_id is None or account is None or account.account_id == account_id


def _edge(book: UsageBook, invoiced: Invoiced) -> date | None:
    return max((day for day in (book.latest_end, invoiced.edge) if day is not None), default=None)


def _expected(versions: Sequence[Version], book: UsageBook) -> tuple[list[Component], list[NotAssessed]]:
    found: list[Component] = []
    refused: list[NotAssessed] = []
    for version in versions:
        try:
            found += components(version, book)
        except Unscheduled as unknown:
            line_id = version.line.line_id
            refused.append(NotAssessed(policy_id="audit-schedule", because=unknown.reason, line_ids=(line_id,)))
    return found, refused


def _unread(book: UsageBook) -> list[NotAssessed]:
    """Usage records that could not be counted, by reason."""
    found = []
    if book.negative:
        because = (
            f"{book.negatives} usage record{'s' if book.negatives > 1 else ''} with a negative quantity "
            f"({', '.join(book.negative)}) were left out: a correction has to say which record it corrects"
        )
        found.append(NotAssessed(policy_id="audit-negative-usage", because=because))
    if book.untimed:
        because = f"the usage records {', '.join(book.untimed)} say no day that they are for"
        found.append(NotAssessed(policy_id="audit-usage-time", because=because))
    return found


class _Auditor:
    """Puts one report together."""

    def __init__(
        self,
        agreement: Agreement,
        book: UsageBook,
        expected: list[Component],
        invoiced: Invoiced,
        horizon: Horizon,
        not_assessed: list[NotAssessed],
    ) -> None:
        self._agreement = agreement
        self._book = book
        self._expected = expected
        self._invoiced = invoiced
        self._horizon = horizon
        self._not_assessed = not_assessed
        self._currency = agreement.terms.currency
        self._recovery = Recovery(agreement, horizon)

    def report(self) -> AuditReport:
        """The whole answer."""
        unjudged = {line_id for each in self._not_assessed for line_id in each.line_ids}
        beyond = match(self._expected, self._invoiced.pieces, self._currency)
        for each in self._expected:
            accept_whole_readings(each, self._book)
        beyond = [piece for piece in beyond if piece.line_id not in unjudged and not piece.is_foreign]
        causes = self._causes()
        seen = [each for each in self._expected if each.is_seen]
        self._not_assessed += self._ambiguous(seen)
        differences = [Difference(each, causes[id(each)]) for each in seen if id(each) in causes]
        found = findings_of(self._agreement, differences, beyond, self._book, self._recovery, self._expected)
        found += stray_findings(self._agreement, self._book, self._expected, self._horizon, found)
        found += rhythm_findings(self._agreement, seen)
        found += renewal_findings(self._agreement, self._book, self._expected)
        periods = [*rows(seen, causes, self._recovery), *beyond_rows(beyond)]
        periods.sort(key=lambda row: (row.line_id, row.period_start, row.period_end))
        return AuditReport(
            agreement_id=self._agreement.agreement_id,
            currency=self._currency,
            periods=tuple(periods),
            findings=tuple(found),
            totals=self._totals(seen, beyond, found, periods),
            draft_invoice_lines=tuple(drafts(differences, self._recovery)),
            not_assessed=tuple(self._not_assessed),
            audited_through=self._recovery.through,
        )

    def _causes(self) -> dict[int, Cause]:
        """The cause of each component that differs or is not known, by the component's identity."""
        by_line: dict[str, list[Component]] = defaultdict(list)
        for each in self._expected:
            by_line[each.line.line_id].append(each)
        causes: dict[int, Cause] = {}
        for of_line in by_line.values():
            explainer = Explainer(of_line, self._book, self._currency)
            for each in of_line:
                if each.is_unknown and each.is_due and self._horizon.is_past(each):
                    causes[id(each)] = UNKNOWN_USE
                elif explainer.differs(each):
                    causes[id(each)] = explainer.cause(each)
        return causes

    def _ambiguous(self, seen: Sequence[Component]) -> list[NotAssessed]:
        lines = {
            each.line.line_id: each.line
            for each in seen
            if each.is_unknown and each.counted is not None and self._book.is_ambiguous(each.line, each.counted)
        }
        because = "several usage records lie in one period, and the quantity basis (sum, peak, latest) is not stated"
        found = [NotAssessed(policy_id="audit-quantity-basis", because=because, line_ids=(each,)) for each in lines]
        return [*found, *self._unknown_levels(seen)]

    def _unknown_levels(self, seen: Iterable[Component]) -> Iterator[NotAssessed]:
        """Lines that are weighted by time and have records, but not of all of it."""
        told = set()
        for each in seen:
            line, counted = each.line, each.counted
            if not each.is_unknown or counted is None or line.quantity_basis is not QuantityBasis.TIME_WEIGHTED:
                continue
            if line.line_id not in told and self._book.within(line.line_id, counted):
                told.add(line.line_id)
                because = self._book.why_unknown(line, counted)
                yield NotAssessed(policy_id="audit-usage-level", because=because, line_ids=(line.line_id,))

    def _totals(
        self, seen: Iterable[Component], beyond: Iterable[Billed], found: Iterable[object], periods: Iterable[object]
    ) -> AuditTotals:
        known = list(seen)
        return AuditTotals(
            expected=sum((each.expected for each in known), ZERO),
            billed=sum((each.billed + each.credit for each in known), ZERO)
            + sum((each.amount for each in beyond), ZERO),
            under=_lost(found, Direction.UNDER),
            over=_lost(found, Direction.OVER),
            unknown_periods=sum(getattr(row, "direction", None) is Side.UNKNOWN for row in periods),
        )


def _lost(found: Iterable[object], direction: Direction) -> Decimal:
    amounts = (
        finding.amount_at_risk.already_lost or ZERO  # type: ignore[attr-defined]
        for finding in found
        if finding.direction is direction and finding.root is None and finding.amount_at_risk is not None  # type: ignore[attr-defined]
    )
    return sum(amounts, ZERO)
