"""The totals that a quote prints: its lines' prices over the term, and what they add up to."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Final

from app.demo.altered import altered
from policies.domain.charge import ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.money import round_to_currency
from policies.domain.period import MONTHS
from policies.domain.quote import Quote, StatedTotals
from policies.domain.schedule import Unscheduled, committed_total

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_TWELVE: Final = Decimal(12)
_PRINTS_TOTALS: Final = 0.8


def with_totals(quote: Quote, rng: Random) -> Quote:
    """The quote with its totals, as most quotes print them; now and then without."""
    return printed(quote) if rng.random() < _PRINTS_TOTALS else quote


def printed(quote: Quote) -> Quote:
    """The quote with the total of each line that commits to money, and their sums, all in whole minor units."""
    lines = tuple(_with_total(line, quote) for line in quote.lines)
    totals = [line.stated_total for line in lines if line.stated_total is not None]
    once = [line.stated_total or ZERO for line in lines if line.charge_type is ChargeType.ONE_TIME]
    stated = StatedTotals(
        tcv=sum(totals, ZERO),
        acv=round_to_currency(sum((annual_price(line) for line in lines), ZERO), quote.currency),
        one_time=sum(once, ZERO),
    )
    return altered(quote, lines=lines, stated_totals=stated)


def reprinted(quote: Quote) -> Quote:
    """The same after an edit: printed anew where totals were printed."""
    return printed(quote) if quote.stated_totals is not None else quote


def line_value(line: Line, quote: Quote) -> Decimal:
    """What a line commits to over its term, not rounded; nothing for use, or where its terms leave it open."""
    if line.charge_type is ChargeType.USAGE:
        return ZERO
    if line.charge_type is ChargeType.ONE_TIME and line.net_unit_price is not None:
        return line.net_unit_price * (ONE if line.charge_model is ChargeModel.FLAT else line.quantity or ONE)
    total = committed_total(line, quote)
    return ZERO if isinstance(total, Unscheduled) else total


def annual_price(line: Line) -> Decimal:
    """The recurring price of twelve months as the line stands at its start."""
    if line.charge_type is not ChargeType.RECURRING or line.net_unit_price is None:
        return ZERO
    months = MONTHS.get(line.price_period or PricePeriod.ONE_TIME)
    if months is None:
        return ZERO
    units = ONE if line.charge_model is ChargeModel.FLAT else line.quantity or ZERO
    return line.net_unit_price * units * _TWELVE / months


def _with_total(line: Line, quote: Quote) -> Line:
    if line.charge_type is ChargeType.USAGE:
        return line
    return altered(line, stated_total=round_to_currency(line_value(line, quote), quote.currency))
