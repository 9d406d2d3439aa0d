"""Whether a minimum commitment has a true-up: without one, what the customer falls short of is never billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import PricePeriod
from policies.domain.finding import Change, Evidence
from policies.domain.money import format_amount
from policies.domain.period import MONTHS
from policies.domain.rating import Unrateable, rate
from policies.domain.wording import field_of, spelt

if TYPE_CHECKING:
    from policies.domain.charge import MinimumCommitment
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    commitment = facts.line.minimum_commitment
    if commitment is None or commitment.amount <= ZERO:
        return NOT_APPLICABLE
    return SATISFIED if commitment.true_up else _violated(facts, quote, commitment)


def _violated(facts: LineFacts, quote: QuoteFacts, commitment: MinimumCommitment) -> Violated:
    line = facts.line
    period = f" a {commitment.period.value}" if commitment.period is not None else ""
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, "minimum_commitment.true_up"),
                actual=spelt(commitment.true_up),
                expected="true",
                expected_from="a commitment is owed only where the shortfall is billed",
            ),
        ),
        loss=_loss(facts, commitment),
        reports={"commitment": format_amount(commitment.amount, quote.currency) + period},
        changes=(
            Change(
                path=f"/lines/{facts.index}/minimum_commitment/true_up",
                value=True,
                absent=commitment.true_up is None,
            ),
        ),
        remedy_text="Bill the shortfall at the end of each commitment period (true-up)",
    )


def _loss(facts: LineFacts, commitment: MinimumCommitment) -> Loss:
    """max(0, commitment - expected use at its price), for each commitment period of the term."""
    spent = _expected_spend(facts, commitment)
    if spent is None:
        return Loss(assumptions=("how much will be used is not known; at most the whole commitment is at risk",))
    shortfall = max(ZERO, commitment.amount - spent)
    periods = _commitment_periods(facts, commitment)
    use = "use of the quantity stated on the line"
    if periods is None:
        return Loss(per_period=shortfall, assumptions=(use, "the term or the commitment period is not stated"))
    return Loss(per_period=shortfall, remaining_term=shortfall * periods, assumptions=(use,))


def _expected_spend(facts: LineFacts, commitment: MinimumCommitment) -> Decimal | None:
    """What the line's own quantity comes to in one commitment period."""
    span, price_span = _span(facts, commitment.period), _span(facts, facts.price_period)
    if facts.quantity is None or not span or not price_span:
        return None
    try:
        return rate(facts.line, facts.quantity).amount * span / price_span
    except Unrateable:
        return None


def _commitment_periods(facts: LineFacts, commitment: MinimumCommitment) -> Decimal | None:
    span = _span(facts, commitment.period)
    return facts.months / span if facts.months is not None and span else None


def _span(facts: LineFacts, period: PricePeriod | None) -> Decimal | None:
    """The months of a period; those of the term for a period that is the term."""
    if period is PricePeriod.TERM:
        return facts.months
    months = MONTHS.get(period) if period is not None else None
    return Decimal(months) if months is not None else None


CHECK: Final = Check(
    name="commitment-true-up",
    scope=Scope.LINE,
    run=run,
    summary="A minimum commitment needs a true-up that bills the shortfall.",
    reports=("commitment",),
    reads=("minimum_commitment", "quantity", "net_unit_price", "tiers"),
)
