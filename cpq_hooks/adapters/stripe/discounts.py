"""Stripe's coupons as discounts: how much, on what, and for how long, made plain where Stripe leaves it to be known.

A coupon by percentage is one of each line's price. A coupon by amount takes that much off a whole invoice; it is one per
unit only where it is on one charge and divides evenly. What cannot be expressed is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.stripe.prices import Price
from cpq_hooks.adapters.stripe.reading import Reader, identity, last_day, written
from cpq_hooks.vendor_fields import Fields

_HUNDRED: Final = Decimal(100)
_EXACT: Final = Decimal("1e-12")
_LARGE: Final = Decimal("1e15")
_HARMLESS: Final = (
    "id", "object", "promotion_code", "customer", "customer_account", "subscription", "subscription_item", "invoice",
    "invoice_item", "checkout_session",
)  # fmt: skip
_HARMLESS_OF_COUPON: Final = (
    "id", "object", "created", "livemode", "max_redemptions", "metadata", "name", "redeem_by", "times_redeemed", "valid",
    "percent_off_precise", "currency_options", "deleted",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One coupon in use. `products` are those that it is for (None: all), `months` how long a repeating one lasts."""

    name: str
    fields: Fields
    percent: Decimal | None
    amount: Decimal | None
    duration: str
    months: int | None
    products: frozenset[str] | None
    starts: datetime | None
    ends: datetime | None

    def is_for(self, price: Fields) -> bool:
        return self.products is None or identity(price.value.get("product")) in self.products


def coupons_of(holder: Fields, reader: Reader) -> tuple[Coupon, ...]:
    """The coupons of an object: its `discounts`, or the one `discount` of older versions."""
    found: list[Coupon] = []
    listed = holder.value.get("discounts")
    if isinstance(listed, list):
        for position, each in enumerate(listed):
            path = (*holder.path, "discounts", position)
            if isinstance(each, str):
                holder.ledger.refuse(path, "not_expanded", "the discount itself is wanted here: expand discounts")
            elif isinstance(each, dict):
                found.extend(_coupon(Fields(each, holder.ledger, path), reader))
        holder.harmless("discount")
    elif isinstance(holder.value.get("discount"), dict):
        single = holder.object("discount")
        found.extend(_coupon(single, reader) if single is not None else ())
    elif isinstance(holder.value.get("coupon"), dict):
        found.extend(_coupon(holder, reader))
    return tuple(found)


def _coupon(use: Fields, reader: Reader) -> Iterable[Coupon]:
    source = use.object("source") if use.has("source") else None
    holder = use if use.has("coupon") or source is None else source
    if source is not None:
        source.harmless("type")
    inner = use.object("discount") if isinstance(use.value.get("discount"), dict) else None
    if inner is not None and not use.has("coupon"):
        yield from _coupon(inner, reader)
        return
    use.harmless("discount")
    if not isinstance(holder.value.get("coupon"), dict):
        if any(value not in (None, {}, []) for name, value in use.value.items() if name not in {"object", "id"}):
            use.ledger.refuse(
                (*holder.path, "coupon"), "not_expanded", "the coupon itself is wanted here and not its id: expand it"
            )
        return
    if holder is not use:
        use.harmless("coupon")
    use.harmless(*_HARMLESS)
    coupon = holder.object("coupon")
    if coupon is not None:
        yield _read(coupon, use, reader)


def _read(coupon: Fields, use: Fields, reader: Reader) -> Coupon:
    coupon.harmless(*_HARMLESS_OF_COUPON)
    applies = coupon.object("applies_to")
    listed = applies.raw("products") if applies is not None else None
    return Coupon(
        name=str(coupon.value.get("name") or coupon.value.get("id") or "coupon"),
        fields=coupon,
        percent=coupon.number("percent_off"),
        amount=_amount(coupon, reader),
        duration=coupon.text("duration") or "forever",
        months=coupon.whole("duration_in_months"),
        products=frozenset(map(str, listed)) if isinstance(listed, list) else None,
        starts=reader.stamp(use, "start"),
        ends=reader.stamp(use, "end"),
    )


def _amount(coupon: Fields, reader: Reader) -> Decimal | None:
    own = (coupon.text("currency") or reader.currency).upper()
    minor = coupon.number("amount_off")
    if minor is None or own == reader.currency:
        return None if minor is None else reader.major(minor)
    options = coupon.value.get("currency_options")
    chosen = options.get(reader.currency.lower()) if isinstance(options, dict) else None
    if isinstance(chosen, dict) and isinstance(chosen.get("amount_off"), int):
        return reader.major(Decimal(chosen["amount_off"]))
    reader.say(
        coupon, "currency", own, "discount", f"a coupon of {own} takes nothing off an invoice in {reader.currency}"
    )
    return None


@dataclass(slots=True, kw_only=True)
class Reduced:
    """A line's price with its discounts: what is multiplied, what is taken off per unit, and the discounts themselves."""

    factor: Decimal = Decimal(1)
    off: Decimal = Decimal(0)
    discounts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What a coupon's effect depends on: the charge's first moment and quantity, and whether it is alone on its invoice."""

    price: Price
    price_fields: Fields
    quantity: Decimal | None
    start: datetime | None
    alone: bool


def reduce(coupons: Iterable[Coupon], placing: Placing, reader: Reader) -> Reduced:
    """What a line's coupons come to. Those in force at its start are contained in the net price, as the canonical form wants."""
    found = Reduced()
    for coupon in coupons:
        if not coupon.is_for(placing.price_fields) or (coupon.percent is None and coupon.amount is None):
            continue
        off = None if coupon.percent is not None else _per_unit(coupon, placing)
        if coupon.percent is None and off is None:
            reader.say(
                coupon.fields, "amount_off", written(coupon.amount), "discount",
                f"coupon {coupon.name} takes {written(coupon.amount)} {reader.currency} off each invoice, "
                "which is no amount per unit: it is not in the net price",
            )  # fmt: skip
            continue
        dates = _dates(coupon, placing, reader)
        found.discounts.append(
            {"kind": coupon.name, "percent": written(coupon.percent), "amount": written(off), **dates}
        )
        if _is_late(dates, placing):
            continue
        if coupon.percent is not None:
            share = 1 - coupon.percent / _HUNDRED
            found.factor, found.off = found.factor * share, found.off * share
        else:
            found.off += off or Decimal(0)
    return found


def _per_unit(coupon: Coupon, placing: Placing) -> Decimal | None:
    """An amount off an invoice as one off each unit and price period; None where that is not exact or not so."""
    price, quantity, amount = placing.price, placing.quantity, coupon.amount
    if amount is None or not placing.alone or price.is_metered or price.model != "per_unit" or not quantity:
        return None
    _, parts = price.period()
    each = cut(amount / quantity / parts)
    covers = price.unit_price is not None and price.unit_price >= amount / quantity
    return each if each * quantity * parts == amount and covers else None


def cut(number: Decimal) -> Decimal:
    """The number with at most twelve decimals; one of more digits than that leaves room for is left as it is."""
    return number.quantize(_EXACT) if abs(number) < _LARGE else number


def _dates(coupon: Coupon, placing: Placing, reader: Reader) -> dict[str, Any]:
    """When a discount holds. One that repeats takes its share off every invoice made meanwhile, whole periods of service.

    So its months become billing periods where it starts with the charge: three months on an annual price are one year.
    """
    months = placing.price.months
    if months == 0:
        return {}
    late = _starts_late(coupon, placing)
    starts_on = coupon.starts.date().isoformat() if late and coupon.starts is not None else None
    if coupon.duration == "once":
        return {"starts_on": starts_on, "periods": 1}
    if coupon.duration != "repeating":
        return {"starts_on": starts_on, **_ends_on(coupon)}
    if not late and months and coupon.months:
        return {"periods": -(-coupon.months // months)}
    reader.note(
        f"coupon {coupon.name} takes its share off whole invoices; its dates here are those in which they are made"
    )
    return {"starts_on": starts_on, **_ends_on(coupon)}


def _ends_on(coupon: Coupon) -> dict[str, Any]:
    if coupon.ends is None:
        return {}
    start = coupon.starts or coupon.ends
    return {"ends_on": last_day(min(start, coupon.ends), coupon.ends).isoformat()}


def _starts_late(coupon: Coupon, placing: Placing) -> bool:
    if coupon.starts is None or placing.start is None:
        return False
    return coupon.starts - placing.start > timedelta(days=1)


def _is_late(dates: dict[str, Any], placing: Placing) -> bool:
    starts_on = dates.get("starts_on")
    return starts_on is not None and placing.start is not None and date.fromisoformat(starts_on) > placing.start.date()
