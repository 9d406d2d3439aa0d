"""Whether a cap on the price at renewal leaves the company room, and says what it counts: the renewal or each of its years.

A cap of 3 % on a renewal of three years is 3 % once, or 9.27 % where each year may bring 3 %.
"""

from __future__ import annotations

import re
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
from policies.domain.charge import ChargeType
from policies.domain.finding import Change, Evidence, Exposure
from policies.domain.money import plain
from policies.domain.waterfall import readable
from policies.facts import QuoteFacts

if TYPE_CHECKING:
    from policies.domain.quote import Renewal

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
TWELVE: Final = Decimal(12)
AMBIGUITY_CONFIDENCE: Final = Decimal("0.70")  # the clause's words may settle it outside of what was sent

_OF_A_CAP: Final = re.compile(r"\b(?:cap\w*|increase\w*|uplift\w*|exceed\w*)\b", re.IGNORECASE)
_BASIS: Final = re.compile(
    r"\b(?:per|each|every|any)\s+(?:contract\s+|renewal\s+)?year\b|\bper\s+annum\b|\bannual\w*|\byearly\b"
    r"|\bonce\b|\bper\s+renewal(?:\s+term)?\b|\bin\s+total\b|\bcumulative\w*|\bcompound\w*",
    re.IGNORECASE,
)


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    renewal = quote.quote.renewal
    if renewal is None or renewal.cap_percent is None:
        return NOT_APPLICABLE
    terms = quote.company.renewal if quote.company is not None else None
    minimum = terms.minimum_cap_percent if terms is not None else None
    found = []
    if minimum is not None and renewal.cap_percent < minimum:
        found.append(_too_low(quote, renewal.cap_percent, minimum))
    if _is_ambiguous(quote, renewal):
        found.append(_ambiguous(quote, renewal.cap_percent, Decimal(renewal.term_months or 12)))
    if found:
        return tuple(found)
    return SATISFIED if minimum is not None else Undetermined("company.yaml has no minimum cap")


def _is_ambiguous(quote: QuoteFacts, renewal: Renewal) -> bool:
    """Only a renewal longer than a year can be read in two ways, unless a special term on increases says which."""
    if (renewal.term_months or 12) <= 12 or not renewal.cap_percent:
        return False
    return not any(_OF_A_CAP.search(term.text) and _BASIS.search(term.text) for term in quote.quote.special_terms)


def _too_low(quote: QuoteFacts, cap: Decimal, minimum: Decimal) -> Violated:
    return Violated(
        evidence=(
            Evidence(
                field="renewal.cap_percent",
                actual=plain(cap),
                expected=plain(minimum),
                expected_from="company.yaml: renewal.minimum_cap_percent",
            ),
        ),
        loss=_loss(quote, cap, minimum),
        reports={
            "problem": f"prices may rise by {plain(cap)} % at the renewal, policy asks for {plain(minimum)} % or more"
        },
        changes=(Change(path="/renewal/cap_percent", value=minimum),),
        remedy_text=f"Set the cap to {plain(minimum)} %",
        approver=_approver(quote),
        clears_without_approval=f"renewal cap {plain(minimum)} % or more",
        discriminator="level",
    )


def _ambiguous(quote: QuoteFacts, cap: Decimal, months: Decimal) -> Violated:
    years = months / TWELVE
    compounded = readable(((ONE + cap / HUNDRED) ** years - ONE) * HUNDRED)
    simple = readable(cap * years)
    problem = (
        f"a cap of {plain(cap)} % on a renewal of {plain(months)} months can be read as {plain(cap)} % once, or for each "
        f"year, which is {plain(compounded)} % compounded or {plain(simple)} % simple"
    )
    return Violated(
        evidence=(
            Evidence(field="renewal.cap_percent", actual=plain(cap), expected_from="no special term says which"),
        ),
        loss=_between_readings(quote, cap, compounded, years),
        reports={"problem": problem},
        remedy_text="Say in the special terms whether the cap counts once or for each year, with this example",
        approver=_approver(quote),
        discriminator="basis",
        confidence=AMBIGUITY_CONFIDENCE,
    )


def _approver(quote: QuoteFacts) -> str | None:
    terms = quote.company.renewal if quote.company is not None else None
    return terms.approver if terms is not None else None


def _loss(quote: QuoteFacts, cap: Decimal, minimum: Decimal) -> Loss:
    """Net * sum of ((1 + g)^t - (1 + cap)^t) over the expected renewals, with g the least that policy wants to keep open."""
    renewal = quote.quote.renewal
    terms = quote.company.renewal if quote.company is not None else None
    renewals = max(1, terms.expected_renewals) if terms is not None else 1
    growth = sum(((ONE + minimum / HUNDRED) ** t - (ONE + cap / HUNDRED) ** t for t in range(1, renewals + 1)), ZERO)
    months = Decimal(renewal.term_months) if renewal is not None and renewal.term_months else TWELVE
    note = f"prices would rise by {plain(minimum)} % at each of {renewals} renewals of {plain(months)} months"
    return _spread(quote, growth * months / TWELVE, note)


def _between_readings(quote: QuoteFacts, cap: Decimal, compounded: Decimal, years: Decimal) -> Loss:
    """What lies between the two readings if prices rise as far as each allows."""
    note = "at most: the difference between the two readings, if prices rise as far as the cap allows"
    return _spread(quote, (compounded - cap) / HUNDRED * years, note)


def _spread(quote: QuoteFacts, factor: Decimal, note: str) -> Loss:
    """A factor on the yearly price of each recurring line, in the renewal."""
    recurring = [each for each in quote.lines if each.line.charge_type is ChargeType.RECURRING]
    if any(each.annual_net is None for each in recurring):
        return Loss(already_lost=None, assumptions=("the yearly price cannot be told",))
    exposures = tuple(
        Exposure(line_id=each.line.line_id, amount=(each.annual_net or ZERO) * factor, period=quote.renewal_period)
        for each in recurring
    )
    total = sum((each.amount for each in exposures), ZERO)
    return Loss(remaining_term=total, assumptions=(note,), exposures=exposures)


CHECK: Final = Check(
    name="renewal-cap",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds the cap on renewal prices against the company's least, and asks whether it can be read in two ways.",
    reports=("problem",),
    reads=("renewal.cap_percent", "renewal.term_months", "special_terms"),
)
