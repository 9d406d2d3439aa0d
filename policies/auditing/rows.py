"""The report's periods: all parts of one line in one service period, on one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.auditing.causes import UNKNOWN_USE, Cause
from policies.auditing.expected import Component, Part, included
from policies.auditing.report import AuditPeriod, Side
from policies.domain.money import format_amount
from policies.domain.rating import billable_quantity

if TYPE_CHECKING:
    from policies.auditing.invoiced import Billed
    from policies.auditing.recovery import Recovery

ZERO = Decimal(0)


def rows(seen: Iterable[Component], causes: Mapping[int, Cause], recovery: Recovery) -> Iterator[AuditPeriod]:
    """One row for each line and service period that the audit looked at."""
    grouped: dict[tuple[str, object], list[Component]] = defaultdict(list)
    for each in seen:
        grouped[each.line.line_id, each.period].append(each)
    for group in grouped.values():
        yield _row(group, causes, recovery)


def _row(group: Sequence[Component], causes: Mapping[int, Cause], recovery: Recovery) -> AuditPeriod:
    first = group[0]
    known = not any(each.is_unknown or each.is_foreign for each in group)
    metered = next((each for each in group if each.part is Part.METERED), None)
    main = max((each for each in group if id(each) in causes), key=_weight, default=None)
    expected = sum((each.expected for each in group), ZERO)
    billed = sum((each.billed + each.credit for each in group), ZERO)
    return AuditPeriod(
        line_id=first.line.line_id,
        period_start=first.period.start,
        period_end=first.period.last_day,
        used=None if metered is None else metered.used,
        included=included(first.line) if metered is not None else None,
        overage=_overage(metered),
        expected_amount=None if any(each.is_unknown for each in group) else expected,
        expected_how=tuple(step for each in group for step in _how(each)),
        billed_amount=None if any(each.is_foreign for each in group) else billed,
        invoice_ids=tuple(dict.fromkeys(piece.invoice.invoice_id for each in group for piece, _ in each.pieces)),
        difference=expected - billed if known else None,
        direction=_side(main, known=known),
        pattern=_pattern(group, main, causes),
        recoverable=None if main is None else recovery.of(main),
    )


def _pattern(group: Sequence[Component], main: Component | None, causes: Mapping[int, Cause]) -> str | None:
    """The pattern of the largest difference. Use that is not known yet is U01 already, though nobody can say that it is missing."""
    if main is not None:
        return causes[id(main)].pattern
    return UNKNOWN_USE.pattern if any(each.is_unknown for each in group) else None


def _weight(component: Component) -> tuple[bool, Decimal]:
    """A difference in money names a row before a use that is not known does."""
    return not component.is_unknown, abs(component.difference)


def _side(main: Component | None, *, known: bool) -> Side | None:
    if not known:
        return Side.UNKNOWN
    if main is None:
        return None
    return Side.UNDER if main.difference > 0 else Side.OVER


def _overage(metered: Component | None) -> Decimal | None:
    if metered is None or metered.used is None or metered.line.included_quantity is None:
        return None
    return billable_quantity(metered.line, metered.used)


def _how(component: Component) -> Iterator[str]:
    yield from component.how
    if component.excused:
        currency = component.terms.currency
        yield f"less {format_amount(component.excused, currency)} that was given back by credit"


def beyond_rows(beyond: Iterable[Billed]) -> Iterator[AuditPeriod]:
    """A row for each invoice line that the agreement does not expect at all, under the name that the invoice has for it."""
    for piece in beyond:
        if piece.period is not None and piece.amount:
            yield AuditPeriod(
                line_id=piece.line_id or piece.line.line_id or piece.line.charge_id or piece.line.product_id or "?",
                period_start=piece.period.start,
                period_end=piece.period.last_day,
                expected_amount=ZERO,
                expected_how=("the agreement has nothing to invoice for these days",),
                billed_amount=piece.amount,
                invoice_ids=(piece.invoice.invoice_id,),
                difference=-piece.amount,
                direction=Side.OVER if piece.amount > 0 else Side.UNDER,
                pattern="B14" if piece.amount > 0 else "I03",
                recoverable=False if piece.amount > 0 else None,
            )
