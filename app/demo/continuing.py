"""The lines of deals that continue a contract: renewals at the promised price, amendments for more of the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.demo.altered import altered
from app.demo.lines import Shop, price_rounded
from app.demo.randomness import between
from policies.domain.charge import Line

if TYPE_CHECKING:
    from policies.domain.catalog import CatalogPrice

_HUNDRED: Final = Decimal(100)


def renewed(line: Line, uplift_percent: Decimal, seats_deployed: Decimal | None, shop: Shop) -> Line:
    """The line at the price that the contract promised: its last price, uplifted; and at least the seats in use.

    What was wrong with the line in the contract before is put right.
    """
    price = shop.shelf.price(line.product_id, shop.book, shop.segment)
    list_price = price.list_unit_price if price is not None else line.list_unit_price
    changes: dict[str, object] = {"discounts": (), "list_unit_price": list_price if line.net_unit_price else None}
    if line.net_unit_price is not None and list_price is not None:
        uplifted = line.net_unit_price * (_HUNDRED + uplift_percent) / _HUNDRED
        changes["net_unit_price"] = _within_limits(price_rounded(uplifted, list_price, shop.currency), price)
    if price is not None and line.unit_cost is not None:
        changes["unit_cost"] = price.unit_cost
    if line.product_id == "SEAT" and line.quantity is not None:
        seats = max(line.quantity, seats_deployed or line.quantity)
        changes["quantity"] = seats
        changes["included_quantity"] = seats if line.included_quantity is not None else None
    if line.drawdown is not None:
        changes["drawdown"] = replace(line.drawdown, expires_on=shop.term.last_day)
    return altered(line, **changes, **_repairs(line, price))


def _repairs(line: Line, price: CatalogPrice | None) -> dict[str, object]:
    """What a contract with a defect should have said: an overage price, a true-up, an open last tier."""
    repairs: dict[str, object] = {}
    if line.included_quantity is not None and line.overage_unit_price is None and price is not None:
        repairs["overage_unit_price"] = price.overage_unit_price
    if line.minimum_commitment is not None and not line.minimum_commitment.true_up:
        repairs["minimum_commitment"] = replace(line.minimum_commitment, true_up=True)
    if line.tiers and line.tiers[-1].up_to is not None:
        repairs["tiers"] = (*line.tiers[:-1], replace(line.tiers[-1], up_to=None))
    return repairs


def _within_limits(net: Decimal, price: CatalogPrice | None) -> Decimal:
    """A renewal price that an earlier defect carried under the floor, or beyond the selling range, is put right."""
    if price is not None and price.floor_price is not None:
        net = max(net, price.floor_price)
    if price is not None and price.ssp_high is not None:
        net = min(net, price.ssp_high)
    return net


def amended(lines: Sequence[Line], shop: Shop) -> tuple[Line, ...]:
    """More of a line that is sold by the unit, at its price."""
    line = amendable(lines)
    if line is None or line.quantity is None:
        raise LookupError("only a contract with a line that is sold by the unit is amended")
    line = altered(line, quantity=line.quantity + max(1, int(line.quantity * between(shop.rng, 10, 40) / 100)))
    price = shop.shelf.price(line.product_id, shop.book, shop.segment)
    if price is None or price.list_unit_price == line.list_unit_price:
        return (line,)
    return (altered(line, list_unit_price=price.list_unit_price, unit_cost=price.unit_cost, discounts=()),)


def amendable(lines: Sequence[Line]) -> Line | None:
    """The first line of which a customer may buy more within the term, plainly: by the unit, at one price, whatever the use."""
    for line in lines:
        plain = not (line.ramp or line.uplift_percent or has_end(line)) and line.included_quantity is None
        if plain and line.product_id in ("SEAT", "ANALYTICS"):
            return line
    return None


def has_end(line: Line) -> bool:
    """Whether a discount of the line runs out within its term."""
    return any(not each.is_open_ended for each in line.discounts)
