"""What a violated expression says: its evidence, its money and its remedy, and why one could not be told."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from policies.check import Loss, Violated
from policies.domain.finding import Change, Evidence
from policies.domain.wording import spelt
from policies.language.explanation import Explainer, Missing
from policies.policy import AppliesTo
from policies.subjects import KINDS, held, is_null
from policies.vocabulary import NOTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.policy import AmountRule, Policy, RemedyRule

_FROM_CATALOG: Final = {
    "line.floor_price": "floor_price",
    "line.list_unit_price": "list_unit_price",
    "line.unit_cost": "unit_cost",
    "line.ssp_low": "ssp_low",
    "line.ssp_high": "ssp_high",
    "line.catalog_overage_unit_price": "overage_unit_price",
}


def violation(policy: Policy, facts: Any, item: Any) -> Violated:
    """The violation of an expression policy on one subject: a line or charge beside its document's facts, or None."""
    return Violated(
        evidence=_evidence(policy, facts, item),
        loss=_loss(policy, policy.amount, facts, item) if policy.amount is not None else None,
        changes=_changes(policy, policy.remedy, facts, item) if policy.remedy is not None else (),
        remedy_text=_remedy_text(policy.remedy, facts, item) if policy.remedy is not None else None,
    )


def because(policy: Policy, facts: Any, item: Any) -> str:
    """Which fact is missing, where a policy's guard or demand could not be told; part of a sentence."""
    explainer = _explainer(policy.applies_to)
    for expression in (policy.when, policy.require):
        if expression is not None:
            missing = explainer.missing(expression, facts, item)
            if not missing and expression is policy.when:
                missing = explainer.unassessed(expression, facts, item)
            if missing:
                return _joined(missing)
    return "a fact that it needs is not known"


@cache
def names_its_line(text: str) -> bool:
    """Whether the reasons for which an expression of this text cannot be told may name the line that it was asked about."""
    return any(path in text and "line.line_id" in (note.because or "") for path, note in NOTES.items())


@cache
def _explainer(kind: AppliesTo) -> Explainer:
    return Explainer(KINDS[kind].vocabulary)


def _joined(missing: Sequence[Missing]) -> str:
    return "; ".join(dict.fromkeys(each.because for each in missing))


def _evidence(policy: Policy, facts: Any, item: Any) -> tuple[Evidence, ...]:
    if policy.require is None:
        return ()
    kind = KINDS[policy.applies_to]
    return tuple(
        Evidence(
            field=kind.field(each.field, facts, item),
            actual=spelt(each.actual),
            expected=each.expected,
            expected_from=_origin(policy, each.expected_from, facts, item),
        )
        for each in _explainer(policy.applies_to).shortfalls(policy.require, facts, item)
    )


def _origin(policy: Policy, words: str | None, facts: Any, item: Any) -> str | None:
    """Where an expectation comes from, in words that a person can follow up."""
    if words is None:
        return None
    if words.startswith("company."):
        return f"company.yaml: {words.removeprefix('company.')}"
    name = _FROM_CATALOG.get(words)
    price = getattr(item, "price", None)
    if name is not None and price is not None and getattr(price, name) is not None:
        return f"catalog {item.line.product_id}, price book {price.price_book}"
    return KINDS[policy.applies_to].field(words, facts, item)


def _loss(policy: Policy, rule: AmountRule, facts: Any, item: Any) -> Loss:
    remaining = _number(rule.remaining_term, facts, item)
    per_period = _number(rule.per_period, facts, item)
    lost = _number(rule.already_lost, facts, item)
    if per_period is None and rule.per_period is None:
        per_period = _by_period(rule, remaining, item)
    assumptions = tuple(message.render(facts, item) for message in rule.assumptions)
    if rule.remaining_term is not None and remaining is None:
        missing = _explainer(policy.applies_to).missing(rule.remaining_term, facts, item)
        assumptions = (*assumptions, f"the amount is not assessed: {_joined(missing)}")
    return Loss(
        per_period=per_period,
        remaining_term=remaining,
        already_lost=Decimal(0) if rule.already_lost is None else lost,
        assumptions=assumptions,
    )


def _by_period(rule: AmountRule, remaining: Decimal | None, item: Any) -> Decimal | None:
    """The share of one price period, where the amount is by price periods."""
    text = rule.remaining_term.source.text if rule.remaining_term is not None else ""
    if remaining is None or "line.periods" not in text or not item or not item.periods:
        return None
    share: Decimal = remaining / item.periods
    return share


def _number(expression: Any, facts: Any, item: Any) -> Decimal | None:
    value = expression.evaluate(facts, item) if expression is not None else None
    return Decimal(value) if value is not None else None


def _changes(policy: Policy, rule: RemedyRule, facts: Any, item: Any) -> tuple[Change, ...]:
    value = rule.value.evaluate(facts, item)
    start, holder = KINDS[policy.applies_to].holder(facts, item if rule.on_item else None)
    for hop in rule.hops[:-1]:
        holder = held(holder, hop)
    if value is None or holder is None:
        return ()
    name = rule.hops[-1]
    absent = held(holder, name) is None and not is_null(holder, name)
    return (Change(path="/".join((start, *rule.hops)), value=value, absent=absent),)


def _remedy_text(rule: RemedyRule, facts: Any, item: Any) -> str | None:
    if rule.text is not None:
        return rule.text.render(facts, item)
    value = rule.value.evaluate(facts, item)
    return f"Set {rule.hops[-1].replace('_', ' ')} to {spelt(value)}" if value is not None else None
