"""The decision's last step: what findings and risk together mean for the quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.decision import Risk, RiskStatus, Verdict
from policies.domain.finding import Direction, Effect
from policies.domain.money import format_amount

if TYPE_CHECKING:
    from policies.domain.decision import NotAssessed
    from policies.domain.finding import Finding

UNAVAILABLE: Final = Risk(
    status=RiskStatus.UNAVAILABLE, because="No risk model is installed: the verdict rests on the policies alone."
)
_RANK: Final = {Effect.BLOCK: 0, Effect.FLAG: 1, Effect.SHADOW: 2}
_WORDS: Final = {
    Direction.UNDER: "could go unbilled",
    Direction.OVER: "would be billed too much",
    Direction.TIMING: "comes later than policy allows",
    Direction.COMPLIANCE: "needs finance to look",
}
_ALREADY: Final = {
    Direction.UNDER: "went unbilled",
    Direction.OVER: "was billed too much",
    Direction.TIMING: "came later than policy allows",
    Direction.COMPLIANCE: "needs finance to look",
}


def verdict(findings: Sequence[Finding]) -> Verdict:
    """The strongest effect among the findings that enforce; the order of findings never matters."""
    effects = {finding.effect for finding in findings if finding.enforces}
    if Effect.BLOCK in effects:
        return Verdict.BLOCK
    return Verdict.FLAG if Effect.FLAG in effects else Verdict.ALLOW


def by_urgency(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings as a person should read them: what enforces first, the strongest, then the most money, roots before causes."""
    return tuple(sorted(findings, key=_urgency))


def headline(
    findings: Sequence[Finding],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    currency: str,
    not_assessed: Sequence[NotAssessed],
) -> str:
    """One sentence: the most urgent finding with its money, and how much else there is.

    `titles` are the policies' titles by id, `names` what the lines are called by line id.
    """
    enforced = [finding for finding in by_urgency(findings) if finding.enforces]
    if not enforced:
        return "Nothing stands in the way" + _unjudged(not_assessed) + "."
    first, count = enforced[0], len(enforced)
    more = f" (the first of {count} findings)" if count > 1 else ""
    return f"{titles.get(first.policy_id, first.policy_id)}{_on(first, names)}{_money(first, currency)}{more}."


def _urgency(finding: Finding) -> tuple[bool, int, bool, Decimal | int, str]:
    amount = _all_of(finding)
    return (
        not finding.enforces,
        _RANK[finding.effect],
        finding.root is not None,
        -amount if amount is not None else 0,
        finding.finding_id,
    )


def _on(finding: Finding, names: Mapping[str, str]) -> str:
    if len(finding.line_ids) == 1:
        return f" on {names.get(finding.line_ids[0], finding.line_ids[0])}"
    return f" on {len(finding.line_ids)} lines" if finding.line_ids else ""


def _money(finding: Finding, currency: str) -> str:
    at_risk = finding.amount_at_risk
    if at_risk is None:
        return ""
    if not at_risk.remaining_term and at_risk.already_lost:
        return f": {format_amount(at_risk.already_lost, currency)} {_ALREADY[finding.direction]}"
    amount = at_risk.remaining_term
    return f": {format_amount(amount, currency)} {_WORDS[finding.direction]}" if amount else ""


def _all_of(finding: Finding) -> Decimal | None:
    """What a finding costs, over the rest of the term and so far; None is not known."""
    at_risk = finding.amount_at_risk
    if at_risk is None or (at_risk.remaining_term is None and at_risk.already_lost is None):
        return None
    return (at_risk.remaining_term or 0) + (at_risk.already_lost or Decimal(0))


def _unjudged(not_assessed: Sequence[NotAssessed]) -> str:
    policies = len({each.policy_id for each in not_assessed})
    if not policies:
        return ""
    return f"; {policies} polic{'y' if policies == 1 else 'ies'} could not be judged"
