"""Leaks in when and how long billing acts: B05, B06, B07, B08, B11, B13, B14."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from app.demo.bills import total
from app.demo.books import Books
from app.demo.leaks.bench import ZERO, Leaked, fixed, is_monthly, pick
from app.demo.randomness import between
from policies.domain.charge import BillingTiming, Line

_CASH_A_YEAR: Final = Decimal("0.08")
_TRIALS: Final = (14, 30, 60)


def in_arrears_instead(books: Books) -> Leaked | None:
    """B05: what was sold in advance is billed in arrears; the money comes, a period late."""
    line = pick(books, fixed(books))
    if line is None or books.contract.alterations or line.overage_unit_price is not None:
        return None
    before = {each.start: each.invoice_date for each in books.billed() if each.line_id == line.line_id}
    charge = books.charge(line)
    if charge.line.billing_timing is BillingTiming.IN_ARREARS:
        return None
    late = replace(charge.line, billing_timing=BillingTiming.IN_ARREARS)
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(late))
    loss = ZERO
    for each in books.billed():
        if each.line_id == line.line_id and each.start in before:
            loss += each.amount * _CASH_A_YEAR * (each.invoice_date - before[each.start]).days / 365
    return Leaked(note="billed in arrears, sold in advance", lines=(line.line_id,), loss=loss)


def trial_not_sold(books: Books) -> Leaked | None:
    """B06: a trial that nobody sold keeps the first weeks free."""
    lines = [line for line in fixed(books) if line.billing_start_date is None]
    if not lines or books.contract.alterations or books.contract.signed.billing_start_date is not None:
        return None
    days = _TRIALS[between(books.rng, 0, 2)]
    for line in lines:
        charge = books.charge(line)
        paid_from = (line.start_date or books.contract.term.start) + timedelta(days=days)
        free = charge.acting_as(replace(charge.line, billing_start_date=paid_from)).stated(trial_days=days)
        books.set_up = books.set_up.changed(line.line_id, free)
    return Leaked(note=f"{days} days of trial", lines=tuple(line.line_id for line in lines))


def discount_scoped_wrongly(books: Books) -> Leaked | None:
    """B07: the promotion lasts as many years as it should last months."""
    line = pick(books, [line for line in fixed(books) if _promotion_months(line)])
    if line is None:
        return None
    periods = _promotion_months(line) * (12 if is_monthly(books, line) else 1)
    charge = books.charge(line)
    discounts = tuple(replace(each, ends_on=None, periods=periods) for each in charge.line.discounts)
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(replace(charge.line, discounts=discounts)))
    return Leaked(note=f"{periods} billing periods instead of {_promotion_months(line)} months", lines=(line.line_id,))


def _promotion_months(line: Line) -> int:
    """How many months the line's promotion lasts; 0 where it has none that ends."""
    lasting = {"new-logo": 3, "winback": 6, "launch-credit": 2}
    return next((lasting.get(each.kind or "", 0) for each in line.discounts if each.ends_on is not None), 0)


def never_invoices(books: Books) -> Leaked | None:
    """B08: one charge, or the whole set-up, is in a state that never invoices."""
    live = {each.line.line_id for each in books.set_up.charges}
    line = pick(books, fixed(books) or [line for line in books.lines() if line.line_id in live])
    if line is None or books.contract.alterations:
        return None
    state = ("pending_activation", "draft", "on_hold")[between(books.rng, 0, 2)]
    idle = books.charge(line).stated(state=state, invoiceable=False)
    books.set_up = books.set_up.changed(line.line_id, idle)
    return Leaked(note=f"{line.product_id} is {state}", lines=(line.line_id,))


def ramp_missing(books: Books) -> Leaked | None:
    """B11: the steps of the ramp were not set up; the first one lasts."""
    line = pick(books, [line for line in books.lines() if line.ramp])
    if line is None:
        return None
    charge = books.charge(line)
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(replace(charge.line, ramp=())))
    return Leaked(note="the ramp stays at its first step", lines=(line.line_id,))


def elapsed_periods_skipped(books: Books) -> Leaked | None:
    """B13: billing was set up months after the service had started, and what had passed was never billed."""
    if books.elapsed_in_term < 3 or books.contract.alterations or books.contract.signed.billing_start_date is not None:
        return None
    lines = [line for line in fixed(books) if is_monthly(books, line)]
    if not lines:
        return None
    begins = books.months.starts[between(books.rng, 1, min(4, books.elapsed_in_term - 1))]
    late = begins - timedelta(days=between(books.rng, 0, 5))
    for line in lines:
        charge = books.charge(line)
        skipping = charge.acting_as(replace(charge.line, billing_start_date=begins))
        books.set_up = books.set_up.changed(line.line_id, skipping)
    created = datetime.combine(late, time(10), UTC)
    books.set_up = replace(books.set_up, created_at=created, first_invoice_date=begins)
    return Leaked(note=f"nothing before {begins}", lines=tuple(line.line_id for line in lines))


def billed_twice(books: Books) -> Leaked | None:
    """B14: the contract was set up a second time, and both bill."""
    if books.contract.alterations or not books.elapsed_in_term or not fixed(books):
        return None
    books.twice = True
    return Leaked(note="a second configuration bills the same contract", loss=-total(books.billed(books.today)))
