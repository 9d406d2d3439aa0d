"""Whether a line's stated total is what its unit price, quantity, periods, discounts and tiers come to."""

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
    # A price of the wrong period and a stub that is not prorated have policies of their own.
    if found is None or found.fault is not Fault.SUM:
        return SATISFIED
    return violation(facts, quote, found, "unit price, quantity, periods and discounts of the line")


CHECK: Final = Check(
    name="line-total",
    scope=Scope.LINE,
    run=run,
    summary="A line's stated total is what its own terms come to, to the minor unit.",
    reports=("stated", "expected"),
    reads=("net_unit_price", "quantity", "price_period", "tiers", "ramp", "discounts", "start_date", "end_date"),
)
