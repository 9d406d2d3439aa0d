"""Whether the price book that a quote names exists, and has the quote's currency: one price book, one currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.finding import Change, Evidence
from policies.pricebooks import current_book

if TYPE_CHECKING:
    from policies.domain.catalog import Catalog
    from policies.facts import QuoteFacts


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    name, catalog = quote.quote.price_book, quote.catalog
    if name is None:
        return NOT_APPLICABLE
    if catalog is None:
        return Undetermined("no catalog is loaded")
    if not catalog.price_books:
        return Undetermined("the catalog has no price books")
    book = catalog.price_books.get(name)
    if book is None:
        return _violated(quote, catalog, name, "is not in the catalog")
    if book.currency != quote.currency:
        return _violated(quote, catalog, name, f"is in {book.currency}, and the quote is in {quote.currency}")
    return SATISFIED


def _violated(quote: QuoteFacts, catalog: Catalog, name: str, reason: str) -> Violated:
    fitting = current_book(catalog, quote.currency, quote.today)
    return Violated(
        evidence=(
            Evidence(
                field="price_book",
                actual=name,
                expected=fitting.price_book if fitting is not None else None,
                expected_from=f"catalog: the price book in {quote.currency} in force" if fitting is not None else None,
            ),
        ),
        # |net * (rate now / rate of the quote - 1)|: there is no rate to compute it with.
        loss=Loss(assumptions=("no exchange rate is known, and no list price in the quote's currency",)),
        reports={"price_book": name, "reason": reason},
        changes=(Change(path="/price_book", value=fitting.price_book),) if fitting is not None else (),
        remedy_text=f"Price the quote from {fitting.price_book}"
        if fitting is not None
        else f"Name a price book of the catalog in {quote.currency}",
    )


CHECK: Final = Check(
    name="price-book-currency",
    scope=Scope.QUOTE,
    run=run,
    summary="The named price book is in the catalog and in the quote's currency.",
    reports=("price_book", "reason"),
    reads=("price_book", "currency"),
)
