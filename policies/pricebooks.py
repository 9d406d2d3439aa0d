"""Price books in time: which one holds on a day, and what a quote would cost by the one that holds now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import Loss
from policies.domain.charge import ChargeType
from policies.domain.finding import Exposure
from policies.facts import in_force

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.catalog import Catalog, PriceBook
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)


def current_book(catalog: Catalog, currency: str, day: date) -> PriceBook | None:
    """The only price book of a currency that is in force on a day; None where there is none, or a choice."""
    books = [book for book in catalog.price_books.values() if book.currency == currency and in_force(book, day)]
    return books[0] if len(books) == 1 else None


def moved_prices(quote: QuoteFacts, book: PriceBook | None) -> Loss:
    """What the lines would cost more if they had the same discounts off the list prices of `book`.

    Sum of (net by policy now - net quoted) * quantity * periods over the lines whose list price rose. Those whose list
    price fell are not set against them.
    """
    if book is None:
        return Loss(assumptions=("no single price book is in force now, so what the lines would cost is not known",))
    exposures = []
    for facts in quote.lines:
        if facts.line.charge_type is ChargeType.USAGE:
            continue
        change = _change(facts, quote, book)
        if change is None:
            return Loss(assumptions=(f"no list price to compare for {facts.line.product_id}",))
        if change > ZERO:
            exposures.append(Exposure(line_id=facts.line.line_id, amount=change))
    return Loss(
        remaining_term=sum((exposure.amount for exposure in exposures), ZERO),
        assumptions=(f"the same discounts off the list prices of {book.price_book}", *_left_out(quote)),
        exposures=tuple(exposures),
    )


def _change(facts: LineFacts, quote: QuoteFacts, book: PriceBook) -> Decimal | None:
    """How much a line's total moves with its list price; None where either list price is not known."""
    then = facts.price
    now = (
        quote.catalog.price(facts.line.product_id, book.price_book, quote.segment)
        if quote.catalog is not None
        else None
    )
    if then is None or now is None or facts.net_total is None:
        return None
    if not then.list_unit_price or now.list_unit_price is None or then.price_period is not now.price_period:
        return None
    return facts.net_total * now.list_unit_price / then.list_unit_price - facts.net_total


def _left_out(quote: QuoteFacts) -> tuple[str, ...]:
    uses = any(facts.line.charge_type is ChargeType.USAGE for facts in quote.lines)
    return ("usage is left out: how much will be used is not known",) if uses else ()
