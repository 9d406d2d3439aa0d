"""How unusual a deal is among its peers, and in what: for what no label has taught yet.

For each feature of the terms, how few of the peers have a number as far out; what fewer than one in twenty have adds up, once
a topic (after Li et al. 2022, "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions").
The score is the share of the deals in training that were less unusual: it says nothing about leakage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from policies.domain.decision import Anomaly, Unusual
from scoring.features.feature import Feature, Group, Unit
from scoring.features.vector import FEATURES, positions
from scoring.model.distribution import Distribution, surprise
from scoring.model.jsons import listed, mapped, numbers, text
from scoring.numbers import counted, percentage
from scoring.reasons import sentence

if TYPE_CHECKING:
    from scoring.features.vector import FeatureVector

ENOUGH: Final = 200
"""A group of fewer peers says nothing of what is rare: all deals are the peers then."""

MOST: Final = 5
RARE: Final = 0.01
"""What no more than this share of the peers have is told as unusual."""

ALL: Final = ""
"""The name of the group of all deals."""

_COMMON: Final = 0.05
_STEPS: Final = 200
_DRIFTING: Final = frozenset({"product_known_deals", "quarter_end_days"})
_SIZES: Final = frozenset({"deal_size", "deal_value_gap"})


def _is_looked_at(feature: Feature) -> bool:
    """Whether a feature is of the deal's own terms. Rates and counts of the past drift by themselves, whatever is sold."""
    if feature.unit in {Unit.SHARE, Unit.LOG_ODDS} or feature.name in _DRIFTING:
        return False
    return feature.name in _SIZES or feature.group in {Group.MIX, Group.PRICING, Group.TERMS, Group.TIMING}


LOOKED_AT: Final = tuple(each.name for each in FEATURES if _is_looked_at(each))
"""The features in which a deal may be unusual."""


_Usual = tuple[int, float, float, str]


def _usual(name: str, peers: Distribution) -> _Usual:
    """A feature's place in the vector, the numbers between which it is common, and its topic."""
    place = positions()[name]
    return (place, *peers.within(_COMMON), FEATURES[place].topic)


def peer_key(vector: FeatureVector) -> str:
    """The group that a deal is held against: those of its segment and type."""
    segment, kind = (vector.categories.get(each, ("-",))[0] for each in ("segment", "deal_type"))
    return f"{segment} | {kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomalies:
    """What is usual: the distributions of `features` by group of peers (`ALL` is all deals), and how unusual deals are.

    `totals` are evenly spaced quantiles of how unusual the deals of training were, rising.
    """

    features: tuple[str, ...]
    groups: Mapping[str, tuple[Distribution, ...]]
    totals: tuple[float, ...]
    _usual: Mapping[str, tuple[_Usual, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unknown = [each for each in self.features if each not in positions()]
        if unknown or ALL not in self.groups or not self.totals:
            raise ValueError("anomalies need known features, the group of all deals, and how unusual deals are")
        if any(len(each) != len(self.features) for each in self.groups.values()):
            raise ValueError("a group of peers has not a distribution for each feature")
        if any(after < before for before, after in pairwise(self.totals)):
            raise ValueError("the quantiles of how unusual deals are do not rise")
        usual = {key: tuple(map(_usual, self.features, peers)) for key, peers in self.groups.items()}
        object.__setattr__(self, "_usual", usual)

    @classmethod
    def fit(cls, rows: Sequence[Sequence[float]], peer_keys: Sequence[str]) -> Anomalies:
        """What is usual among these rows (whole vectors' numbers) with the groups that they belong to; at least one row."""
        at = [positions()[each] for each in LOOKED_AT]
        members: dict[str, list[int]] = {}
        for number, key in enumerate(peer_keys):
            members.setdefault(key, []).append(number)
        columns = [[row[each] for row in rows] for each in at]
        groups = {ALL: tuple([Distribution.of_numbers(column) for column in columns])}
        for key, numbered in sorted(members.items()):
            if len(numbered) >= ENOUGH:
                groups[key] = tuple([Distribution.of_numbers([column[n] for n in numbered]) for column in columns])
        bare = cls(features=LOOKED_AT, groups=groups, totals=(0.0,))
        step = max(1, len(rows) // 5_000)
        found = sorted(bare.total(rows[n], peer_keys[n]) for n in range(0, len(rows), step))
        last = len(found) - 1
        return cls(
            features=LOOKED_AT, groups=groups, totals=tuple([found[n * last // _STEPS] for n in range(_STEPS + 1)])
        )

    def total(self, values: Sequence[float], key: str) -> float:
        """How unusual a deal is, in natural logarithms: 0 where one in twenty peers has as much of everything."""
        return sum(amount for amount, _ in self._topics(values, key).values())

    def of(self, vector: FeatureVector) -> Anomaly:
        """The score of a deal, and what is rare in it, the rarest first."""
        key = peer_key(vector)
        peers, topics = self._peers(key), self._topics(vector.values, key)
        total = sum(amount for amount, _ in topics.values())
        score = bisect_left(self.totals, total) / len(self.totals) if total > 0.0 else 0.0
        ordered = sorted(topics.values(), key=lambda each: (-each[0], each[1]))
        rare = [at for amount, at in ordered if amount >= surprise(RARE) - surprise(_COMMON)]
        return Anomaly(
            score=round(Decimal(score), 2), unusual=tuple([self._unusual(vector, at, peers[at]) for at in rare[:MOST]])
        )

    def _peers(self, key: str) -> tuple[Distribution, ...]:
        return self.groups.get(key) or self.groups[ALL]

    def _topics(self, values: Sequence[float], key: str) -> dict[str, tuple[float, int]]:
        """By topic, the rarest of its features: how rare beyond what is common, and its place among the features."""
        found: dict[str, tuple[float, int]] = {}
        peers, common = self._peers(key), surprise(_COMMON)
        for at, (place, low, high, topic) in enumerate(self._usual[key if key in self._usual else ALL]):
            value = values[place]
            if low <= value <= high:  # nearly every number is, and needs no logarithm
                continue
            amount = peers[at].surprise(value) - common
            if amount > 0.0 and (topic not in found or amount > found[topic][0]):
                found[topic] = amount, at
        return found

    def _unusual(self, vector: FeatureVector, at: int, peers: Distribution) -> Unusual:
        feature = FEATURES[positions()[self.features[at]]]
        value = vector.of(feature.name)
        says = sentence(feature, value, vector.details.get(feature.name, {}))
        share = peers.share(value)
        if not isfinite(value):
            beside = f"as of {percentage(share)} of" if share else "unlike all of"
            return Unusual(feature=feature.name, label=f"{says}, {beside} {counted(peers.deals, 'peer')}")
        few = (
            f"{percentage(share)} of {counted(peers.deals, 'peer')}"
            if share
            else f"none of {counted(peers.deals, 'peer')}"
        )
        return Unusual(feature=feature.name, label=f"{says}: {few} as far out")

    def as_json(self) -> dict[str, Any]:
        return {
            "features": list(self.features),
            "groups": {key: [each.as_json() for each in peers] for key, peers in sorted(self.groups.items())},
            "totals": list(self.totals),
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Anomalies:
        """What `as_json` wrote. Raises ValueError or KeyError for what is none."""
        groups = mapped(saved["groups"], "groups")
        return Anomalies(
            features=tuple([text(each, "a feature") for each in listed(saved["features"], "features")]),
            groups={
                key: tuple([Distribution.of_json(each) for each in listed(peers, f"the group {key}")])
                for key, peers in groups.items()
            },
            totals=numbers(saved["totals"], "totals"),
        )
