"""Whether licences are billed as early as the company wants: in advance, and in no smaller steps than standard."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

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
from policies.domain.charge import BillingFrequency, BillingTiming, ChargeType
from policies.domain.finding import Change, Evidence, Exposure
from policies.domain.money import plain
from policies.domain.period import MONTHS
from policies.facts import LineFacts, QuoteFacts

if TYPE_CHECKING:
    from policies.domain.company import PaymentTerms

ZERO: Final = Decimal(0)
TWO: Final = Decimal(2)
TWELVE: Final = Decimal(12)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rhythm:
    """How one recurring line is billed, as it says itself or else the quote."""

    facts: LineFacts
    frequency: BillingFrequency | None
    timing: BillingTiming | None

    @property
    def in_arrears(self) -> bool:
        return self.timing is BillingTiming.IN_ARREARS


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    terms = quote.company.payment_terms if quote.company is not None else None
    if terms is None or not terms.standard_frequencies:
        return Undetermined("company.yaml has no standard billing frequencies")
    recurring = [each for each in quote.lines if each.line.charge_type is ChargeType.RECURRING]
    if not recurring:
        return NOT_APPLICABLE
    standard = _finest(terms.standard_frequencies)
    if _is_standard(quote, standard):
        recurring = [each for each in recurring if each.line.billing_frequency or each.line.billing_timing]
        if not recurring:
            return SATISFIED
    return _judged(quote, terms, [_rhythm(each, quote) for each in recurring], standard)


def _is_standard(quote: QuoteFacts, standard: BillingFrequency) -> bool:
    """Whether the quote's own rhythm is as it should be, so that only lines which say something else can differ."""
    frequency, timing = quote.quote.billing_frequency, quote.quote.billing_timing
    return frequency is not None and timing is BillingTiming.IN_ADVANCE and not _is_finer(frequency, standard)


def _judged(quote: QuoteFacts, terms: PaymentTerms, rhythms: list[_Rhythm], standard: BillingFrequency) -> CheckResult:
    slow = [each for each in rhythms if each.in_arrears or _is_finer(each.frequency, standard)]
    if slow:
        return _violated(quote, terms, slow, standard)
    if any(each.frequency is None for each in rhythms):
        return Undetermined("the quote states no billing frequency")
    if any(each.timing is None for each in rhythms):
        return Undetermined("the quote does not say whether it bills in advance or in arrears")
    return SATISFIED


def _rhythm(facts: LineFacts, quote: QuoteFacts) -> _Rhythm:
    return _Rhythm(
        facts=facts,
        frequency=facts.line.billing_frequency or quote.quote.billing_frequency,
        timing=facts.line.billing_timing or quote.quote.billing_timing,
    )


def _finest(frequencies: tuple[BillingFrequency, ...]) -> BillingFrequency:
    """The smallest step that is still standard; what is billed at once or for the term is the largest."""
    return min(frequencies, key=lambda each: MONTHS.get(each, 1_000))


def _is_finer(frequency: BillingFrequency | None, standard: BillingFrequency) -> bool:
    if frequency is None:
        return False
    return MONTHS.get(frequency, 1_000) < MONTHS.get(standard, 1_000)


def _violated(quote: QuoteFacts, terms: PaymentTerms, slow: list[_Rhythm], standard: BillingFrequency) -> Violated:
    fields = _fields(slow, standard)
    return Violated(
        line_ids=tuple(each.facts.line.line_id for each in slow),
        evidence=tuple(evidence for evidence, _ in fields),
        loss=_loss(quote, terms, slow, standard),
        reports={"rhythm": _spoken(slow[0]), "standard": f"{standard.value} in advance"},
        changes=tuple(change for _, change in fields),
        remedy_text=f"Bill {standard.value}, in advance",
        approver=terms.approver,
        clears_without_approval=f"billing {standard.value} in advance",
    )


def _spoken(rhythm: _Rhythm) -> str:
    words = (rhythm.frequency, rhythm.timing)
    return " ".join(word.value.replace("_", " ") for word in words if word is not None)


def _fields(slow: list[_Rhythm], standard: BillingFrequency) -> list[tuple[Evidence, Change]]:
    """What is wrong and its edit: on the line where the line says so itself, else once on the quote."""
    found: dict[str, tuple[Evidence, Change]] = {}
    for each in slow:
        line = each.facts.line
        wrong: list[tuple[str, str, object, bool]] = []
        if _is_finer(each.frequency, standard) and each.frequency is not None:
            wrong.append(("billing_frequency", each.frequency.value, standard, line.billing_frequency is not None))
        if each.in_arrears:
            advance = BillingTiming.IN_ADVANCE
            wrong.append(("billing_timing", BillingTiming.IN_ARREARS.value, advance, line.billing_timing is not None))
        for name, actual, expected, own in wrong:
            field = f"lines[{line.line_id}].{name}" if own else name
            path = f"/lines/{each.facts.index}/{name}" if own else f"/{name}"
            source = "company.yaml: payment_terms"
            evidence = Evidence(field=field, actual=actual, expected=str(expected), expected_from=source)
            found[path] = (evidence, Change(path=path, value=expected))
    return list(found.values())


def _loss(quote: QuoteFacts, terms: PaymentTerms, slow: list[_Rhythm], standard: BillingFrequency) -> Loss:
    """Net_annual * yearly rate * average delay of the cash, for each year of the term."""
    rate, months = terms.annual_rate_percent, quote.term_months
    if rate is None or months is None:
        missing = "the yearly cost of cash" if rate is None else "the term"
        return Loss(already_lost=None, assumptions=(f"{missing} is not known",))
    exposures = []
    for each in slow:
        annual = each.facts.annual_net
        if annual is None:
            reason = f"the yearly price of line {each.facts.line.line_id} cannot be told"
            return Loss(already_lost=None, assumptions=(reason,))
        years = (each.facts.months or months) / TWELVE
        delay = _delay_months(each, standard, each.facts.months or months) / TWELVE
        exposures.append(Exposure(line_id=each.facts.line.line_id, amount=annual * rate / HUNDRED * delay * years))
    total = sum((each.amount for each in exposures), ZERO)
    return Loss(
        per_period=total * TWELVE / months,
        remaining_term=total,
        assumptions=(
            f"cash costs {plain(rate)} % a year (company.yaml: payment_terms.annual_rate_percent)",
            f"held against {standard.value} billing in advance; a period is a year",
        ),
        exposures=tuple(exposures),
    )


def _delay_months(rhythm: _Rhythm, standard: BillingFrequency, term_months: Decimal) -> Decimal:
    """By how many months the cash comes later on average: half of the difference of the steps, and a step in arrears."""
    at_once = min(Decimal(MONTHS.get(standard, 1_000)), term_months)
    step = at_once
    if rhythm.frequency is not None:
        step = min(Decimal(MONTHS.get(rhythm.frequency, 1_000)), term_months)
    return max(ZERO, at_once - step) / TWO + (step if rhythm.in_arrears else ZERO)


CHECK: Final = Check(
    name="billing-rhythm",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds how often and how early recurring lines are billed against the company's standard.",
    reports=("rhythm", "standard"),
    reads=("billing_frequency", "billing_timing", "term_months", "end_date"),
)
