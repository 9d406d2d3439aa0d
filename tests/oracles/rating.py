"""Rating a second way: slowly, in fractions, unit by unit, from what the documents say and with no code of the product's.

A quantity is cut into grains so small that every tier bound and every block falls between two of them; each grain is
looked up in the tier table by itself, and blocks are taken away one at a time. A definition that is one sentence is one
function here.
"""

from collections import Counter
from fractions import Fraction
from math import lcm


class Undetermined(Exception):  # noqa: N818 - the name says what is wrong
    """The line does not say what the quantity costs."""


def exact(number):
    """A Decimal as the fraction that it is; None stays None."""
    return None if number is None else Fraction(number)


def slow_rate(line, quantity, *, price=None, share=Fraction(1), factor=Fraction(1)):
    """What one price period costs; `factor` raises tiers and percentages, `share` is the rated part of the period."""
    units = Fraction(quantity)
    if line.charge_type == "usage":
        units = beyond_allowance(line, units)
    return clamped(line, MODELS[model_of(line)](line, units, price, factor), share)


def model_of(line):
    if line.charge_model is not None:
        return str(line.charge_model)
    if line.package is not None:
        return "package"
    if line.percentage is not None:
        return "percentage"
    if line.tiers:
        raise Undetermined
    return "per_unit"


def beyond_allowance(line, units):
    """Free units come off first; where use is unlimited or stops at the allowance, nothing is ever beyond it."""
    if line.included_unlimited:
        return Fraction(0)
    if line.included_quantity is None:
        return units
    if line.hard_cap or units <= line.included_quantity:
        return Fraction(0)
    return units - Fraction(line.included_quantity)


def clamped(line, amount, share=Fraction(1)):
    """The maximum first, then the minimum."""
    if line.maximum_amount is not None and amount > Fraction(line.maximum_amount) * share:
        amount = Fraction(line.maximum_amount) * share
    if line.minimum_amount is not None and amount < Fraction(line.minimum_amount) * share:
        amount = Fraction(line.minimum_amount) * share
    return amount


def slow_overage(line, used):
    if line.included_quantity is None or line.overage_unit_price is None:
        return Fraction(0)
    return beyond_allowance(line, Fraction(used)) * Fraction(line.overage_unit_price)


def own_price(line, price):
    """The price that is passed in, else the overage price of use by the unit with an allowance, else the net price."""
    is_metered = line.charge_type == "usage" and model_of(line) == "per_unit" and line.included_quantity is not None
    own = line.overage_unit_price if is_metered and line.overage_unit_price is not None else line.net_unit_price
    price = own if price is None else price
    if price is None:
        raise Undetermined
    return Fraction(price)


def flat(line, units, price, factor):
    return own_price(line, price)


def per_unit(line, units, price, factor):
    return units * own_price(line, price)


def graduated(line, units, price, factor):
    grain, held = by_grain(line.tiers, units)
    prices = {number: tier_prices(line.tiers[number], factor) for number in held}
    return sum((count * grain * prices[number][0] + prices[number][1] for number, count in held.items()), Fraction(0))


def volume(line, units, price, factor):
    number = holding(line.tiers, units)
    if number is None:
        return Fraction(0)
    unit_price, fee = tier_prices(line.tiers[number], factor)
    return units * unit_price + fee


def stairstep(line, units, price, factor):
    number = holding(line.tiers, units)
    if number is None:
        return Fraction(0)
    tier = line.tiers[number]
    fee = tier.flat_fee if tier.flat_fee is not None else tier.unit_price
    if fee is None:
        raise Undetermined
    return Fraction(fee) * factor


def package(line, units, price, factor):
    if units < 0 or line.package is None or line.package.size <= 0:
        raise Undetermined
    size, blocks, left = Fraction(line.package.size), 0, units
    while left >= size:
        blocks, left = blocks + 1, left - size
    if left and line.package.rounding == "up":
        blocks += 1
    return blocks * own_price(line, price)


def percentage(line, base, price, factor):
    """Nothing beyond the free amount: nothing at all. Else the share and the fixed part, the maximum, the minimum."""
    terms = line.percentage
    if terms is None or base < 0:
        raise Undetermined
    charged = base - Fraction(terms.free_amount or 0)
    if charged <= 0:
        return Fraction(0)
    amount = charged * Fraction(terms.rate_percent) * factor / 100 + Fraction(terms.fixed_amount or 0) * factor
    if terms.maximum is not None and amount > terms.maximum:
        amount = Fraction(terms.maximum)
    if terms.minimum is not None and amount < terms.minimum:
        amount = Fraction(terms.minimum)
    return amount


MODELS = {
    "flat": flat,
    "per_unit": per_unit,
    "graduated": graduated,
    "volume": volume,
    "stairstep": stairstep,
    "package": package,
    "percentage": percentage,
}


def by_grain(tiers, units):
    """The size of a grain, and how many grains of the quantity each tier holds."""
    refuse(tiers, units)
    sizes = [Fraction(tier.up_to).denominator for tier in tiers if tier.up_to is not None]
    parts = lcm(units.denominator, *sizes)
    bounds = [None if tier.up_to is None else Fraction(tier.up_to) * parts for tier in tiers]
    held = Counter(tier_of(bounds, number) for number in range(1, int(units * parts) + 1))
    return Fraction(1, parts), held


def holding(tiers, units):
    """The number of the tier that holds the quantity; no quantity is in none."""
    refuse(tiers, units)
    return tier_of([exact(tier.up_to) for tier in tiers], units) if units else None


def tier_of(bounds, place):
    """The first tier that does not end before the place: a bound belongs to the tier that it ends."""
    for number, bound in enumerate(bounds):
        if bound is None or place <= bound:
            return number
    raise Undetermined


def refuse(tiers, units):
    """Bounds rise from zero, only the last tier is open, and no quantity is below zero."""
    bounds = [tier.up_to for tier in tiers]
    closed = [0, *(bound for bound in bounds if bound is not None)]
    if not tiers or units < 0 or None in bounds[:-1] or closed != sorted(set(closed)):
        raise Undetermined


def tier_prices(tier, factor):
    if tier.unit_price is None and tier.flat_fee is None:
        raise Undetermined
    return Fraction(tier.unit_price or 0) * factor, Fraction(tier.flat_fee or 0) * factor
