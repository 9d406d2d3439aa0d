"""Dues: the amounts of a schedule before they are rounded, and how they become amounts that can be paid."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import WIDE, RoundingPolicy, minor_unit
from policies.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterable

ZERO = Decimal(0)
# Thirds and sevenths carry an error in the 28th digit. It is taken off first, or a half would be rounded the wrong way.
# A rate of twelve decimals at a quantity of three is still exact.
_EXACT_ENOUGH = Decimal("1e-15")


class Due(NamedTuple):
    """An amount for the days of a service period.

    `paid_until` is the end of the time that one price pays for: the rounded amounts of that time add up to the rounded price.
    """

    service_period: Period
    invoice_date: date
    amount: Decimal
    kind: InvoiceLineKind
    paid_until: date
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    true_up: bool = False


def payable(exact: Decimal, unit: Decimal) -> Decimal:
    """A computed amount in whole minor units, half a unit up, whatever error division has left in its last digits."""
    return exact.quantize(_EXACT_ENOUGH, ROUND_HALF_UP, WIDE).quantize(unit, ROUND_HALF_UP, WIDE)


def rounded(dues: Iterable[Due], currency: str, policy: RoundingPolicy) -> list[Due]:
    """The dues in whole minor units of the currency, half up.

    What rounding leaves is carried to the next due, never more than one unit: while the same price is paid for
    (`ROUND_THEN_SUM`: a year at 100 in twelfths is 8.33, 8.34, 8.33, ... and 100.00), or through the whole schedule
    (`SUM_THEN_ROUND`, whose sum is the rounded sum).
    """
    unit = minor_unit(currency)
    exact = paid = ZERO
    paid_until = None
    result = []
    for due in dues:
        if due.paid_until != paid_until and policy is RoundingPolicy.ROUND_THEN_SUM:
            exact = paid = ZERO
            paid_until = due.paid_until
        exact += due.amount
        to_date = payable(exact, unit)
        result.append(Due(due.service_period, due.invoice_date, to_date - paid, *due[3:]))
        paid = to_date
    return result
