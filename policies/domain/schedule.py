"""Schedules: everything that a line bills over its term, with dates and amounts.

A line's price calendar (`price_steps`) is laid over its billing calendar, and each part is prorated (`proration`), rated
(`metering` for use) and rounded to the currency (`dues`). A minimum commitment is trued up, and prepaid credit burned,
after that (`commitments`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

from policies.domain.charge import BillingFrequency, BillingTiming, ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.commitments import burned_credit, true_ups
from policies.domain.dues import Due, payable, rounded
from policies.domain.invoice import InvoiceLineKind
from policies.domain.metering import Usage, has_overage, metered_overage, metered_use
from policies.domain.money import WIDE, RoundingPolicy, minor_unit
from policies.domain.period import BillingPeriod, Period
from policies.domain.price_steps import PriceStep, has_one_price, price_of, price_steps, rated
from policies.domain.proration import Measure, measure, priced_periods
from policies.domain.rating import ONE, ZERO
from policies.domain.terms import Terms, Unscheduled, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policies.domain.quote import Quote

__all__ = [
    "Charge",
    "PriceStep",
    "Terms",
    "Unscheduled",
    "Usage",
    "charges",
    "committed_total",
    "line_total",
    "price_steps",
    "resolve",
]

_TWELVE_DECIMALS = Decimal("1e-12")  # thirds and sevenths of a price carry an error behind them
_BY_DATE = attrgetter("invoice_date", "service_period.start")
_BY_UNIT = frozenset({ChargeModel.FLAT, ChargeModel.PER_UNIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One amount on one invoice, for the days of a service period; credits are negative.

    `quantity` and `unit_price` are what was rated, None where there is no one number. `true_up` marks the shortfall of a
    minimum commitment.
    """

    service_period: Period
    invoice_date: date
    amount: Decimal
    kind: InvoiceLineKind
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    true_up: bool = False


def charges(terms: Terms, usage: Usage | None = None, rounding: RoundingPolicy | None = None) -> tuple[Charge, ...]:
    """Every amount that a line bills over its term, by invoice date and then by service period.

    `usage` gives the quantity of a period; without it, and for periods of which it knows nothing, only what is due for no
    use is billed: minimums and the commitment's true-up. A period that bills nothing has no charge. `rounding` stands in
    for the terms' own. Raises `Unscheduled`.
    """
    return settled(terms, dues_of(terms, usage, rounding))


def dues_of(terms: Terms, usage: Usage | None = None, rounding: RoundingPolicy | None = None) -> list[Due]:
    """The amounts of a line, rounded, before its commitment is trued up and its credit burned. Raises `Unscheduled`."""
    policy = rounding or terms.rounding
    return [due for stream in _streams(terms, usage) for due in rounded(stream, terms.currency, policy)]


def settled(terms: Terms, dues: list[Due]) -> tuple[Charge, ...]:
    """The charges that dues come to, with what the terms' commitment and prepaid credit add or take off."""
    unit = minor_unit(terms.currency)
    dues = [*dues, *true_ups(terms, dues, lambda amount: payable(amount, unit))]
    dues += burned_credit(terms, dues, lambda amount: payable(amount, unit))
    if terms.first_invoice is not None:
        dues = [due._replace(invoice_date=max(due.invoice_date, terms.first_invoice)) for due in dues]
    dues.sort(key=_BY_DATE)
    return tuple([_charge(due) for due in dues if due.amount])


def _charge(due: Due) -> Charge:
    return Charge(
        service_period=due.service_period,
        invoice_date=due.invoice_date,
        amount=due.amount,
        kind=due.kind,
        quantity=due.quantity,
        unit_price=due.unit_price,
        true_up=due.true_up,
    )


def line_total(terms: Terms) -> Decimal:
    """What a line commits to over its term, to twelve decimals: its charges without any use. Raises `Unscheduled`.

    It needs no billing frequency, except for discounts that last so many billing periods.
    """
    return _total(terms).quantize(_TWELVE_DECIMALS, None, WIDE)


def committed_total(line: Line, quote: Quote, *, price_period: PricePeriod | None = None) -> Decimal | Unscheduled:
    """The `line_total` of a quote's line, or why there is none; `price_period` is taken where the line states none."""
    try:
        return line_total(resolve(line, quote, price_period=price_period))
    except Unscheduled as unknown:
        return unknown


def _total(terms: Terms) -> Decimal:
    line, term, price = terms.line, terms.term, terms.line.net_unit_price
    if term is not None and price is not None and _is_plain(terms):
        if line.charge_model is not ChargeModel.FLAT:
            if line.quantity is None:
                raise Unscheduled("the quantity is not stated")
            price *= line.quantity
        return price * priced_periods(
            term.start,
            term.end,
            terms.price_period,
            terms.billing_frequency,
            terms.anchor,
            terms.anchor_day,
            terms.priced_until,
        )
    if terms.comes_once and line.minimum_commitment is None:
        return _once_due(line)
    if line.minimum_commitment is not None or (terms.is_usage and line.model is not ChargeModel.FLAT):
        return _total_of_charges(terms)
    return _total_of_steps(terms)


def _is_plain(terms: Terms) -> bool:
    """Whether the total is a product of three numbers: one price, one quantity, and how often the price is due."""
    line = terms.line
    return (
        line.minimum_amount is None
        and line.maximum_amount is None
        and line.minimum_commitment is None
        and line.charge_type is ChargeType.RECURRING
        and line.model in _BY_UNIT
        and has_one_price(terms)
    )


def _total_of_steps(terms: Terms) -> Decimal:
    paid, steps = terms.paid_term, _paid_steps(terms)
    if paid is None or not steps:
        return ZERO
    measured = _measure_of(terms, paid, steps)
    parts = (price_of(terms.line, step) * measured.count(step.period) / measured.per_price for step in steps)
    return sum(parts, ZERO)


def _total_of_charges(terms: Terms) -> Decimal:
    line = terms.line
    if terms.is_usage and line.minimum_amount is None and line.minimum_commitment is None:
        return ZERO
    if terms.billing_frequency is None and not terms.comes_once:
        if terms.price_period is None or any(each.periods is not None for each in line.discounts):
            raise Unscheduled("the billing frequency is not stated")
        terms = replace(terms, billing_frequency=BillingFrequency.TERM)
    dues = [due for stream in _streams(terms, None) for due in stream]
    dues += true_ups(terms, dues, lambda amount: amount)
    return sum((due.amount for due in dues), ZERO)


def _paid_steps(terms: Terms) -> list[PriceStep]:
    return [step for step in price_steps(terms) if not step.is_free]


def _measure_of(terms: Terms, paid: Period, steps: Sequence[PriceStep]) -> Measure:
    return measure(terms, paid, [day for step in steps for day in (step.period.start, step.period.end)])


def _streams(terms: Terms, usage: Usage | None) -> list[Iterable[Due]]:
    """The dues of a line, not rounded, by kind: what does not depend on use, and what does."""
    if terms.comes_once:
        return [[_once(terms)]]
    steps = _paid_steps(terms)
    if terms.is_usage and terms.line.model is not ChargeModel.FLAT:
        return [metered_use(terms, steps, usage)]
    if usage is None or not has_overage(terms.line):
        return [_fixed(terms, steps)]
    return [_fixed(terms, steps), metered_overage(terms, steps, usage)]


def _once(terms: Terms) -> Due:
    """A price that is due once: on the day that billing starts, whatever the timing, because there is no period to wait for."""
    day = terms.dated.start if terms.billing_start is None else max(terms.dated.start, terms.billing_start)
    return Due(
        service_period=Period(day, day + timedelta(days=1)),
        invoice_date=day,
        amount=_once_due(terms.line),
        kind=InvoiceLineKind.ONE_TIME,
        paid_until=day + timedelta(days=1),
        quantity=terms.line.quantity,
        unit_price=terms.line.net_unit_price,
    )


def _once_due(line: Line) -> Decimal:
    return rated(line, ONE if line.quantity is None else line.quantity)


def _fixed(terms: Terms, steps: Sequence[PriceStep]) -> Iterator[Due]:
    """What is due whatever the use: each billing period at the prices that hold in it, prorated.

    In advance, a billing period is invoiced on its first day that is charged; in arrears, on the day after its last.
    """
    paid = terms.paid_term
    if paid is None or not steps:
        return
    prices = [price_of(terms.line, step) for step in steps]
    measured = _measure_of(terms, paid, steps)
    ends = _ends_of_prices(terms, paid)
    in_arrears = terms.billing_timing is BillingTiming.IN_ARREARS
    kind = InvoiceLineKind.USAGE if terms.is_usage else InvoiceLineKind.RECURRING
    for billed, parts in _laid_over(terms.billing_periods(paid), steps):
        paid_until = ends[bisect_left(ends, billed.end)] if ends else billed.end
        for part, number in parts:
            invoiced = billed.end if in_arrears else parts[0][0].start
            amount = prices[number] * measured.count(part) / measured.per_price  # so, twelve twelfths of 100 are 100
            yield Due(part, invoiced, amount, kind, paid_until, steps[number].quantity, steps[number].unit_price)


def _laid_over(
    invoiced: Sequence[BillingPeriod], steps: Sequence[PriceStep]
) -> Iterator[tuple[Period, list[tuple[Period, int]]]]:
    """Each billing period with its parts, by the number of the step that holds on them. Days without a step are left out."""
    first = 0
    for billed in invoiced:
        period, parts = billed.period, []
        while first < len(steps) and steps[first].period.end <= period.start:
            first += 1
        for number in range(first, len(steps)):
            held = steps[number].period
            part = period if held.covers(period) else period.intersection(held)
            if part is None:
                break
            parts.append((part, number))
        yield period, parts


def _ends_of_prices(terms: Terms, paid: Period) -> list[date]:
    """The days on which the time that a price pays for is over, where several invoices share that time."""
    price_months, billing_months = terms.price_months, terms.billing_months
    if billing_months is None or (price_months is not None and price_months <= billing_months):
        return []
    return [each.period.end for each in terms.periods(paid, price_months)]
