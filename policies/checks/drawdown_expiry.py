"""Whether prepaid credit runs out: without an end, what is left over rolls on for ever."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.finding import Change, Evidence
from policies.domain.money import format_amount
from policies.domain.wording import field_of, spelt

if TYPE_CHECKING:
    from policies.domain.charge import Drawdown
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    drawdown = facts.line.drawdown
    if drawdown is None or drawdown.credit_amount <= ZERO:
        return NOT_APPLICABLE
    return SATISFIED if drawdown.expires_on is not None else _violated(facts, quote, drawdown)


def _violated(facts: LineFacts, quote: QuoteFacts, drawdown: Drawdown) -> Violated:
    last_day = facts.term.last_day if facts.term is not None else None
    path = f"/lines/{facts.index}/drawdown/expires_on"
    return Violated(
        evidence=(
            Evidence(
                field=field_of(facts.line, "drawdown.expires_on"),
                actual=None,
                expected=spelt(last_day),
                expected_from="the last day of the line's term" if last_day is not None else None,
            ),
        ),
        # Unused credit * rate * what rolls over: how much stays unused is not known when the quote is written.
        loss=Loss(assumptions=("how much of the credit will be left over is not known",)),
        reports={"credit": format_amount(drawdown.credit_amount, quote.currency)},
        changes=(Change(path=path, value=last_day, absent=True),) if last_day is not None else (),
        remedy_text=f"Let the credit expire on {last_day}" if last_day is not None else "Say when the credit expires",
    )


CHECK: Final = Check(
    name="drawdown-expiry",
    scope=Scope.LINE,
    run=run,
    summary="Prepaid credit has a day on which it expires.",
    reports=("credit",),
    reads=("drawdown", "end_date", "term_months"),
)
