"""Evaluation: every policy, always, on every line; what comes out does not depend on their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from policies.approval import cover
from policies.check import Loss, Undetermined, Violated
from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Effect, Exposure, Finding, Remedy
from policies.facts import rederive
from policies.grouping import group
from policies.policy import WhenUndetermined
from policies.remedy import prove
from policies.waiver import apply_waivers

if TYPE_CHECKING:
    from decimal import Decimal

    from policies.domain.quote import Quote
    from policies.facts import LineFacts, QuoteFacts
    from policies.policy import Policy
    from policies.policyset import PolicySet
    from policies.waiver import Waiver

_UNDETERMINED_EFFECT: Final = {WhenUndetermined.FLAG: Effect.FLAG, WhenUndetermined.BLOCK: Effect.BLOCK}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that the policies say of a document: findings with roots and proofs, amounts by direction, what was not judged."""

    findings: tuple[Finding, ...]
    totals: Mapping[Direction, Decimal]
    not_assessed: tuple[NotAssessed, ...]


@dataclass(slots=True)
class _Judged:
    """What came of one pass over all policies, before consent, proof and grouping."""

    findings: list[Finding] = field(default_factory=list)
    unjudged: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def not_assessed(self) -> tuple[NotAssessed, ...]:
        return tuple(
            NotAssessed(policy_id=policy_id, because=because, line_ids=tuple(line_ids))
            for (policy_id, because), line_ids in sorted(self.unjudged.items())
        )


def evaluate(facts: QuoteFacts, policies: PolicySet, *, waivers: Sequence[Waiver] = ()) -> Evaluation:
    """Judge a quote by every policy in force, count consent and waivers, prove the remedies, and find who owns the money."""
    judged = _judge(facts, policies)
    findings = cover(judged.findings, facts, policies.reads)
    findings = apply_waivers(findings, waivers, facts.quote.quote_id, facts.today)
    findings = prove(findings, facts.quote, lambda changed: _by_id(rederive(facts, changed), policies))
    grouped = group(findings, facts.term)
    return Evaluation(grouped.findings, grouped.totals, judged.not_assessed)


def _by_id(facts: QuoteFacts, policies: PolicySet) -> dict[str, Finding]:
    return {finding.finding_id: finding for finding in _judge(facts, policies).findings}


def _judge(facts: QuoteFacts, policies: PolicySet) -> _Judged:
    judged = _Judged()
    for policy, line, result in policies.hits(facts):
        if isinstance(result, Undetermined):
            _note_undetermined(judged, policy, line, result, facts)
            continue
        for violated in result if isinstance(result, tuple) else (result,):
            if isinstance(violated, Violated):
                judged.findings.append(_finding(policy, line, violated, facts))
    return judged


def _note_undetermined(
    judged: _Judged, policy: Policy, line: LineFacts | None, result: Undetermined, facts: QuoteFacts
) -> None:
    lines = judged.unjudged.setdefault((policy.id, result.because), [])
    if line is not None:
        lines.append(line.line.line_id)
    effect = _UNDETERMINED_EFFECT.get(policy.when_undetermined) if result.counts else None
    if effect is not None:
        violated = Violated(evidence=(), effect=effect, discriminator="undetermined")
        finding = _finding(policy, line, violated, facts, f"{policy.title} could not be judged: {result.because}.")
        judged.findings.append(finding)


def _finding(
    policy: Policy, line: LineFacts | None, violated: Violated, facts: QuoteFacts, message: str | None = None
) -> Finding:
    line_ids = violated.line_ids
    if line_ids is None:
        line_ids = (line.line.line_id,) if line is not None else ()
    effect = policy.effect if policy.effect is Effect.SHADOW else violated.effect or policy.effect
    return Finding(
        finding_id=finding_id(facts.quote, policy.id, line_ids, violated.discriminator),
        policy_id=policy.id,
        pattern=policy.pattern.number,
        effect=effect,
        direction=violated.direction or policy.direction or policy.pattern.direction or Direction.UNDER,
        message=message or policy.message.render(facts, line, violated.reports),
        line_ids=line_ids,
        evidence=violated.evidence,
        amount_at_risk=_amount(violated.loss, facts.currency),
        exposures=_exposures(violated.loss, line_ids),
        remedy=_remedy(violated),
        owner=policy.owner,
        approver=violated.approver or policy.approver,
        clears_without_approval=violated.clears_without_approval,
        confidence=violated.confidence or policy.confidence or policy.pattern.default_confidence,
    )


def finding_id(quote: Quote, policy_id: str, line_ids: Iterable[str], discriminator: str) -> str:
    """The same for the same policy on the same lines of the same quote, in every revision."""
    spelt = "\x1f".join((quote.quote_id, policy_id, discriminator, *line_ids))
    return "fnd_" + sha256(spelt.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _amount(loss: Loss | None, currency: str) -> AmountAtRisk | None:
    if loss is None:
        return None
    return AmountAtRisk(
        currency=currency,
        per_period=loss.per_period,
        remaining_term=loss.remaining_term,
        already_lost=loss.already_lost,
        assumptions=loss.assumptions,
    )


def _exposures(loss: Loss | None, line_ids: tuple[str, ...]) -> tuple[Exposure, ...]:
    if loss is None or loss.is_exposure:
        return ()
    if loss.exposures or loss.remaining_term is None:
        return loss.exposures
    line_id = line_ids[0] if len(line_ids) == 1 else None
    return (Exposure(line_id=line_id, amount=loss.remaining_term + (loss.already_lost or 0)),)


def _remedy(violated: Violated) -> Remedy | None:
    if violated.remedy_text is None and not violated.changes:
        return None
    return Remedy(text=violated.remedy_text or "", changes=violated.changes)
