"""What a line bills: by the domain's own schedule, and by a shorter way where that gives the same.

A price that changes on anniversaries only, in a term of whole months, needs no calendar: each invoice is its months' share
of the price, and each month's use is rated by itself. `bill` takes this way where it holds; a test holds both against each
other, amount by amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from app.demo.consumption import Months, as_usage
from policies.domain.charge import BillingFrequency, BillingTiming, ChargeModel, ChargeType, Line, PricePeriod, UpliftAt
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import round_to_currency
from policies.domain.period import MONTHS
from policies.domain.rating import Unrateable, overage, rate
from policies.domain.schedule import Unscheduled, charges, resolve

if TYPE_CHECKING:
    from policies.domain.quote import Quote

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_FIXED: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})
_PERIODIC: Final = frozenset(MONTHS)
_ONE_DAY: Final = timedelta(days=1)
_HUNDRED: Final = Decimal(100)
_YEAR: Final = 12


class Billed(NamedTuple):
    """One amount on one invoice. `end` is the day after the last of the service period."""

    line_id: str
    product_id: str
    kind: InvoiceLineKind
    start: date
    end: date
    invoice_date: date
    amount: Decimal
    quantity: Decimal | None
    unit_price: Decimal | None
    charge_id: str = ""


def bill(line: Line, quote: Quote, months: Months, use: Sequence[Decimal] | None, until: date) -> list[Billed]:
    """Every amount that the line bills on invoices up to, not including, `until`.

    `use` is by month of the contract; None where nothing is counted. Terms that leave an amount open bill nothing.
    """
    if line.charge_type is ChargeType.ONE_TIME and line.net_unit_price is not None:
        return [each for each in (_once(line, quote),) if each.invoice_date < until]
    if has_one_price(line, quote, months):
        return [*_fixed(line, quote, months, until), *_metered(line, quote, months, use, until)]
    try:
        found = charges(resolve(line, quote), as_usage(use, months) if use is not None else None)
    except (Unscheduled, Unrateable):
        return []
    return [
        Billed(
            line.line_id,
            line.product_id,
            each.kind,
            each.service_period.start,
            each.service_period.end,
            each.invoice_date,
            each.amount,
            each.quantity,
            each.unit_price,
        )
        for each in found
        if each.invoice_date < until
    ]


def _once(line: Line, quote: Quote) -> Billed:
    """A price that is due once, on the day that billing starts."""
    price, start = line.net_unit_price or ZERO, line.start_date or quote.start_date
    if start is None:
        raise LookupError("a simulated quote always has its dates")
    day = max(start, line.billing_start_date or quote.billing_start_date or start)
    amount = round_to_currency(
        price * (ONE if line.charge_model is ChargeModel.FLAT else line.quantity or ONE), quote.currency
    )
    return Billed(
        line.line_id, line.product_id, InvoiceLineKind.ONE_TIME, day, day + _ONE_DAY, day, amount, line.quantity, price
    )


def has_one_price(line: Line, quote: Quote, months: Months) -> bool:
    """Whether the line's quantity and rhythm stay as they are over a term of whole months, and its price within a year."""
    frequency = line.billing_frequency or quote.billing_frequency
    in_use = line.charge_type is ChargeType.USAGE
    return (
        frequency in _PERIODIC
        and line.price_period in _PERIODIC
        and (line.charge_model in _FIXED or in_use)
        and line.charge_type is not ChargeType.ONE_TIME
        and (
            not _is_metered(line) or (frequency is BillingFrequency.MONTHLY and line.price_period is PricePeriod.MONTH)
        )
        and not (line.ramp or line.minimum_commitment or line.drawdown or line.free_months)
        and line.minimum_amount is None
        and line.billing_start_date is None
        and quote.billing_start_date is None
        and line.start_date in (None, quote.start_date)
        and line.end_date in (None, quote.end_date)
        and all(each.is_open_ended for each in line.discounts)
        and quote.end_date is not None
        and months.starts[_count(quote, months)] == quote.end_date + _ONE_DAY
    )


def _is_metered(line: Line) -> bool:
    return line.charge_type is ChargeType.USAGE or line.overage_unit_price is not None


def _fixed(line: Line, quote: Quote, months: Months, until: date) -> Iterator[Billed]:
    """The price of each billing period. Where it is a part of what one price pays for, the parts add up to that price."""
    frequency, price = line.billing_frequency or quote.billing_frequency, line.net_unit_price
    if line.charge_type is ChargeType.USAGE or frequency is None or line.price_period is None or not price:
        return
    step, paid_for, last = MONTHS[frequency], MONTHS[line.price_period], _count(quote, months)
    in_arrears = (line.billing_timing or quote.billing_timing) is BillingTiming.IN_ARREARS
    units = ONE if line.charge_model is ChargeModel.FLAT else line.quantity or ZERO
    share = _Share(quote.currency, paid_for)
    for first in range(0, last, step):
        after = min(first + step, last)
        start, end = months.starts[first], months.starts[after]
        issued = end if in_arrears else start
        if issued >= until:
            return
        unit_price = _uplifted(line, price, first)
        since = first - first % paid_for if paid_for > step else first
        amount = share.of(unit_price * units, first - since, after - since)
        yield Billed(
            line.line_id, line.product_id, InvoiceLineKind.RECURRING, start, end, issued, amount, line.quantity,
            unit_price,
        )  # fmt: skip


def _uplifted(line: Line, price: Decimal, month: int) -> Decimal:
    """The unit price in a month of the term: it rises on each anniversary, unless it waits for the renewal."""
    if not line.uplift_percent or line.uplift_at is UpliftAt.RENEWAL or month < _YEAR:
        return price
    return price * (ONE + line.uplift_percent / _HUNDRED) ** (month // _YEAR)


class _Share:
    """What is due of a price for some of the months that it pays for, rounded so that all of them add up to the price."""

    def __init__(self, currency: str, paid_for: int) -> None:
        self.currency = currency
        self.paid_for = paid_for
        self._known: dict[tuple[Decimal, int, int], Decimal] = {}

    def of(self, price: Decimal, first: int, after: int) -> Decimal:
        """From the `first` of the price's months up to, not including, the one `after`."""
        known = self._known.get((price, first, after))
        if known is None:
            known = round_to_currency(price * after / self.paid_for, self.currency)
            if first:
                known -= round_to_currency(price * first / self.paid_for, self.currency)
            self._known[price, first, after] = known
        return known


def _metered(line: Line, quote: Quote, months: Months, use: Sequence[Decimal] | None, until: date) -> Iterator[Billed]:
    """What each month's use costs, on the day after it."""
    in_use = line.charge_type is ChargeType.USAGE
    cost = _rated(line) if in_use else _beyond(line)
    if use is None or cost is None:
        return
    kind = InvoiceLineKind.USAGE if in_use else InvoiceLineKind.OVERAGE
    for index in range(_count(quote, months)):
        start, end = months.starts[index], months.starts[index + 1]
        if end >= until:
            return
        amount = round_to_currency(cost(use[index]), quote.currency)
        if amount:
            quantity, price = _shown(line, use[index])
            yield Billed(line.line_id, line.product_id, kind, start, end, end, amount, quantity, price)


def _rated(line: Line) -> Callable[[Decimal], Decimal]:
    def amount(used: Decimal) -> Decimal:
        try:
            return rate(line, used).amount
        except Unrateable:
            return ZERO

    return amount


def _beyond(line: Line) -> Callable[[Decimal], Decimal] | None:
    if line.included_quantity is None or line.overage_unit_price is None:
        return None
    return lambda used: overage(line, used)


def _shown(line: Line, used: Decimal) -> tuple[Decimal, Decimal | None]:
    """The quantity and unit price that an invoice shows for use: of an overage, what lies beyond the allowance."""
    if line.charge_type is ChargeType.USAGE:
        return used, line.net_unit_price
    return used - (line.included_quantity or ZERO), line.overage_unit_price


def _count(quote: Quote, months: Months) -> int:
    """How many months the term has; a simulated term always has whole ones here."""
    end = quote.end_date
    return months.count_until(end) + 1 if end is not None else 0


def total(billed: Sequence[Billed]) -> Decimal:
    """What all amounts come to."""
    return sum((each.amount for each in billed), ZERO)
