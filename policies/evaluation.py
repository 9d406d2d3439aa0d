"""Evaluation: every policy, always, on every line; what comes out does not depend on their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from policies.approval import cover
from policies.derivation import rederive
from policies.grouping import group, rooted
from policies.judging import Evaluation, Judged, Judging
from policies.remedy import prove
from policies.waiver import apply_waivers

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote
    from policies.domain.review import Consent
    from policies.facts import LineFacts, QuoteFacts
    from policies.policyset import Hit, PolicySet
    from policies.waiver import Waiver

__all__ = ["Evaluation", "evaluate", "findings_after", "in_brief", "unproven"]


def evaluate(
    facts: QuoteFacts, policies: PolicySet, *, waivers: Sequence[Waiver] = (), consents: Sequence[Consent] = ()
) -> Evaluation:
    """Judge a quote by every policy in force, count consent and waivers, prove the remedies, and find who owns the money.

    `consents` are those that reviews have on record, beside the approvals that the quote itself brings.
    """
    judged = _judge(facts, policies.hits(facts))
    findings = cover(judged.findings, facts, policies.reads, consents)
    findings = apply_waivers(findings, waivers, facts.quote.quote_id, facts.today)
    findings = prove(findings, facts.quote, lambda changed: findings_after(changed, facts, judged.findings, policies))
    grouped = group(findings, facts.term)
    return Evaluation(grouped.findings, grouped.totals, judged.not_assessed)


def unproven(
    facts: QuoteFacts, policies: PolicySet, *, waivers: Sequence[Waiver] = (), consents: Sequence[Consent] = ()
) -> tuple[Finding, ...]:
    """What `evaluate` finds, each finding with the consent that covers it, but no remedy proven and no root found.

    It is enough for a verdict, in a fraction of the time. What some policies find does not depend on the others in the set.
    """
    findings = cover(_judge(facts, policies.hits(facts)).findings, facts, policies.reads, consents)
    return apply_waivers(findings, waivers, facts.quote.quote_id, facts.today)


def in_brief(facts: QuoteFacts, policies: PolicySet, *, waivers: Sequence[Waiver] = ()) -> tuple[Finding, ...]:
    """What `evaluate` finds, in its order, as far as a verdict and a score need it: for many quotes at once.

    Findings have their policy, pattern, effect, direction, lines, money, consent, waiver and root. They have no words, evidence
    or remedies, their ids hold within the answer alone, and what could not be judged is not listed.
    """
    findings: Sequence[Finding] = _judging(facts).in_brief(policies.counted_hits(facts))
    if not findings:
        return ()
    if facts.quote.approvals:
        findings = cover(findings, facts, policies.reads)
    return rooted(apply_waivers(findings, waivers, facts.quote.quote_id, facts.today), facts.term)


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
        return _judge(now, policies.hits(now)).by_id()
    judged = _judge(now, policies.quote_hits(now))
    part = replace(now, lines=tuple(reached))
    found = _judge(part, policies.line_hits(part)).findings + judged.findings
    names = {facts.line.line_id for facts in reached}
    stands = [each for each in findings if policies.policies[each.policy_id].for_each_item]
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


def _judge(facts: QuoteFacts, hits: Iterable[Hit]) -> Judged:
    return _judging(facts).of(hits)


def _judging(facts: QuoteFacts) -> Judging:
    return Judging(subject_id=facts.quote.quote_id, currency=facts.currency, facts=facts, place=_place)


def _place(item: LineFacts) -> tuple[tuple[str, ...], str]:
    return (item.line.line_id,), ""
