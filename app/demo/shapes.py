"""What makes a deal complicated: ramps, uplifts, promotions that run out, and rhythms that differ by line."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.demo.altered import altered
from app.demo.lines import Shop, discounted
from app.demo.randomness import between
from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeModel,
    ChargeType,
    Discount,
    Line,
    PricePeriod,
    RampSegment,
)
from policies.domain.period import add_months
from policies.domain.quote import DealType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.demo.wishes import Wish

_ONE_DAY: Final = timedelta(days=1)
_PROMOTION: Final = 0.24
_RAMP: Final = {"smb": 0.06, "midmarket": 0.18, "enterprise": 0.34}


def shaped(
    lines: Sequence[Line], shop: Shop, months: int, frequency: BillingFrequency, wish: Wish, deal_type: DealType
) -> tuple[Line, ...]:
    """The lines with what this deal has of such terms."""
    rng, is_new = shop.rng, deal_type is DealType.NEW
    has_ramp = wish.ramp or (is_new and months >= 12 and wish.products is None and rng.random() < _RAMP[shop.segment])
    has_uplift = wish.uplift or (
        is_new and months > 12 and not has_ramp and wish.products is None and rng.random() < 0.6
    )
    uplift = Decimal(between(rng, 3, 6)) if has_uplift else None
    if months % 12:
        uplift = None  # billing could not rise on anniversaries and at a renewal between two of them
    has_promotion = wish.promotion or (is_new and wish.products is None and not has_ramp and rng.random() < _PROMOTION)
    made = []
    for each in lines:
        line = _as_sold(each, shop, months, wish, has_ramp=has_ramp)
        if has_promotion and _takes_promotion(line):
            line, has_promotion = _promoted(line, shop), False
        if uplift is not None and line.charge_type is ChargeType.RECURRING and not line.ramp and not _runs_out(line):
            line = altered(line, uplift_percent=uplift)
        made.append(_in_its_rhythm(line, frequency))
    return tuple(made)


def _as_sold(line: Line, shop: Shop, months: int, wish: Wish, *, has_ramp: bool) -> Line:
    """Seats with a ramp, or with or without an overage where that is asked for; every other line as it is."""
    if line.product_id != "SEAT":
        return line
    if has_ramp:
        return _ramped(line, shop, months)
    if wish.seat_overage is None:
        return line
    return _with_overage(line, shop) if wish.seat_overage else _without_overage(line)


def _in_its_rhythm(line: Line, frequency: BillingFrequency) -> Line:
    """Use is invoiced monthly in arrears, so what has an overage is billed monthly too; the rest goes with the quote."""
    if line.charge_type is ChargeType.USAGE:
        return altered(line, billing_frequency=BillingFrequency.MONTHLY, billing_timing=BillingTiming.IN_ARREARS)
    if line.overage_unit_price is not None and frequency is not BillingFrequency.MONTHLY:
        return altered(line, billing_frequency=BillingFrequency.MONTHLY)
    return line


def _with_overage(line: Line, shop: Shop) -> Line:
    price = shop.shelf.price(line.product_id, shop.book, shop.segment)
    overage = price.overage_unit_price if price is not None else None
    return altered(line, included_quantity=line.quantity, overage_unit_price=overage)


def _without_overage(line: Line) -> Line:
    return altered(line, included_quantity=None, overage_unit_price=None)


def _ramped(line: Line, shop: Shop, months: int) -> Line:
    """Two or three steps of the same length, each with more seats, the first being the line's own quantity."""
    first = line.quantity or Decimal(1)
    steps = 3 if months % 3 == 0 and shop.rng.random() < 0.5 else 2
    length = months // steps
    growth = Decimal(between(shop.rng, 15, 45)) / 100
    start = shop.term.start
    segments = tuple(
        RampSegment(
            start_date=add_months(start, length * step),
            end_date=add_months(start, length * (step + 1)) - _ONE_DAY,
            quantity=(first * (1 + growth * step)).to_integral_value(),
            net_unit_price=line.net_unit_price,
        )
        for step in range(steps)
    )
    return altered(_without_overage(line), ramp=segments)


def _takes_promotion(line: Line) -> bool:
    return line.charge_model is ChargeModel.PER_UNIT and line.price_period is PricePeriod.MONTH and not line.ramp


def _promoted(line: Line, shop: Shop) -> Line:
    """The line with a promotion in place of the negotiated discount, which ends when the promotion does."""
    promotions = tuple(shop.shelf.catalog.promotions.values())
    promotion = promotions[between(shop.rng, 0, len(promotions) - 1)]
    percent = promotion.percent
    if percent is None or line.list_unit_price is None:
        return line
    ends_on = add_months(shop.term.start, promotion.duration_months) - _ONE_DAY
    return altered(
        line,
        net_unit_price=discounted(line.list_unit_price, percent, shop.currency),
        discounts=(Discount(kind=promotion.kind, percent=percent, ends_on=ends_on),),
    )


def _runs_out(line: Line) -> bool:
    return any(not each.is_open_ended for each in line.discounts)
