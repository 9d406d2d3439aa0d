"""Whether prices in a tier table go the way they should: down with volume, and never to a lower total for more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, Scope, Violated
from policies.domain.charge import ChargeModel, Tier
from policies.domain.finding import Direction, Evidence
from policies.domain.money import format_amount, plain
from policies.domain.wording import counted, field_of, listed

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`tolerated_drop_percent`: by how much one unit more may lower the total of a volume or stairstep table."""

    tolerated_drop_percent: Decimal = ZERO


class _Cliff(NamedTuple):
    """A bound where one unit more costs less: the totals at and after it, for one price period."""

    tier: int
    at: Decimal
    total: Decimal
    after: Decimal

    @property
    def drop(self) -> Decimal:
        return self.total - self.after


def run(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    line = facts.line
    if len(line.tiers) < 2 or line.charge_model is None:
        return NOT_APPLICABLE
    found = (_rising(facts, quote), _falling(facts, quote, parameters))
    return tuple(each for each in found if each is not None) or SATISFIED


def _rising(facts: LineFacts, quote: QuoteFacts) -> Violated | None:
    """Unit prices that rise with volume. A first tier at no price is an allowance, not a rise."""
    line = facts.line
    if line.charge_model is ChargeModel.STAIRSTEP:
        return None
    steps = [
        (number, lower.unit_price, upper.unit_price)
        for number, (lower, upper) in enumerate(pairwise(line.tiers), start=1)
        if lower.unit_price and upper.unit_price is not None and upper.unit_price > lower.unit_price
    ]
    if not steps:
        return None
    told = [
        f"tier {number + 1} costs {format_amount(high, quote.currency)} a unit after {format_amount(low, quote.currency)}"
        for number, low, high in steps
    ]
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(line, f"tiers[{number}].unit_price"),
                actual=plain(high),
                expected=f"{plain(low)} or less",
                expected_from=f"the price of tier {number}",
            )
            for number, low, high in steps
        ),
        loss=Loss(assumptions=("which of the two prices is wrong is not known",)),
        reports={"defects": f"the unit price rises with volume: {listed(told)}"},
        remedy_text="Check whether the tiers' prices were swapped; a price for more units is not higher than one for fewer",
        discriminator="rising",
    )


def _falling(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> Violated | None:
    """Totals that drop at a bound; the money is the largest drop, total(n) - total(n + 1), in each price period."""
    line = facts.line
    cliffs = [
        cliff
        for cliff in _cliffs(line)
        if cliff.drop > ZERO and cliff.drop * HUNDRED > cliff.total * parameters.tolerated_drop_percent
    ]
    if not cliffs:
        return None
    worst = max(cliffs, key=lambda cliff: cliff.drop)
    remaining = worst.drop * facts.periods if facts.periods is not None else None
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(line, f"tiers[{cliff.tier}]"),
                actual=f"{counted(cliff.at + ONE)} cost {plain(cliff.after)}",
                expected=f"{plain(cliff.total)} or more",
                expected_from=f"the total for {counted(cliff.at)}",
            )
            for cliff in cliffs
        ),
        loss=Loss(per_period=worst.drop, remaining_term=remaining, assumptions=("the customer orders one unit more",)),
        reports={"defects": listed([_told(cliff, quote.currency) for cliff in cliffs])},
        remedy_text="Use graduated tiers, or let the lower tier's total be the most that the next tier starts at",
        direction=Direction.UNDER,
        discriminator="cliff",
    )


def _told(cliff: _Cliff, currency: str) -> str:
    drop, at, after = (format_amount(each, currency) for each in (cliff.drop, cliff.total, cliff.after))
    return f"the total drops by {drop} at {counted(cliff.at)}: {counted(cliff.at)} cost {at}, one more costs {after}"


def _cliffs(line: Line) -> Iterator[_Cliff]:
    """The totals at each bound and one unit after it, where all units are priced by the tier that holds them."""
    if line.charge_model not in (ChargeModel.VOLUME, ChargeModel.STAIRSTEP):
        return
    for number, tier in enumerate(line.tiers[:-1], start=1):
        if tier.up_to is None:
            return
        totals = (
            _total(line.charge_model, tier, tier.up_to),
            _total(line.charge_model, line.tiers[number], tier.up_to + ONE),
        )
        if totals[0] is not None and totals[1] is not None:
            yield _Cliff(number, tier.up_to, totals[0], totals[1])


def _total(model: ChargeModel, tier: Tier, quantity: Decimal) -> Decimal | None:
    if model is ChargeModel.STAIRSTEP:
        return tier.unit_price if tier.flat_fee is None else tier.flat_fee
    if tier.unit_price is None:
        return tier.flat_fee
    return tier.unit_price * quantity + (tier.flat_fee or ZERO)


CHECK: Final = Check(
    name="tier-prices",
    scope=Scope.LINE,
    run=run,
    summary="Unit prices do not rise with volume, and one unit more never lowers the total.",
    parameters=Parameters,
    reports=("defects",),
    reads=("tiers", "charge_model"),
)
