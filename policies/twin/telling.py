"""Telling: what a comparison shows, as a difference with its money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from policies.domain.finding import Direction, Exposure
from policies.domain.money import format_amount
from policies.twin.gaps import Gap
from policies.twin.model import Difference

if TYPE_CHECKING:
    from policies.twin.comparing import Basis, Comparison
    from policies.twin.expecting import Expected
    from policies.twin.model import Match
    from policies.twin.repairs import Repair

ZERO: Final = Decimal(0)


def difference_of(
    match: Match,
    repair: Repair,
    found: Comparison,
    basis: Basis,
    expected: Expected,
    assumptions: tuple[str, ...] = (),
) -> Difference:
    """What a comparison shows, under the name of a cause and with what removes it."""
    direction = _direction(found)
    told: dict[str, Any] = dict.fromkeys(("under", "over", "per_period", "already_lost"))
    if direction is not Direction.TIMING and found.term is not None:
        told = _money(found.term, found.renewal, direction)
        amount = told["under"] if direction is Direction.UNDER else told["over"]
        told["exposures"] = (Exposure(line_id=next(iter(match.line_ids), None), amount=amount),) if amount else ()
    if expected.because is not None and (found.first is None or found.first.quantity is not None):
        assumptions = (*assumptions, expected.because)
    reports = dict(repair.reports)
    if direction is Direction.TIMING:
        reports["shifted"] = format_amount(found.shifted, basis.currency)
    return Difference(
        cause=repair.cause,
        direction=direction,
        line_ids=match.line_ids,
        charge_ids=match.charge_ids,
        first=found.first,
        largest=found.largest,
        confidence=match.confidence,
        evidence=repair.evidence,
        assumptions=assumptions,
        changes=repair.changes,
        remedy_text=repair.text,
        reports=reports,
        **told,
    )


def _money(term: Gap, renewal: Gap | None, direction: Direction) -> dict[str, Any]:
    is_under = direction is Direction.UNDER
    per_period = term.per_period or (None if renewal is None or not term.is_none else renewal.per_period)
    return {
        "under": term.under,
        "over": term.over,
        "per_period": per_period,
        "already_lost": term.lost_under if is_under else term.lost_over,
        "renewal_under": None if renewal is None else renewal.under,
        "renewal_over": None if renewal is None else renewal.over,
    }


def _direction(found: Comparison) -> Direction:
    """Whose loss it is: the greater side over the term, else in the renewed term, else where the most differs."""
    if found.is_timing:
        return Direction.TIMING
    for gap in (found.term, found.renewal):
        if gap is not None and not gap.is_none:
            return Direction.UNDER if gap.under >= gap.over else Direction.OVER
    largest = found.largest
    return Direction.OVER if largest is not None and largest.difference < ZERO else Direction.UNDER
