"""The catalog: what the company sells, at which list prices, above which floors, and how billing knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeModel, ChargeType, PricePeriod

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """A dated set of list prices in one currency. `effective_to` is the last day; None is still in force."""

    price_book: str
    currency: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPrice:
    """What a product costs in one price book, and the limits that the company sets around that price.

    `segment` None is for every segment; a price that names the account's segment goes before it. All amounts are per
    unit and `price_period`, in the price book's currency.
    """

    price_book: str
    price_period: PricePeriod
    segment: str | None = None
    list_unit_price: Decimal | None = None
    floor_price: Decimal | None = None
    unit_cost: Decimal | None = None
    ssp_low: Decimal | None = None
    ssp_high: Decimal | None = None
    overage_unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A product that must be on the same quote, for a segment and from a deal size (ACV in the quote's currency) on."""

    product_id: str
    segment: str | None = None
    minimum_acv: Decimal | None = None
    minimum_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingMapping:
    """How billing knows the product: without a charge template it cannot be invoiced."""

    charge_template: str
    gl_code: str | None = None
    tax_code: str | None = None
    meter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One thing for sale. `expected_usage_percent` is the family's median usage, in percent of the allowance."""

    product_id: str
    name: str | None = None
    family: str | None = None
    charge_type: ChargeType | None = None
    charge_model: ChargeModel | None = None
    unit_of_measure: str | None = None
    included_quantity: Decimal | None = None
    metered: bool = False
    expected_usage_percent: Decimal | None = None
    prices: tuple[CatalogPrice, ...] = ()
    requires: tuple[Companion, ...] = ()
    billing: BillingMapping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A discount by name that the company lets run for `duration_months` only."""

    kind: str
    duration_months: int
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All products, price books and promotions, by id."""

    products: Mapping[str, Product]
    price_books: Mapping[str, PriceBook] = field(default_factory=dict)
    promotions: Mapping[str, Promotion] = field(default_factory=dict)
    simulated: bool = False

    def price(self, product_id: str, price_book: str | None, segment: str | None) -> CatalogPrice | None:
        """The price of a product in a price book, the segment's own before the general one; None where there is none."""
        product = self.products.get(product_id)
        if product is None or price_book is None:
            return None
        general = None
        for price in product.prices:
            if price.price_book == price_book:
                if price.segment is not None and price.segment == segment:
                    return price
                if price.segment is None:
                    general = price
        return general
