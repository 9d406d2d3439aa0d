"""Whether a ramp goes up: a step down gives back what the step before it sold."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

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
from policies.domain.finding import Evidence
from policies.domain.money import format_amount, plain
from policies.domain.wording import field_of
from policies.facts import PricedSegment, priced_segments

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)


class _Step(NamedTuple):
    """A segment and what it costs in one price period."""

    segment: PricedSegment
    amount: Decimal


class _Drop(NamedTuple):
    """A step down: the segment, what it costs in one price period, and what the one before it cost."""

    step: _Step
    before: Decimal

    @property
    def amount(self) -> Decimal:
        return self.before - self.step.amount


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if len(facts.line.ramp) < 2:
        return NOT_APPLICABLE
    steps = []
    for each in sorted(priced_segments(facts), key=lambda each: facts.line.ramp[each.position or 0].start_date):
        if each.net_unit_price is None or each.units is None:
            return Undetermined(f"a segment of line {facts.line.line_id} has no price or no quantity")
        steps.append(_Step(each, each.net_unit_price * each.units))
    drops = [_Drop(after, before.amount) for before, after in pairwise(steps) if after.amount < before.amount]
    return _violated(facts, quote, drops) if drops else SATISFIED


def _violated(facts: LineFacts, quote: QuoteFacts, drops: list[_Drop]) -> Violated:
    line, first = facts.line, drops[0]
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(line, f"ramp[{each.step.segment.position}]"),
                actual=f"{plain(each.step.amount)} a period",
                expected=f"{plain(each.before)} or more",
                expected_from="the segment before it",
            )
            for each in drops
        ),
        loss=_loss(drops),
        reports={
            "before": format_amount(first.before, quote.currency),
            "after": format_amount(first.step.amount, quote.currency),
            "from": line.ramp[first.step.segment.position or 0].start_date,
        },
        remedy_text="Let each segment commit to at least as much as the one before it, or have the step down approved",
    )


def _loss(drops: list[_Drop]) -> Loss:
    """Sum of (planned - committed) * periods, with the segment before a step down as the plan."""
    per_period = max(drop.amount for drop in drops)
    remaining: Decimal | None = ZERO
    for drop in drops:
        periods = drop.step.segment.periods
        remaining = remaining + drop.amount * periods if remaining is not None and periods is not None else None
    return Loss(per_period=per_period, remaining_term=remaining, assumptions=("the step before it had gone on",))


CHECK: Final = Check(
    name="ramp-steps",
    scope=Scope.LINE,
    run=run,
    summary="No segment of a ramp commits to less than the one before it.",
    reports=("before", "after", "from"),
    reads=("ramp", "net_unit_price", "quantity"),
)
