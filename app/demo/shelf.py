"""What the catalog says of a product in one price book, ready to be put on a line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from policies.domain.catalog import Catalog, CatalogPrice, PriceBook, Product
from policies.facts import in_force

_STALE_DAYS: Final = 60
_DOLLARS: Final = {"USD": Decimal(1), "EUR": Decimal("0.92"), "JPY": Decimal(150)}
"""How many units of a currency the simulator takes for a dollar where it makes up an amount."""


class Shelf:
    """The catalog, looked up by product, price book and segment, each answer remembered."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._prices: dict[tuple[str, str, str], CatalogPrice | None] = {}

    def product(self, product_id: str) -> Product:
        return self.catalog.products[product_id]

    def price(self, product_id: str, book: str, segment: str) -> CatalogPrice | None:
        key = (product_id, book, segment)
        if key not in self._prices:
            self._prices[key] = self.catalog.price(product_id, book, segment)
        return self._prices[key]

    def book(self, currency: str, day: date) -> PriceBook:
        """The price book of a currency that is in force on a day. Raises LookupError where none is."""
        for book in self.catalog.price_books.values():
            if book.currency == currency and in_force(book, day):
                return book
        raise LookupError(f"the simulated company has no price book in {currency} for {day}")

    def stale_book(self, currency: str, day: date) -> PriceBook | None:
        """A price book of the currency that has been out of force for at least two months."""
        for book in self.catalog.price_books.values():
            ended = book.effective_to
            if book.currency == currency and ended is not None and (day - ended).days > _STALE_DAYS:
                return book
        return None


def in_currency(dollars: int, currency: str) -> Decimal:
    """A round amount in a currency, near so many dollars."""
    amount = dollars * _DOLLARS[currency]
    step = Decimal(50) if currency == "JPY" else Decimal(1)
    return (amount / step).to_integral_value() * step
