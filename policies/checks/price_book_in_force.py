"""Whether the price book that a quote names is still in force, and what the prices of today's book would add."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
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
from policies.domain.charge import ChargeType
from policies.domain.company import Thresholds
from policies.domain.finding import Change, Evidence, Exposure
from policies.facts import in_force

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.catalog import Catalog, CatalogPrice, PriceBook
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)


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
    current = [each for each in catalog.price_books.values() if each.currency == book.currency and in_force(each, day)]
    now = current[0] if len(current) == 1 else None
    return Violated(
        evidence=(
            Evidence(
                field="price_book",
                actual=book.price_book,
                expected=now.price_book if now is not None else f"a price book in force on {day}",
                expected_from="catalog, price_books",
            ),
        ),
        loss=_loss(quote, catalog, now),
        reports={
            "book": book.price_book,
            "ended": str(book.effective_to or book.effective_from),
            "current": now.price_book if now is not None else "none that is sure",
        },
        changes=(Change(path="/price_book", value=now.price_book),) if now is not None else (),
        remedy_text=f"Price the quote by {now.price_book}" if now is not None else "Price the quote by a book in force",
    )


def _loss(quote: QuoteFacts, catalog: Catalog, now: PriceBook | None) -> Loss:
    """What the quoted prices fall short of today's list prices: sum of max(0, list now - net) * q * T, by line."""
    if now is None:
        return Loss(assumptions=("no one price book of the currency is in force, so today's prices cannot be told",))
    exposures = []
    unknown = []
    for facts in quote.lines:
        if facts.line.charge_type is ChargeType.USAGE:
            continue
        short = _short(facts, catalog.price(facts.line.product_id, now.price_book, quote.segment))
        if short is None:
            unknown.append(facts.line.line_id)
        elif short > ZERO:
            exposures.append(Exposure(line_id=facts.line.line_id, amount=short))
    assumptions = ["at the discount that was given off the old list price"]
    if unknown:
        assumptions.append(f"not counted: lines {', '.join(unknown)}, which have no price to compare")
    total = sum((each.amount for each in exposures), ZERO)
    return Loss(remaining_term=total, assumptions=tuple(assumptions), exposures=tuple(exposures))


def _short(facts: LineFacts, price: CatalogPrice | None) -> Decimal | None:
    """By how much the line's total would be higher at the new list price and the same discount."""
    old = facts.price
    if price is None or price.list_unit_price is None or old is None or not old.list_unit_price:
        return None
    if price.price_period is not old.price_period or facts.net_total is None:
        return None
    return facts.net_total * (price.list_unit_price / old.list_unit_price - 1)


CHECK: Final = Check(
    name="price-book-in-force",
    scope=Scope.QUOTE,
    run=run,
    summary="The price book that the quote names is in force when the quote is made, or ended no longer ago than the grace.",
    reports=("book", "ended", "current"),
    reads=("price_book",),
)
