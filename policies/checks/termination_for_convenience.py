"""Whether the customer may end the contract without cause, and how much of its value is then not sure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

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
from policies.domain.money import format_amount, round_to_currency
from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
SHOWN: Final = 200
NEAR: Final = 60  # how far before a clause a word can stand that denies it
BY_ITS_WORDS: Final = Decimal("0.75")

_CLAUSE: Final = re.compile(
    r"\bterminat\w+(?: \w+){0,8} (?:for (?:its |their )?convenience|without cause|for any reason|at any time)\b"
    r"|\bfor convenience\b|\bopt out (?:right|window|clause|of (?:the|this) (?:contract|agreement|subscription|term))\b|\bearly (?:exit|termination)(?: right)?\b"
)
_DENIED: Final = re.compile(r"\b(?:no|not|never|without|neither|waives?|exclud\w+)(?: \w+){0,3} $")
_NOTICE: Final = re.compile(r"\b(\d{1,3}) (?:calendar )?days?(?: prior| advance| written|'| of)* notice\b")


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    stated = quote.quote.termination_for_convenience
    clause = _clause(quote)
    if stated:
        return _violated(quote, clause, is_stated=True)
    if clause is not None:
        return _violated(quote, clause, is_stated=False)
    if stated is False:
        return SATISFIED
    if not any(each.line.charge_type is ChargeType.RECURRING for each in quote.lines):
        return NOT_APPLICABLE
    return Undetermined("the quote does not say whether the customer may terminate for convenience")


def _clause(quote: QuoteFacts) -> tuple[int, str] | None:
    """The first special term that grants a way out, by position and in one line."""
    for position, term in enumerate(quote.quote.special_terms):
        flat = " ".join(term.text.casefold().replace("-", " ").replace("\u2019", "'").split())
        if any(not _DENIED.search(_just_before(flat, match)) for match in _CLAUSE.finditer(flat)):
            return position, flat
    return None


def _just_before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - NEAR) : match.start()]


def _violated(quote: QuoteFacts, clause: tuple[int, str] | None, *, is_stated: bool) -> Violated:
    notice = _notice_days(clause)
    exposures = _exposures(quote, notice)
    lasting = f"with {notice} days' notice" if notice else "at any time"
    evidence = []
    if is_stated:
        evidence.append(Evidence(field="termination_for_convenience", actual="true", expected="false"))
    if clause is not None:
        evidence.append(Evidence(field=f"special_terms[{clause[0]}].text", actual=clause[1][:SHOWN]))
    return Violated(
        evidence=tuple(evidence),
        loss=_loss(exposures, lasting),
        reports={"exposure": _spoken(quote, exposures), "when": lasting},
        changes=(Change(path="/termination_for_convenience", value=False),) if is_stated and clause is None else (),
        remedy_text="Take the right to terminate for convenience out",
        confidence=None if is_stated else BY_ITS_WORDS,
    )


def _notice_days(clause: tuple[int, str] | None) -> int:
    match = _NOTICE.search(clause[1]) if clause is not None else None
    return int(match[1]) if match is not None else 0


def _exposures(quote: QuoteFacts, notice: int) -> tuple[Exposure, ...] | None:
    """What each recurring line brings after the earliest end; one-time fees stay. None where a line's total is not known."""
    found = []
    for facts in quote.lines:
        if facts.line.charge_type is ChargeType.RECURRING:
            if facts.net_total is None:
                return None
            found.append(Exposure(line_id=facts.line.line_id, amount=facts.net_total * _share_after(facts, notice)))
    return tuple(found)


def _share_after(facts: LineFacts, notice: int) -> Decimal:
    if facts.term is None:
        return Decimal(1)
    return Decimal(max(0, facts.term.days - notice)) / facts.term.days


def _spoken(quote: QuoteFacts, exposures: tuple[Exposure, ...] | None) -> str:
    if exposures is None:
        return "an unknown part"
    total = sum((each.amount for each in exposures), ZERO)
    return format_amount(round_to_currency(total, quote.currency), quote.currency)


def _loss(exposures: tuple[Exposure, ...] | None, lasting: str) -> Loss:
    """Stated contract value less what cannot be cancelled."""
    if exposures is None:
        return Loss(already_lost=None, assumptions=("the contract's value cannot be told",))
    return Loss(
        remaining_term=sum((each.amount for each in exposures), ZERO),
        assumptions=(
            "an exposure, not a loss: the value of the contract that is not sure",
            f"the customer may leave {lasting} from the first day; one-time fees are kept, prepaid ones are paid back",
        ),
        is_exposure=True,
    )


CHECK: Final = Check(
    name="termination-for-convenience",
    scope=Scope.QUOTE,
    run=run,
    summary="Looks for a right to end the contract without cause, and splits its value into sure and not sure.",
    reports=("exposure", "when"),
    reads=("termination_for_convenience", "special_terms"),
)
