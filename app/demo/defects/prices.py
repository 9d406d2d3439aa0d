"""Defects of prices and printed totals: Q01, Q02, Q03, Q08, Q09, Q20."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from app.demo.defects.bench import HUNDRED, ZERO, Bench, Defective, Plant, pick, reduced_by
from app.demo.lines import discounted, price_rounded
from app.demo.randomness import between
from app.demo.totals import printed
from policies.domain.charge import ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.money import minor_unit, round_to_currency

if TYPE_CHECKING:
    from policies.domain.quote import Quote

_LIMITS: Final = {"ae": 10, "manager": 20, "director": 30}


def discount_beyond_authority(bench: Bench) -> Defective | None:
    """Q01: more off than the rep may give, still above the floor, and nobody asked."""
    limit = _LIMITS[bench.occasion.seller.rep.role or "ae"]
    line = pick(bench.rng, _discountable(bench, limit + 3))
    if line is None or line.list_unit_price is None:
        return None
    percent = between(bench.rng, limit + 3, min(limit + 22, _deepest(bench, line)))
    net = discounted(line.list_unit_price, percent, bench.quote.currency)
    excess = line.list_unit_price * (HUNDRED - limit) / HUNDRED - net
    note = f"{percent} % off where {limit} % needs nobody"
    plant = Plant(pattern="Q01", note=note, loss=_over_term(bench, line, excess), lines=(line.line_id,))
    quote = replace(bench.with_line(reduced_by(line, percent, net)), payment_terms_days=30)
    return Defective(quote=quote, plant=plant, keeps_consents=False)


def price_under_floor(bench: Bench) -> Defective | None:
    """Q02: a price under the floor, with every consent to the discount as such."""
    line = pick(bench.rng, [each for each in _discountable(bench, 10) if _floor(bench, each) > 1])
    if line is None or line.list_unit_price is None:
        return None
    floor = _floor(bench, line)
    wanted = max(floor * between(bench.rng, 93, 98) / HUNDRED, _lowest_in_range(bench, line))
    net = price_rounded(wanted, line.list_unit_price, bench.quote.currency)
    plant = Plant(
        pattern="Q02",
        note=f"{net} where the floor is {floor}",
        loss=_over_term(bench, line, floor - net),
        lines=(line.line_id,),
    )
    quote = bench.with_line(replace(line, net_unit_price=net, discounts=()))
    return Defective(quote=quote, plant=plant, consents=("cfo",))


def stacked_concessions(bench: Bench) -> Defective | None:
    """Q03: the line shows a small discount on a list price that is under the catalog's; together they are a larger one."""
    line = pick(bench.rng, _discountable(bench, 9))
    listed = line.list_unit_price if line is not None else None
    if line is None or listed is None:
        return None
    shown, hidden, currency = 2, between(bench.rng, 4, 6), bench.quote.currency
    lower = discounted(listed, hidden, currency)
    net = discounted(lower, shown, currency)
    plant = Plant(
        pattern="Q03",
        note=f"shows {shown} % off a list price of {lower}, which is {listed} in the catalog",
        loss=_over_term(bench, line, lower * (HUNDRED - shown) / HUNDRED * hidden / HUNDRED),
        lines=(line.line_id,),
    )
    stacked = replace(reduced_by(line, shown, net), list_unit_price=lower)
    return Defective(quote=bench.with_line(stacked), plant=plant)


def wrong_period(bench: Bench) -> Defective | None:
    """Q08: the price of one month stands for the whole term."""
    monthly = [
        line
        for line in bench.lines(priced=True, charge_type=ChargeType.RECURRING)
        if line.price_period is PricePeriod.MONTH and _is_plain(line) and not bench.periods(line) % 1
    ]
    line = pick(bench.rng, monthly)
    if line is None or line.net_unit_price is None or line.quantity is None:
        return None
    quote = _without_header_totals(printed(bench.quote))
    one_month = line.net_unit_price * (1 if line.charge_model is ChargeModel.FLAT else line.quantity)
    stated = round_to_currency(one_month, bench.quote.currency)
    plant = Plant(
        pattern="Q08",
        note=f"prints {stated} for {bench.periods(line)} months",
        loss=one_month * (bench.periods(line) - 1),
        lines=(line.line_id,),
    )
    return Defective(quote=_restated(quote, line.line_id, stated), plant=plant, keeps_totals=True)


def wrong_sum(bench: Bench) -> Defective | None:
    """Q09: a line's total is not what its terms come to."""
    whole = [each for each in bench.lines(priced=True) if not bench.periods(each) % 1 and _is_plain(each)]
    line = pick(bench.rng, whole)
    if line is None:
        return None
    quote = _without_header_totals(printed(bench.quote))
    right = next(each.stated_total for each in quote.lines if each.line_id == line.line_id) or ZERO
    off = round_to_currency(right * between(bench.rng, 2, 7) / HUNDRED, bench.quote.currency)
    off = max(off, 200 * minor_unit(bench.quote.currency))
    plant = Plant(pattern="Q09", note=f"prints {off} too little", loss=off, lines=(line.line_id,))
    return Defective(quote=_restated(quote, line.line_id, right - off), plant=plant, keeps_totals=True)


def outside_selling_range(bench: Bench) -> Defective | None:
    """Q20: a price far above what the product stands for by itself, so that revenue moves to it from another line."""
    if sum(line.charge_type is not ChargeType.USAGE for line in bench.quote.lines) < 2:
        return None
    sold = [each for each in _discountable(bench, 0) if (price := bench.price(each)) is not None and price.ssp_high]
    line = pick(bench.rng, sold)
    if line is None or line.list_unit_price is None:
        return None
    net = discounted(line.list_unit_price, -between(bench.rng, 20, 35), bench.quote.currency)
    plant = Plant(pattern="Q20", note=f"{net} against a list price of {line.list_unit_price}", lines=(line.line_id,))
    return Defective(quote=bench.with_line(replace(line, net_unit_price=net, discounts=())), plant=plant)


def _discountable(bench: Bench, percent: int) -> list[Line]:
    """Lines with one price over the term that could be so much lower and still lie above the floor."""
    return [
        line
        for line in bench.lines(priced=True)
        if line.product_family != "Services" and _is_plain(line) and percent <= _deepest(bench, line)
    ]


def _is_plain(line: Line) -> bool:
    return line.uplift_percent is None and all(each.is_open_ended for each in line.discounts)


def _deepest(bench: Bench, line: Line) -> int:
    """The largest whole percentage off the list price that leaves the floor."""
    floor, list_price = _floor(bench, line), line.list_unit_price or Decimal(1)
    return int(((list_price - floor) * HUNDRED / list_price).to_integral_value(ROUND_FLOOR)) - 1


def _floor(bench: Bench, line: Line) -> Decimal:
    price = bench.price(line)
    return price.floor_price or ZERO if price is not None else ZERO


def _lowest_in_range(bench: Bench, line: Line) -> Decimal:
    price = bench.price(line)
    return price.ssp_low or ZERO if price is not None else ZERO


def _over_term(bench: Bench, line: Line, by_unit: Decimal) -> Decimal:
    units = Decimal(1) if line.charge_model is ChargeModel.FLAT else line.quantity or ZERO
    return by_unit * units * bench.periods(line)


def _restated(quote: Quote, line_id: str, total: Decimal) -> Quote:
    lines = tuple(replace(each, stated_total=total) if each.line_id == line_id else each for each in quote.lines)
    return replace(quote, lines=lines)


def _without_header_totals(quote: Quote) -> Quote:
    """One wrong number is one defect: the header, which could not add up either, says nothing."""
    return replace(quote, stated_totals=None)
