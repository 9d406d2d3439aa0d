"""Whether a special term fixes prices beyond the term that is sold."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeType
from policies.domain.finding import Evidence, Exposure
from policies.domain.money import plain
from policies.domain.period import Period, add_months
from policies.facts import QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
TWELVE: Final = Decimal(12)
SHOWN: Final = 200
LONGEST_YEARS: Final = 50
WITHOUT_DURATION: Final = Decimal("0.60")

_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
}
_LOCK: Final = re.compile(
    r"\b(?:price|rate|fee)s? (?:lock|hold|freeze|protection|guarantee)\w*"
    r"|\b(?:price|rate|fee|charge)s?(?: \w+){0,3} (?:locked|fixed|frozen|guaranteed|unchanged)\b"
    r"|\b(?:lock|fix|freeze|hold)\w*(?: \w+){0,3} (?:price|rate|fee)s?\b"
    r"|\bno (?:price |fee |rate )increases?\b"
)
_DURATION: Final = re.compile(rf"\b(\d{{1,3}}|{'|'.join(_NUMBERS)}) (year|month)s?\b")
_RENEWALS: Final = re.compile(r"\b(?:renewals?|renewed|thereafter|perpetu\w*|forever)\b")
_WITHIN_TERM: Final = re.compile(
    r"\b(?:during|throughout|for) the (?:initial |subscription |contract |current )*term\b"
)


class _Lock(NamedTuple):
    """A clause that fixes prices; `months` None where it does not say for how long."""

    position: int
    text: str
    months: Decimal | None


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    if not quote.quote.special_terms:
        return NOT_APPLICABLE
    locks = [lock for position, term in enumerate(quote.quote.special_terms) if (lock := _lock(position, term.text))]
    beyond = [lock for lock in locks if lock.months is None or _months_beyond(lock, quote) > ZERO]
    return _violated(quote, max(beyond, key=lambda lock: lock.months or ZERO)) if beyond else SATISFIED


def _lock(position: int, text: str) -> _Lock | None:
    flat = " ".join(text.casefold().replace("-", " ").split())
    if not _LOCK.search(flat):
        return None
    durations = [_in_months(number, unit) for number, unit in _DURATION.findall(flat)]
    if not durations and _WITHIN_TERM.search(flat) and not _RENEWALS.search(flat):
        return None
    return _Lock(position, text, max(durations) if durations else None)


def fixed_months(text: str) -> Decimal | None:
    """For how many months a clause fixes prices; None where it fixes none or does not say for how long."""
    lock = _lock(0, text)
    return None if lock is None else lock.months


def _in_months(number: str, unit: str) -> Decimal:
    count = Decimal(_NUMBERS.get(number, number))
    return min(count * (TWELVE if unit == "year" else ONE), TWELVE * LONGEST_YEARS)


def _months_beyond(lock: _Lock, quote: QuoteFacts) -> Decimal:
    """The months that prices are fixed after the term; all of them where the term is not known."""
    return (lock.months or ZERO) - (quote.term_months or ZERO)


def _violated(quote: QuoteFacts, lock: _Lock) -> Violated:
    shown = " ".join(lock.text.split())
    until = "with no end in sight" if lock.months is None else f"for {plain(lock.months)} months"
    term = plain(quote.term_months) if quote.term_months is not None else "an unknown number of"
    approver = (
        quote.company.renewal.approver if quote.company is not None and quote.company.renewal is not None else None
    )
    return Violated(
        evidence=(Evidence(field=f"special_terms[{lock.position}].text", actual=shown[:SHOWN]),),
        loss=_loss(quote, lock),
        reports={"problem": f"prices are fixed {until}, the term is {term} months"},
        remedy_text="End the price lock with the term",
        approver=approver,
        confidence=WITHOUT_DURATION if lock.months is None else None,
    )


def _loss(quote: QuoteFacts, lock: _Lock) -> Loss:
    """Net * sum over the locked years after the term of ((1 + g)^t - 1), with g the uplift that policy asks for."""
    terms = quote.company.renewal if quote.company is not None else None
    growth = terms.minimum_uplift_percent if terms is not None else None
    recurring = [each for each in quote.lines if each.line.charge_type is ChargeType.RECURRING]
    if (
        lock.months is None
        or growth is None
        or quote.term is None
        or any(each.annual_net is None for each in recurring)
    ):
        missing = "how long prices are fixed" if lock.months is None else "the uplift, the term or the yearly price"
        return Loss(already_lost=None, assumptions=(f"{missing} is not known",))
    months = _months_beyond(lock, quote)
    factor = _lost_share(growth / HUNDRED, months)
    after = Period(quote.term.end, add_months(quote.term.end, max(1, int(months.to_integral_value(ROUND_CEILING)))))
    exposures = tuple(
        Exposure(line_id=each.line.line_id, amount=(each.annual_net or ZERO) * factor, period=after)
        for each in recurring
    )
    return Loss(
        remaining_term=sum((each.amount for each in exposures), ZERO),
        assumptions=(f"the customer renews, and prices would rise by {plain(growth)} % a year",),
        exposures=exposures,
    )


def _lost_share(growth: Decimal, months: Decimal) -> Decimal:
    """The sum of what each locked year misses, the last one by its months."""
    whole, rest = divmod(months, TWELVE)
    years = [ONE] * int(whole) + ([rest / TWELVE] if rest else [])
    return sum((((ONE + growth) ** (t + 1) - ONE) * share for t, share in enumerate(years)), ZERO)


CHECK: Final = Check(
    name="price-lock",
    scope=Scope.QUOTE,
    run=run,
    summary="Looks in the special terms for prices that are fixed beyond the term.",
    reports=("problem",),
    reads=("special_terms", "term_months", "end_date"),
)
