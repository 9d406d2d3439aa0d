"""Whether special terms speak of money or dates that no typed field holds, so that no system will bill them.

A clause counts as typed where a field of the quote says the same: "net 60" where the payment terms are 60 days. What
remains is searched for amounts, percentages, dates and words such as credit, waive or refund.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.finding import Evidence, Exposure
from policies.domain.money import CURRENCIES
from policies.domain.wording import listed

if TYPE_CHECKING:
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

SHOWN: Final = 120
ZERO: Final = Decimal(0)

# Every repetition below is bounded, possessive or over one class of characters, so that a search takes linear time.
_NUMBER: Final = r"\d{1,15}+(?:[,\u00a0\u202f]\d{3}(?!\d)){0,5}+(?:\.\d{1,12}+)?+"
# "5 may be" is no date, "5 May" is one.
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May)|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_SYMBOLS: Final = {"$": "USD", "\u20ac": "EUR", "\u00a3": "GBP"}
_MONEY: Final = rf"(?:(?P<symbol>[$\u20ac\u00a3]) ?|(?P<before>\b[A-Z]{{3}}) ?)(?P<number>{_NUMBER})(?P<scale> ?[kKmM]\b)?+|(?P<plain>\b{_NUMBER}) (?P<after>[A-Z]{{3}}\b)"

_AMOUNT: Final = re.compile(_MONEY)
_SIGNALS: Final = (
    ("a percentage", re.compile(rf"\b{_NUMBER} ?(?:%|percent\b|per cent\b|pct\b)", re.IGNORECASE)),
    ("a date", re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.](?:19|20)?\d\d\b")),
    (
        "a date",
        re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\b|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b", re.IGNORECASE),
    ),
    (
        "a concession",
        re.compile(
            r"\b(?:credit(?:s|ed)?|rebates?|refund(?:s|ed|able)?|waive(?:s|d|r)?|discount(?:s|ed)?|free of charge"
            r"|at no (?:extra |additional )?c(?:ost|harge)|complimentary|reimburse(?:s|d|ment)?|bonus(?:es)?|penalt(?:y|ies)"
            r"|capped|cap (?:on|at|of)|price (?:cap|lock|hold|protection|guarantee)"
            r"|most[ -]favou?red|lowest price|best price|money[ -]back)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "free time",
        re.compile(
            r"\bfree (?:months?|weeks?|days?|periods?|trial|use|usage|seats?|users?|licen[cs]es?)\b", re.IGNORECASE
        ),
    ),
    ("free time", re.compile(r"\b(?:months?|weeks?|days?) (?:are |is |for )?free\b", re.IGNORECASE)),
    (
        "payment days",
        re.compile(
            r"\bnet[ -]?\d{1,3}\b|\b(?:pay(?:able|ment)?|due) (?:is due )?(?:with)?in \d{1,3} days\b", re.IGNORECASE
        ),
    ),
    (
        "billing dates",
        re.compile(
            r"\b(?:bill(?:ing|ed)?|invoic(?:e|es|ed|ing)) (?:shall |will |to |may )?(?:start|begin|commence|pause|stop|defer|delay)",
            re.IGNORECASE,
        ),
    ),
)
_GIVEN: Final = re.compile(
    r"\b(?:credit(?:s|ed)?|rebates?|refund(?:s|ed)?|vouchers?|reimburse(?:s|d|ment)?|waive(?:s|d|r)?|bonus)\b",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"%|/|\b(?:if|unless|up to|per|each|every|a month|a year|monthly|quarterly|yearly|annual\w{0,2}+|at least|more than|over"
    r"|exceed\w{0,3}+)\b",
    re.IGNORECASE,
)
_NEAR: Final = 40
_CLAUSE_END: Final = re.compile(r"[;\n]|\.(?=\s|$)")


class _Typed(NamedTuple):
    """Words that a typed field may stand behind: what they say, and whether the quote says the same."""

    words: re.Pattern[str]
    holds: Callable[[Quote, Decimal], bool]


def _uplift(quote: Quote, number: Decimal) -> bool:
    return quote.renewal is not None and quote.renewal.uplift_percent == number


def _cap(quote: Quote, number: Decimal) -> bool:
    return quote.renewal is not None and quote.renewal.cap_percent == number


def _payment_days(quote: Quote, number: Decimal) -> bool:
    return quote.payment_terms_days == number


def _free_months(quote: Quote, number: Decimal) -> bool:
    return any(line.free_months == number for line in quote.lines)


_PERCENT: Final = rf"(?P<number>{_NUMBER}) ?(?:%|percent\b|per cent\b)"
_TYPED: Final = (
    _Typed(re.compile(r"\bnet[ -]?(?P<number>\d{1,3})\b(?: days\b)?", re.IGNORECASE), _payment_days),
    _Typed(
        re.compile(r"\b(?:pay(?:able|ment)?|due) (?:is due )?(?:with)?in (?P<number>\d{1,3}) days\b", re.IGNORECASE),
        _payment_days,
    ),
    _Typed(re.compile(rf"\b(?:uplift|increase)s? (?:of |by |at )?{_PERCENT}", re.IGNORECASE), _uplift),
    _Typed(
        re.compile(rf"\b(?:renewal |price |uplift )?(?:cap(?:ped)?|limited) (?:of |at |to )?{_PERCENT}", re.IGNORECASE),
        _cap,
    ),
    _Typed(re.compile(r"\b(?P<number>\d{1,2}) (?:free months?|months? free)\b", re.IGNORECASE), _free_months),
)


class _Said(NamedTuple):
    """A special term that says something about money or dates: what, and the amount where it can be read."""

    position: int
    text: str
    signals: tuple[str, ...]
    amount: Decimal | None


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    terms = quote.quote.special_terms
    if not terms:
        return NOT_APPLICABLE
    said = []
    for position, term in enumerate(terms):
        signals = () if term.billing_effect is False else tuple(dict.fromkeys(_signals(term.text, quote.quote)))
        if signals:
            said.append(_Said(position, term.text, signals, _amount(term.text, quote.currency)))
    return _violated(said) if said else SATISFIED


def _signals(text: str, quote: Quote) -> Iterator[str]:
    """What the text speaks of, leaving out what typed fields say as well."""
    rest = text
    for typed in _TYPED:
        rest = typed.words.sub(partial(_left, typed, quote), rest)
    if any(_currency(match) for match in _AMOUNT.finditer(rest)):
        yield "an amount"
    for name, pattern in _SIGNALS:
        if pattern.search(rest):
            yield name


def _left(typed: _Typed, quote: Quote, match: re.Match[str]) -> str:
    return "" if typed.holds(quote, _number(match["number"])) else match[0]


def _number(text: str) -> Decimal:
    return Decimal(re.sub(r"[,\u00a0\u202f]", "", text))


def _currency(match: re.Match[str]) -> str | None:
    if match["symbol"]:
        return _SYMBOLS[match["symbol"]]
    code = match["before"] or match["after"]
    return code if code in CURRENCIES else None


def _amount(text: str, currency: str) -> Decimal | None:
    """The amount that the text gives away: one amount in the quote's currency, beside a word such as credit.

    None where there is no such amount or more than one, and where a condition or a share stands with it.
    """
    found: list[Decimal | None] = []
    for clause in _CLAUSE_END.split(text):
        amounts = [match for match in _AMOUNT.finditer(clause) if _currency(match)]
        if len(amounts) != 1 or _CONDITION.search(clause) or _currency(amounts[0]) != currency:
            found.extend(None for _ in amounts)
            continue
        start, end = amounts[0].span()
        near = _GIVEN.search(clause[max(0, start - _NEAR) : end + _NEAR])
        found.append(_value(amounts[0]) if near else None)
    return found[0] if len(found) == 1 else None


def _value(match: re.Match[str]) -> Decimal:
    scale = {"k": 1_000, "m": 1_000_000}.get((match["scale"] or "").strip().lower(), 1)
    return _number(match["number"] or match["plain"]) * scale


def _violated(said: list[_Said]) -> Violated:
    first = said[0]
    return Violated(
        evidence=tuple(
            Evidence(
                field=f"special_terms[{each.position}].text",
                actual=_shortened(each.text),
                expected="a typed field, or billing_effect false",
                expected_from="the rule that every clause with money or a date is billed from a field",
            )
            for each in said
        ),
        loss=_loss(said),
        reports={
            "count": f"{len(said)} special terms speak" if len(said) > 1 else "A special term speaks",
            "signals": listed(list(dict.fromkeys(signal for each in said for signal in each.signals))),
            "text": _shortened(first.text),
        },
        remedy_text="State it in a typed field, or have deal desk confirm that it changes no invoice (billing_effect false)",
    )


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1].rstrip() + "\u2026"


def _loss(said: list[_Said]) -> Loss:
    """The value of what was promised, where every one of the clauses names it."""
    unread = [each for each in said if each.amount is None]
    if unread:
        return Loss(assumptions=(f"no single amount can be read from special term {unread[0].position + 1}",))
    exposures = tuple(Exposure(line_id=None, amount=each.amount or ZERO) for each in said)
    total = sum((exposure.amount for exposure in exposures), ZERO)
    return Loss(remaining_term=total, assumptions=("what the clause promises is given once",), exposures=exposures)


CHECK: Final = Check(
    name="free-text-terms",
    scope=Scope.QUOTE,
    run=run,
    summary="Special terms that speak of money or dates have a typed counterpart, or are said to change no invoice.",
    reports=("count", "signals", "text"),
    reads=("special_terms",),
)
