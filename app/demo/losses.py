"""What defects cost that only use can tell, and the renewal that is too small for what is in use."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from random import Random
from typing import TYPE_CHECKING

from app.demo.deals import Occasion, approved
from app.demo.defects.bench import HUNDRED, ZERO, Plant
from app.demo.randomness import between
from app.demo.totals import reprinted
from policies.domain.charge import Line, PricePeriod

if TYPE_CHECKING:
    from app.demo.books import Books
    from app.demo.shelf import Shelf
    from policies.domain.quote import Quote


def loss_by_use(plant: Plant, books: Books, shelf: Shelf) -> Decimal | None:
    """What a defect costs over the term at the customer's use; None where use has no part in it."""
    line = next((each for each in books.lines() if each.line_id in plant.lines), None)
    if line is None or line.line_id not in books.use:
        return None
    use = books.use[line.line_id][: books.months_in_term]
    if plant.pattern == "Q11" and line.included_quantity is not None:
        price = shelf.price(
            line.product_id, books.contract.signed.price_book or "", books.contract.occasion.customer.segment
        )
        rate = price.overage_unit_price if price is not None else None
        beyond = sum((max(ZERO, used - line.included_quantity) for used in use), ZERO)
        return beyond * rate if rate is not None else None
    if plant.pattern == "Q12":
        return _shortfall(line, use)
    if plant.pattern == "Q10" and line.tiers:
        top = line.tiers[-1]
        beyond = sum((max(ZERO, used - (top.up_to or used)) for used in use), ZERO)
        return beyond * (top.unit_price or ZERO)
    return None


def _shortfall(line: Line, use: list[Decimal]) -> Decimal:
    """What use falls short of the commitment, period by period of it."""
    commitment = line.minimum_commitment
    if commitment is None or line.net_unit_price is None:
        return ZERO
    months = 12 if commitment.period is PricePeriod.YEAR else 1
    short = ZERO
    for first in range(0, len(use), months):
        part = use[first : first + months]
        owed = commitment.amount * len(part) / months
        short += max(ZERO, owed - sum(part, ZERO) * line.net_unit_price)
    return short


def too_small(quote: Quote, occasion: Occasion, deployed: Decimal, rng: Random) -> tuple[Quote, Plant] | None:
    """R04: the quote for fewer seats than are deployed, and what is lost by it; None where it sells no seats."""
    line = next((each for each in quote.lines if each.product_id == "SEAT" and not each.ramp), None)
    if line is None or line.net_unit_price is None:
        return None
    seats = (deployed * between(rng, 72, 90) / HUNDRED).to_integral_value(ROUND_FLOOR)
    if seats < 1 or seats >= deployed:
        return None
    fewer = replace(line, quantity=seats, included_quantity=seats if line.included_quantity is not None else None)
    lines = tuple(fewer if each.line_id == line.line_id else each for each in quote.lines)
    roles = [each.role or "" for each in quote.approvals]
    made = reprinted(replace(quote, lines=lines, approvals=()))
    made = approved(made, occasion, rng, roles) if roles else made
    loss = (deployed - seats) * line.net_unit_price * (quote.term_months or 12)
    note = f"renewed with {seats} seats, {deployed} in use"
    return made, Plant(pattern="R04", note=note, loss=loss, lines=(line.line_id,))
