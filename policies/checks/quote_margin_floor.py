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
from policies.facts import LineFacts, QuoteFacts, priced_segments

if TYPE_CHECKING:
    from policies.domain.company import MarginFloor

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Margin:
    """What each line brings over the term and what it costs, against the least margin in percent."""

    floor: Decimal
    lines: tuple[tuple[str, Decimal, Decimal], ...]

    @property
    def net(self) -> Decimal:
        return sum((net for _, net, _ in self.lines), ZERO)

    @property
    def cost(self) -> Decimal:
        return sum((cost for _, _, cost in self.lines), ZERO)

    @property
    def shortfall(self) -> Decimal:
        """By how much the margin in money is below its floor: floor * Net - (Net - Cost)."""
        return self.floor * self.net / HUNDRED - (self.net - self.cost)


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
    lines = [(each.line.line_id, each.net_total, _cost(each)) for each in charged]
    unknown = [line_id for line_id, _, cost in lines if cost is None]
    if unknown:
        return Undetermined(f"the cost of {_named(unknown)} is not known")
    if any(net is None for _, net, _ in lines):
        return Undetermined("the total contract value cannot be told")
    known = tuple((line_id, net, cost) for line_id, net, cost in lines if net is not None and cost is not None)
    return _judged(quote, _Margin(floor=floor, lines=known))


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
    total = ZERO
    for segment in priced_segments(facts):
        if facts.unit_cost is None or segment.units is None or segment.periods is None:
            return None
        total += facts.unit_cost * segment.units * segment.periods
    return total


def _judged(quote: QuoteFacts, margin: _Margin) -> CheckResult:
    shortfall = margin.shortfall
    if round_to_currency(shortfall, quote.currency) <= ZERO:
        return SATISFIED
    actual = readable(percent_off(margin.net, margin.cost)) if margin.net > ZERO else None
    needed = margin.cost * HUNDRED / (HUNDRED - margin.floor) if margin.floor < HUNDRED else None
    return Violated(
        line_ids=tuple(line_id for line_id, net, cost in margin.lines if _below(margin.floor, net, cost) > ZERO),
        evidence=(
            Evidence(
                field="margin_percent",
                actual=plain(actual) if actual is not None else None,
                expected=plain(margin.floor),
                expected_from="company.yaml: margin_floors",
            ),
        ),
        loss=Loss(
            remaining_term=shortfall,
            assumptions=("usage is not counted: neither its price nor its cost is committed",),
            exposures=_exposures(margin, shortfall),
        ),
        reports={"margin": actual if actual is not None else "no", "floor": margin.floor, "cost": margin.cost},
        remedy_text=_remedy(quote, margin, needed),
        clears_without_approval=f"quote margin {plain(margin.floor)} % or more",
    )


def _remedy(quote: QuoteFacts, margin: _Margin, needed: Decimal | None) -> str | None:
    if needed is None:
        return None
    more = round_to_currency(needed - margin.net, quote.currency)
    return f"Raise the prices by {format_amount(more, quote.currency)} over the term, or take cost out"


def _below(floor: Decimal, net: Decimal, cost: Decimal) -> Decimal:
    return cost - net * (HUNDRED - floor) / HUNDRED


def _exposures(margin: _Margin, shortfall: Decimal) -> tuple[Exposure, ...]:
    """The shortfall on the lines whose own margin is below the floor, each by how far it is below."""
    below = [(line_id, _below(margin.floor, net, cost)) for line_id, net, cost in margin.lines]
    short = [(line_id, amount) for line_id, amount in below if amount > ZERO]
    whole = sum((amount for _, amount in short), ZERO)
    return tuple(Exposure(line_id=line_id, amount=shortfall * amount / whole) for line_id, amount in short)


def _named(line_ids: list[str]) -> str:
    return f"line {line_ids[0]}" if len(line_ids) == 1 else f"lines {', '.join(line_ids[:-1])} and {line_ids[-1]}"


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
