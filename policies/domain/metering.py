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
from policies.domain.price_steps import PriceStep, at_step, price_of, rated
from policies.domain.rating import ZERO, billable_quantity, clamp, overage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.terms import Terms

Usage: TypeAlias = Callable[[Period], Decimal | None]
"""The quantity of a period by the line's quantity basis; None where it is not known, which is not zero."""

_KNOWN_AT_THE_END = frozenset({QuantityBasis.LATEST, QuantityBasis.TIME_WEIGHTED})


class _Reading(NamedTuple):
    """The use of a price's period up to some billing date, and whether the period ends there."""

    used: Decimal
    share: Decimal
    is_final: bool


def has_overage(line: Line) -> bool:
    """Whether use beyond the allowance is billed beside a price that does not depend on use."""
    return line.included_quantity is not None and line.overage_unit_price is not None and not line.included_unlimited


def metered_use(terms: Terms, steps: Sequence[PriceStep], usage: Usage | None) -> Iterator[Due]:
    """What the use of a usage line costs. Where it is not known, what is due for no use: the minimum."""
    line = terms.line
    without_minimum = replace(line, minimum_amount=None)

    def cost(step: PriceStep, reading: _Reading) -> Decimal:
        bounded = at_step(line if reading.is_final else without_minimum, step)
        return rated(bounded, reading.used, unit_price=_price_of_use(line, step), share=reading.share)

    for step, due in _metered(terms, steps, usage, cost):
        yield due._replace(kind=InvoiceLineKind.USAGE, unit_price=step.unit_price)


def metered_overage(terms: Terms, steps: Sequence[PriceStep], usage: Usage) -> Iterator[Due]:
    """What use beyond the allowance costs, beyond what the line's minimum has paid for and within its maximum."""
    line = terms.line
    unbounded = replace(line, minimum_amount=None, maximum_amount=None)
    is_bounded = line.minimum_amount is not None or line.maximum_amount is not None

    def cost(step: PriceStep, reading: _Reading) -> Decimal:
        beyond = overage(line, reading.used)
        if not is_bounded or not beyond:
            return beyond
        fixed = price_of(unbounded, step) * reading.share
        return clamp(line, fixed + beyond, reading.share) - clamp(line, fixed, reading.share)

    for _, due in _metered(terms, steps, usage, cost):
        beyond = None if due.quantity is None else billable_quantity(line, due.quantity)
        yield due._replace(kind=InvoiceLineKind.OVERAGE, quantity=beyond, unit_price=line.overage_unit_price)


def _metered(
    terms: Terms,
    steps: Sequence[PriceStep],
    usage: Usage | None,
    cost: Callable[[PriceStep, _Reading], Decimal],
) -> Iterator[tuple[PriceStep, Due]]:
    """The cost of each period that the price counts in, billed at the end of each billing period in it."""
    paid = terms.paid_term
    if paid is None:
        return
    cost = _once_each(cost)
    invoice_dates = [each.period.end for each in terms.billing_periods(paid)]
    ends = [step.period.end for step in steps]
    for counted in terms.periods(paid, terms.price_months):
        step = next(iter(steps[bisect_right(ends, counted.period.start) :]), None)
        if step is None or not step.period.overlaps(counted.period):
            continue
        billed = ZERO
        for part in _parts(counted.period, invoice_dates, terms.line):
            is_final = part.end == counted.period.end
            used = None if usage is None else usage(Period(counted.period.start, part.end))
            to_date = max(billed, cost(step, _Reading(used or ZERO, counted.share, is_final)))
            invoiced = invoice_dates[bisect_left(invoice_dates, part.end)]
            yield step, Due(part, invoiced, to_date - billed, InvoiceLineKind.USAGE, counted.period.end, used)
            billed = to_date


def _once_each(
    cost: Callable[[PriceStep, _Reading], Decimal],
) -> Callable[[PriceStep, _Reading], Decimal]:
    """The same, worked out once for each step and reading: one and the same use in every month of thirty years is one cost."""
    known: dict[tuple[int, _Reading], Decimal] = {}

    def found(step: PriceStep, reading: _Reading) -> Decimal:
        key = (id(step), reading)  # the steps outlive this: they are the caller's
        if key not in known:
            known[key] = cost(step, reading)
        return known[key]

    return found


def _parts(counted: Period, invoice_dates: Sequence[date], line: Line) -> Iterator[Period]:
    """A price's period, cut where an invoice bills the use so far. A basis that is known only at the end is not cut."""
    is_cut = line.quantity_basis not in _KNOWN_AT_THE_END
    cuts = [day for day in invoice_dates if is_cut and counted.start < day < counted.end]
    yield from (Period(*edges) for edges in pairwise([counted.start, *cuts, counted.end]))


def _price_of_use(line: Line, step: PriceStep) -> Decimal | None:
    """The step's price; None leaves it to the line's overage price, which no step changes."""
    return None if line.model is ChargeModel.PER_UNIT and has_overage(line) else step.unit_price
