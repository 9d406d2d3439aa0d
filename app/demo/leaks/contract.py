"""Leaks at the signature and in provisioning: K01, K02, P01, P02, P03."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from app.demo.bills import bill, total
from app.demo.books import EVER, Books
from app.demo.leaks.bench import HUNDRED, ZERO, Leaked, fixed, is_monthly, of_products, once, pick
from app.demo.lines import price_rounded
from app.demo.randomness import between
from app.demo.setup import set_up
from app.demo.totals import reprinted

_FEWEST_MONTHS: Final = 3


def signed_differs(books: Books) -> Leaked | None:
    """K01: a price was lowered between approval and signature; billing follows what was signed."""
    contract = books.contract
    line = pick(books, fixed(books))
    if line is None or line.net_unit_price is None or line.uplift_percent or not _stands_alone(books):
        return None
    like = line.list_unit_price or line.net_unit_price
    percent = between(books.rng, 4, 15)
    net = price_rounded(line.net_unit_price * (HUNDRED - percent) / HUNDRED, like, contract.signed.currency)
    lowered = replace(line, net_unit_price=net, discounts=())
    before = total(bill(line, contract.signed, books.months, None, EVER))
    after = total(bill(lowered, contract.signed, books.months, None, EVER))
    lines = tuple(lowered if each.line_id == line.line_id else each for each in contract.signed.lines)
    books.contract = replace(contract, signed=reprinted(replace(contract.signed, lines=lines)))
    charge = books.charge(line)
    books.set_up = books.set_up.changed(
        line.line_id, charge.recorded_as(replace(charge.line, net_unit_price=net, discounts=()))
    )
    note = f"signed at {net}, approved at {line.net_unit_price}"
    return Leaked(note=note, lines=(line.line_id,), loss=before - after)


def amendment_lost(books: Books) -> Leaked | None:
    """K02: the amendment never reached billing, which goes on as before it."""
    contract = books.contract
    if not contract.alterations:
        return None
    original = set_up(replace(contract, alterations=()), books.rng)
    books.set_up = replace(original, created_at=books.set_up.created_at)
    lost = contract.alterations[0]
    return Leaked(note=f"{lost.amendment_id} is not in billing", lines=(lost.line.line_id,))


def more_seats_than_billed(books: Books) -> Leaked | None:
    """P01: more seats are in use than were sold, and the contract has no price for the next one."""
    seats = [line for line in of_products(books, "SEAT") if line.included_quantity is None and not line.ramp]
    line = pick(books, seats)
    if line is None or not line.quantity or line.net_unit_price is None or not _stands_alone(books):
        return None
    if books.elapsed_in_term < _FEWEST_MONTHS:
        return None
    first = between(books.rng, 1, books.elapsed_in_term - 2)
    share = Decimal(between(books.rng, 106, 130)) / HUNDRED
    use = books.use[line.line_id]
    for month in range(first, len(use)):
        use[month] = max(line.quantity + 1, (line.quantity * share).to_integral_value())
    term = range(first, books.months_in_term)
    loss = sum((use[month] - line.quantity for month in term), ZERO) * line.net_unit_price
    return Leaked(note=f"{use[first]} seats in use, {line.quantity} billed", lines=(line.line_id,), loss=loss)


def access_without_charge(books: Books) -> Leaked | None:
    """P02: billing was cancelled, and the product goes on being used."""
    line = pick(books, [line for line in fixed(books) if is_monthly(books, line)])
    if line is None or books.elapsed_in_term < _FEWEST_MONTHS or books.contract.alterations:
        return None
    month = between(books.rng, 1, books.elapsed_in_term - 2)
    day = books.months.starts[month]
    books.afterwards.append(lambda billed: [each for each in billed if each.start < day])
    cancelled = tuple(each.stated(state="cancelled") for each in books.set_up.charges)
    books.set_up = replace(books.set_up, status="cancelled", charges=cancelled, revision="2")
    quantity = line.quantity or Decimal(1)
    books.extra_use += [(line, later, quantity) for later in range(month, books.elapsed_in_term)]
    return Leaked(note=f"cancelled on {day}, in use afterwards", lines=(line.line_id,))


def delivered_never_billed(books: Books) -> Leaked | None:
    """P03: a service was delivered, and its charge still waits for somebody to say so."""
    services = [line for line in once(books) if line.product_family == "Services"]
    line = pick(books, services)
    delivered = books.contract.term.start + timedelta(days=between(books.rng, 10, 60))
    if line is None or delivered >= books.today:
        return None
    charge = books.charge(line).stated(state="awaiting_milestone", invoiceable=False)
    books.set_up = books.set_up.changed(line.line_id, charge)
    books.delivered.append((line, delivered))
    return Leaked(note=f"delivered on {delivered}", lines=(line.line_id,))


def _stands_alone(books: Books) -> bool:
    """Whether no other deal rests on what the contract says or on how many seats are in use."""
    return not (books.contract.alterations or books.is_renewed)
