"""Daily counts of decisions, by what they are grouped by. The same function counts as decisions come in and anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import Final

from app.bookkeeping.facts import DecisionFacts, products_key

_SMALL_DISCOUNT: Final = 200
_SMALL_SHARE: Final = 50


class Dimension(StrEnum):
    """What counts are kept by; `ALL` has one value, the empty word."""

    ALL = "all"
    PATTERN = "pattern"
    POLICY = "policy"
    REP = "rep"
    PRODUCT = "product"
    SEGMENT = "segment"
    SOURCE = "source"
    TIER = "tier"


@dataclass(slots=True)
class Tally:
    """Counts of one day. `findings` enforce or were consented to (`consented`); money is in minor units."""

    decisions: int = 0
    allowed: int = 0
    flagged: int = 0
    blocked: int = 0
    findings: int = 0
    consented: int = 0
    shadow: int = 0
    under: int = 0
    over: int = 0

    def add(self, other: Tally) -> None:
        """Count the other's too."""
        for name in TALLIED:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_empty(self) -> bool:
        return not any(astuple(self))


TALLIED: Final = tuple(each.name for each in fields(Tally))
Key = tuple[str, str, str, str]
"""Dimension, value, currency, day."""


def counts_of(facts: DecisionFacts) -> dict[Key, Tally]:
    """What a decision adds to the counts of its day."""
    found: dict[Key, Tally] = {}
    whole = _verdict(facts)
    whole.under, whole.over = facts.under, facts.over
    for each in facts.findings:
        _count_finding(whole, each.effect, consented=each.consented)
    for dimension, value in (
        (Dimension.ALL, ""),
        (Dimension.REP, facts.rep_id),
        (Dimension.SEGMENT, facts.segment),
        (Dimension.SOURCE, facts.source),
        (Dimension.TIER, facts.tier),
    ):
        _at(found, facts, dimension, value).add(whole)
    _count_products(found, facts)
    for dimension, names in (
        (Dimension.PATTERN, [each.pattern for each in facts.findings]),
        (Dimension.POLICY, [each.policy_id for each in facts.findings]),
    ):
        for name, finding in zip(names, facts.findings, strict=True):
            tally = _at(found, facts, dimension, name)
            _count_finding(tally, finding.effect, consented=finding.consented)
            tally.under += finding.under
            tally.over += finding.over
        for name in set(names):
            _at(found, facts, dimension, name).add(_verdict(facts))
    return found


def _count_products(found: dict[Key, Tally], facts: DecisionFacts) -> None:
    for product in facts.products:
        _at(found, facts, Dimension.PRODUCT, product).add(_verdict(facts))
    for line in facts.lines:
        tally = _at(found, facts, Dimension.PRODUCT, line.product_id if line.product_id in facts.products else "")
        tally.findings += 1
        setattr(tally, line.side, getattr(tally, line.side) + line.at_risk)


def _verdict(facts: DecisionFacts) -> Tally:
    return Tally(
        decisions=1,
        allowed=int(facts.verdict == "allow"),
        flagged=int(facts.verdict == "flag"),
        blocked=int(facts.verdict == "block"),
    )


def _count_finding(tally: Tally, effect: str, *, consented: bool) -> None:
    if effect == "shadow":
        tally.shadow += 1
        return
    tally.findings += 1
    tally.consented += int(consented)


def _at(found: dict[Key, Tally], facts: DecisionFacts, dimension: Dimension, value: str) -> Tally:
    return found.setdefault((dimension.value, value, facts.currency, facts.day), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteStanding:
    """One quote over all its decisions: when it began, how often it was tried, how it stands.

    `small_changes` counts revisions that barely differ from one that was not allowed. Amounts are minor units.
    """

    quote_id: str
    first_at: str
    last_at: str
    currency: str
    last_decision_id: str
    content_hash: str
    first_verdict: str
    last_verdict: str
    decisions: int = 1
    small_changes: int = 0
    flagged_at: str | None = None
    account_id: str = ""
    rep_id: str = ""
    role: str = ""
    segment: str = ""
    source: str = ""
    products: str = ""
    stage: str = ""
    annual: int | None = None
    discount: int | None = None
    peak_under: int = 0
    peak_over: int = 0
    under: int = 0
    over: int = 0
    signed_at: str | None = None


def standing_after(before: QuoteStanding | None, facts: DecisionFacts) -> QuoteStanding:
    """How a quote stands after one more decision on it."""
    stands = facts.verdict == "allow"
    return QuoteStanding(
        quote_id=facts.subject_id,
        first_at=facts.at if before is None else before.first_at,
        last_at=facts.at,
        currency=facts.currency,
        last_decision_id=facts.decision_id,
        content_hash=facts.content_hash,
        first_verdict=facts.verdict if before is None else before.first_verdict,
        last_verdict=facts.verdict,
        decisions=1 if before is None else before.decisions + 1,
        small_changes=0 if before is None else before.small_changes + int(_is_small_change(before, facts)),
        flagged_at=(before.flagged_at if before is not None else None) or (None if stands else facts.at),
        account_id=facts.account_id,
        rep_id=facts.rep_id,
        role=facts.role,
        segment=facts.segment,
        source=facts.source,
        products=products_key(facts.products),
        stage=facts.stage,
        annual=facts.annual,
        discount=facts.discount,
        peak_under=max(facts.under, 0 if before is None else before.peak_under),
        peak_over=max(facts.over, 0 if before is None else before.peak_over),
        under=facts.under,
        over=facts.over,
        signed_at=None if before is None else before.signed_at,
    )


def _is_small_change(before: QuoteStanding, facts: DecisionFacts) -> bool:
    """Another content than one that was not allowed, by at most 2 points of discount and 2 % of the yearly price."""
    if before.last_verdict == "allow" or before.content_hash == facts.content_hash:
        return False
    if before.annual is None or facts.annual is None or before.discount is None or facts.discount is None:
        return False
    near = abs(facts.annual - before.annual) * _SMALL_SHARE <= before.annual
    return near and abs(facts.discount - before.discount) <= _SMALL_DISCOUNT


def added(counts: Iterable[dict[Key, Tally]]) -> dict[Key, Tally]:
    """Many decisions' counts in one."""
    found: dict[Key, Tally] = {}
    for each in counts:
        for key, tally in each.items():
            found.setdefault(key, Tally()).add(tally)
    return found


def counted_seconds(seconds: int) -> int:
    """Seconds as they are counted: from 1,000 on only three digits of them, cut off, and never less than none."""
    digits = len(str(seconds))
    unit = int(10 ** max(0, digits - 3))
    return max(0, seconds - seconds % unit)
