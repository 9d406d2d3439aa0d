"""Whether lines end together: with the quote, with the line that they belong to, and on the day a contract ends."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.charge import ChargeType
from policies.domain.finding import Change, Direction, Evidence, Exposure
from policies.domain.period import MONTHS, Period, periods_in
from policies.domain.quote import DealType
from policies.domain.wording import field_of

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

_ONE_DAY: Final = timedelta(days=1)
_CHANGES_A_CONTRACT: Final = frozenset({DealType.EXPANSION, DealType.AMENDMENT})


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line, end = facts.line, facts.line.end_date
    if end is None or line.charge_type is ChargeType.ONE_TIME:
        return NOT_APPLICABLE
    if quote.term is None:
        return Undetermined("the quote does not say when its term ends")
    if end == quote.term.last_day and line.parent_line_id is None:
        return SATISFIED
    return _judged(facts, quote, end, quote.term.last_day)


def _judged(facts: LineFacts, quote: QuoteFacts, end: date, last_day: date) -> CheckResult:
    parents_end = _end_of_parent(facts, quote)
    if parents_end is not None and end > parents_end:
        return _violated(facts, end, parents_end, f"line {facts.line.parent_line_id}, to which it belongs")
    if end > last_day:
        return _violated(facts, end, last_day, "the quote")
    if end < last_day and quote.quote.deal_type is None:
        return Undetermined("the quote does not say whether it changes a running contract, whose end its lines share")
    if end < last_day and quote.quote.deal_type in _CHANGES_A_CONTRACT:
        return _violated(facts, end, last_day, "the contract")
    return SATISFIED


def _end_of_parent(facts: LineFacts, quote: QuoteFacts) -> date | None:
    parent = quote.line(facts.line.parent_line_id) if facts.line.parent_line_id is not None else None
    return parent.term.last_day if parent is not None and parent.term is not None else None


def _violated(facts: LineFacts, end: date, expected: date, whose: str) -> Violated:
    later = end > expected
    return Violated(
        evidence=(
            Evidence(
                field=field_of(facts.line, "end_date"),
                actual=end.isoformat(),
                expected=expected.isoformat(),
                expected_from=f"the last day of {whose}",
            ),
        ),
        loss=_loss(facts, Period.through(min(end, expected) + _ONE_DAY, max(end, expected))),
        reports={"end": end, "expected": expected, "whose": whose, "when": "after" if later else "before"},
        changes=(Change(path=f"/lines/{facts.index}/end_date", value=expected),),
        remedy_text=f"Let the line end on {expected}",
        # What lies beyond the term is priced and not committed; what lies before its end is used and not priced.
        direction=Direction.OVER if later else Direction.UNDER,
    )


def _loss(facts: LineFacts, days: Period) -> Loss:
    """The days that the line has too many or too few, at its price."""
    line = facts.line
    months = MONTHS.get(facts.price_period) if facts.price_period is not None else None
    if line.charge_type is ChargeType.USAGE or line.net_unit_price is None or facts.units is None or months is None:
        return Loss(assumptions=("what the line would bill on these days is not known",))
    anchor = facts.term.start if facts.term is not None else days.start
    amount: Decimal = line.net_unit_price * facts.units * periods_in(days, months, anchor=anchor)
    exposure = Exposure(line_id=line.line_id, amount=amount, period=days)
    return Loss(remaining_term=amount, assumptions=(f"{days.days} days at the line's price",), exposures=(exposure,))


CHECK: Final = Check(
    name="co-term",
    scope=Scope.LINE,
    run=run,
    summary="No line outlasts its quote or its parent; lines of an expansion or amendment end with the contract.",
    reports=("end", "expected", "whose", "when"),
    reads=("start_date", "end_date", "term_months", "parent_line_id"),
)
