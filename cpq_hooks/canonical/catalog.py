"""The schema of catalog.yaml: what the company sells, at which list prices, above which floors, and how billing knows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cpq_hooks.canonical.fields import Choice, Currency, Flag, Text
from cpq_hooks.canonical.files import FileRecord, Share, Word
from cpq_hooks.canonical.line import ends_after_start
from cpq_hooks.canonical.nesting import Items, Keyed, Part
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import Placed, Rule, legible
from cpq_hooks.canonical.times import Day
from cpq_hooks.problem import Flaw, did_you_mean, shown
from policies.domain.catalog import (
    BillingMapping,
    Catalog,
    CatalogPrice,
    Companion,
    PriceBook,
    Product,
    Promotion,
)
from policies.domain.charge import ChargeModel, ChargeType, PricePeriod

MOST_PRODUCTS: Final = 100_000


class PriceBookSchema(FileRecord):
    """A dated set of list prices in one currency."""

    record = PriceBook

    price_book = Word("The book's name, as quotes state it.", required=True)
    currency = Currency("The currency of its prices, ISO 4217.", required=True)
    effective_from = Day("The first day on which it is in force.")
    effective_to = Day("The last day on which it is in force; none is still in force.")

    conditions = (ends_after_start("effective_from", "effective_to"),)


class CatalogPriceSchema(FileRecord):
    """What a product costs in one price book, and the limits around that price, all per unit and price period."""

    record = CatalogPrice

    price_book = Word("The price book that the price belongs to.", required=True)
    segment = Word("The segment that the price is for; none is every segment.")
    price_period = Choice(PricePeriod, "The time that one unit price pays for.", required=True)
    list_unit_price = Number("The list price.")
    floor_price = Number("The least net price that the company lets go.")
    unit_cost = Number("What one unit costs the seller.")
    ssp_low = Number("The low end of the stand-alone selling price range.")
    ssp_high = Number("The high end of the stand-alone selling price range.")
    overage_unit_price = Number("The price of usage beyond what is included.")


class CompanionSchema(FileRecord):
    """A product that has to be on the same quote."""

    record = Companion

    product_id = Word("The product that has to be there.", required=True)
    segment = Word("The segment for which it has to; none is every segment.")
    minimum_acv = Number("The annual contract value from which it has to, in the quote's currency.")
    minimum_amount = Number("The least net amount that it has to come to.")


class BillingMappingSchema(FileRecord):
    """How billing knows a product."""

    record = BillingMapping

    charge_template = Word("The charge template in billing.", required=True)
    gl_code = Word("The account in the general ledger.")
    tax_code = Word("The tax code.")
    meter = Word("The meter that counts its usage.")


class ProductSchema(FileRecord):
    """One thing for sale."""

    record = Product

    product_id = Word("The product's id, as quotes state it.", required=True)
    name = Text("The product's name as people read it.")
    family = Word("The family that discount authority is looked up by.")
    charge_type = Choice(ChargeType, "How often its charge comes about.")
    charge_model = Choice(ChargeModel, "How a quantity becomes an amount.")
    unit_of_measure = Word("What is counted.")
    included_quantity = Number("How many units of usage the price includes in each period.")
    metered = Flag("Whether its usage is measured.")
    expected_usage_percent = Share("The median usage, in percent of the allowance.", most=100_000)
    prices = Items(Part(CatalogPriceSchema, "One price."), "Its prices, by price book and segment.", noun="prices")
    requires = Items(
        Part(CompanionSchema, "One companion."), "Products that have to be sold with it.", noun="companions"
    )
    billing = Part(BillingMappingSchema, "How billing knows it; without this it cannot be invoiced.")

    @staticmethod
    def _one_price_each(product: Any) -> Iterator[Placed]:
        seen: set[tuple[Any, Any]] = set()
        for position, price in enumerate(product.prices):
            key = (legible(price, "price_book"), legible(price, "segment"))
            if key in seen and key[0] is not None:
                whom = f"segment {shown(key[1])}" if key[1] is not None else "every segment"
                message = f"price book {shown(key[0])} has a price for {whom} already: keep one"
                yield ("prices", position), Flaw("duplicate", message)
            seen.add(key)

    conditions = (Rule(("prices",), _one_price_each),)


class PromotionSchema(FileRecord):
    """A discount by name that the company lets run for a time only."""

    record = Promotion

    kind = Word("The name, as discounts of quotes state it.", required=True)
    duration_months = Whole("For how many months it may run.", least=1, most=1_200, required=True)
    percent = Share("How much it takes off.")


def _all(records: Any) -> list[Any]:
    return list(records.values() if isinstance(records, dict) else records)


def _names(records: Any, key: str) -> set[Any]:
    return {legible(each, key) for each in _all(records)}


def _price_books_are_known(catalog: Any) -> Iterator[Placed]:
    books = _names(catalog.price_books or (), "price_book")
    for at, product in enumerate(_all(catalog.products)):
        for position, price in enumerate(legible(product, "prices") or ()):
            book = legible(price, "price_book")
            if book is not None and book not in books:
                guess = did_you_mean(book, sorted(filter(None, books)))
                flaw = Flaw("unknown_reference", f"there is no price book {shown(book)} in this catalog.{guess}")
                yield ("products", at, "prices", position, "price_book"), flaw


def _companions_are_known(catalog: Any) -> Iterator[Placed]:
    products = _names(catalog.products, "product_id")
    for at, product in enumerate(_all(catalog.products)):
        for position, companion in enumerate(legible(product, "requires") or ()):
            wanted = legible(companion, "product_id")
            if wanted is not None and wanted not in products:
                guess = did_you_mean(wanted, sorted(filter(None, products)))
                flaw = Flaw("unknown_reference", f"there is no product {shown(wanted)} in this catalog.{guess}")
                yield ("products", at, "requires", position, "product_id"), flaw


class CatalogSchema(FileRecord):
    """All products, price books and promotions."""

    record = Catalog

    simulated = Flag("Whether the company is made up; whatever rests on it is labelled so.")
    price_books = Keyed(
        Part(PriceBookSchema, "One price book."),
        "price_book",
        "The price books.",
        most=MOST_PRODUCTS,
        noun="price books",
    )
    promotions = Keyed(
        Part(PromotionSchema, "One promotion."), "kind", "The promotions.", most=MOST_PRODUCTS, noun="promotions"
    )
    products = Keyed(
        Part(ProductSchema, "One product."),
        "product_id",
        "The products.",
        required=True,
        most=MOST_PRODUCTS,
        noun="products",
    )

    conditions = (Rule(("products",), _price_books_are_known), Rule(("products",), _companions_are_known))
