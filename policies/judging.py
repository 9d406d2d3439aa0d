"""From what policies say to findings: their ids, their money, and what could not be judged, whatever the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from policies.check import CheckResult, Loss, Undetermined, Violated
from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Effect, Exposure, Finding, Remedy
from policies.policy import WhenUndetermined

if TYPE_CHECKING:
    from decimal import Decimal

    from policies.policy import Policy

_UNDETERMINED_EFFECT: Final = {WhenUndetermined.FLAG: Effect.FLAG, WhenUndetermined.BLOCK: Effect.BLOCK}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that the policies say of a document: findings with roots and proofs, amounts by direction, what was not judged."""

    findings: tuple[Finding, ...]
    totals: Mapping[Direction, Decimal]
    not_assessed: tuple[NotAssessed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """A document while it is judged: its id and currency, its facts for messages, and where an item of it stands.

    `place` gives the line ids of an item and what tells its findings from those of other items on the same lines.
    """

    subject_id: str
    currency: str
    facts: Any
    place: Callable[[Any], tuple[tuple[str, ...], str]]

    def of(self, hits: Iterable[tuple[Policy, Any, CheckResult]]) -> Judged:
        """What came of one pass over all policies, before consent, proof and grouping."""
        judged = Judged()
        for policy, item, result in hits:
            if isinstance(result, Undetermined):
                self._note_undetermined(judged, policy, item, result)
                continue
            for violated in result if isinstance(result, tuple) else (result,):
                if isinstance(violated, Violated):
                    judged.findings.append(self._finding(policy, item, violated))
        return judged

    def in_brief(self, hits: Iterable[tuple[Policy, Any, CheckResult]]) -> list[Finding]:
        """The findings as far as verdicts, consents, waivers and money go: without words, evidence and remedies.

        Their ids tell them apart and are no others'.
        """
        found: list[Finding] = []
        for policy, item, result in hits:
            if isinstance(result, Undetermined):
                effect = _UNDETERMINED_EFFECT.get(policy.when_undetermined) if result.counts else None
                violations: tuple[Any, ...] = () if effect is None else (Violated(evidence=(), effect=effect),)
            else:
                violations = result if isinstance(result, tuple) else (result,)
            for violated in violations:
                if isinstance(violated, Violated):
                    found.append(self._brief(policy, item, violated, f"{len(found)} in brief"))
        return found

    def _brief(self, policy: Policy, item: Any, violated: Violated, brief_id: str) -> Finding:
        line_ids = violated.line_ids
        if line_ids is None:
            line_ids = self.place(item)[0] if item is not None else ()
        return Finding(
            finding_id=brief_id,
            policy_id=policy.id,
            pattern=policy.pattern.number,
            effect=_effect(policy, violated),
            direction=_direction(policy, violated),
            message="",
            line_ids=line_ids,
            amount_at_risk=_amount(violated.loss, self.currency),
            exposures=_exposures(violated.loss, line_ids),
            approver=violated.approver or policy.approver,
        )

    def _note_undetermined(self, judged: Judged, policy: Policy, item: Any, result: Undetermined) -> None:
        lines = judged.unjudged.setdefault((policy.id, result.because), [])
        if item is not None:
            lines.extend(self.place(item)[0])
        effect = _UNDETERMINED_EFFECT.get(policy.when_undetermined) if result.counts else None
        if effect is not None:
            violated = Violated(evidence=(), effect=effect, discriminator="undetermined")
            message = f"{policy.title} could not be judged: {result.because}."
            judged.findings.append(self._finding(policy, item, violated, message))

    def _finding(self, policy: Policy, item: Any, violated: Violated, message: str | None = None) -> Finding:
        line_ids, discriminator = violated.line_ids, violated.discriminator
        if item is not None:
            place, own = self.place(item)
            line_ids = place if line_ids is None else line_ids
            discriminator += own
        line_ids = line_ids or ()
        return Finding(
            finding_id=finding_id(self.subject_id, policy.id, line_ids, discriminator),
            policy_id=policy.id,
            pattern=policy.pattern.number,
            effect=_effect(policy, violated),
            direction=_direction(policy, violated),
            message=message or policy.message.render(self.facts, item, violated.reports),
            line_ids=line_ids,
            evidence=violated.evidence,
            amount_at_risk=_amount(violated.loss, self.currency),
            exposures=_exposures(violated.loss, line_ids),
            remedy=_remedy(violated),
            owner=policy.owner,
            approver=violated.approver or policy.approver,
            clears_without_approval=violated.clears_without_approval,
            confidence=violated.confidence or policy.confidence or policy.pattern.default_confidence,
        )


@dataclass(slots=True)
class Judged:
    """Findings as they came, and by policy and reason the lines that could not be judged."""

    findings: list[Finding] = field(default_factory=list)
    unjudged: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def not_assessed(self) -> tuple[NotAssessed, ...]:
        return tuple(
            NotAssessed(policy_id=policy_id, because=because, line_ids=tuple(line_ids))
            for (policy_id, because), line_ids in sorted(self.unjudged.items())
        )

    def by_id(self) -> dict[str, Finding]:
        return {finding.finding_id: finding for finding in self.findings}


def finding_id(subject_id: str, policy_id: str, line_ids: Iterable[str], discriminator: str) -> str:
    """The same for the same policy on the same lines of the same document, in every revision and order of lines."""
    spelt = "\x1f".join((subject_id, policy_id, discriminator, *sorted(line_ids)))
    return "fnd_" + sha256(spelt.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _effect(policy: Policy, violated: Violated) -> Effect:
    return policy.effect if policy.effect is Effect.SHADOW else violated.effect or policy.effect


def _direction(policy: Policy, violated: Violated) -> Direction:
    return violated.direction or policy.direction or policy.pattern.direction or Direction.UNDER


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
