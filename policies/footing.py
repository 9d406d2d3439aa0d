"""Footing: whether a stated total of a line is what its own terms come to, and if not, in which way it went wrong.

The recomputed total is `unit price * quantity * periods` for a plain line and the sum of its schedule otherwise. Three
checks ask for it, each for one way of going wrong, so that one wrong number is one finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policies.check import Loss, Violated
from policies.domain.charge import ChargeModel, ChargeType
from policies.domain.finding import Change, Direction, Evidence
from policies.domain.money import format_amount, has_too_many_decimals, minor_unit, plain, round_to_currency
from policies.domain.period import MONTHS, periods_in
from policies.domain.quote import DealType
from policies.domain.schedule import Unscheduled
from policies.domain.wording import field_of

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ONE: Final = Decimal(1)
HALF: Final = Decimal("0.5")
_BY_UNIT: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})
_CHANGES_A_CONTRACT: Final = frozenset({DealType.EXPANSION, DealType.AMENDMENT})


class Fault(StrEnum):
    """The way in which a stated total is wrong."""

    PERIODS = "periods"
    """The price of one period stands for the whole term, or a price is counted once for each shorter period."""
    STUB = "stub"
    """The line has a part of a period, and the total does not prorate it by days of the whole period."""
    SUM = "sum"
    """Any other number than the terms come to."""


@dataclass(frozen=True, slots=True)
class Misstated:
    """A stated total, what it should be, and how it went wrong. `one_period` is the price of one price period."""

    stated: Decimal
    expected: Decimal
    fault: Fault
    one_period: Decimal | None

    @property
    def difference(self) -> Decimal:
        """Positive where the customer was shown too little."""
        return self.expected - self.stated


def misstated(facts: LineFacts, quote: QuoteFacts) -> Misstated | Unscheduled | None:
    """How a line's stated total is wrong; None where it foots, and the reason where that cannot be told.

    Only for lines with a stated total. Usage commits to no total, so none can be checked.
    """
    stated = facts.line.stated_total
    if stated is None or (stated == facts.net_total and not is_stub(facts)):
        return None
    return quote.once(_misstated, facts)


def _misstated(facts: LineFacts, quote: QuoteFacts) -> Misstated | Unscheduled | None:
    stated, stub = facts.line.stated_total, is_stub(facts)
    if stated is None:
        return None
    one_period = _one_period(facts)
    expected = _expected(facts, quote, one_period)
    if isinstance(expected, Unscheduled):
        return expected
    if abs(stated - expected) <= minor_unit(quote.currency):
        return None
    tolerance = tolerated(one_period, facts.periods, quote.currency)
    readings = (expected, *_conventions(facts, one_period)) if stub else (expected,)
    if any(abs(stated - total) <= tolerance for total in readings):
        return None
    fault = _fault(facts, stated, expected, one_period, tolerance)
    return Misstated(stated, round_to_currency(expected, quote.currency), fault, one_period)


def violation(facts: LineFacts, quote: QuoteFacts, wrong: Misstated, basis: str) -> Violated:
    """The finding on a misstated total: |stated - recomputed| is at risk, and the recomputed number clears it.

    `basis` says where the expectation comes from. It reports `stated` and `expected`.
    """
    text = format_amount(wrong.expected, quote.currency)
    return Violated(
        evidence=(
            Evidence(
                field=field_of(facts.line, "stated_total"),
                actual=plain(wrong.stated),
                expected=plain(wrong.expected),
                expected_from=basis,
            ),
        ),
        loss=Loss(remaining_term=abs(wrong.difference), assumptions=("the customer pays the total that was stated",)),
        reports={"stated": format_amount(wrong.stated, quote.currency), "expected": text},
        changes=(Change(path=f"/lines/{facts.index}/stated_total", value=wrong.expected),),
        remedy_text=f"State a line total of {text}",
        direction=Direction.UNDER if wrong.difference > 0 else Direction.OVER,
    )


def tolerated(one_period: Decimal | None, periods: Decimal | None, currency: str) -> Decimal:
    """One minor unit; half of one for each period where the price of a period is itself rounded when it is billed."""
    unit = minor_unit(currency)
    if one_period is None or periods is None or not has_too_many_decimals(one_period, currency):
        return unit
    return max(unit, unit * HALF * (periods + ONE))


def is_stub(facts: LineFacts) -> bool:
    """Whether a line lasts for a part of its price period, such as 42 days of a quarter or six months of a year."""
    return facts.periods is not None and bool(facts.periods % ONE)


def _one_period(facts: LineFacts) -> Decimal | None:
    line = facts.line
    if line.net_unit_price is None or line.ramp or line.model not in _BY_UNIT or facts.units is None:
        return None
    return line.net_unit_price * facts.units


def _expected(facts: LineFacts, quote: QuoteFacts, one_period: Decimal | None) -> Decimal | Unscheduled:
    line_id = facts.line.line_id
    if facts.line.charge_type is ChargeType.USAGE:
        return Unscheduled(f"line {line_id} is usage, and how much will be used is not known")
    if facts.net_total is None:
        return Unscheduled(f"the total of line {line_id} cannot be told from its terms")
    if one_period is not None and is_stub(facts) and _aligned_on_its_end(facts, quote):
        return one_period * _counted_from_the_end(facts)
    return facts.net_total


def _aligned_on_its_end(facts: LineFacts, quote: QuoteFacts) -> bool:
    """Whether an expansion is a stub as a whole: it then joins a contract whose periods turn on the day that it ends."""
    return quote.quote.deal_type in _CHANGES_A_CONTRACT and facts.term is not None and facts.term == quote.term


def _counted_from_the_end(facts: LineFacts) -> Decimal:
    """The price periods of a term, with whole periods counted back from its end: 42 days up to a quarter's end are 42/91."""
    if facts.term is None or facts.price_period is None:
        return facts.periods or ONE
    return periods_in(facts.term, MONTHS[facts.price_period], anchor=facts.term.end)


def _conventions(facts: LineFacts, one_period: Decimal | None) -> tuple[Decimal, ...]:
    """Other totals of a stub that are right by a rule in common use: months and days, or days from the line's own start."""
    if one_period is None or facts.months is None or facts.price_period is None:
        return ()
    in_months = one_period * facts.months / MONTHS[facts.price_period]
    return (in_months, one_period * _counted_from_the_end(facts))


def _fault(
    facts: LineFacts, stated: Decimal, expected: Decimal, one_period: Decimal | None, tolerance: Decimal
) -> Fault:
    months = MONTHS.get(facts.price_period) if facts.price_period is not None else None
    if one_period is not None and facts.periods is not None and months is not None:
        shorter = [Decimal(months) / other for other in (1, 3) if other < months]
        one_for_all = facts.periods > ONE and abs(stated - one_period) <= tolerance
        if one_for_all or any(abs(stated - expected * times) <= tolerance for times in shorter):
            return Fault.PERIODS
    return Fault.STUB if is_stub(facts) else Fault.SUM
