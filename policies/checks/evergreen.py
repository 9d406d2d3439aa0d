"""Whether a contract without an end at least says how it is left and how its price rises."""

from __future__ import annotations

from typing import Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeType
from policies.domain.finding import Evidence
from policies.facts import QuoteFacts


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    renewal = quote.quote.renewal
    if renewal is None or not renewal.auto_renew or not _has_no_end(quote):
        return NOT_APPLICABLE
    missing = []
    if renewal.notice_days is None:
        missing.append(("renewal.notice_days", "notice"))
    if not renewal.uplift_percent:
        missing.append(("renewal.uplift_percent", "price step"))
    if not missing:
        return SATISFIED
    words = " and no ".join(word for _, word in missing)
    return Violated(
        evidence=tuple(Evidence(field=field, actual=_stated(quote, field)) for field, _ in missing),
        loss=Loss(already_lost=None, assumptions=("how long the contract lasts is not known",)),
        reports={"missing": words},
        remedy_text=f"Give the contract a term, or say what is missing: {words}",
    )


def _has_no_end(quote: QuoteFacts) -> bool:
    """Whether it renews by itself and neither the quote nor a recurring line says until when."""
    if quote.quote.end_date is not None or quote.quote.term_months is not None:
        return False
    recurring = [each.line for each in quote.lines if each.line.charge_type is ChargeType.RECURRING]
    return bool(recurring) and any(line.end_date is None for line in recurring)


def _stated(quote: QuoteFacts, field: str) -> str | None:
    renewal = quote.quote.renewal
    return (
        "0"
        if field == "renewal.uplift_percent" and renewal is not None and renewal.uplift_percent is not None
        else None
    )


CHECK: Final = Check(
    name="evergreen",
    scope=Scope.QUOTE,
    run=run,
    summary="Asks of a contract without an end for a notice and a price step.",
    reports=("missing",),
    reads=("end_date", "term_months", "renewal.auto_renew", "renewal.notice_days", "renewal.uplift_percent"),
)
