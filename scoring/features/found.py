"""What the policies found: by what the pattern is about, by effect, by money, and what such findings turned into."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum, nan
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Effect
from policies.patterns import PATTERNS
from scoring.features.feature import Feature, Group, Unit
from scoring.history.keys import Kind

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from scoring.features.feature import Deal

_EFFECTS, _MONEY = "findings", "money at risk"

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "price": ("Q01", "Q02", "Q03", "Q16", "Q20"),
    "renewal": ("Q05", "Q06", "Q19"),
    "free_time": ("Q04", "Q07", "Q15"),
    "arithmetic": ("Q08", "Q09", "Q14"),
    "structure": ("Q10", "Q11", "Q12", "Q13", "Q17"),
    "process": ("Q18",),
}
"""Pattern families of a quote. Every other pattern (contract, provisioning, billing, use) is of the family `later`."""

_WORDS: Final = {
    "price": "about price or discount",
    "renewal": "about renewal or a way out",
    "free_time": "about free time, promotions or payment",
    "arithmetic": "about totals or periods that do not add up",
    "structure": "about tiers, allowances, commitments, ramps or missing products",
    "process": "about a stale or edited quote",
    "later": "about contract, set-up or use",
}
_FAMILY_OF: Final = {pattern: family for family, patterns in FAMILIES.items() for pattern in patterns}


def _finding(name: str, sentence: str, none: str, direction: int = 1, topic: str = _EFFECTS) -> Feature:
    return Feature(
        name=name,
        unit=Unit.COUNT,
        group=Group.FINDINGS,
        topic=topic,
        direction=direction,
        sentence=sentence,
        none=none,
    )


FEATURES: Final = (
    _finding("findings_block", "{findings} that block", "Nothing found blocks"),
    _finding("findings_flag", "{findings} that flag", "Nothing found flags"),
    _finding("findings_shadow", "{findings} in shadow", "Nothing was found in shadow", 0),
    _finding("findings_excused", "{findings} that somebody consented to or waived", "Nobody excused a finding", 0),
    *(
        _finding(f"findings_{family}", f"{{findings}} {words}", f"No finding {words}", topic=f"findings {words}")
        for family, words in _WORDS.items()
    ),
    Feature(
        name="findings_share_at_risk",
        unit=Unit.SHARE,
        group=Group.FINDINGS,
        topic=_MONEY,
        direction=1,
        sentence="Findings put {value} of the contract's value at risk",
        none="Findings put no money at risk",
    ),
    Feature(
        name="finding_rate_highest",
        unit=Unit.SHARE,
        group=Group.FINDINGS,
        topic=_EFFECTS,
        direction=1,
        sentence='Deals with the finding "{name}" leaked {times} times as often as the average ({value}, {deals})',
        thin='Nothing is known yet of deals with the finding "{name}"',
    ),
)


def values(deal: Deal) -> dict[str, float]:
    """The numbers of the findings; all unknown where the policies were not asked."""
    findings = deal.findings
    if findings is None:
        return {each.name: nan for each in FEATURES}
    return {
        "findings_block": float(sum(each.enforces and each.effect is Effect.BLOCK for each in findings)),
        "findings_flag": float(sum(each.enforces and each.effect is Effect.FLAG for each in findings)),
        "findings_shadow": float(sum(each.effect is Effect.SHADOW for each in findings)),
        "findings_excused": float(sum(each.approved_by is not None or each.waived_by is not None for each in findings)),
        **_by_family(findings),
        "findings_share_at_risk": _share_at_risk(deal, findings),
        "finding_rate_highest": _rate(deal),
    }


def _is_excused(finding: Finding) -> bool:
    """Whether somebody consented to the finding or waived it."""
    return finding.approved_by is not None or finding.waived_by is not None


def _by_family(findings: tuple[Finding, ...]) -> dict[str, float]:
    """Findings of each family that stand by themselves: not caused by another, and excused by nobody."""
    counts = dict.fromkeys((f"findings_{family}" for family in _WORDS), 0.0)
    for each in findings:
        if each.root is None and not _is_excused(each):
            counts[f"findings_{_FAMILY_OF.get(each.pattern, 'later')}"] += 1.0
    return counts


def _share_at_risk(deal: Deal, findings: tuple[Finding, ...]) -> float:
    """The money of findings that stand, as a share of the contract's value, at most all of it; unknown without that value."""
    tcv = deal.facts.tcv
    standing = [each for each in findings if each.root is None and not _is_excused(each)]
    if not standing:
        return 0.0
    amounts = [
        float(each.amount_at_risk.remaining_term)
        for each in standing
        if each.amount_at_risk is not None and each.amount_at_risk.remaining_term is not None
    ]
    if tcv is None or tcv <= 0 or not amounts:
        return nan
    return min(1.0, fsum(amounts) / float(tcv))


def _rate(deal: Deal) -> float:
    """The highest rate of a pattern that was found; what is average where nothing was found."""
    average = deal.history.average()
    rates = [(deal.history.rate(Kind.PATTERN, pattern, average), pattern) for pattern in deal.keys.patterns]
    if not rates:
        return average.value
    rate, pattern = max(rates, key=lambda each: (each[0].value, each[1]))
    title = PATTERNS[pattern].title if pattern in PATTERNS else pattern
    deal.tell("finding_rate_highest", name=title, n=rate.known, average=average.value)
    return rate.value
