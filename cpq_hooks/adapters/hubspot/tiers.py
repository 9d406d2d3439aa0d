"""HubSpot's tiered prices: two lists as text, of which the second points into the first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.hubspot.reading import Reader
from cpq_hooks.reading import Malformed, read_json
from cpq_hooks.vendor_fields import Fields

MODELS: Final = ("volume", "graduated", "stairstep")
_DEEPEST: Final = 4


class Tier:
    """One tier: where it ends, and the price of a unit in it, or the fee for it as such where the model is stairstep."""

    __slots__ = ("price", "starts_at", "up_to")

    def __init__(self, starts_at: Decimal | None, up_to: Decimal | None, price: Decimal) -> None:
        self.starts_at, self.up_to, self.price = starts_at, up_to, price


def tiers_of(fields: Fields, reader: Reader) -> list[Tier]:
    """The tiers of a line item in the document's currency; none, and a problem noted, where they cannot be read."""
    ranges = _listed(fields, "hs_tier_ranges")
    prices = _prices(fields, reader)
    found: list[Tier] = []
    before: Decimal | None = None
    for position, each in enumerate(ranges):
        price = prices.get(position)
        if price is None:
            fields.ledger.refuse(
                (*fields.path, "hs_tier_prices"), "no_price",
                f"the tier at index {position} has no price in {reader.currency or 'the currency of the quote'}",
            )  # fmt: skip
            return []
        start, end = _number(each, "start"), _number(each, "end")
        found.append(Tier(_own_start(start, before, position), end, price))
        before = end
    return found


def _own_start(start: Decimal | None, before: Decimal | None, position: int) -> Decimal | None:
    """Where a tier says that it begins, if that is not where the one before it ends: the gap is for a policy to report."""
    if start is None or (position == 0 and start <= 1):
        return None
    follows = before is not None and start in {before, before + 1}
    return None if follows else start


def _prices(fields: Fields, reader: Reader) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for each in _listed(fields, "hs_tier_prices"):
        index, price = _number(each, "index"), _number(each, "price")
        if str(each.get("currency") or reader.currency).upper() != reader.currency:
            continue
        if index is None or price is None or index != int(index):
            fields.ledger.refuse((*fields.path, "hs_tier_prices"), "type", "each price needs a whole index and a price")
            return {}
        found[int(index)] = price
    return found


def _listed(fields: Fields, name: str) -> list[Mapping[str, Any]]:
    text = fields.raw(name)
    found = text
    if isinstance(text, str):
        try:
            found = read_json(text.encode("utf-8", "surrogatepass"), max_depth=_DEEPEST)
        except Malformed:
            found = None
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        fields.ledger.refuse((*fields.path, name), "type", "a list of objects, written as JSON, is wanted here")
        return []
    return found


def _number(each: Mapping[str, Any], name: str) -> Decimal | None:
    value = each.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
