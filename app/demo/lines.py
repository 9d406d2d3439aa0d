"""The lines of a quote: each product in the shape in which Northlight sells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from app.demo.altered import altered
from app.demo.randomness import around, between
from app.demo.shelf import Shelf, in_currency
from policies.domain.catalog import CatalogPrice, Product
from policies.domain.charge import (
    ChargeType,
    Discount,
    Drawdown,
    Line,
    MinimumCommitment,
    Package,
    Percentage,
    PricePeriod,
    QuantityBasis,
    Tier,
)
from policies.domain.period import Period

ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
_THOUSAND: Final = Decimal(1000)
_RATE: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")
_SEATS: Final[Mapping[str, tuple[float, int, int]]] = MappingProxyType(
    {"smb": (22, 5, 90), "midmarket": (130, 40, 500), "enterprise": (700, 200, 4000)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What all lines of one quote share: where prices come from, for whom, and how far they are discounted."""

    shelf: Shelf
    rng: Random
    book: str
    currency: str
    segment: str
    term: Period
    discount: int
    services_discount: int

    def line(self, product_id: str, line_id: str) -> Line:
        """One line of the product, at its list price less the discount that its family gets."""
        product = self.shelf.product(product_id)
        price = self.shelf.price(product_id, self.book, self.segment)
        terms = _SHAPES.get(product_id, _subscription)(self, _Offer(product, price))
        return Line(
            line_id=line_id,
            product_id=product_id,
            product_name=product.name,
            product_family=product.family,
            charge_type=product.charge_type or ChargeType.RECURRING,
            charge_model=product.charge_model,
            unit_of_measure=product.unit_of_measure,
            price_period=price.price_period if price is not None else PricePeriod.MONTH,
            **terms,
        )


@dataclass(frozen=True, slots=True)
class _Offer:
    """A product and what it costs, on the way to become a line."""

    product: Product
    price: CatalogPrice | None

    @property
    def list_price(self) -> Decimal:
        """The list price; only products that have one in every book ask for it."""
        price = self.price.list_unit_price if self.price is not None else None
        if price is None:
            raise LookupError(f"{self.product.product_id} has no list price")
        return price


@lru_cache(maxsize=8192)
def discounted(list_price: Decimal, percent: Decimal | int, currency: str) -> Decimal:
    """A list price less a percentage, as a price is written."""
    net = list_price * (HUNDRED - percent) / HUNDRED
    return price_rounded(net, list_price, currency)


def price_rounded(price: Decimal, like: Decimal, currency: str) -> Decimal:
    """A price in minor units, or in six decimals where `like`, which it is derived from, is a rate for use."""
    quantum = ONE if currency == "JPY" else _CENT
    if like < ONE or like != like.quantize(quantum, ROUND_HALF_UP):
        quantum = _RATE
    return plain_number(price.quantize(quantum, ROUND_HALF_UP))


def plain_number(number: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent."""
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else number


_Terms: TypeAlias = dict[str, Any]


def _priced(shop: Shop, offer: _Offer) -> _Terms:
    """The price terms of a product that has a list price."""
    percent = shop.services_discount if offer.product.family == "Services" else shop.discount
    terms: _Terms = {
        "list_unit_price": offer.list_price,
        "net_unit_price": discounted(offer.list_price, percent, shop.currency),
    }
    if percent:
        terms["discounts"] = (Discount(kind="negotiated", percent=Decimal(percent)),)
    if offer.price is not None and offer.price.unit_cost is not None:
        terms["unit_cost"] = offer.price.unit_cost
    return terms


def _sold(shop: Shop, offer: _Offer, quantity: Decimal) -> _Terms:
    return _priced(shop, offer) | {"quantity": quantity}


def _used(shop: Shop, offer: _Offer) -> _Terms:
    """Use at a price for each unit. Prepaid credit that it burns is added by `with_packs`."""
    return _priced(shop, offer) | {"quantity_basis": QuantityBasis.SUM}


def _subscription(shop: Shop, offer: _Offer) -> _Terms:
    return _sold(shop, offer, ONE)


def _seat(shop: Shop, offer: _Offer) -> _Terms:
    """Seats; most contracts include the seats sold and price the next one."""
    seats = Decimal(_people(shop))
    terms = _sold(shop, offer, seats) | {"quantity_basis": QuantityBasis.PEAK}
    if shop.rng.random() < 0.6 and offer.price is not None:
        terms |= {"included_quantity": seats, "overage_unit_price": offer.price.overage_unit_price}
    return terms


def _add_on_seat(shop: Shop, offer: _Offer) -> _Terms:
    return _sold(shop, offer, Decimal(_people(shop)))


def _people(shop: Shop) -> int:
    median, low, high = _SEATS[shop.segment]
    return max(low, min(high, round(around(shop.rng, median, 0.6))))


def _few(shop: Shop, offer: _Offer) -> _Terms:
    return _sold(shop, offer, Decimal(between(shop.rng, 1, 4)))


def _packs(shop: Shop, offer: _Offer) -> _Terms:
    return _sold(shop, offer, Decimal(between(shop.rng, 2, 12)))


def _allowance(shop: Shop, offer: _Offer) -> _Terms:
    """A fee with an allowance and a price for what goes beyond it."""
    return _sold(shop, offer, ONE) | {
        "included_quantity": offer.product.included_quantity,
        "overage_unit_price": offer.price.overage_unit_price if offer.price is not None else None,
        "quantity_basis": QuantityBasis.SUM,
    }


def _graduated(_shop: Shop, offer: _Offer) -> _Terms:
    return {"tiers": _graduated_tiers(offer.list_price), "quantity_basis": QuantityBasis.PEAK}


@lru_cache(maxsize=64)
def _graduated_tiers(price: Decimal) -> tuple[Tier, ...]:
    return (
        Tier(up_to=Decimal(1000), unit_price=price),
        Tier(up_to=Decimal(10000), unit_price=plain_number(price * Decimal("0.8"))),
        Tier(up_to=None, unit_price=plain_number(price * Decimal("0.6"))),
    )


def _volume(_shop: Shop, offer: _Offer) -> _Terms:
    return {"tiers": _volume_tiers(offer.list_price), "quantity_basis": QuantityBasis.SUM}


@lru_cache(maxsize=64)
def _volume_tiers(price: Decimal) -> tuple[Tier, ...]:
    """All messages at the price of the tier reached; its fee makes up for what the tiers below would have cost more."""
    step = price * Decimal("0.2")
    return (
        Tier(up_to=Decimal(10_000), unit_price=price),
        Tier(up_to=Decimal(100_000), unit_price=plain_number(price - step), flat_fee=plain_number(step * 10_000)),
        Tier(up_to=None, unit_price=plain_number(price - 2 * step), flat_fee=plain_number(step * 110_000)),
    )


def _blocks(shop: Shop, offer: _Offer) -> _Terms:
    return _used(shop, offer) | {"package": Package(size=_THOUSAND)}


def _steps(shop: Shop, _offer: _Offer) -> _Terms:
    fees = [in_currency(dollars, shop.currency) for dollars in (500, 1500, 4000)]
    bounds = (Decimal(50), Decimal(200), None)
    tiers = tuple(Tier(up_to=up_to, flat_fee=fee) for up_to, fee in zip(bounds, fees, strict=True))
    return {"tiers": tiers, "quantity_basis": QuantityBasis.PEAK}


def _share(shop: Shop, _offer: _Offer) -> _Terms:
    percentage = Percentage(
        rate_percent=Decimal("0.8") if shop.segment == "smb" else Decimal("0.5"),
        fixed_amount=in_currency(25, shop.currency),
        free_amount=in_currency(10_000, shop.currency),
    )
    return {"percentage": percentage, "quantity_basis": QuantityBasis.SUM}


def _commitment(shop: Shop, offer: _Offer) -> _Terms:
    """Usage with an amount that is owed every year, used or not."""
    amount = in_currency(between(shop.rng, 4, 30) * 1000, shop.currency)
    commitment = MinimumCommitment(amount=amount, period=PricePeriod.YEAR, true_up=True)
    return _used(shop, offer) | {"minimum_commitment": commitment}


def with_packs(lines: list[Line], shop: Shop) -> list[Line]:
    """The lines, with as many packs of credit as the prepaid line may burn until the end of the term."""
    packs = next((line for line in lines if line.product_id == "CREDIT-PACK"), None)
    if packs is None:
        return lines
    worth = (packs.list_unit_price or ONE) * (packs.quantity or ONE)
    drawdown = Drawdown(credit_amount=worth, expires_on=shop.term.last_day)
    return [altered(line, drawdown=drawdown) if line.product_id == "AI-CREDITS" else line for line in lines]


_SHAPES: Final[Mapping[str, Callable[[Shop, _Offer], _Terms]]] = MappingProxyType(
    {
        "SEAT": _seat,
        "ANALYTICS": _add_on_seat,
        "SANDBOX": _few,
        "TRAINING": _few,
        "API-CALLS": _allowance,
        "STORAGE-GB": _graduated,
        "MESSAGES": _volume,
        "SMS-PACK": _blocks,
        "DEVICES": _steps,
        "PAYMENTS": _share,
        "EVENTS-COMMIT": _commitment,
        "AI-CREDITS": _used,
        "CREDIT-PACK": _packs,
        "ADVISORY": _used,
    }
)
