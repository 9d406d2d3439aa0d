"""A set of policies, compiled together: asked once for a document, it names everything that does not plainly hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policies.check import NOT_APPLICABLE, SATISFIED, CheckResult, Undetermined
from policies.expressions import because, names_its_line, violation
from policies.language import Fused, Judgement, Rule, fuse, judge
from policies.policy import AppliesTo, WhenUndetermined

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.billing import BillingCharge
    from policies.facts import LineFacts, QuoteFacts
    from policies.policy import Policy
    from policies.twin.setup import SetUpFacts

SILENT: Final = (SATISFIED, NOT_APPLICABLE)
DAYS_KEPT: Final = 64
"""What is in force is kept for so many days; replays and backtests go through many more."""

_TOGETHER: Final = re.compile(r"\bquote\.(?:tcv|acv|list_tcv|deal_size|one_time_total|discount_percent|lines)\b")

Hit: TypeAlias = "tuple[Policy, LineFacts | None, CheckResult]"
SetUpHit: TypeAlias = "tuple[Policy, BillingCharge | None, CheckResult]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """The policies on one kind of document that are in force on a day, compiled: those on its items, and those on it."""

    policies: tuple[Policy, ...]
    items: tuple[tuple[Policy, ...], Fused]
    wholes: tuple[tuple[Policy, ...], Fused]
    items_stand_alone: bool


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Policies by id, and what was compiled of those on quotes and those on set-ups that are in force on a day."""

    policies: Mapping[str, Policy]
    _quotes: dict[date, _Compiled] = field(default_factory=dict, compare=False)
    _set_ups: dict[date, _Compiled] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> PolicySet:
        """The set of these policies, each id once."""
        ordered = sorted(policies, key=lambda policy: policy.id)
        return cls({policy.id: policy for policy in ordered})

    def reads(self, policy_id: str) -> frozenset[str]:
        """The material fields that a policy's answer depends on; empty: any of them."""
        return self.policies[policy_id].reads

    def titles(self) -> dict[str, str]:
        return {policy.id: policy.title for policy in self.policies.values()}

    def counted_hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """The hits that a verdict may depend on: not those that would be listed as not assessed, and do nothing."""
        compiled = self._on_quotes(facts.today)
        for policies, fused in (compiled.items, compiled.wholes):
            for rule, item, outcome in fused.run(facts):
                policy = policies[rule]
                if outcome is Judgement.UNASSESSED or (outcome is Judgement.UNDETERMINED and not _counts(policy)):
                    continue
                line = facts.lines[item] if item is not None else None
                yield policy, line, result_of(policy, outcome, facts, line)

    def hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """Each policy on quotes that is violated or cannot be told, with the line where it judges lines."""
        yield from self.line_hits(facts)
        yield from self.quote_hits(facts)

    def line_hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """The hits of the policies that judge each line."""
        known: dict[tuple[str, str], CheckResult] = {}
        policies, fused = self._on_quotes(facts.today).items
        for rule, item, outcome in fused.run(facts):
            policy, line = policies[rule], facts.lines[item or 0]
            if outcome is Judgement.UNASSESSED:
                yield policy, line, _unassessed(policy, facts, line, known)
            else:
                yield policy, line, result_of(policy, outcome, facts, line)

    def quote_hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """The hits of the policies that judge the quote as a whole."""
        policies, fused = self._on_quotes(facts.today).wholes
        for rule, _, outcome in fused.run(facts):
            yield policies[rule], None, result_of(policies[rule], outcome, facts, None)

    def judges_lines_alone(self, day: date) -> bool:
        """Whether what is said of a line depends on no other line, except through the authority table."""
        return self._on_quotes(day).items_stand_alone

    def set_up_hits(self, facts: SetUpFacts) -> Iterator[SetUpHit]:
        """Each policy on billing configurations that is violated or cannot be told, with the charge where it judges charges."""
        compiled = self._in_force(AppliesTo.BILLING_CONFIGURATION, facts.setup.today, self._set_ups)
        charges = facts.setup.configuration.charges
        for policies, fused in (compiled.items, compiled.wholes):
            for rule, item, outcome in fused.run(facts):
                charge = None if item is None else charges[item]
                yield policies[rule], charge, result_of(policies[rule], outcome, facts, charge)

    def _on_quotes(self, day: date) -> _Compiled:
        # Asked for each quote, several times: the day is all that has to be looked up.
        compiled = self._quotes.get(day)
        return compiled if compiled is not None else self._in_force(AppliesTo.QUOTE, day, self._quotes)

    def _in_force(self, kind: AppliesTo, day: date, known: dict[date, _Compiled]) -> _Compiled:
        compiled = known.get(day)
        if compiled is None:
            of_kind = (policy for policy in self.policies.values() if policy.applies_to is kind)
            policies = tuple(policy for policy in of_kind if policy.in_force(day))
            compiled = next((each for each in known.values() if each.policies == policies), None)
            if compiled is None:
                compiled = _compile(policies)
            if len(known) >= DAYS_KEPT:
                known.clear()
            known[day] = compiled
        return compiled


def _compile(policies: tuple[Policy, ...]) -> _Compiled:
    on_items = tuple(policy for policy in policies if policy.for_each_item)
    on_wholes = tuple(policy for policy in policies if not policy.for_each_item)
    return _Compiled(
        policies=policies,
        items=(on_items, fuse([rule_of(policy) for policy in on_items], SILENT)),
        wholes=(on_wholes, fuse([rule_of(policy) for policy in on_wholes], SILENT)),
        items_stand_alone=not any(_looks_at_the_quote(policy) for policy in on_items),
    )


def _looks_at_the_quote(policy: Policy) -> bool:
    """Whether an expression on a line reads what the lines of the quote come to together."""
    texts = [each.source.text for each in (policy.when, policy.require) if each is not None]
    return any(_TOGETHER.search(text) for text in texts)


def _counts(policy: Policy) -> bool:
    """Whether it flags or blocks where it cannot be told."""
    return policy.when_undetermined is not WhenUndetermined.NOT_ASSESSED


def _unassessed(
    policy: Policy, facts: QuoteFacts, line: LineFacts, known: dict[tuple[str, str], CheckResult]
) -> CheckResult:
    """Why a policy does not apply to a line, worked out once for each product where the reason does not name the line."""
    if policy.when is None or names_its_line(policy.when.source.text):
        return result_of(policy, Judgement.UNASSESSED, facts, line)
    key = (policy.id, line.line.product_id)
    if key not in known:
        known[key] = result_of(policy, Judgement.UNASSESSED, facts, line)
    return known[key]


def rule_of(policy: Policy) -> Rule:
    """What the policy demands, as the language compiles it."""
    if policy.check is None:
        return Rule(scope=policy.scope, when=policy.when, require=policy.require)
    return Rule(scope=policy.scope, when=policy.when, check=policy.check.run, given=(policy.parameters,))


def judged(policy: Policy, facts: Any, item: Any) -> CheckResult:
    """One policy on one subject, in full: satisfied and not applicable are said as well."""
    return result_of(policy, judge(rule_of(policy), facts, item), facts, item)


def result_of(policy: Policy, outcome: Any, facts: Any, item: Any) -> CheckResult:
    """What a check returned, or what an expression's judgement on a document and an item of it means."""
    if not isinstance(outcome, Judgement):
        result: CheckResult = outcome
        return result
    match outcome:
        case Judgement.SATISFIED:
            return SATISFIED
        case Judgement.NOT_APPLICABLE:
            return NOT_APPLICABLE
        case Judgement.VIOLATED:
            return violation(policy, facts, item)
        case Judgement.UNDETERMINED:
            return Undetermined(because(policy, facts, item))
        case Judgement.UNASSESSED:
            return Undetermined(because(policy, facts, item), counts=False)
