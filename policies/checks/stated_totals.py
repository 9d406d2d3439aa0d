"""Whether the quote's stated totals are the sums of its lines: TCV and one-time exactly, ACV and MRR by a usual reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
from policies.domain.finding import Change, Direction, Effect, Evidence
from policies.domain.money import format_amount, minor_unit, plain, round_to_currency
from policies.footing import misstated

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
HALF: Final = Decimal("0.5")
TWELVE: Final = Decimal(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """One stated total and what it may be; the first reading is the one to expect. No reading: it cannot be told.

    `months` is None for an amount over the whole term, else the months that one amount pays for.
    """

    name: str
    title: str
    stated: Decimal
    readings: tuple[Decimal, ...]
    months: Decimal | None = None


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if quote.quote.stated_totals is None:
        return NOT_APPLICABLE
    unit = minor_unit(quote.currency)
    tolerance = max(unit, unit * HALF * len(quote.lines))
    found: list[Violated] = []
    unknown: list[str] = []
    for each in _sums(quote):
        if not each.readings:
            unknown.append(each.title)
        elif all(abs(each.stated - reading) > tolerance for reading in each.readings):
            found.append(_violated(each, quote))
    if not found and unknown:
        return Undetermined(f"what the lines come to cannot be told for the stated {' and '.join(unknown)}")
    return tuple(found) or SATISFIED


def _sums(quote: QuoteFacts) -> Iterator[_Sum]:
    totals = quote.quote.stated_totals
    if totals is None:
        return
    if totals.tcv is not None:
        yield _Sum(name="tcv", title="TCV", stated=totals.tcv, readings=_tcv_readings(quote, totals.tcv))
    if totals.one_time is not None:
        readings = () if quote.one_time_total is None else (quote.one_time_total,)
        yield _Sum(name="one_time", title="one-time total", stated=totals.one_time, readings=readings)
    yearly = _yearly_readings(quote)
    if totals.acv is not None:
        yield _Sum(name="acv", title="ACV", stated=totals.acv, readings=yearly, months=TWELVE)
    if totals.mrr is not None:
        monthly = tuple(reading / TWELVE for reading in yearly)
        yield _Sum(name="mrr", title="MRR", stated=totals.mrr, readings=monthly, months=Decimal(1))


def _tcv_readings(quote: QuoteFacts, stated: Decimal) -> tuple[Decimal, ...]:
    """The sum of the lines, with or without the totals that usage lines state for expected use.

    Where a line's own total cannot be told, the totals that the lines state are added up instead. More than is committed
    cannot be judged where usage lines do not say what they expect.
    """
    own = [facts.line.stated_total for facts in quote.lines]
    if quote.tcv is None:
        known = [total for total in own if total is not None]
        return (sum(known, ZERO),) if len(known) == len(own) else ()
    usage = [facts.line.stated_total for facts in quote.lines if facts.line.charge_type is ChargeType.USAGE]
    if usage and stated > quote.tcv and None in usage:
        return ()
    expected_use = sum((total for total in usage if total is not None), ZERO)
    if stated == quote.tcv:
        return (quote.tcv,)
    return (quote.tcv, quote.tcv + expected_use, sum((_as_stated(facts, quote) for facts in quote.lines), ZERO))


def _as_stated(facts: LineFacts, quote: QuoteFacts) -> Decimal:
    """A line's stated total where it is right by some reading of its own, else what its terms come to."""
    stated = facts.line.stated_total
    if stated is not None and misstated(facts, quote) is None:
        return stated
    return facts.net_total or ZERO


def _yearly_readings(quote: QuoteFacts) -> tuple[Decimal, ...]:
    """ACV as the price of twelve months at the start, as the yearly average of the term, or as a shorter term's total.

    Without the lines' yearly prices it cannot be told; nor where usage makes up a part of it that nobody knows.
    """
    if quote.acv is None or any(facts.line.charge_type is ChargeType.USAGE for facts in quote.lines):
        return ()
    if quote.tcv is None or quote.one_time_total is None or not quote.term_months:
        return (quote.acv,)
    recurring = quote.tcv - quote.one_time_total
    average = recurring * TWELVE / quote.term_months
    return (quote.acv, average, recurring) if quote.term_months < TWELVE else (quote.acv, average)


def _violated(wrong: _Sum, quote: QuoteFacts) -> Violated:
    expected = round_to_currency(wrong.readings[0], quote.currency)
    text = format_amount(expected, quote.currency)
    difference = expected - wrong.stated
    return Violated(
        evidence=(
            Evidence(
                field=f"stated_totals.{wrong.name}",
                actual=plain(wrong.stated),
                expected=plain(expected),
                expected_from="the sum of the quote's lines",
            ),
        ),
        loss=_loss(wrong, abs(difference), quote),
        reports={"total": wrong.title, "stated": format_amount(wrong.stated, quote.currency), "expected": text},
        changes=(Change(path=f"/stated_totals/{wrong.name}", value=expected),),
        remedy_text=f"State a {wrong.title} of {text}",
        direction=Direction.UNDER if difference > ZERO else Direction.OVER,
        # Customers pay by TCV and one-time totals; ACV and MRR mislead those who plan with them, and bill nothing.
        effect=Effect.FLAG if wrong.months is not None else None,
        discriminator=wrong.name,
    )


def _loss(wrong: _Sum, difference: Decimal, quote: QuoteFacts) -> Loss:
    """|stated - recomputed|, for the whole term."""
    paid = "the customer pays the total that was stated"
    if wrong.months is None:
        return Loss(remaining_term=difference, assumptions=(paid,))
    remaining = difference * quote.term_months / wrong.months if quote.term_months is not None else None
    return Loss(per_period=difference, remaining_term=remaining, assumptions=(paid,))


CHECK: Final = Check(
    name="stated-totals",
    scope=Scope.QUOTE,
    run=run,
    summary="Stated TCV, one-time total, ACV and MRR are the sums of the lines, to half a minor unit a line.",
    reports=("total", "stated", "expected"),
)
