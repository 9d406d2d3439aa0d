"""Whether the period of a commitment can be reconciled with what is billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import PricePeriod
from policies.domain.finding import Change, Evidence
from policies.domain.period import MONTHS
from policies.domain.wording import field_of, spelt

if TYPE_CHECKING:
    from policies.domain.charge import BillingFrequency
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
_PERIOD_OF: Final = {months: period for period, months in MONTHS.items() if isinstance(period, PricePeriod)}


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    commitment = facts.line.minimum_commitment
    if commitment is None or commitment.amount <= ZERO:
        return NOT_APPLICABLE
    frequency = facts.line.billing_frequency or quote.quote.billing_frequency
    reason = _reason(facts, commitment.period, frequency)
    return SATISFIED if reason is None else _violated(facts, commitment.period, frequency, reason)


def _reason(facts: LineFacts, period: PricePeriod | None, frequency: BillingFrequency | None) -> str | None:
    """What keeps the shortfall from being found when an invoice is made; None where nothing does.

    A commitment over several billing periods is reconciled when it ends. One that ends between two invoices is not, and
    one that ends after the term never comes due.
    """
    if period is None or period is PricePeriod.ONE_TIME:
        return "does not say in which period the amount is owed"
    months = MONTHS.get(period)
    billed = MONTHS.get(frequency) if frequency is not None else None
    if months is not None and billed is not None and months < billed:
        return f"runs by the {period.value}, but is only looked at when the {frequency} invoice is made"
    if months is not None and facts.months is not None and months > facts.months:
        return f"runs by the {period.value}, which is longer than the term: it never comes due"
    return None


def _violated(
    facts: LineFacts, period: PricePeriod | None, frequency: BillingFrequency | None, reason: str
) -> Violated:
    line = facts.line
    fitting = _PERIOD_OF.get(MONTHS.get(frequency, 0)) if frequency is not None and period is None else None
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, "minimum_commitment.period"),
                actual=spelt(period),
                expected=spelt(fitting),
                expected_from="billing frequency" if fitting is not None else None,
            ),
        ),
        loss=Loss(assumptions=("which part of the commitment would not be billed is not known",)),
        reports={"reason": reason},
        changes=(
            (Change(path=f"/lines/{facts.index}/minimum_commitment/period", value=fitting, absent=True),)
            if fitting is not None
            else ()
        ),
        remedy_text="State a commitment period that ends with an invoice and within the term",
    )


CHECK: Final = Check(
    name="commitment-period",
    scope=Scope.LINE,
    run=run,
    summary="A commitment period is stated, ends with an invoice, and ends within the term.",
    reports=("reason",),
    reads=("minimum_commitment", "billing_frequency", "start_date", "end_date", "term_months"),
)
