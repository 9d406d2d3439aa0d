"""A customer's coupons in Lago, which come off every invoice of theirs: how much, on what, and for how many billing periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Rate, Reading, cut, written

_HUNDRED: Final = Decimal(100)
_HARMLESS: Final = (
    "lago_id", "lago_coupon_id", "lago_customer_id", "external_customer_id", "coupon_name", "created_at", "updated_at", "credits",
    "amount_cents_remaining", "frequency_duration_remaining", "status", "id", "local_id", "type", "name", "description", "code",
)  # fmt: skip
_HARMLESS_OF_COUPON: Final = (
    "lago_id", "name", "code", "description", "amount_cents", "amount_currency", "expiration", "percentage_rate", "frequency",
    "frequency_duration", "coupon_type", "reusable", "created_at", "terminated_at", "expiration_at", "limited_plans",
    "limited_billable_metrics",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One coupon in use. `plans` and `metrics` are those that it is for; None is all."""

    name: str
    fields: Fields
    percent: Decimal | None
    amount: Decimal | None
    frequency: str
    periods: int | None
    starts: datetime | None
    plans: frozenset[str] | None
    metrics: frozenset[str] | None

    def is_for(self, plan: str | None, metric: str | None) -> bool:
        by_metric = self.metrics is None or (metric is not None and metric in self.metrics)
        return by_metric and (self.plans is None or plan in self.plans)


def applied(uses: Iterable[Fields], known: Iterable[Fields], reading: Reading) -> tuple[Coupon, ...]:
    """The coupons that a customer has. `known` are the coupons themselves, for what they are limited to."""
    by_code = {}
    for each in known:
        each.harmless(*_HARMLESS_OF_COUPON)
        by_code[str(each.value.get("code"))] = each
    found = []
    for use in uses:
        use.harmless(*_HARMLESS, "expiration_at")
        if use.raw("terminated_at") is not None or use.value.get("status") == "terminated":
            continue
        code = use.text("coupon_code") or use.text("code") or "coupon"
        coupon = coupon_of(use, code, by_code.get(code), reading)
        found += [coupon] if coupon is not None else []
    return tuple(found)


def coupon_of(use: Fields, code: str, coupon: Fields | None, reading: Reading) -> Coupon | None:
    """One coupon; None, and a word on it, where it is in another currency."""
    percent, amount = use.number("percentage_rate"), reading.cents(use, "amount_cents")
    own = (use.text("amount_currency") or use.text("currency") or reading.currency).upper()
    if percent is None and own != reading.currency:
        reading.say(
            use,
            "amount_currency",
            own,
            "discount",
            f"coupon {code} is in {own} and takes nothing off {reading.currency}",
        )
        return None
    frequency = use.text("frequency") or "once"
    return Coupon(
        name=code, fields=use, percent=percent, amount=None if percent is not None else amount,
        frequency=frequency, periods=1 if frequency == "once" else use.whole("frequency_duration"),
        starts=reading.moment(Fields({"at": use.value.get("created_at")}, use.ledger, use.path), "at"),
        plans=_codes(coupon, "plan_codes"), metrics=_codes(coupon, "billable_metric_codes"),
    )  # fmt: skip


def _codes(coupon: Fields | None, name: str) -> frozenset[str] | None:
    listed = None if coupon is None else coupon.raw(name)
    return frozenset(map(str, listed)) if isinstance(listed, list) and listed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What a coupon is set off against: the charge's plan and metric, its quantity, and whether it is alone on its invoice."""

    plan: str | None
    metric: str | None
    quantity: Decimal | None
    start: datetime | None
    alone: bool


def reduce(
    rate: Rate, coupons: Sequence[Coupon], charged: Charged, reading: Reading
) -> tuple[Rate, list[dict[str, Any]]]:
    """The rate with what its coupons take off, and the coupons as discounts. One that begins later is in the list alone."""
    discounts: list[dict[str, Any]] = []
    for coupon in coupons:
        if not coupon.is_for(charged.plan, charged.metric) or (coupon.percent is None and not coupon.amount):
            continue
        off = None if coupon.percent is not None else _per_unit(coupon, rate, charged)
        if coupon.percent is None and off is None:
            reading.say(
                coupon.fields, "amount_cents", written(coupon.amount), "discount",
                f"coupon {coupon.name} takes {written(coupon.amount)} {reading.currency} off the customer's invoices, which is no amount "
                "per unit: it is not in the net prices",
            )  # fmt: skip
            continue
        late = (
            coupon.starts is not None
            and charged.start is not None
            and coupon.starts - charged.start > timedelta(days=1)
        )
        starts_on = coupon.starts.date().isoformat() if late and coupon.starts is not None else None
        discounts.append(
            {
                "kind": coupon.name,
                "percent": written(coupon.percent),
                "amount": written(off),
                "starts_on": starts_on,
                "periods": coupon.periods,
            }
        )
        if not late:
            rate = _lowered(rate, coupon.percent, off)
    return rate, discounts


def _lowered(rate: Rate, percent: Decimal | None, off: Decimal | None) -> Rate:
    if percent is not None:
        return rate.scaled(1 - percent / _HUNDRED)
    price = None if rate.unit_price is None or off is None else rate.unit_price - off
    return Rate(model=rate.model, unit_price=price, steps=rate.steps, package=rate.package)


def _per_unit(coupon: Coupon, rate: Rate, charged: Charged) -> Decimal | None:
    """An amount off an invoice as one off each unit; None where that is not exact or not so."""
    price, amount, quantity = rate.unit_price, coupon.amount, charged.quantity
    if amount is None or price is None or rate.steps or not quantity or not charged.alone:
        return None
    each = cut(amount / quantity)
    return each if each * quantity == amount and each <= price else None
