"""Repairs: what in a charge is not as in the line that it bills, one cause at a time, and what would set it right.

A repair is tried by making its changes in the configuration and expanding that once more. Which repairs are needed is for
`attributing` to find out: a field may differ and bill the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.charge import Discount, Line, Tier
from policies.domain.finding import Change, Evidence
from policies.domain.money import exponent
from policies.domain.waterfall import price_after
from policies.domain.wording import listed
from policies.twin.changing import stands, told
from policies.twin.pairing import Edit, Pair, differs, target

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge
    from policies.twin.setup import SetUp

PRICE: Final = "price-or-quantity-differs"
MODEL: Final = "charge-model-differs"
DISCOUNT: Final = "discount-differs"
RHYTHM: Final = "billing-rhythm-differs"
UPLIFT: Final = "uplift-not-set-up"
AMENDMENT: Final = "amendment-not-set-up"
UNIT: Final = "unit-or-aggregation-differs"
MINOR_UNIT: Final = "minor-unit-error"
OVERRIDE: Final = "price-override-lost"
ONE: Final = Decimal(1)
_DECIMAL_SLIPS: Final = (2, 3)

# In this order a repair is found not to be needed: of two that would do, the later one stays.
CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    PRICE: ("charge_type", "net_unit_price", "quantity", "price_period"),
    MODEL: ("charge_model", "tiers", "package", "percentage"),
    "overage-not-set-up": ("overage_unit_price", "included_quantity", "included_unlimited", "hard_cap"),
    UNIT: ("unit_of_measure", "quantity_basis"),
    "minimum-or-commitment-inert": ("minimum_amount", "maximum_amount", "minimum_commitment"),
    "prepaid-credit-differs": ("drawdown",),
    "ramp-differs": ("ramp",),
    DISCOUNT: ("discounts",),
    UPLIFT: ("uplift_percent", "uplift_method", "uplift_at"),
    "free-time-not-sold": ("trial_days", "free_months", "billing_start_date"),
    RHYTHM: ("billing_frequency", "billing_timing", "start_date", "end_date"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Changes that remove one cause, with what they are held against."""

    cause: str
    changes: tuple[Change, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    text: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)


def repairs_of(pair: Pair, setup: SetUp) -> Iterator[Repair]:
    """Every repair of one charge, whether it changes the bill or not."""
    for cause, names in CAUSES.items():
        edits = [Edit(name, target(pair, name)) for name in names if differs(pair, name)]
        if cause == DISCOUNT and edits and _explains_the_price(pair):
            edits += [Edit(name, target(pair, name)) for name in _PRICES if differs(pair, name)]
        if cause == RHYTHM and _is_ended_by_amendment(pair, setup):
            ends = [each for each in edits if each.name == "end_date"]
            edits = [each for each in edits if each.name != "end_date"]
            if ends:
                yield _ended(pair, ends, setup)
        if cause == MODEL and [each.name for each in edits] == ["tiers"] and _same_bounds(pair):
            yield _repair(_cause_of_price(pair, edits, setup), pair, edits)
        elif edits:
            yield _repair(_cause_of_price(pair, edits, setup) if cause == PRICE else cause, pair, edits)


def _is_ended_by_amendment(pair: Pair, setup: SetUp) -> bool:
    if pair.terms.term is None:
        return False
    return not pair.is_last or any(each.effective_date == pair.terms.term.end for each in setup.agreement.amendments)


def _ended(pair: Pair, edits: Sequence[Edit], setup: SetUp) -> Repair:
    day = pair.terms.dated.end
    names = [each.amendment_id for each in setup.agreement.amendments if each.effective_date == day]
    reports = {"amendment": ", ".join(names), "effective": day.isoformat()}
    return replace(_repair(AMENDMENT, pair, edits), reports=reports)


_PRICES: Final = ("net_unit_price", "list_unit_price")


def config_repair(pair: Pair, setup: SetUp) -> Repair | None:
    """The anchor day and the first invoice date, which are the whole configuration's."""
    configuration, source = setup.configuration, pair.source
    changes, evidence = [], []
    for name, value in (
        ("billing_anchor_day", None if pair.terms.anchor is None else pair.terms.anchor_day or pair.terms.anchor.day),
        ("first_invoice_date", None if pair.terms.term is None else pair.terms.paid_from),
        ("rounding", pair.terms.rounding),
    ):
        actual = getattr(configuration, name)
        is_early = name == "first_invoice_date" and actual is not None and value is not None and actual <= value
        if actual is not None and value is not None and actual != value and not is_early:
            changes.append(Change(path=f"/{name}", value=value))
            evidence.append(Evidence(field=name, actual=told(actual), expected=told(value), expected_from=source))
    if not changes:
        return None
    text = "Set " + listed([f"{_spaced(each.field)} to {each.expected}" for each in evidence])
    return Repair(cause=RHYTHM, changes=tuple(changes), evidence=tuple(evidence), text=text)


def end_repair(pair: Pair) -> Repair | None:
    """The agreement's end for a charge that states none and goes on into the renewal."""
    if not pair.renews or pair.charge.terms.end_date is not None or pair.terms.term is None or pair.terms.comes_once:
        return None
    return _repair(RHYTHM, pair, [Edit("end_date", pair.terms.dated.last_day)])


def uplift_repairs(pair: Pair, rises: Sequence[tuple[object, object]]) -> Iterator[Repair]:
    """The rise at renewal, in the ways in which a charge can have it: (percent, when)."""
    for percent, when in rises:
        edits = [
            Edit(name, value)
            for name, value in (("uplift_percent", percent), ("uplift_at", when))
            if value is not None and stands(pair.charge, name) != value
        ]
        if edits:
            yield _repair(UPLIFT, pair, edits)


def merged(repairs: Sequence[Repair]) -> list[Repair]:
    """One repair for each cause, in the order of the causes; what several charges need goes together."""
    by_cause: dict[str, Repair] = {}
    for each in repairs:
        known = by_cause.get(each.cause)
        by_cause[each.cause] = each if known is None else _both(known, each)
    order = {cause: number for number, cause in enumerate(CAUSES)}
    return sorted(by_cause.values(), key=lambda each: order.get(each.cause, -1))


def _both(one: Repair, other: Repair) -> Repair:
    changes = {each.path: each for each in one.changes if not each.path.endswith("/-")}
    more = [each for each in other.changes if each.path not in changes]
    evidence = dict.fromkeys((*one.evidence, *other.evidence))
    texts = list(dict.fromkeys([one.text, other.text]))
    return replace(
        one,
        changes=(*one.changes, *more),
        evidence=tuple(evidence),
        text="; ".join(texts),
        reports={**other.reports, **one.reports},
    )


def _explains_the_price(pair: Pair) -> bool:
    """Whether the price differs by the discounts alone: one side's price is the other's with or without them."""
    agreed, billed = pair.line, pair.stream.line
    one, other = agreed.net_unit_price, billed.net_unit_price
    if one is None or other is None or one == other:
        return False
    return _reduced(other, agreed.discounts) == one or _reduced(one, billed.discounts) == other


def _reduced(price: Decimal, discounts: Sequence[Discount]) -> Decimal | None:
    return price_after(price, list(discounts)) if discounts else None


def _same_bounds(pair: Pair) -> bool:
    return [each.up_to for each in pair.line.tiers] == [each.up_to for each in pair.stream.line.tiers]


def _cause_of_price(pair: Pair, edits: Sequence[Edit], setup: SetUp) -> str:
    """Prices that are off by their decimals alone, or that the configuration had right before, have a name of their own."""
    names = {each.name for each in edits}
    if names <= {"net_unit_price", "tiers"} and _is_decimal_slip(pair, setup.agreement.terms.currency):
        return MINOR_UNIT
    before = () if setup.previous is None else setup.previous.charges
    is_lost = any(
        _is_before(charge, pair.charge) and all(getattr(charge.terms, each.name, None) == each.value for each in edits)
        for charge in before
    )
    return OVERRIDE if is_lost else PRICE


def _is_before(earlier: BillingCharge, charge: BillingCharge) -> bool:
    """Whether a charge of the previous configuration billed the same: a change of plan may have made another of it."""
    if earlier.charge_id == charge.charge_id:
        return True
    if earlier.quote_line_id is not None and charge.quote_line_id is not None:
        return earlier.quote_line_id == charge.quote_line_id
    return earlier.terms.product_id == charge.terms.product_id


def _is_decimal_slip(pair: Pair, currency: str) -> bool:
    """Whether all prices that differ have their decimal point moved alike, or have lost what stood behind it."""
    differing = [(one, other) for one, other in _price_pairs(pair.line, pair.stream.line) if one != other]
    known = [(one, other) for one, other in differing if one and other]
    powers = {*_DECIMAL_SLIPS, exponent(currency)} - {0}
    moves = [ONE, *(ONE.scaleb(power) for power in powers), *(ONE.scaleb(-power) for power in powers)]
    return (
        bool(known)
        and len(known) == len(differing)
        and any(all(_is_moved(one, other, by) for one, other in known) for by in moves)
    )


def _is_moved(agreed: Decimal, billed: Decimal, by: Decimal) -> bool:
    """Whether one price is the other times a power of ten, in full or cut to whole units of the currency."""
    moved = agreed * by
    return billed == (moved.to_integral_value(ROUND_FLOOR) if billed == billed.to_integral_value() else moved)


def _price_pairs(one: Line, other: Line) -> Iterator[tuple[Decimal | None, Decimal | None]]:
    yield one.net_unit_price, other.net_unit_price
    for mine, theirs in zip(one.tiers, other.tiers, strict=False):
        yield from zip(_tier_prices(mine), _tier_prices(theirs), strict=True)


def _tier_prices(tier: Tier) -> tuple[Decimal | None, Decimal | None]:
    return tier.unit_price, tier.flat_fee


# -------------------------------------------------------------------------------------------------- words


def _repair(cause: str, pair: Pair, edits: Sequence[Edit]) -> Repair:
    charge, at = pair.charge, pair.stream.index
    changes, evidence = [], []
    for name, value in edits:
        actual = stands(charge, name)
        absent = actual is None and name not in charge.terms.nulls
        changes.append(Change(path=f"/charges/{at}/{name}", value=value, absent=absent))
        evidence.append(
            Evidence(
                field=f"charges[{charge.charge_id}].{name}",
                actual=told(actual),
                expected=told(value),
                expected_from=pair.source,
            )
        )
    words = listed([_in_words(name, value) for name, value in edits])
    return Repair(
        cause=cause,
        changes=tuple(changes),
        evidence=tuple(evidence),
        text=f"{words[:1].upper()}{words[1:]} on charge {charge.charge_id}",
    )


def _in_words(name: str, value: object) -> str:
    words = told(value)
    return f"take out {_spaced(name)}" if words is None else f"set {_spaced(name)} to {words}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")
