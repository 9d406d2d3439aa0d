"""What discount charges take off the charges that they are for, as discounts that a net price contains.

A percentage comes off each charge's price. A fixed amount comes off an invoice; it is one per unit only where it is for one
charge, is counted by the same period, and divides evenly. What cannot be expressed is said, and the net price is without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.zuora.charges import Discount, Segment
from cpq_hooks.adapters.zuora.prices import Price
from cpq_hooks.adapters.zuora.reading import Reader, cut, iso, written

_HUNDRED: Final = Decimal(100)


@dataclass(slots=True, kw_only=True)
class Reduced:
    """A price with its discounts: the net price at the charge's start, and what it contains."""

    net: Price
    discounts: list[dict[str, Any]] = field(default_factory=list)


def reduce(segment: Segment, discounts: Sequence[Discount], segments: Sequence[Segment], reader: Reader) -> Reduced:
    """The net price of a segment. Discounts that start later are named, and are not in the net price yet."""
    found = [each for each in discounts if each.dates.blank is None and each.is_for(segment)]
    reduced = Reduced(net=segment.price)
    stacked = [each for each in found if each.stacked and each.kind == "percent"]
    if len(stacked) > 1:
        _say(
            stacked[0],
            reader,
            "several discounts are stacked, and how they add up is not in these terms",
            "isStackedDiscount",
        )
        found = [each for each in found if each not in stacked]
    mixed = len({each.kind for each in found}) > 1 or sum(each.kind == "amount" for each in found) > 1
    for each in found:
        if each.kind == "percent":
            _by_percent(each, segment, reduced, reader)
        else:
            _by_amount(each, segment, segments, reduced, reader, mixed=mixed)
    return reduced


def _by_percent(discount: Discount, segment: Segment, reduced: Reduced, reader: Reader) -> None:
    dates = _dates(discount, segment)
    reduced.discounts.append({"kind": discount.name, "percent": written(discount.number), **dates})
    if "starts_on" not in dates:
        reduced.net = reduced.net.scaled(1 - discount.number / _HUNDRED)
    if dates and not discount.fields.value.get("applyToBillingPeriodPartially"):
        reader.note(
            f"discount {discount.name} counts for whole billing periods in Zuora, and is read by its dates: {_told(dates)}"
        )


def _by_amount(
    discount: Discount, segment: Segment, segments: Sequence[Segment], reduced: Reduced, reader: Reader, *, mixed: bool
) -> None:
    each = None if mixed else _per_unit(discount, segment, segments)
    if each is None:
        _say(
            discount, reader,
            f"takes {written(discount.number)} {reader.currency} off each of its periods, which is no amount per unit of a charge: "
            "it is not in the net prices",
            "discountAmount",
        )  # fmt: skip
        return
    dates = _dates(discount, segment)
    _, parts = _parts(segment.price)
    reduced.discounts.append({"kind": discount.name, "amount": written(each / parts), **dates})
    if "starts_on" not in dates and reduced.net.unit is not None:
        reduced.net = _less(reduced.net, each)


def _per_unit(discount: Discount, segment: Segment, segments: Sequence[Segment]) -> Decimal | None:
    """The amount for each unit and the time that the price pays for; None where that is not exact or not so."""
    price, quantity = segment.price, segment.price.quantity
    others = {each.number for each in segments if discount.is_for(each)}
    if len(others) != 1 or price.model not in {"flat", "per_unit"} or price.charge_type == "usage" or not quantity:
        return None
    if price.unit is None or discount.months != price.billing_months or price.billing_months != price.months:
        return None
    units = Decimal(1) if price.model == "flat" else quantity
    each = cut(discount.number / units)
    _, parts = _parts(price)
    exact = each * units == discount.number and cut(each / parts) * parts == each
    return each if exact and each <= price.unit else None


def _parts(price: Price) -> tuple[str | None, Decimal]:
    scaled, period = price.per_period()
    if not price.unit or not scaled.unit:
        return period, Decimal(1)
    return period, price.unit / scaled.unit


def _less(price: Price, each: Decimal) -> Price:
    unit = price.unit or Decimal(0)
    return price.scaled((unit - each) / unit) if unit and cut(unit * ((unit - each) / unit)) == unit - each else price


def _dates(discount: Discount, segment: Segment) -> dict[str, str]:
    """When the discount holds within the segment: what is the same as the segment's own is not said."""
    found: dict[str, str] = {}
    if _later(discount.dates.start, segment.dates.start):
        found["starts_on"] = iso(discount.dates.start) or ""
    end = discount.dates.end
    if end is not None and (segment.dates.end is None or end < segment.dates.end):
        found["ends_on"] = end.isoformat()
    return found


def _later(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one > other


def _told(dates: dict[str, str]) -> str:
    return ", ".join(f"{'from' if name == 'starts_on' else 'to'} {day}" for name, day in dates.items())


def _say(discount: Discount, reader: Reader, text: str, name: str) -> None:
    reader.say(discount.fields, name, discount.fields.value.get(name), "discount", f"discount {discount.name}: {text}")
