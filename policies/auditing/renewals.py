"""R04: a line was renewed for less than was in use when the renewal began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.auditing.expected import Component, Part, is_by_unit
from policies.auditing.finding_makers import finding_id
from policies.domain.finding import AmountAtRisk, Direction, Effect, Evidence, Finding, Remedy
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.period import Period, add_months
from policies.domain.quote import DealType
from policies.domain.wording import called

if TYPE_CHECKING:
    from datetime import date

    from policies.auditing.metered import UsageBook
    from policies.domain.agreement import Agreement

ZERO = Decimal(0)
_POLICY, _PATTERN = "renewal-below-deployed", "R04"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renewed:
    """A line from the renewal on, and the most that was in use in the month before."""

    components: Sequence[Component]
    deployed: Decimal
    by: str

    @property
    def first(self) -> Component:
        return self.components[0]


def renewal_findings(agreement: Agreement, usage: UsageBook, expected: Sequence[Component]) -> Iterator[Finding]:
    """One finding for each line that was renewed below what was deployed, where the next unit has no price."""
    by_line: dict[str, list[Component]] = defaultdict(list)
    for each in expected:
        if each.part is Part.FIXED and each.quantity is not None and is_by_unit(each.line):
            by_line[each.line.line_id].append(each)
    for of_line in by_line.values():
        for by, day in _renewals(agreement):
            since = [each for each in of_line if each.period.start >= day]
            deployed = _deployed(usage, of_line[0].line.line_id, day)
            if since and deployed is not None and deployed > (since[0].quantity or ZERO):
                yield _finding(agreement, _Renewed(components=since, deployed=deployed, by=by))


def _renewals(agreement: Agreement) -> Iterator[tuple[str, date]]:
    """From which day on what renews: an amendment that takes the term beyond its end, or the agreement itself."""
    terms = agreement.terms
    if terms.deal_type is DealType.RENEWAL and terms.start_date is not None:
        yield f"agreement {agreement.agreement_id}", terms.start_date
    for each in agreement.amendments:
        if terms.end_date is not None and each.effective_date > terms.end_date:
            yield f"amendment {each.amendment_id}", each.effective_date


def _deployed(usage: UsageBook, line_id: str, day: date) -> Decimal | None:
    """The most that was in use in the month before a day; None where nothing was recorded."""
    readings = usage.within(line_id, Period(add_months(day, -1), day))
    return max((each.highest for each in readings if each.period.end <= day), default=None)


def _finding(agreement: Agreement, renewed: _Renewed) -> Finding:
    currency, line = agreement.terms.currency, renewed.first.line
    sold = renewed.first.quantity or ZERO
    short = [_worth(each, renewed.deployed) for each in renewed.components]
    per_period, remaining = (round_to_currency(each, currency) for each in (short[0], sum(short, ZERO)))
    return Finding(
        finding_id=finding_id(agreement, _POLICY, Direction.UNDER, (line.line_id,)),
        policy_id=_POLICY,
        pattern=_PATTERN,
        effect=Effect.FLAG,
        direction=Direction.UNDER,
        message=f"{called(line)} was renewed by {renewed.by} for {plain(sold)} from {renewed.first.period.start} on, and "
        f"{plain(renewed.deployed)} were in use before: {format_amount(per_period, currency)} a period.",
        line_ids=(line.line_id,),
        evidence=(
            Evidence(
                field=f"lines[{line.line_id}].quantity",
                actual=plain(sold),
                expected=plain(renewed.deployed),
                expected_from="the most in use in the month before the renewal",
            ),
        ),
        amount_at_risk=AmountAtRisk(
            currency=currency,
            per_period=per_period,
            remaining_term=remaining,
            assumptions=(
                "If what was in use before the renewal stays in use, at the renewed price.",
                "What was lost already is told of the use since then, not here.",
            ),
        ),
        remedy=Remedy(
            text=f"Amend the renewal to {plain(renewed.deployed)}, or have the units beyond {plain(sold)} returned."
        ),
        owner="billing-operations",
        confidence=Decimal("0.85"),
    )


def _worth(component: Component, deployed: Decimal) -> Decimal:
    """What the units beyond those sold come to in a period, at its own price and days."""
    sold = component.quantity
    return component.amount * (deployed - sold) / sold if sold and deployed > sold else ZERO
