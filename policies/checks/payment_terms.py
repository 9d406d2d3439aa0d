"""Whether the customer pays within the company's standard days; who may grant more, and what the wait costs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Undetermined, Violated
from policies.domain.finding import Change, Evidence, Exposure
from policies.domain.money import plain
from policies.facts import QuoteFacts

if TYPE_CHECKING:
    from policies.domain.company import PaymentTerms

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
DAYS_A_YEAR: Final = 365


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    terms = quote.company.payment_terms if quote.company is not None else None
    if terms is None:
        return Undetermined("company.yaml has no payment terms")
    days = quote.quote.payment_terms_days
    if days is None:
        if "payment_terms_days" in quote.quote.nulls:
            return _violated(quote, terms, None)
        return Undetermined("the quote states no payment terms")
    return SATISFIED if days <= terms.standard_days else _violated(quote, terms, days)


def _violated(quote: QuoteFacts, terms: PaymentTerms, days: int | None) -> Violated:
    standard = terms.standard_days
    return Violated(
        evidence=(
            Evidence(
                field="payment_terms_days",
                actual=None if days is None else str(days),
                expected=str(standard),
                expected_from="company.yaml: payment_terms.standard_days",
            ),
        ),
        loss=_loss(quote, terms, days),
        reports={"terms": "no payment terms" if days is None else f"{days} days", "standard": standard},
        changes=(Change(path="/payment_terms_days", value=standard),),
        remedy_text=f"Set the payment terms to {standard} days",
        approver=_approver(terms, days, quote.deal_size),
        clears_without_approval=f"payment terms of {standard} days or less",
    )


def _approver(terms: PaymentTerms, days: int | None, deal_size: Decimal | None) -> str:
    """Who may grant so many days at this deal size: the first of the extended terms that reach far enough, else finance."""
    for extended in sorted(terms.extended, key=lambda each: each.up_to_days):
        large_enough = extended.minimum_acv is None or (deal_size is not None and deal_size >= extended.minimum_acv)
        if days is not None and days <= extended.up_to_days and large_enough:
            return extended.approver
    return terms.approver


def _loss(quote: QuoteFacts, terms: PaymentTerms, days: int | None) -> Loss:
    """Sum of amount * yearly rate * days over standard / 365, over everything that the quote commits to."""
    rate, tcv = terms.annual_rate_percent, quote.tcv
    if days is None or rate is None or tcv is None:
        missing = "the days" if days is None else "the yearly cost of cash" if rate is None else "the contract's total"
        return Loss(already_lost=None, assumptions=(f"{missing} is not known",))
    factor = rate / HUNDRED * (days - terms.standard_days) / DAYS_A_YEAR
    return Loss(
        per_period=quote.acv * factor if quote.acv is not None else None,
        remaining_term=tcv * factor,
        assumptions=(
            f"cash costs {plain(rate)} % a year (company.yaml: payment_terms.annual_rate_percent)",
            "every invoice is paid on its last day; usage is not counted; a period is a year",
        ),
        exposures=tuple(
            Exposure(line_id=each.line.line_id, amount=each.net_total * factor)
            for each in quote.lines
            if each.net_total
        ),
    )


CHECK: Final = Check(
    name="payment-terms",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds the days to pay against the company's standard, and names who may grant more.",
    reports=("terms", "standard"),
    reads=("payment_terms_days", "net_unit_price", "quantity", "term_months", "end_date"),
)
