"""The true odds that a deal leaks, and where they come from.

The log-odds are a sum of effects, each of which can be read off the quote, but for the rep's carelessness, which shows
only in what the rep's deals turn into. They are kept with the truth, so that a learned score can be held against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Final

from app.demo.deals import Occasion, is_rushed
from policies.domain.charge import BillingFrequency, Line
from policies.domain.quote import DealType

if TYPE_CHECKING:
    from app.demo.defects.bench import Plant
    from policies.domain.quote import Quote

_STANDARD: Final = frozenset({BillingFrequency.ANNUAL, BillingFrequency.MONTHLY})
_COSTLY: Final = frozenset({"Q01", "Q02", "Q04", "Q05", "Q07", "Q08", "Q11", "Q12", "Q13", "Q17", "K03"})
_SIMPLE_LINES: Final = 3
_LONGEST_TENURE: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What raises or lowers the log-odds of a leak, by how much. Another company is another set of numbers."""

    base: float = -4.35
    carelessness: float = 1.0
    year_of_tenure: float = -0.16
    percent_of_discount: float = 0.07
    line_beyond_three: float = 0.16
    further_charge_model: float = 0.25
    odd_rhythm: float = 1.40
    ramp: float = 1.60
    uplift_within_term: float = 0.70
    promotion_that_ends: float = 0.95
    overage: float = 0.40
    commitment_or_prepaid: float = 0.80
    several_years: float = 0.30
    late_approval: float = 0.40
    revision_beyond_two: float = 0.20
    quarter_end: float = 0.35
    ramp_at_quarter_end: float = 0.70
    metered_with_payments: float = 1.60
    data_with_services: float = 1.20
    analytics_with_support: float = -0.60
    yen: float = 0.50
    enterprise: float = 0.25
    amendment: float = 0.90
    expansion: float = 0.30
    costly_defect: float = 2.00
    other_defect: float = 0.60


STANDARD_EFFECTS: Final = Effects()


@dataclass(frozen=True, slots=True)
class Odds:
    """The probability that a deal leaks if it is signed, and the effects that make it, in log-odds by name."""

    probability: float
    terms: Mapping[str, float]


def odds(occasion: Occasion, quote: Quote, plant: Plant | None, effects: Effects) -> Odds:
    """The true odds of a quote."""
    terms = {"base": effects.base}
    for name, amount in (*_of_people(occasion, quote), *_of_lines(quote), *_of_terms(occasion, quote, plant)):
        if amount:
            terms[name] = amount * getattr(effects, name)
    return Odds(1.0 / (1.0 + exp(-sum(terms.values()))), terms)


def _of_people(occasion: Occasion, quote: Quote) -> tuple[tuple[str, float], ...]:
    seller = occasion.seller
    return (
        ("carelessness", seller.carelessness),
        ("year_of_tenure", min(_LONGEST_TENURE, seller.tenure_years(occasion.day))),
        ("revision_beyond_two", max(0, int(quote.revision or 1) - 2)),
        ("late_approval", 1.0 if quote.approvals else 0.0),
    )


def _of_lines(quote: Quote) -> tuple[tuple[str, float], ...]:
    lines = quote.lines
    families = {line.product_family for line in lines}
    return (
        ("percent_of_discount", deepest_discount(lines)),
        ("line_beyond_three", max(0, len(lines) - _SIMPLE_LINES)),
        ("further_charge_model", len({line.charge_model for line in lines}) - 1),
        ("overage", 1.0 if any(line.included_quantity is not None for line in lines) else 0.0),
        ("commitment_or_prepaid", 1.0 if any(line.minimum_commitment or line.drawdown for line in lines) else 0.0),
        ("metered_with_payments", 1.0 if {"Metered", "Payments"} <= families else 0.0),
        ("data_with_services", 1.0 if {"Data", "Services"} <= families else 0.0),
        ("analytics_with_support", 1.0 if {"Analytics", "Support"} <= families else 0.0),
    )


def _of_terms(occasion: Occasion, quote: Quote, plant: Plant | None) -> tuple[tuple[str, float], ...]:
    lines, rushed = quote.lines, is_rushed(quote)
    ramp = any(line.ramp for line in lines)
    return (
        ("odd_rhythm", 0.0 if quote.billing_frequency in _STANDARD else 1.0),
        ("ramp", 1.0 if ramp else 0.0),
        ("uplift_within_term", 1.0 if any(line.uplift_percent for line in lines) else 0.0),
        ("promotion_that_ends", 1.0 if any(_runs_out(line) for line in lines) else 0.0),
        ("several_years", 1.0 if (quote.term_months or 0) > 12 else 0.0),
        ("quarter_end", 1.0 if rushed else 0.0),
        ("ramp_at_quarter_end", 1.0 if rushed and ramp else 0.0),
        ("yen", 1.0 if quote.currency == "JPY" else 0.0),
        ("enterprise", 1.0 if occasion.customer.segment == "enterprise" else 0.0),
        ("amendment", 1.0 if quote.deal_type is DealType.AMENDMENT else 0.0),
        ("expansion", 1.0 if quote.deal_type is DealType.EXPANSION else 0.0),
        ("costly_defect", 1.0 if plant is not None and plant.pattern in _COSTLY else 0.0),
        ("other_defect", 1.0 if plant is not None and plant.pattern not in _COSTLY else 0.0),
    )


def deepest_discount(lines: tuple[Line, ...]) -> float:
    """The largest discount of any line, in percent of its list price."""
    deepest = 0.0
    for line in lines:
        if line.net_unit_price is not None and line.list_unit_price:
            deepest = max(deepest, float(1 - line.net_unit_price / line.list_unit_price) * 100)
    return deepest


def _runs_out(line: Line) -> bool:
    return any(not each.is_open_ended for each in line.discounts)
