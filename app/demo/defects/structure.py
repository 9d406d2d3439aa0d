"""Defects of structure: Q04, Q10, Q11, Q12, Q13, Q14, Q16, Q17."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from app.demo.defects.bench import HUNDRED, Bench, Defective, Plant, months_after, pick
from app.demo.lines import Shop, discounted
from app.demo.randomness import between
from app.demo.totals import printed
from policies.domain.charge import (
    BillingFrequency,
    ChargeModel,
    ChargeType,
    Discount,
    Line,
    MinimumCommitment,
    PricePeriod,
)
from policies.domain.money import round_to_currency
from policies.domain.period import add_months
from policies.domain.quote import DealType

_ONE: Final = Decimal(1)
_SHORTEST_TERM: Final = 12


def promotion_without_end(bench: Bench) -> Defective | None:
    """Q04: a promotion that the catalog ends after some months has no end on the line."""
    monthly = [
        line
        for line in bench.lines(priced=True)
        if line.charge_model is ChargeModel.PER_UNIT
        and line.price_period is PricePeriod.MONTH
        and line.uplift_percent is None
        and line.product_family != "Services"
    ]
    line = pick(bench.rng, monthly)
    if line is None or line.list_unit_price is None or line.quantity is None or not _lasts_a_year(bench):
        return None
    promotion = bench.shelf.catalog.promotions["new-logo"]
    percent = promotion.percent or Decimal(10)
    net = discounted(line.list_unit_price, percent, bench.quote.currency)
    left = months_after(bench.term, promotion.duration_months)
    loss = (line.list_unit_price - net) * line.quantity * left
    plant = Plant(pattern="Q04", note="the promotion new-logo has no end", loss=loss, lines=(line.line_id,))
    endless = replace(line, net_unit_price=net, discounts=(Discount(kind="new-logo", percent=percent),))
    return Defective(quote=bench.with_line(endless), plant=plant)


def broken_tiers(bench: Bench) -> Defective | None:
    """Q10: the last tier is not open, so nothing says what goes beyond it."""
    line = pick(bench.rng, [each for each in bench.lines() if each.tiers])
    if line is None:
        return None
    *tiers, last = line.tiers
    top = tiers[-1].up_to or _ONE
    closed = replace(last, up_to=top * 10)
    plant = Plant(pattern="Q10", note=f"no price beyond {top * 10}", lines=(line.line_id,))
    return Defective(quote=bench.with_line(replace(line, tiers=(*tiers, closed))), plant=plant)


def allowance_without_overage_price(bench: Bench) -> Defective | None:
    """Q11: an allowance, and nothing said of what goes beyond it. What that costs depends on use, and is told later."""
    line = pick(bench.rng, [each for each in bench.lines() if each.overage_unit_price is not None])
    if line is None:
        return None
    plant = Plant(pattern="Q11", note=f"no price beyond {line.included_quantity}", lines=(line.line_id,))
    return Defective(quote=bench.with_line(replace(line, overage_unit_price=None)), plant=plant)


def commitment_without_true_up(bench: Bench) -> Defective | None:
    """Q12: an amount is committed to, and nothing bills the shortfall. What that costs depends on use."""
    line = pick(bench.rng, [each for each in bench.lines() if each.minimum_commitment is not None])
    if line is None or line.minimum_commitment is None:
        return None
    commitment = MinimumCommitment(amount=line.minimum_commitment.amount, period=line.minimum_commitment.period)
    true_up = False if bench.rng.random() < 0.5 else None
    plant = Plant(pattern="Q12", note=f"{commitment.amount} without a true-up", lines=(line.line_id,))
    without = replace(line, minimum_commitment=replace(commitment, true_up=true_up))
    return Defective(quote=bench.with_line(without), plant=plant)


def ramp_with_gap(bench: Bench) -> Defective | None:
    """Q13: a month between two segments of a ramp that no segment covers."""
    line = pick(bench.rng, [each for each in bench.quote.lines if len(each.ramp) > 1])
    if line is None or line.net_unit_price is None:
        return None
    first, second, *rest = line.ramp
    late = replace(second, start_date=add_months(second.start_date, 1))
    gap = (late.quantity or _ONE) * line.net_unit_price
    plant = Plant(pattern="Q13", note=f"nothing from {second.start_date} on", loss=gap, lines=(line.line_id,))
    return Defective(quote=bench.with_line(replace(line, ramp=(first, late, *rest))), plant=plant)


def stub_not_prorated(bench: Bench) -> Defective | None:
    """Q14: a line that joins within the term prints a total that is not its days' share of the price."""
    if not _lasts_a_year(bench) or any(line.product_id == "AUDIT-LOG" for line in bench.quote.lines):
        return None
    line = replace(_late_line(bench), billing_frequency=BillingFrequency.ANNUAL)
    if line.net_unit_price is None:
        return None
    quote = printed(replace(bench.quote, lines=(*bench.quote.lines, line)))
    right = quote.lines[-1].stated_total or _ONE
    wrong = round_to_currency(right * between(bench.rng, 72, 88) / HUNDRED, quote.currency)
    lines = (*quote.lines[:-1], replace(quote.lines[-1], stated_total=wrong))
    plant = Plant(pattern="Q14", note=f"prints {wrong} for {right}", loss=right - wrong, lines=(line.line_id,))
    return Defective(quote=replace(quote, lines=lines, stated_totals=None), plant=plant, keeps_totals=True)


def _late_line(bench: Bench) -> Line:
    """A yearly product that starts in the middle of a month of the term and ends with it."""
    shop = Shop(
        shelf=bench.shelf,
        rng=bench.rng,
        book=bench.quote.price_book or "",
        currency=bench.quote.currency,
        segment=bench.occasion.customer.segment,
        term=bench.term,
        discount=0,
        services_discount=0,
    )
    start = add_months(bench.term.start, between(bench.rng, 2, 7)) + timedelta(days=between(bench.rng, 5, 20))
    return replace(shop.line("AUDIT-LOG", str(len(bench.quote.lines) + 1)), start_date=start)


def foreign_price_book(bench: Bench) -> Defective | None:
    """Q16: the price book is in another currency than the quote."""
    other = "USD" if bench.quote.currency != "USD" else "EUR"
    book = bench.shelf.book(other, bench.occasion.day).price_book
    plant = Plant(pattern="Q16", note=f"price book {book} on a quote in {bench.quote.currency}")
    return Defective(quote=replace(bench.quote, price_book=book), plant=plant)


def unmapped_product(bench: Bench) -> Defective | None:
    """Q17: a product that billing has no charge for, so that it will never be invoiced."""
    if bench.occasion.deal_type is DealType.AMENDMENT:
        return None
    shop_line = _unknown_line(bench) if bench.rng.random() < 0.4 else _retired_line(bench)
    if shop_line.net_unit_price is None:
        return None
    quote = replace(bench.quote, lines=(*bench.quote.lines, shop_line))
    loss = shop_line.net_unit_price * bench.periods(shop_line)
    note = f"billing does not know {shop_line.product_id}"
    return Defective(quote=quote, plant=Plant(pattern="Q17", note=note, loss=loss, lines=(shop_line.line_id,)))


def _retired_line(bench: Bench) -> Line:
    product = bench.shelf.product("LEGACY-CONNECTOR")
    price = bench.shelf.price(product.product_id, bench.quote.price_book or "", bench.occasion.customer.segment)
    list_price = price.list_unit_price if price is not None else None
    return Line(
        line_id=str(max(int(each.line_id) for each in bench.quote.lines) + 1),
        product_id=product.product_id,
        product_name=product.name,
        product_family=product.family,
        charge_type=ChargeType.RECURRING,
        charge_model=ChargeModel.FLAT,
        quantity=_ONE,
        price_period=PricePeriod.MONTH,
        list_unit_price=list_price,
        net_unit_price=list_price,
        unit_cost=price.unit_cost if price is not None else None,
    )


def _unknown_line(bench: Bench) -> Line:
    """A product that was made up for this customer."""
    retired = _retired_line(bench)
    number = between(bench.rng, 100, 999)
    return replace(
        retired,
        product_id=f"CUSTOM-{number}",
        product_name=f"Custom report {number}",
        product_family="Custom",
        is_custom=True,
    )


def _lasts_a_year(bench: Bench) -> bool:
    return (bench.quote.term_months or 0) >= _SHORTEST_TERM
