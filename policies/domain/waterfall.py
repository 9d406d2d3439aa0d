"""The way from the list price to the net price: discounts in the order in which they are recorded.

Order decides: 20 % and then $10 off $100 is $70, $10 and then 20 % is $72. No step goes below zero.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Change
from policies.domain.money import WIDE, has_too_many_decimals, minor_unit, plain, round_to_currency

if TYPE_CHECKING:
    from policies.domain.charge import Discount, Line

HUNDRED: Final = Decimal(100)
ZERO: Final = Decimal(0)
_FOUR_DECIMALS: Final = Decimal("0.0001")
_TWO_DECIMALS: Final = Decimal("0.01")


def price_after(price: Decimal, discounts: Sequence[Discount]) -> Decimal:
    """The unit price that is left of `price` after the discounts, one after the other."""
    for discount in discounts:
        if discount.percent is not None:
            price = price * (HUNDRED - discount.percent) / HUNDRED
        elif discount.amount is not None:
            price -= discount.amount
        price = max(ZERO, price)
    return price


def percent_off(price: Decimal, left: Decimal) -> Decimal:
    """The discount in percent that leaves `left` of a price other than zero; negative for a surcharge."""
    return (price - left) * HUNDRED / price


def readable(percent: Decimal) -> Decimal:
    """The percentage as a sentence has it: two decimals at most."""
    return Decimal(plain(percent.quantize(_TWO_DECIMALS, ROUND_HALF_UP, WIDE)))


def active_at(line: Line, day: date | None) -> tuple[Discount, ...]:
    """The discounts that are already running on the day the line starts; a net unit price contains just these."""
    if day is None:
        return line.discounts
    return tuple(each for each in line.discounts if each.starts_on is None or each.starts_on <= day)


def explains(line: Line, list_price: Decimal, discounts: Sequence[Discount], currency: str) -> bool:
    """Whether list price and discounts give the line's net unit price, but for the rounding of that price."""
    if line.net_unit_price is None:
        return False
    return abs(price_after(list_price, discounts) - line.net_unit_price) < minor_unit(currency)


def repriced(
    line: Line, index: int, *, list_price: Decimal, target: Decimal, currency: str, kept: Collection[str] = ()
) -> tuple[Change, ...]:
    """The edits that bring a line's net unit price up to `target`, and its recorded discounts along with it.

    The last discount gives way first. Kinds in `kept` stay as they are, as do discounts that do not explain the price
    in the first place.
    """
    price_path = f"/lines/{index}/net_unit_price"
    own_list = line.list_unit_price or list_price
    if not line.discounts or not explains(line, own_list, line.discounts, currency):
        return (Change(path=price_path, value=target),)
    discounts = _raised_to(target, own_list, line.discounts, kept)
    price = price_after(own_list, discounts)
    if not has_too_many_decimals(target, currency):
        price = round_to_currency(price, currency)
    edits = [
        _edit(f"/lines/{index}/discounts/{position}", after)
        for position, (before, after) in enumerate(zip(line.discounts, discounts, strict=True))
        if before != after
    ]
    return (Change(path=price_path, value=max(price, target)), *edits)


def _raised_to(
    target: Decimal, list_price: Decimal, discounts: Sequence[Discount], kept: Collection[str]
) -> tuple[Discount, ...]:
    """The discounts, the last of them reduced until at least `target` is left."""
    changed = list(discounts)
    for position in reversed(range(len(changed))):
        if changed[position].kind in kept:
            continue
        now = price_after(list_price, changed)
        if now >= target:
            break
        whole = changed[position]
        changed[position] = _scaled(whole, ZERO)
        price = price_after(list_price, changed)
        if price > target:
            share = (price - target) / (price - now)
            changed[position] = _scaled(whole, share)
            if price_after(list_price, changed) < target:
                changed[position] = _scaled(whole, share, ROUND_FLOOR)
    return tuple(changed)


def _scaled(discount: Discount, share: Decimal, rounding: str = ROUND_HALF_UP) -> Discount:
    """The discount at a share of its size, in at most four decimals."""
    if discount.percent is not None:
        return replace(discount, percent=_rounded(discount.percent * share, rounding))
    return replace(discount, amount=_rounded((discount.amount or ZERO) * share, rounding))


def _rounded(number: Decimal, rounding: str) -> Decimal:
    return Decimal(plain(number.quantize(_FOUR_DECIMALS, rounding, WIDE)))


def _edit(path: str, discount: Discount) -> Change:
    if discount.percent is not None:
        return Change(path=f"{path}/percent", value=discount.percent)
    return Change(path=f"{path}/amount", value=discount.amount)
