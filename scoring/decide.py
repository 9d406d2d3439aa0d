"""The decision's last step: what findings and risk together mean for the quote."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.company import Company, Thresholds
from policies.domain.decision import Risk, RiskStatus, Verdict
from policies.domain.finding import Direction, Effect, Finding
from policies.domain.money import format_amount, round_to_currency

if TYPE_CHECKING:
    from policies.domain.decision import NotAssessed

RISK: Final = "risk"
"""The id under which consents, waivers and holds speak of the risk, where a policy's would stand."""

UNAVAILABLE: Final = Risk(
    status=RiskStatus.UNAVAILABLE, because="No risk model is installed: the verdict rests on the policies alone."
)
_UNUSUAL: Final = "The deal is more unusual"
_ALERT: Final = "alert"
_DIGEST: Final = "digest"
_HALF: Final = Decimal("0.5")
_LONGEST_NAME: Final = 120
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


def verdict(findings: Sequence[Finding], risk: Risk | None = None) -> Verdict:
    """The strongest effect among the findings and the risk, as far as they enforce; the order of findings never matters."""
    effects = {finding.effect for finding in findings if finding.enforces}
    if risk is not None and risk.enforces:
        effects.add(risk.effect or Effect.SHADOW)
    if Effect.BLOCK in effects:
        return Verdict.BLOCK
    return Verdict.FLAG if Effect.FLAG in effects else Verdict.ALLOW


def weighed(risk: Risk, company: Company | None, currency: str) -> Risk:
    """The risk with what the company's thresholds make of it. What was not learned never asks for anything.

    Amounts are held against thresholds in the company's currency; where no rate is known, they are not.
    """
    if risk.status is not RiskStatus.SCORED:
        return risk
    for asks in (_by_amount, _by_tier, _by_anomaly):
        found = asks(risk, company, currency)
        if found is not None:
            return replace(risk, effect=found[0], effect_because=found[1])
    return risk


def company_limits(company: Company | None) -> dict[str, float]:
    """The probability that each tier begins with, by the company's thresholds. Where both begin alike, there is no digest."""
    limits = _limits(company)
    found = {_ALERT: float(limits.alert_probability)}
    if limits.digest_probability < limits.alert_probability:
        found[_DIGEST] = float(limits.digest_probability)
    return found


def differing(limits: Mapping[str, float], company: Company | None) -> str | None:
    """What to say of tiers that were measured from other limits than the company's now; None where they are the same."""
    wanted = company_limits(company)
    if not limits or limits == wanted:
        return None
    measured, asked = (
        ", ".join(f"{name} from {share:.0%}" for name, share in each.items()) for each in (limits, wanted)
    )
    return f"the model was trained for {measured}, and the company now says {asked}: its tiers hold until it is trained again"


def with_limits(risk: Risk, limits: Mapping[str, float], company: Company | None) -> Risk:
    """The risk whose note says where its tiers are not those of the company."""
    told = differing(limits, company) if risk.status is RiskStatus.SCORED else None
    if told is None:
        return risk
    return replace(risk, tier_note=told if risk.tier_note is None else f"{risk.tier_note}; {told}")


def as_finding(risk: Risk, company: Company | None) -> Finding:
    """The risk as consents and waivers see it: a finding of the policy `risk` on the whole document. It asks for something."""
    lowers = risk.counterfactual
    return Finding(
        finding_id=RISK,
        policy_id=RISK,
        pattern="",
        effect=risk.effect or Effect.SHADOW,
        direction=Direction.UNDER,
        message=risk.effect_because or "",
        approver=_limits(company).risk_approver,
        clears_without_approval=None if lowers is None else lowers.text,
        approved_by=risk.approved_by,
        waived_by=risk.waived_by,
    )


def with_consent(risk: Risk, finding: Finding) -> Risk:
    """The risk with the consent that the finding of `as_finding` was given."""
    return replace(risk, approved_by=finding.approved_by, waived_by=finding.waived_by)


def lots_by(secret: bytes) -> Callable[[str, Decimal], bool]:
    """Draws whether a content (by its hash) is among a share in percent: the same each time, and foreseen by nobody without
    the secret.
    """

    def is_drawn(content: str, share_percent: Decimal) -> bool:
        lot = int.from_bytes(hmac.digest(secret, f"release {content}".encode(), "sha256")[:8]) * 100
        return lot < share_percent * 2**64

    return is_drawn


def drawn(
    risk: Risk,
    findings: Sequence[Finding],
    company: Company | None,
    currency: str,
    is_drawn: Callable[[Decimal], bool],
) -> Risk:
    """The risk, released where the deal is one of those that are let go at random.

    Nothing but the risk may have flagged it, and its expected leakage must be known and small. `is_drawn` says whether it is
    among a share of deals, in percent.
    """
    release = _limits(company).random_release
    if release is None or not risk.enforces or risk.effect is not Effect.FLAG or verdict(findings) is not Verdict.ALLOW:
        return risk
    amount = _in_company_currency(risk.expected_leakage, company, currency)
    if amount is None or amount > release.up_to_amount:
        return risk
    return replace(risk, released=is_drawn(release.share_percent))


def by_urgency(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings as a person should read them: what enforces first, the strongest, then the most money, roots before causes."""
    return tuple(sorted(findings, key=_urgency))


def headline(
    findings: Sequence[Finding],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    currency: str,
    not_assessed: Sequence[NotAssessed],
    risk: Risk | None = None,
) -> str:
    """One sentence: the most urgent finding with its money, and how much else there is; the risk where it asks for more.

    `titles` are the policies' titles by id, `names` what the lines are called by line id.
    """
    enforced = [finding for finding in by_urgency(findings) if finding.enforces]
    if risk is not None and verdict(findings, risk) is not verdict(findings):
        return _of_risk(risk, currency, len(enforced))
    if not enforced:
        return "Nothing stands in the way" + _let_go(risk) + _unjudged(not_assessed) + "."
    first, count = enforced[0], len(enforced)
    more = f" (the first of {count} findings)" if count > 1 else ""
    return f"{titles.get(first.policy_id, first.policy_id)}{_on(first, names)}{_money(first, currency)}{more}."


def _of_risk(risk: Risk, currency: str, findings: int) -> str:
    """What is likely, or only possible or unusual, by its first reason, and what it may cost."""
    raising = [each.label for each in risk.reasons if each.contribution > 0]
    unusual = [each.label for each in risk.anomaly.unusual] if risk.anomaly is not None else []
    if risk.effect_because is not None and risk.effect_because.startswith(_UNUSUAL):
        said = ["Unusual among its peers", *unusual[:1]]
    else:
        said = ["Likely to leak" if (risk.score or 0) >= _HALF else "Could leak", *raising[:1]]
    expected = risk.expected_leakage
    money = f", {format_amount(expected, currency)} expected" if expected else ""
    beside = f" (beside {findings} finding{'s' if findings > 1 else ''})" if findings else ""
    return f"{': '.join(said)}{money}{beside}."


def _let_go(risk: Risk | None) -> str:
    if risk is not None and risk.released:
        return ": its risk asked for a look, and it was let go at random to learn what that is worth"
    return ""


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
        name = names.get(finding.line_ids[0], finding.line_ids[0])
        return f" on {name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + '…'}"
    return f" on {len(finding.line_ids)} lines" if finding.line_ids else ""


def _money(finding: Finding, currency: str) -> str:
    at_risk = finding.amount_at_risk
    if at_risk is None:
        return ""
    if not at_risk.remaining_term and at_risk.already_lost:
        lost = round_to_currency(at_risk.already_lost, currency)
        return f": {format_amount(lost, currency)} {_ALREADY[finding.direction]}"
    amount = round_to_currency(at_risk.remaining_term or Decimal(0), currency)
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


def _by_amount(risk: Risk, company: Company | None, currency: str) -> tuple[Effect, str] | None:
    limits, amount = _limits(company), _in_company_currency(risk.expected_leakage, company, currency)
    if amount is None or company is None:
        return None
    steps = (
        (Effect.BLOCK, limits.block_expected_leakage, "blocked"),
        (Effect.FLAG, limits.flag_expected_leakage, "flagged"),
    )
    for effect, limit, done in steps:
        if limit is not None and amount >= limit:
            stated = format_amount(limit, company.currency)
            return effect, (
                f"{format_amount(risk.expected_leakage or amount, currency)} of leakage is expected; from {stated} on a deal "
                f"is {done}."
            )
    return None


def _by_tier(risk: Risk, company: Company | None, _: str) -> tuple[Effect, str] | None:
    if not _limits(company).flag_tier or risk.tier != _ALERT or risk.score is None:
        return None
    return Effect.FLAG, f"The probability of a leak is {_percent(risk.score)}: the deal is an alert."


def _by_anomaly(risk: Risk, company: Company | None, _: str) -> tuple[Effect, str] | None:
    limit, anomaly = _limits(company).flag_anomaly, risk.anomaly
    if limit is None or anomaly is None or anomaly.score < limit:
        return None
    return Effect.FLAG, f"{_UNUSUAL} among its peers than {_percent(anomaly.score)} of all."


def _limits(company: Company | None) -> Thresholds:
    return Thresholds() if company is None else company.thresholds


def _in_company_currency(amount: Decimal | None, company: Company | None, currency: str) -> Decimal | None:
    """The amount at the planning rate; None where it or the rate is not known."""
    if amount is None or company is None or currency == company.currency:
        return amount
    rate = company.exchange_rates.get(currency)
    return None if rate is None else amount * rate


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal(1), ROUND_HALF_EVEN)} %"
