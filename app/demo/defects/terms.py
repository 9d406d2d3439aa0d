"""Defects of the terms around the lines: Q05, Q06, Q07, Q15, Q18, Q19, K03."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from app.demo.deals import approved
from app.demo.defects.bench import HUNDRED, ZERO, Bench, Defective, Plant, pick
from app.demo.randomness import between
from app.demo.totals import annual_price, line_value
from policies.domain.charge import BillingTiming, Line
from policies.domain.quote import Renewal, SpecialTerm

_MINIMUM_UPLIFT: Final = Decimal(3)
_CASH_A_YEAR: Final = Decimal("0.08")
_TWELVE: Final = Decimal(12)
_MANY: Final = 10
_PROMISES: Final = (
    "Customer receives a credit of one month if go-live slips past the first quarter.",
    "As agreed by e-mail, the first invoice is reduced by 10 %.",
    "The purchase order is capped; anything beyond it is not payable.",
)


def uplift_under_policy(bench: Bench) -> Defective | None:
    """Q05: the renewal rises by less than the company asks for, or by nothing."""
    if not any(annual_price(line) for line in bench.quote.lines):
        return None
    uplift = Decimal(between(bench.rng, 0, 2))
    renewal = replace(_renewal(bench), uplift_percent=uplift, cap_percent=None)
    lines = tuple(replace(line, uplift_percent=None) for line in bench.quote.lines)
    loss = _annual(bench) * (_MINIMUM_UPLIFT - uplift) / HUNDRED
    plant = Plant(pattern="Q05", note=f"the renewal rises by {uplift} %", loss=loss)
    return Defective(quote=replace(bench.quote, renewal=renewal, lines=lines), plant=plant)


def cap_below_policy(bench: Bench) -> Defective | None:
    """Q06: the renewal may rise by less than the least cap that the company accepts."""
    cap = Decimal(between(bench.rng, 1, 2))
    renewal = replace(_renewal(bench), cap_percent=cap)
    loss = _annual(bench) * (_MINIMUM_UPLIFT - cap) / HUNDRED
    plant = Plant(pattern="Q06", note=f"the renewal is capped at {cap} %", loss=loss)
    return Defective(quote=replace(bench.quote, renewal=renewal), plant=plant)


def billing_after_service(bench: Bench) -> Defective | None:
    """Q07: billing starts months after the service, which is more than the rep may give away."""
    start, months = bench.quote.start_date, bench.quote.term_months or 0
    if start is None or months < 12 or not _annual(bench) or any(line.ramp for line in bench.quote.lines):
        return None
    free = 5 * months // 12 if bench.occasion.seller.rep.role != "ae" else 2 * months // 12
    later = bench.term.start + timedelta(days=30 * free + between(bench.rng, 5, 20))
    loss = _annual(bench) * (later - bench.term.start).days / 365
    plant = Plant(pattern="Q07", note=f"billing starts on {later}, the service on {start}", loss=loss)
    quote = replace(bench.quote, billing_start_date=later, lines=_at_list(bench), payment_terms_days=30)
    return Defective(quote=quote, plant=plant, keeps_consents=False)


def _at_list(bench: Bench) -> tuple[Line, ...]:
    """The lines without any other discount, so that the free time is all that is given."""
    return tuple(
        line if line.list_unit_price is None else replace(line, net_unit_price=line.list_unit_price, discounts=())
        for line in bench.quote.lines
    )


def payment_beyond_policy(bench: Bench) -> Defective | None:
    """Q15: more days to pay than anyone agreed to, or billing in arrears."""
    if bench.rng.random() < 0.6 or not _annual(bench):
        days = (60, 75, 90)[between(bench.rng, 0, 2)]
        loss = _value(bench) * _CASH_A_YEAR * (days - 30) / 365
        plant = Plant(pattern="Q15", note=f"{days} days to pay", loss=loss)
        others = tuple(each.role or "" for each in bench.quote.approvals if each.role != "finance")
        quote = replace(bench.quote, payment_terms_days=days)
        return Defective(quote=quote, plant=plant, consents=others, keeps_consents=False)
    plant = Plant(pattern="Q15", note="billed in arrears", loss=_annual(bench) * _CASH_A_YEAR / _TWELVE)
    return Defective(quote=replace(bench.quote, billing_timing=BillingTiming.IN_ARREARS), plant=plant)


def stale_or_edited(bench: Bench) -> Defective | None:
    """Q18: an old price book is quoted, or a quantity came down after the leaders had agreed to the quote."""
    old = bench.shelf.stale_book(bench.quote.currency, bench.occasion.day)
    if old is not None and bench.rng.random() < 0.4:
        plant = Plant(pattern="Q18", note=f"price book {old.price_book} is out of force")
        return Defective(quote=replace(bench.quote, price_book=old.price_book), plant=plant)
    line = pick(
        bench.rng, [each for each in bench.lines(priced=True) if (each.quantity or ZERO) > _MANY and _is_plain(each)]
    )
    if line is None or line.quantity is None or line.net_unit_price is None or bench.quote.approvals:
        return None
    fewer = (line.quantity * between(bench.rng, 85, 94) / HUNDRED).to_integral_value()
    agreed = approved(bench.quote, bench.occasion, bench.rng, ("director",))
    included = fewer if line.included_quantity is not None else None
    edited = replace(bench, quote=agreed).with_line(replace(line, quantity=fewer, included_quantity=included))
    loss = (line.quantity - fewer) * line.net_unit_price * bench.periods(line)
    note = f"{line.quantity} became {fewer} after the approval"
    plant = Plant(pattern="Q18", note=note, loss=loss, lines=(line.line_id,))
    return Defective(quote=edited, plant=plant, is_sealed=True)


def _is_plain(line: Line) -> bool:
    return line.uplift_percent is None and all(each.is_open_ended for each in line.discounts)


def way_out(bench: Bench) -> Defective | None:
    """Q19: the customer may leave at any time, or the contract ends unless somebody acts."""
    if bench.rng.random() < 0.5:
        quote = replace(bench.quote, termination_for_convenience=True)
        return Defective(quote=quote, plant=Plant(pattern="Q19", note="termination for convenience"))
    quote = replace(bench.quote, renewal=replace(_renewal(bench), auto_renew=False))
    return Defective(quote=quote, plant=Plant(pattern="Q19", note="no automatic renewal"))


def promise_in_free_text(bench: Bench) -> Defective | None:
    """K03: money is promised in words, and no field holds it."""
    text = _PROMISES[between(bench.rng, 0, len(_PROMISES) - 1)]
    quote = replace(bench.quote, special_terms=(*bench.quote.special_terms, SpecialTerm(text=text)))
    loss = _annual(bench) / _TWELVE
    return Defective(quote=quote, plant=Plant(pattern="K03", note=text, loss=loss or None))


def _renewal(bench: Bench) -> Renewal:
    return bench.quote.renewal or Renewal()


def _annual(bench: Bench) -> Decimal:
    return sum((annual_price(line) for line in bench.quote.lines), ZERO)


def _value(bench: Bench) -> Decimal:
    return sum((line_value(line, bench.quote) for line in bench.quote.lines), ZERO)
