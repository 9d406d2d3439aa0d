"""Whether a line's stated total counts each price period once: one month's price is no year's total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, NoParameters, Scope, Undetermined
from policies.domain.schedule import Unscheduled
from policies.footing import Fault, misstated, violation

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if facts.line.stated_total is None:
        return NOT_APPLICABLE
    found = misstated(facts, quote)
    if isinstance(found, Unscheduled):
        return Undetermined(found.reason)
    if found is None or found.fault is not Fault.PERIODS:
        return SATISFIED
    return violation(facts, quote, found, f"the price of one {facts.price_period} times the periods of the term")


CHECK: Final = Check(
    name="period-total",
    scope=Scope.LINE,
    run=run,
    summary="A line's stated total is not the price of one price period, nor that price once for each shorter one.",
    reports=("stated", "expected"),
    reads=("net_unit_price", "quantity", "price_period", "start_date", "end_date", "term_months"),
)
