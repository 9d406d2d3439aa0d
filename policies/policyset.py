"""A set of policies, compiled together: asked once for a quote, it names everything that does not plainly hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Scope, Undetermined
from policies.expressions import because, names_its_line, violation
from policies.language import Fused, Judgement, Rule, fuse, judge

if TYPE_CHECKING:
    from datetime import date

    from policies.facts import LineFacts, QuoteFacts
    from policies.policy import Policy

SILENT: Final = (SATISFIED, NOT_APPLICABLE)
DAYS_KEPT: Final = 64
"""What is in force is kept for so many days; replays and backtests go through many more."""

_TOGETHER: Final = re.compile(r"\bquote\.(?:tcv|acv|list_tcv|deal_size|one_time_total|discount_percent|lines)\b")

Hit: TypeAlias = "tuple[Policy, LineFacts | None, CheckResult]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """The policies in force on a day, and what was compiled of those on lines and those on the quote."""

    policies: tuple[Policy, ...]
    lines: tuple[tuple[Policy, ...], Fused]
    quotes: tuple[tuple[Policy, ...], Fused]
    lines_stand_alone: bool


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Policies by id, and what was compiled of those that are in force on a day."""

    policies: Mapping[str, Policy]
    _compiled: dict[date, _Compiled] = field(default_factory=dict, compare=False)

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

    def hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """Each policy that is violated or cannot be told, with the line where it judges lines."""
        yield from self.line_hits(facts)
        yield from self.quote_hits(facts)

    def line_hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """The hits of the policies that judge each line."""
        known: dict[tuple[str, str], CheckResult] = {}
        policies, fused = self._in_force(facts.today).lines
        for rule, item, outcome in fused.run(facts):
            policy, line = policies[rule], facts.lines[item or 0]
            if outcome is Judgement.UNASSESSED:
                yield policy, line, _unassessed(policy, facts, line, known)
            else:
                yield policy, line, result_of(policy, outcome, facts, line)

    def quote_hits(self, facts: QuoteFacts) -> Iterator[Hit]:
        """The hits of the policies that judge the quote as a whole."""
        policies, fused = self._in_force(facts.today).quotes
        for rule, _, outcome in fused.run(facts):
            yield policies[rule], None, result_of(policies[rule], outcome, facts, None)

    def judges_lines_alone(self, day: date) -> bool:
        """Whether what is said of a line depends on no other line, except through the authority table."""
        return self._in_force(day).lines_stand_alone

    def _in_force(self, day: date) -> _Compiled:
        compiled = self._compiled.get(day)
        if compiled is None:
            policies = tuple(policy for policy in self.policies.values() if policy.in_force(day))
            compiled = next((each for each in self._compiled.values() if each.policies == policies), None)
            if compiled is None:
                compiled = _compile(policies)
            if len(self._compiled) >= DAYS_KEPT:
                self._compiled.clear()
            self._compiled[day] = compiled
        return compiled


def _compile(policies: tuple[Policy, ...]) -> _Compiled:
    by_line = tuple(policy for policy in policies if policy.for_each_line)
    by_quote = tuple(policy for policy in policies if not policy.for_each_line)
    return _Compiled(
        policies=policies,
        lines=(by_line, fuse([rule_of(policy) for policy in by_line], SILENT)),
        quotes=(by_quote, fuse([rule_of(policy) for policy in by_quote], SILENT)),
        lines_stand_alone=not any(_looks_at_the_quote(policy) for policy in by_line),
    )


def _looks_at_the_quote(policy: Policy) -> bool:
    """Whether an expression on a line reads what the lines of the quote come to together."""
    texts = [each.source.text for each in (policy.when, policy.require) if each is not None]
    return any(_TOGETHER.search(text) for text in texts)


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
    check = _bound(policy.check, policy.parameters) if policy.check is not None else None
    return Rule(scope=policy.scope, when=policy.when, require=policy.require, check=check)


def judged(policy: Policy, facts: QuoteFacts, line: LineFacts | None) -> CheckResult:
    """One policy on one subject, in full: satisfied and not applicable are said as well."""
    return result_of(policy, judge(rule_of(policy), facts, line), facts, line)


def result_of(policy: Policy, outcome: Any, facts: QuoteFacts, line: LineFacts | None) -> CheckResult:
    """What a check returned, or what an expression's judgement means."""
    match outcome:
        case Judgement.SATISFIED:
            return SATISFIED
        case Judgement.NOT_APPLICABLE:
            return NOT_APPLICABLE
        case Judgement.VIOLATED:
            return violation(policy, facts, line)
        case Judgement.UNDETERMINED:
            return Undetermined(because(policy, facts, line))
        case Judgement.UNASSESSED:
            return Undetermined(because(policy, facts, line), counts=False)
    result: CheckResult = outcome
    return result


def _bound(check: Check, parameters: object) -> Any:
    """The check as the language calls it: with the line (None for a whole quote) and the quote."""
    run = check.run
    if check.scope is Scope.LINE:
        return lambda line, quote: run(line, quote, parameters)
    return lambda _, quote: run(quote, parameters)
