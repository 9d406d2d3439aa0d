"""Leaks in the set-up of prices, quantities and models: B01, B02, B03, B04, B09, B10, B12."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from app.demo.books import Books
from app.demo.leaks.bench import HUNDRED, ZERO, Leaked, fixed, is_monthly, of_products, once, over_months, pick
from app.demo.lines import price_rounded
from app.demo.randomness import between
from policies.domain.charge import ChargeModel, Line, Package, PackageRounding, QuantityBasis

_ONE_DAY: Final = timedelta(days=1)
_GIB: Final = Decimal("1.073741824")
_THOUSAND: Final = Decimal(1000)
_FEWEST_MONTHS: Final = 3


def line_not_set_up(books: Books) -> Leaked | None:
    """B01: a line has no charge; most often one that comes once."""
    lines = once(books) if books.rng.random() < 0.7 else []
    line = pick(books, lines or fixed(books))
    if line is None or len(books.set_up.charges) < 2 or books.contract.alterations:
        return None
    books.set_up = books.set_up.changed(line.line_id, None)
    return Leaked(note=f"no charge for {line.product_id}", lines=(line.line_id,))


def another_price(books: Books) -> Leaked | None:
    """B02: a price or a quantity was typed in too low."""
    line = pick(books, fixed(books))
    if line is None or line.net_unit_price is None or books.contract.alterations:
        return None
    charge = books.charge(line)
    if line.quantity is not None and line.quantity > 10 and books.rng.random() < 0.4:
        fewer = (line.quantity * between(books.rng, 80, 95) / HUNDRED).to_integral_value(ROUND_FLOOR)
        changed, note = replace(charge.line, quantity=fewer), f"quantity {fewer}, sold {line.quantity}"
    else:
        net = _lower(books, line)
        changed, note = replace(charge.line, net_unit_price=net, discounts=()), f"{net}, sold at {line.net_unit_price}"
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(changed))
    return Leaked(note=note, lines=(line.line_id,))


def another_model(books: Books) -> Leaked | None:
    """B03: graduated tiers were set up as volume tiers, or started blocks as whole ones."""
    line = pick(books, [line for line in of_products(books, "STORAGE-GB", "SMS-PACK") if books.use[line.line_id]])
    if line is None:
        return None
    charge = books.charge(line)
    if line.tiers:
        if max(books.use[line.line_id]) <= (line.tiers[0].up_to or ZERO):
            return None
        changed, note = replace(charge.line, charge_model=ChargeModel.VOLUME), "graduated tiers set up as volume"
    else:
        down = Package(size=(line.package or Package(size=_THOUSAND)).size, rounding=PackageRounding.DOWN)
        changed, note = replace(charge.line, package=down), "started blocks are not charged"
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(changed))
    return Leaked(note=note, lines=(line.line_id,))


def another_unit(books: Books) -> Leaked | None:
    """B04: the meter counts in another unit than the price is for: GiB for GB, thousands of calls for calls."""
    calls = [line for line in of_products(books, "API-CALLS") if over_months(books, line)]
    line = pick(books, [*of_products(books, "STORAGE-GB"), *calls])
    if line is None:
        return None
    in_gib = line.product_id == "STORAGE-GB"
    unit, factor = ("GiB", _GIB) if in_gib else ("thousand calls", _THOUSAND)
    charge = books.charge(line)
    changed = replace(charge.line, unit_of_measure=unit, quantity_basis=line.quantity_basis or QuantityBasis.SUM)
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(changed))
    quantum = Decimal("0.001")
    books.use_for_billing[line.line_id] = [(used / factor).quantize(quantum) for used in books.use[line.line_id]]
    return Leaked(note=f"counted in {unit}, sold by the {line.unit_of_measure}", lines=(line.line_id,))


def commitment_inert(books: Books) -> Leaked | None:
    """B09: the commitment was set up without its true-up, or not at all, and use falls short of it."""
    committed = [line for line in books.lines() if line.minimum_commitment is not None]
    line = pick(books, committed)
    if line is None or line.minimum_commitment is None or books.months_in_term < 12:
        return None
    if not line.minimum_commitment.true_up:
        return None
    _use_less(books, line)
    charge = books.charge(line)
    inert = None if books.rng.random() < 0.5 else replace(line.minimum_commitment, true_up=False)
    books.set_up = books.set_up.changed(
        line.line_id, charge.recorded_as(replace(charge.line, minimum_commitment=inert))
    )
    return Leaked(note="no true-up in billing", lines=(line.line_id,))


def _use_less(books: Books, line: Line) -> None:
    """Use that falls short of the commitment, by a fifth to a half."""
    share = Decimal(between(books.rng, 50, 80)) / HUNDRED
    yearly = (line.minimum_commitment.amount if line.minimum_commitment else ZERO) / (line.net_unit_price or Decimal(1))
    use = books.use[line.line_id]
    for month in range(len(use)):
        use[month] = (yearly / 12 * share * between(books.rng, 92, 108) / HUNDRED).to_integral_value()


def override_lost(books: Books) -> Leaked | None:
    """B10: after a change of plan, billing went back to an older, lower price."""
    line = pick(books, [line for line in fixed(books) if is_monthly(books, line) and not line.uplift_percent])
    if line is None or line.net_unit_price is None or books.elapsed_in_term < _FEWEST_MONTHS:
        return None
    if books.contract.alterations or any(not each.is_open_ended for each in line.discounts):
        return None
    day = books.months.starts[between(books.rng, 1, books.elapsed_in_term - 1)]
    charge, net = books.charge(line), _lower(books, line)
    first = charge.recorded_as(replace(charge.line, end_date=day - _ONE_DAY))
    later = charge.recorded_as(replace(charge.line, start_date=day, net_unit_price=net, discounts=()))
    later = later.stated(charge_id=f"{charge.charge_id}-c")
    charges = [each for each in books.set_up.charges if each.charge_id != charge.charge_id]
    notes = {"changed_on": day.isoformat(), "change": "plan"}
    books.set_up = replace(books.set_up, charges=(*charges, first, later), revision="2", notes=notes)
    note = f"{net} from {day} on, sold at {line.net_unit_price}"
    return Leaked(note=note, lines=(line.line_id,))


def minor_unit_error(books: Books) -> Leaked | None:
    """B12: a price in yen divided by a hundred, or one in dollars cut to whole dollars."""
    yen = books.contract.signed.currency == "JPY"
    line = pick(books, [line for line in fixed(books) if line.net_unit_price and (yen or line.net_unit_price % 1)])
    if line is None or line.net_unit_price is None or books.contract.alterations:
        return None
    charge = books.charge(line)
    wrong = (line.net_unit_price / HUNDRED if yen else line.net_unit_price).to_integral_value(ROUND_FLOOR)
    changed = replace(charge.line, net_unit_price=wrong, discounts=())
    books.set_up = books.set_up.changed(line.line_id, charge.recorded_as(changed))
    return Leaked(note=f"{wrong}, sold at {line.net_unit_price}", lines=(line.line_id,))


def _lower(books: Books, line: Line) -> Decimal:
    """A price below the one sold, by 4 to 20 percent."""
    net = line.net_unit_price or ZERO
    percent = between(books.rng, 80, 96)
    lower = price_rounded(net * percent / HUNDRED, line.list_unit_price or net, books.contract.signed.currency)
    return lower if lower < net else net / 2
