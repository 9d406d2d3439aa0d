"""Three descriptions, one truth: the invoices that billing previews, what its configuration bills, and what was agreed.

Held together month by month, without taxes and without what depends on use: a preview knows no more of use than we do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction, Evidence, Exposure
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import amount_string, format_amount, minor_unit
from policies.domain.period import Period, add_months
from policies.domain.schedule import charges
from policies.domain.terms import Unscheduled
from policies.twin.found import SURE, Found, difference
from policies.twin.model import Parting

if TYPE_CHECKING:
    from policies.domain.invoice import Invoice
    from policies.twin.model import Difference, Stream
    from policies.twin.setup import SetUp

CAUSE: Final = "preview-differs"
ZERO: Final = Decimal(0)
_OF_USE: Final = frozenset({InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE})
_NOT_COMPARED: Final = _OF_USE | {InvoiceLineKind.TAX}
_Months = Mapping[date, Decimal]


def preview_differs(setup: SetUp, agreement: Sequence[Stream], billing: Sequence[Stream]) -> Iterator[Found]:
    """Where billing's own preview is not what its configuration comes to: which two agree, and what the preview loses.

    Where the preview bears the configuration out, all that is wrong with it has a cause of its own, and nothing is said here.
    Previewed months are compared from the first to the last, whole months of which a preview shows a part included.
    """
    previews, reason = _readable(setup)
    if reason is not None:
        yield NotAssessed(policy_id=CAUSE, because=reason)
    if not previews:
        return
    try:
        agreed, billed = _by_month(agreement), _by_month(billing)
    except Unscheduled as unknown:
        yield NotAssessed(
            policy_id=CAUSE, because=f"the previews could not be held against both sides: {unknown.reason}"
        )
        return
    shown = _previewed(previews)
    months = [each for each in sorted({*agreed, *billed, *shown}) if min(shown) <= each <= max(shown)]
    unit = minor_unit(setup.agreement.terms.currency)
    against_billing = [each for each in months if abs(_at(shown, each) - _at(billed, each)) > unit]
    if against_billing:
        parts = [each for each in months if abs(_at(shown, each) - _at(agreed, each)) > unit]
        sides_agree = all(abs(_at(agreed, each) - _at(billed, each)) <= unit for each in months)
        yield _difference(setup, (agreed, billed, shown), against_billing, parts, sides_agree=sides_agree)


def _readable(setup: SetUp) -> tuple[list[Invoice], str | None]:
    """The previews that can be compared, and why others cannot."""
    currency = setup.configuration.currency
    usable = [each for each in setup.previews if each.issued_on is not None and each.currency == currency]
    left_out = len(setup.previews) - len(usable)
    if not left_out:
        return usable, None
    were = "previews were" if left_out > 1 else "preview was"
    return usable, f"{left_out} {were} not compared: without a date, or in another currency than {currency}"


def _by_month(streams: Sequence[Stream]) -> _Months:
    """What streams invoice in each month, use left out. Raises `Unscheduled`."""
    sums: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for stream in streams:
        if stream.unscheduled is not None:
            raise Unscheduled(stream.unscheduled)
        for terms in stream.terms:
            for each in charges(terms):
                if each.kind not in _OF_USE:
                    sums[each.invoice_date.replace(day=1)] += each.amount
    return sums


def _previewed(previews: Sequence[Invoice]) -> _Months:
    sums: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for invoice in previews:
        if invoice.issued_on is not None:
            lines = [each.amount for each in invoice.lines if each.kind not in _NOT_COMPARED]
            sums[invoice.issued_on.replace(day=1)] += sum(lines, ZERO)
    return sums


def _at(months: _Months, month: date) -> Decimal:
    return months.get(month, ZERO)


def _difference(
    setup: SetUp,
    sides: tuple[_Months, _Months, _Months],
    against_billing: Sequence[date],
    against_agreement: Sequence[date],
    *,
    sides_agree: bool,
) -> Difference:
    agreed, billed, shown = sides
    gaps = {each: _at(agreed, each) - _at(shown, each) for each in against_agreement}
    under = sum((gap for gap in gaps.values() if gap > ZERO), ZERO)
    over = -sum((gap for gap in gaps.values() if gap < ZERO), ZERO)
    first = (against_agreement or against_billing)[0]
    currency = setup.agreement.terms.currency
    if not gaps:
        agreeing = "the preview and the agreement agree, and the configuration as it was sent does not"
    elif sides_agree:
        agreeing = "the agreement and the configuration agree, and the preview does not"
    else:
        agreeing = "no two of preview, configuration and agreement agree"
    parting = Parting(
        period=Period(first, add_months(first, 1)),
        invoice_date=first,
        agreement=_at(agreed, first),
        billing=_at(shown, first),
    )
    return difference(
        CAUSE,
        _direction(under, over),
        first=parting if gaps else None,
        largest=parting if gaps else None,
        under=under if gaps else None,
        over=over if gaps else None,
        already_lost=sum((max(gap, ZERO) for month, gap in gaps.items() if _is_past(month, setup)), ZERO)
        if gaps
        else None,
        confidence=SURE,
        evidence=(
            Evidence(
                field=f"previews[{first:%Y-%m}]",
                actual=amount_string(_at(shown, first), currency),
                expected=amount_string(_at(billed, first), currency),
                expected_from="the configuration",
            ),
        ),
        exposures=tuple(
            Exposure(line_id=None, amount=abs(gap), period=Period(month, add_months(month, 1)))
            for month, gap in gaps.items()
            if (gap > ZERO) is (under >= over)
        ),
        assumptions=("only the months that are previewed are compared, and nothing that depends on use",),
        remedy_text="Find what billing bills by beside the configuration that was sent, and send the whole of it",
        reports={"agreeing": agreeing, "previewed": f"{format_amount(_at(shown, first), currency)} in {first:%B %Y}"},
    )


def _direction(under: Decimal, over: Decimal) -> Direction:
    if not under and not over:
        return Direction.COMPLIANCE
    return Direction.UNDER if under >= over else Direction.OVER


def _is_past(month: date, setup: SetUp) -> bool:
    return add_months(month, 1) <= setup.today
