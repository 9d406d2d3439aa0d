"""Whether the margin of the whole quote is at least the company's floor for a deal of its size."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.charge import ChargeType
from policies.domain.finding import Evidence, Exposure
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.waterfall import percent_off, readable
from policies.domain.wording import listed
from policies.facts import LineFacts, QuoteFacts, priced_segments

if TYPE_CHECKING:
    from policies.domain.company import MarginFloor

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Margin:
    """What the quote brings over its term and what it costs, against the least margin in percent.

    `shortfall` is by how much the margin in money is below its floor: floor * Net - (Net - Cost).
    """

    floor: Decimal
    net: Decimal
    cost: Decimal
    shortfall: Decimal


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    floors = quote.company.margin_floors if quote.company is not None else ()
    if not floors:
        return Undetermined("company.yaml has no margin floors")
    charged = [each for each in quote.lines if each.line.charge_type is not ChargeType.USAGE]
    if not charged:
        return NOT_APPLICABLE
    floor = _floor_for(floors, quote.deal_size)
    if isinstance(floor, str):
        return Undetermined(floor)
    net = cost = ZERO
    for each in charged:
        its_cost = _cost(each)
        if its_cost is None or each.net_total is None:
            return _unknown(charged)
        net += each.net_total
        cost += its_cost
    shortfall = floor * net / HUNDRED - (net - cost)
    if round_to_currency(shortfall, quote.currency) <= ZERO:
        return SATISFIED
    return _violated(quote, _Margin(floor=floor, net=net, cost=cost, shortfall=shortfall), charged)


def _unknown(charged: list[LineFacts]) -> Undetermined:
    without_cost = [each.line.line_id for each in charged if _cost(each) is None]
    if without_cost:
        return Undetermined(
            f"the cost of line{'s' if len(without_cost) > 1 else ''} {listed(without_cost)} is not known"
        )
    return Undetermined("the total contract value cannot be told")


def _floor_for(floors: tuple[MarginFloor, ...], deal_size: Decimal | None) -> Decimal | str:
    """The floor of the narrowest band that holds the deal, or why it is not known."""
    if deal_size is None:
        same = {each.minimum_percent for each in floors}
        return same.pop() if len(same) == 1 else "the deal size cannot be told in the company's currency"
    holding = [each for each in floors if each.deal_size_up_to is None or deal_size <= each.deal_size_up_to]
    if not holding:
        return "company.yaml has no margin floor for a deal of this size"
    return min(holding, key=lambda each: (each.deal_size_up_to is None, each.deal_size_up_to or ZERO)).minimum_percent


def _cost(facts: LineFacts) -> Decimal | None:
    """What the line costs over the term, free time included: it is delivered all the same."""
    if facts.unit_cost is None:
        return None
    if not facts.line.ramp:
        units, periods = facts.units, facts.periods
        return facts.unit_cost * units * periods if units is not None and periods is not None else None
    total = ZERO
    for segment in priced_segments(facts):
        if segment.units is None or segment.periods is None:
            return None
        total += facts.unit_cost * segment.units * segment.periods
    return total


def _violated(quote: QuoteFacts, margin: _Margin, charged: list[LineFacts]) -> Violated:
    actual = readable(percent_off(margin.net, margin.cost)) if margin.net > ZERO else None
    exposures = _exposures(margin, charged)
    return Violated(
        line_ids=tuple(each.line_id for each in exposures if each.line_id is not None),
        evidence=(
            Evidence(
                field="margin_percent",
                actual=plain(actual) if actual is not None else None,
                expected=plain(margin.floor),
                expected_from="company.yaml: margin_floors",
            ),
        ),
        loss=Loss(
            remaining_term=margin.shortfall,
            assumptions=("usage is not counted: neither its price nor its cost is committed",),
            exposures=exposures,
        ),
        reports={"margin": actual if actual is not None else "no", "floor": margin.floor, "cost": margin.cost},
        remedy_text=_advice(quote, margin),
        clears_without_approval=f"quote margin {plain(margin.floor)} % or more",
    )


def _advice(quote: QuoteFacts, margin: _Margin) -> str | None:
    """The net price that leaves the floor at the same cost is Cost / (1 - floor)."""
    if margin.floor >= HUNDRED:
        return None
    more = round_to_currency(margin.cost * HUNDRED / (HUNDRED - margin.floor) - margin.net, quote.currency)
    return f"Raise the prices by {format_amount(more, quote.currency)} over the term, or take cost out"


def _exposures(margin: _Margin, charged: list[LineFacts]) -> tuple[Exposure, ...]:
    """The shortfall on the lines whose own margin is below the floor, each by how far it is below."""
    short = []
    for each in charged:
        below = (_cost(each) or ZERO) - (each.net_total or ZERO) * (HUNDRED - margin.floor) / HUNDRED
        if below > ZERO:
            short.append((each.line.line_id, below))
    whole = sum((amount for _, amount in short), ZERO)
    return tuple(Exposure(line_id=line_id, amount=margin.shortfall * amount / whole) for line_id, amount in short)


CHECK: Final = Check(
    name="quote-margin-floor",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds the margin of the whole quote against the company's floor for deals of its size.",
    reports=("margin", "floor", "cost"),
    reads=(
        "product_id",
        "currency",
        "net_unit_price",
        "quantity",
        "discounts",
        "ramp",
        "free_months",
        "billing_start_date",
        "start_date",
        "end_date",
        "term_months",
    ),
)
