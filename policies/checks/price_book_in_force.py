"""Whether the price book that a quote names is still in force, and what the prices of today's book would add."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.company import Thresholds
from policies.domain.finding import Change, Evidence
from policies.facts import in_force
from policies.pricebooks import current_book, moved_prices

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.catalog import Catalog, PriceBook
    from policies.facts import QuoteFacts


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    named, catalog = quote.quote.price_book, quote.catalog
    if named is None:
        return NOT_APPLICABLE
    if catalog is None:
        return Undetermined("no catalog is loaded, so the price book cannot be looked up")
    book = catalog.price_books.get(named)
    if book is None:
        return Undetermined(f"there is no price book {named} in the catalog")
    day = _day(quote)
    if _still_good(book, day, quote):
        return SATISFIED
    return _violated(quote, catalog, book, day)


def _day(quote: QuoteFacts) -> date:
    """The day on which the prices were offered: when the term began, for a deal of the past, else when the quote was made."""
    made = quote.quote.created_at
    if made is not None:
        return made.date()
    start = quote.term.start if quote.term is not None else None
    return min(start, quote.today) if start is not None else quote.today


def _still_good(book: PriceBook, day: date, quote: QuoteFacts) -> bool:
    if in_force(book, day):
        return True
    limits = quote.company.thresholds if quote.company is not None else Thresholds()
    return any(in_force(book, day - timedelta(days=late)) for late in range(1, limits.price_book_grace_days + 1))


def _violated(quote: QuoteFacts, catalog: Catalog, book: PriceBook, day: date) -> Violated:
    now = current_book(catalog, book.currency, day)
    return Violated(
        evidence=(
            Evidence(
                field="price_book",
                actual=book.price_book,
                expected=now.price_book if now is not None else f"a price book in force on {day}",
                expected_from="catalog, price_books",
            ),
        ),
        loss=moved_prices(quote, now),
        reports={
            "book": book.price_book,
            "ended": str(book.effective_to or book.effective_from),
            "current": now.price_book if now is not None else "none that is sure",
        },
        changes=(Change(path="/price_book", value=now.price_book),) if now is not None else (),
        remedy_text=f"Price the quote by {now.price_book}" if now is not None else "Price the quote by a book in force",
    )


CHECK: Final = Check(
    name="price-book-in-force",
    scope=Scope.QUOTE,
    run=run,
    summary="The price book that the quote names is in force when the quote is made, or ended no longer ago than the grace.",
    reports=("book", "ended", "current"),
    reads=("price_book",),
)
