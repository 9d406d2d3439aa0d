"""The terms: how long, how it rises, how it is billed and paid, and what is promised beside."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Final

from policies.domain.charge import BillingFrequency, BillingTiming, ChargeType
from scoring.features.feature import Feature, Group, Unit

if TYPE_CHECKING:
    from policies.facts import LineFacts
    from scoring.features.feature import Deal

_LENGTH, _RISE, _RHYTHM, _PAYMENT = "the term's length", "rises of the price", "the billing rhythm", "payment terms"
_USUAL: Final = frozenset({BillingFrequency.MONTHLY, BillingFrequency.ANNUAL, BillingFrequency.ONCE})


def _term(name: str, unit: Unit, topic: str, direction: int, sentence: str, none: str = "") -> Feature:
    return Feature(
        name=name, unit=unit, group=Group.TERMS, topic=topic, direction=direction, sentence=sentence, none=none
    )


FEATURES: Final = (
    _term("term_months", Unit.MONTHS, _LENGTH, 0, "The term is {value} long"),
    _term("missing_uplift", Unit.COUNT, _RISE, 1, "{lines} of several years without an uplift", "No line of several years lacks an uplift"),
    _term("renewal_without_uplift", Unit.YES_NO, _RISE, 1, "The deal renews by itself without an uplift", "The renewal has an uplift, or nothing renews by itself"),
    _term("non_standard_frequency", Unit.COUNT, _RHYTHM, 1, "{lines} billed in a rhythm that is not standard", "Each line is billed in a standard rhythm"),
    _term("frequencies", Unit.COUNT, _RHYTHM, 1, "The lines are billed in {rhythms}"),
    _term("arrears_lines", Unit.COUNT, _RHYTHM, 0, "{lines} billed after the period", "Each line is billed in advance"),
    _term("payment_days", Unit.DAYS, _PAYMENT, 0, "The customer has {value} to pay", "The customer pays at once"),
    _term("payment_days_over", Unit.DAYS, _PAYMENT, 1, "The customer has {value} more to pay than is standard", "Payment terms are within the standard"),
    _term("co_termed_lines", Unit.COUNT, "co-terming", 1, "{lines} that begin or end apart from the quote", "Each line begins and ends with the quote"),
    _term("special_terms", Unit.COUNT, "promises in words", 1, "{clauses} in free text that may change an invoice", "No clause in free text changes an invoice"),
    _term("convenience", Unit.YES_NO, "ways out", 1, "The customer may end the contract at any time", "The customer may not end the contract early"),
    _term("renews", Unit.YES_NO, "ways out", 0, "The contract renews by itself", "The contract does not renew by itself"),
)  # fmt: skip


def values(deal: Deal) -> dict[str, float]:
    """The numbers of the terms; what the quote does not state is unknown."""
    facts = deal.facts
    quote, lines = facts.quote, facts.lines
    rhythms = _rhythms(deal)
    return {
        "term_months": float(facts.term_months) if facts.term_months is not None else nan,
        "missing_uplift": _missing_uplift(lines),
        "renewal_without_uplift": _renewal_without_uplift(deal),
        "non_standard_frequency": _non_standard(deal, rhythms),
        "frequencies": _frequencies(rhythms),
        "arrears_lines": _arrears(deal),
        "payment_days": float(quote.payment_terms_days) if quote.payment_terms_days is not None else nan,
        "payment_days_over": _payment_days_over(deal),
        "co_termed_lines": float(sum([_stands_apart(each, deal) for each in lines])),
        "special_terms": float(sum(each.billing_effect is not False for each in quote.special_terms)),
        "convenience": _yes(quote.termination_for_convenience),
        "renews": _yes(quote.renewal.auto_renew) if quote.renewal is not None else nan,
    }


def _yes(stated: bool | None) -> float:
    return nan if stated is None else float(stated)


def _missing_uplift(lines: tuple[LineFacts, ...]) -> float:
    """Recurring lines of more than a year that keep their price; unknown where no line says how long it runs."""
    recurring = [each for each in lines if each.line.charge_type is ChargeType.RECURRING]
    if recurring and all(each.months is None for each in recurring):
        return nan
    return float(
        sum([each.months is not None and each.months > 12 and not each.line.uplift_percent for each in recurring])
    )


def _renewal_without_uplift(deal: Deal) -> float:
    renewal = deal.facts.quote.renewal
    if renewal is None or renewal.auto_renew is None:
        return nan
    return float(renewal.auto_renew and not renewal.uplift_percent)


def _rhythms(deal: Deal) -> list[BillingFrequency | None]:
    """The rhythm of each line that is billed more than once."""
    header = deal.facts.quote.billing_frequency
    return [
        each.line.billing_frequency or header
        for each in deal.facts.lines
        if each.line.charge_type is not ChargeType.ONE_TIME
    ]


def _non_standard(deal: Deal, rhythms: list[BillingFrequency | None]) -> float:
    """Lines in another rhythm than the company's standard ones; monthly and annual where it has stated none."""
    if rhythms and all(each is None for each in rhythms):
        return nan
    company = deal.facts.company
    terms = company.payment_terms if company is not None else None
    standard = terms.standard_frequencies if terms is not None else _USUAL
    return float(sum([each is not None and each not in standard for each in rhythms]))


def _frequencies(rhythms: list[BillingFrequency | None]) -> float:
    stated = {each for each in rhythms if each is not None}
    return float(len(stated)) if stated else nan


def _arrears(deal: Deal) -> float:
    """Lines billed after the period, of those that could be billed before it."""
    header = deal.facts.quote.billing_timing
    timings = [
        each.line.billing_timing or header for each in deal.facts.lines if each.line.charge_type is ChargeType.RECURRING
    ]
    if timings and all(each is None for each in timings):
        return nan
    return float(sum([each is BillingTiming.IN_ARREARS for each in timings]))


def _payment_days_over(deal: Deal) -> float:
    stated, company = deal.facts.quote.payment_terms_days, deal.facts.company
    terms = company.payment_terms if company is not None else None
    return float(max(0, stated - terms.standard_days)) if stated is not None and terms is not None else nan


def _stands_apart(facts: LineFacts, deal: Deal) -> bool:
    """A line with a first or last day of its own; what is sold once has no term to share."""
    term, whole = facts.term, deal.facts.term
    if term is whole or term is None or whole is None or facts.line.charge_type is ChargeType.ONE_TIME:
        return False
    return term != whole
