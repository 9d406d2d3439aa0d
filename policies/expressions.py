"""What a violated expression says: its evidence, its money and its remedy, and why one could not be told."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from policies.check import Loss, Violated
from policies.domain.finding import Change, Evidence
from policies.domain.wording import field_of, spelt
from policies.language.explanation import Explainer, Missing
from policies.vocabulary import NOTES, QUOTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.facts import LineFacts, QuoteFacts
    from policies.policy import AmountRule, Policy, RemedyRule

_FROM_CATALOG: Final = {
    "line.floor_price": "floor_price",
    "line.list_unit_price": "list_unit_price",
    "line.unit_cost": "unit_cost",
    "line.ssp_low": "ssp_low",
    "line.ssp_high": "ssp_high",
    "line.catalog_overage_unit_price": "overage_unit_price",
}


def violation(policy: Policy, facts: QuoteFacts, line: LineFacts | None) -> Violated:
    """The violation of an expression policy on one subject."""
    return Violated(
        evidence=_evidence(policy, facts, line),
        loss=_loss(policy.amount, facts, line) if policy.amount is not None else None,
        changes=_changes(policy.remedy, facts, line) if policy.remedy is not None else (),
        remedy_text=_remedy_text(policy.remedy, facts, line) if policy.remedy is not None else None,
    )


def because(policy: Policy, facts: QuoteFacts, line: LineFacts | None) -> str:
    """Which fact is missing, where a policy's guard or demand could not be told; part of a sentence."""
    for expression in (policy.when, policy.require):
        if expression is not None:
            missing = _explainer().missing(expression, facts, line)
            if not missing and expression is policy.when:
                missing = _explainer().unassessed(expression, facts, line)
            if missing:
                return _joined(missing)
    return "a fact that it needs is not known"


@cache
def names_its_line(text: str) -> bool:
    """Whether the reasons for which an expression of this text cannot be told may name the line that it was asked about."""
    return any(path in text and "line.line_id" in (note.because or "") for path, note in NOTES.items())


@cache
def _explainer() -> Explainer:
    return Explainer(QUOTE)


def _joined(missing: Sequence[Missing]) -> str:
    return "; ".join(dict.fromkeys(each.because for each in missing))


def _evidence(policy: Policy, facts: QuoteFacts, line: LineFacts | None) -> tuple[Evidence, ...]:
    if policy.require is None:
        return ()
    return tuple(
        Evidence(
            field=_place(each.field, line),
            actual=spelt(each.actual),
            expected=each.expected,
            expected_from=_origin(each.expected_from, line),
        )
        for each in _explainer().shortfalls(policy.require, facts, line)
    )


def _place(path: str, line: LineFacts | None) -> str:
    """The path as evidence has it: `line.x` by line id, `quote.x` as a field of the document."""
    if line is not None and path.startswith("line."):
        return field_of(line.line, path.removeprefix("line."))
    return path.removeprefix("quote.")


def _origin(words: str | None, line: LineFacts | None) -> str | None:
    """Where an expectation comes from, in words that a person can follow up."""
    if words is None:
        return None
    if words.startswith("company."):
        return f"company.yaml: {words.removeprefix('company.')}"
    name = _FROM_CATALOG.get(words)
    price = line.price if line is not None else None
    if name is not None and line is not None and price is not None and getattr(price, name) is not None:
        return f"catalog {line.line.product_id}, price book {price.price_book}"
    return _place(words, line)


def _loss(rule: AmountRule, facts: QuoteFacts, line: LineFacts | None) -> Loss:
    remaining = _number(rule.remaining_term, facts, line)
    per_period = _number(rule.per_period, facts, line)
    lost = _number(rule.already_lost, facts, line)
    if per_period is None and rule.per_period is None:
        per_period = _by_period(rule, remaining, line)
    assumptions = tuple(message.render(facts, line) for message in rule.assumptions)
    if rule.remaining_term is not None and remaining is None:
        missing = _explainer().missing(rule.remaining_term, facts, line)
        assumptions = (*assumptions, f"the amount is not assessed: {_joined(missing)}")
    return Loss(
        per_period=per_period,
        remaining_term=remaining,
        already_lost=Decimal(0) if rule.already_lost is None else lost,
        assumptions=assumptions,
    )


def _by_period(rule: AmountRule, remaining: Decimal | None, line: LineFacts | None) -> Decimal | None:
    """The share of one price period, where the amount is by price periods."""
    text = rule.remaining_term.source.text if rule.remaining_term is not None else ""
    if remaining is None or line is None or not line.periods or "line.periods" not in text:
        return None
    return remaining / line.periods


def _number(expression: Any, facts: QuoteFacts, line: LineFacts | None) -> Decimal | None:
    value = expression.evaluate(facts, line) if expression is not None else None
    return Decimal(value) if value is not None else None


def _changes(rule: RemedyRule, facts: QuoteFacts, line: LineFacts | None) -> tuple[Change, ...]:
    value = rule.value.evaluate(facts, line)
    holder: Any = line.line if rule.on_line and line is not None else facts.quote
    for hop in rule.hops[:-1]:
        holder = getattr(holder, hop, None)
    if value is None or holder is None:
        return ()
    name = rule.hops[-1]
    start = f"/lines/{line.index}" if rule.on_line and line is not None else ""
    absent = getattr(holder, name) is None and name not in getattr(holder, "nulls", ())
    return (Change(path="/".join((start, *rule.hops)), value=value, absent=absent),)


def _remedy_text(rule: RemedyRule, facts: QuoteFacts, line: LineFacts | None) -> str | None:
    if rule.text is not None:
        return rule.text.render(facts, line)
    value = rule.value.evaluate(facts, line)
    return f"Set {rule.hops[-1].replace('_', ' ')} to {spelt(value)}" if value is not None else None
