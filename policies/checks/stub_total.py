"""Whether a line that lasts for a part of a price period is prorated: amount * used days / days of the whole period."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, NoParameters, Scope, Undetermined
from policies.domain.schedule import Unscheduled
from policies.footing import Fault, is_stub, misstated, violation

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if facts.line.stated_total is None or not is_stub(facts):
        return NOT_APPLICABLE
    found = misstated(facts, quote)
    if isinstance(found, Unscheduled):
        return Undetermined(found.reason)
    if found is None or found.fault is not Fault.STUB:
        return SATISFIED
    result = violation(facts, quote, found, "days used, over the days of the whole period, of the unit price")
    full = found.one_period is not None and found.stated == found.one_period
    reading = "the full price of the period" if full else "not the days' share of the price"
    return replace(result, reports={**result.reports, "reading": reading})


CHECK: Final = Check(
    name="stub-total",
    scope=Scope.LINE,
    run=run,
    summary="The stated total of a part of a period is prorated by the days of the whole period.",
    reports=("stated", "expected", "reading"),
    reads=("net_unit_price", "quantity", "price_period", "start_date", "end_date", "billing_frequency"),
)
