"""B05: the amounts are right, and they come in another rhythm than was agreed: longer or shorter periods, or at their other end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.auditing.expected import Component, Part
from policies.auditing.finding_makers import finding_id
from policies.domain.charge import BillingTiming
from policies.domain.finding import AmountAtRisk, Direction, Effect, Evidence, Finding, Remedy
from policies.domain.wording import called

if TYPE_CHECKING:
    from policies.auditing.invoiced import Billed
    from policies.domain.agreement import Agreement

_POLICY, _PATTERN = "billing-rhythm-differs", "B05"
_MOST_EVIDENCE = 36
_FEWEST = 2  # one invoice in another rhythm may be a correction; two are a set-up


def rhythm_findings(agreement: Agreement, seen: Iterable[Component]) -> Iterator[Finding]:
    """One finding for each line whose price is invoiced in full, but over other periods or at their other end."""
    by_line: dict[str, list[Component]] = defaultdict(list)
    for each in seen:
        if each.part is Part.FIXED and each.pieces and not each.terms.comes_once and not each.is_foreign:
            by_line[each.line.line_id].append(each)
    for of_line in by_line.values():
        charged = _charged(of_line)
        for what, those in (_lengths(charged), _ends(charged)):
            if len(those) >= _FEWEST:
                yield _finding(agreement, of_line[0], what, those)
                break


def _charged(of_line: Sequence[Component]) -> list[tuple[Component, Billed]]:
    """The invoice lines with days of their own, each beside the first period that it pays for."""
    found: dict[int, tuple[Component, Billed]] = {}
    for component in of_line:
        for piece, _ in component.pieces:
            if piece.amount > 0 and piece.line.period_start is not None and piece.line.period_end is not None:
                found.setdefault(id(piece), (component, piece))
    return list(found.values())


def _lengths(charged: Sequence[tuple[Component, Billed]]) -> tuple[str, list[tuple[Component, Billed]]]:
    """Invoice lines for clearly more or fewer days than a period of the agreement has, where that period is whole."""
    longer, shorter = [], []
    for component, piece in charged:
        if piece.period is None or component.period.days < 28:
            continue
        if piece.period.days * 2 > component.period.days * 3:
            longer.append((component, piece))
        elif piece.period.days * 3 < component.period.days * 2 and component.difference == 0:
            shorter.append((component, piece))
    what = "is invoiced for longer periods than agreed" if longer else "is invoiced for shorter periods than agreed"
    return what, longer or shorter


def _ends(charged: Sequence[tuple[Component, Billed]]) -> tuple[str, list[tuple[Component, Billed]]]:
    """Invoices that come after their period where it was to be paid in advance, or before it where in arrears.

    Only where the agreement says which: the timing that terms fall back to moves no amount, and nobody agreed on it.
    """
    late, early = [], []
    for component, piece in charged:
        issued, period = piece.invoice.issued_on, component.period
        timing = component.line.billing_timing or component.version.quote.billing_timing
        if issued is not None and timing is BillingTiming.IN_ADVANCE and issued >= period.end:
            late.append((component, piece))
        elif issued is not None and timing is BillingTiming.IN_ARREARS and issued <= period.start:
            early.append((component, piece))
    what = "is invoiced in arrears where it is due in advance" if late else "is invoiced in advance of what was agreed"
    return what, late or early


def _finding(
    agreement: Agreement, component: Component, what: str, those: Sequence[tuple[Component, Billed]]
) -> Finding:
    line = component.line
    return Finding(
        finding_id=finding_id(agreement, _POLICY, Direction.TIMING, (line.line_id,)),
        policy_id=_POLICY,
        pattern=_PATTERN,
        effect=Effect.FLAG,
        direction=Direction.TIMING,
        message=f"{called(line)} {what}, on {len(those)} invoice lines: the amounts are as agreed, the days are not.",
        line_ids=(line.line_id,),
        evidence=tuple(
            Evidence(
                field=f"invoices[{piece.invoice.invoice_id}].lines",
                actual=f"{piece.period}, issued on {piece.invoice.issued_on or 'no stated day'}",
                expected=f"{expected.period}, issued on {expected.invoice_date}",
                expected_from=f"billed {expected.terms.billing_frequency or 'as the term'}, {expected.terms.billing_timing}",
            )
            for expected, piece in those[:_MOST_EVIDENCE]
        ),
        amount_at_risk=AmountAtRisk(
            currency=agreement.terms.currency,
            already_lost=Decimal(0),
            assumptions=("No amount is lost; money comes at another time than was agreed.",),
        ),
        remedy=Remedy(text="Set billing frequency and timing in billing as the agreement has them."),
        owner="billing-operations",
        confidence=Decimal("0.85"),
    )
