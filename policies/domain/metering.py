"""Metering: what use costs, period by period, in arrears.

Use is rated over the periods that its price counts in. Where invoices come more often than that, an invoice bills what the
use so far costs, less what was billed before; where they come less often, it bills several. Allowances and tiers hold for
a started period in full; minimum and maximum count by its days. A price that changes within a period holds from the next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from policies.domain.charge import ChargeModel, Line, QuantityBasis
from policies.domain.dues import Due
from policies.domain.invoice import InvoiceLineKind
from policies.domain.period import Period
from policies.domain.price_steps import PriceStep, at_step, price_of, rater
from policies.domain.rating import ZERO, billable_quantity, clamp, overage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.terms import Terms

Usage: TypeAlias = Callable[[Period], Decimal | None]
"""The quantity of a period by the line's quantity basis; None where it is not known, which is not zero."""

_KNOWN_AT_THE_END = frozenset({QuantityBasis.LATEST, QuantityBasis.TIME_WEIGHTED})


class Reading(NamedTuple):
    """The use of a price's period up to some billing date, the share of a whole period, and whether the period ends there."""

    used: Decimal
    share: Decimal
    is_final: bool


Cost: TypeAlias = Callable[[PriceStep, Reading], Decimal]
"""What the use of a period comes to up to a billing date, on the terms of a step. Raises `Unscheduled`."""


class Counted(NamedTuple):
    """A period that a price counts in, the step that holds in it, and its parts, each with the day that invoices it."""

    period: Period
    step: PriceStep
    share: Decimal
    parts: tuple[tuple[Period, date], ...]


def has_overage(line: Line) -> bool:
    """Whether use beyond the allowance is billed beside a price that does not depend on use."""
    return line.included_quantity is not None and line.overage_unit_price is not None and not line.included_unlimited


def metered_use(terms: Terms, steps: Sequence[PriceStep], usage: Usage | None) -> Iterator[Due]:
    """What the use of a usage line costs. Where it is not known, what is due for no use: the minimum."""
    for step, due in _metered(terms, steps, usage, cost_of_use(terms.line)):
        yield due._replace(kind=InvoiceLineKind.USAGE, unit_price=step.unit_price)


def metered_overage(terms: Terms, steps: Sequence[PriceStep], usage: Usage) -> Iterator[Due]:
    """What use beyond the allowance costs, beyond what the line's minimum has paid for and within its maximum."""
    line = terms.line
    for _, due in _metered(terms, steps, usage, cost_of_overage(line)):
        beyond = None if due.quantity is None else billable_quantity(line, due.quantity)
        yield due._replace(kind=InvoiceLineKind.OVERAGE, quantity=beyond, unit_price=line.overage_unit_price)


def counted_periods(terms: Terms, steps: Sequence[PriceStep]) -> Iterator[Counted]:
    """The periods that the price counts in, each billed at the end of each billing period in it; none that has no step."""
    paid = terms.paid_term
    if paid is None:
        return
    invoice_dates = [each.period.end for each in terms.billing_periods(paid)]
    ends = [step.period.end for step in steps]
    for counted in terms.periods(paid, terms.price_months):
        period, share = counted.period, counted.share
        at = bisect_right(ends, period.start)
        if at == len(steps) or not steps[at].period.overlaps(period):
            continue
        step = steps[at]
        parts = _parts(period, invoice_dates, terms.line)
        invoiced = [(part, invoice_dates[bisect_left(invoice_dates, part.end)]) for part in parts]
        yield Counted(period, step, share, tuple(invoiced))


def known_up_to(period: Period, parts: Sequence[tuple[Period, date]]) -> Sequence[Period]:
    """The days whose use each part of a counted period bills: all of it so far."""
    return [period] if len(parts) == 1 else [Period(period.start, part.end) for part, _ in parts]


def billed_in_turn(cost: Cost, step: PriceStep, share: Decimal, uses: Sequence[Decimal]) -> Iterator[Decimal]:
    """What each part of a counted period bills, not rounded: what the use so far costs, less what was billed before."""
    billed = ZERO
    for number, used in enumerate(uses, start=1):
        to_date = max(billed, cost(step, Reading(used, share, number == len(uses))))
        yield to_date - billed
        billed = to_date


def cost_of_use(line: Line) -> Cost:
    """The cost of a usage line's use. Its minimum is due when the period is over."""
    without_minimum = replace(line, minimum_amount=None)
    known: dict[tuple[int, bool], tuple[PriceStep, Callable[[Decimal, Decimal], Decimal]]] = {}

    def cost(step: PriceStep, reading: Reading) -> Decimal:
        key = (id(step), reading.is_final)
        if key not in known:
            bounded = at_step(line if reading.is_final else without_minimum, step)
            known[key] = step, rater(bounded, _price_of_use(line, step))  # with the step, so that no other has its id
        return known[key][1](reading.used, reading.share)

    return cost


def cost_of_overage(line: Line) -> Cost:
    """The cost of use beyond a line's allowance, on top of what the line costs without any."""
    unbounded = replace(line, minimum_amount=None, maximum_amount=None)
    is_bounded = line.minimum_amount is not None or line.maximum_amount is not None

    def cost(step: PriceStep, reading: Reading) -> Decimal:
        beyond = overage(line, reading.used)
        if not is_bounded or not beyond:
            return beyond
        fixed = price_of(unbounded, step) * reading.share
        return clamp(line, fixed + beyond, reading.share) - clamp(line, fixed, reading.share)

    return cost


def _metered(
    terms: Terms,
    steps: Sequence[PriceStep],
    usage: Usage | None,
    cost: Cost,
) -> Iterator[tuple[PriceStep, Due]]:
    """The cost of each period that the price counts in, billed at the end of each billing period in it."""
    cost = _once_each(cost)
    for period, step, share, parts in counted_periods(terms, steps):
        uses = [None if usage is None else usage(up_to) for up_to in known_up_to(period, parts)]
        amounts = billed_in_turn(cost, step, share, [used or ZERO for used in uses])
        for (part, invoiced), used, amount in zip(parts, uses, amounts, strict=True):
            yield step, Due(part, invoiced, amount, InvoiceLineKind.USAGE, period.end, used)


def _once_each(cost: Cost) -> Cost:
    """The same, worked out once for each step and reading: one and the same use in every month of thirty years is one cost."""
    known: dict[tuple[int, Reading], Decimal] = {}

    def found(step: PriceStep, reading: Reading) -> Decimal:
        key = (id(step), reading)  # the steps outlive this: they are the caller's
        if key not in known:
            known[key] = cost(step, reading)
        return known[key]

    return found


def _parts(counted: Period, invoice_dates: Sequence[date], line: Line) -> Sequence[Period]:
    """A price's period, cut where an invoice bills the use so far. A basis that is known only at the end is not cut."""
    is_cut = line.quantity_basis not in _KNOWN_AT_THE_END
    first, last = bisect_right(invoice_dates, counted.start), bisect_left(invoice_dates, counted.end)
    cuts = invoice_dates[first:last] if is_cut else []
    return [Period(*edges) for edges in pairwise([counted.start, *cuts, counted.end])] if cuts else (counted,)


def _price_of_use(line: Line, step: PriceStep) -> Decimal | None:
    """The step's price; None leaves it to the line's overage price, which no step changes."""
    return None if line.model is ChargeModel.PER_UNIT and has_overage(line) else step.unit_price
