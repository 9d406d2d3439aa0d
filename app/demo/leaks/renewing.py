"""Leaks at anniversary and renewal: R01, R02, R03. (R04 is a renewal that was sold too small: see `story`.)"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.demo.bills import bill, total
from app.demo.books import EVER, Books
from app.demo.consumption import MONTHS_BEYOND
from app.demo.leaks.bench import ZERO, Leaked, fixed, pick

_TWELVE = 12


def uplift_not_applied(books: Books) -> Leaked | None:
    """R01: the price should have risen on the anniversary, and did not."""
    lines = [line for line in fixed(books) if line.uplift_percent]
    if not lines or books.elapsed <= _TWELVE or books.contract.alterations:
        return None
    for line in lines:
        charge = books.charge(line)
        books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(replace(charge.line, uplift_percent=None)))
    return Leaked(note="no uplift on the anniversary", lines=tuple(line.line_id for line in lines))


def discount_outlives_its_end(books: Books) -> Leaked | None:
    """R02: the discount is set up with its end, and invoices go on taking it off."""
    line = pick(books, [line for line in fixed(books) if any(each.ends_on is not None for each in line.discounts)])
    if line is None:
        return None
    ends_on = next(each.ends_on for each in line.discounts if each.ends_on is not None)
    if ends_on >= books.today:
        return None
    charge = books.charge(line)
    endless = replace(charge.line, discounts=tuple(replace(each, ends_on=None) for each in charge.line.discounts))
    books.set_up = books.set_up.changed(line.line_id, charge.acting_as(endless))
    return Leaked(note=f"the discount ended on {ends_on}, and is still taken off", lines=(line.line_id,))


def service_after_term(books: Books) -> Leaked | None:
    """R03: the term is over, the contract renews by itself, billing does not, and the service goes on."""
    lines = fixed(books)
    beyond = min(MONTHS_BEYOND - 1, books.elapsed - books.months_in_term)
    if beyond < 1 or not lines or books.contract.alterations or books.is_renewed:
        return None
    months = range(books.months_in_term, books.months_in_term + beyond)
    books.extra_use += [(line, month, line.quantity or Decimal(1)) for month in months for line in lines[:2]]
    books.set_up = replace(books.set_up, auto_renew=False)
    monthly = sum((_last_month(books, line.line_id) for line in lines), ZERO)
    return Leaked(
        note=f"in use for {beyond} months after the term",
        lines=tuple(line.line_id for line in lines),
        loss=monthly * beyond,
    )


def _last_month(books: Books, line_id: str) -> Decimal:
    """What a month of the line cost over the term, on average."""
    line = next(each for each in books.lines() if each.line_id == line_id)
    over_term = total(bill(line, books.contract.signed, books.months, None, EVER))
    return over_term / books.months_in_term
