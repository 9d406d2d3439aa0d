"""Evaluation: every policy, always, on every line; what comes out does not depend on their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from policies.approval import cover
from policies.check import Loss, Undetermined, Violated
from policies.derivation import rederive
from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Effect, Exposure, Finding, Remedy
from policies.grouping import group
from policies.policy import WhenUndetermined
from policies.remedy import prove
from policies.waiver import apply_waivers

if TYPE_CHECKING:
    from decimal import Decimal

    from policies.domain.quote import Quote
    from policies.facts import LineFacts, QuoteFacts
    from policies.policy import Policy
    from policies.policyset import Hit, PolicySet
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
    judged = _judge(facts, policies.hits(facts))
    findings = cover(judged.findings, facts, policies.reads)
    findings = apply_waivers(findings, waivers, facts.quote.quote_id, facts.today)
    findings = prove(findings, facts.quote, lambda changed: findings_after(changed, facts, judged.findings, policies))
    grouped = group(findings, facts.term)
    return Evaluation(grouped.findings, grouped.totals, judged.not_assessed)


def findings_after(
    changed: Quote, facts: QuoteFacts, findings: Sequence[Finding], policies: PolicySet
) -> dict[str, Finding]:
    """The findings on a changed quote, by id.

    What was found on lines that the change does not reach still stands, so only the others are judged again, and the
    quote as a whole.
    """
    now = rederive(facts, changed)
    reached = [new for old, new in zip(facts.lines, now.lines, strict=False) if old is not new]
    if not _reaches_only(reached, facts, now, policies):
        return {finding.finding_id: finding for finding in _judge(now, policies.hits(now)).findings}
    judged = _judge(now, policies.quote_hits(now))
    part = replace(now, lines=tuple(reached))
    found = _judge(part, policies.line_hits(part)).findings + judged.findings
    names = {facts.line.line_id for facts in reached}
    stands = [each for each in findings if policies.policies[each.policy_id].for_each_line]
    found += [each for each in stands if names.isdisjoint(each.line_ids)]
    return {finding.finding_id: finding for finding in found}


def _reaches_only(reached: Sequence[LineFacts], before: QuoteFacts, now: QuoteFacts, policies: PolicySet) -> bool:
    """Whether what is said of all other lines stays: the same lines, none of them tied to these, the same authority."""
    if len(before.lines) != len(now.lines) or len(reached) == len(now.lines):
        return False
    if not policies.judges_lines_alone(now.today):
        return False
    names = {facts.line.line_id for facts in reached}
    if any(facts.line.parent_line_id is not None for facts in reached):
        return False
    families = set()
    for facts in now.lines:
        if facts.line.parent_line_id in names:
            return False
        families.add(facts.product_family)
    return all(before.authority(family) == now.authority(family) for family in families)


def _judge(facts: QuoteFacts, hits: Iterable[Hit]) -> _Judged:
    judged = _Judged()
    for policy, line, result in hits:
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
    """The same for the same policy on the same lines of the same quote, in every revision and order of lines."""
    spelt = "\x1f".join((quote.quote_id, policy_id, discriminator, *sorted(line_ids)))
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
