"""What it means that nothing is known of a deal, and how much what is known stands for.

Outcomes come late and not of every deal. A source that finds leaks as well as clean deals (an audit) looks at a deal for what
can be seen of it: how likely, is learned from the deals. A source that only ever reports leaks (finance coming across one)
says nothing of the deals that it is silent on, but that silence is likelier of clean ones; a source that only ever clears
deals the other way round. From these follow, for each deal, how likely nothing would be known of it by now if it leaked, and
if it did not. Our own verdicts have no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.training.delays import ALWAYS, FEWEST, Delays, delays
from scoring.training.logistic import Design, Told, fitted, sigmoid

if TYPE_CHECKING:
    from scoring.training.labels import Flags, Labels, Numbers

MOST_WEIGHT: Final = 10.0
"""A deal that was likely to stay unknown stands for so many at most."""

_ONE_SIDED: Final = 0.02
_STRENGTH: Final = 10.0
_ROUNDS: Final = 6
_ENOUGH: Final = 12_000
_SURE: Final = 1e-3
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Sources by what they yield: both kinds of outcomes, leaks only, clean deals only."""

    looking: frozenset[str]
    finding: frozenset[str]
    clearing: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What silence says of each deal.

    `looked` is how likely a looking source looks at it sooner or later. Of the others, `found` is the share of leaks that
    finding sources come across in time, `cleared` that of clean deals that clearing sources report. The rest is how much of
    each has come by the deal's age. `assumed` says that no source looks: a leak then counts as one that comes to be known.
    """

    looked: Numbers
    looks_leaked: Numbers
    looks_clean: Numbers
    finds: Numbers
    clears: Numbers
    found: float
    cleared: float
    sources: Sources
    assumed: bool

    def unknown_if_leaked(self) -> Numbers:
        """How likely nothing is known by now of a deal that leaks."""
        return self._unknown(self.looks_leaked, self.found * self.finds)

    def unknown_if_clean(self) -> Numbers:
        """How likely nothing is known by now of a deal that does not leak."""
        return self._unknown(self.looks_clean, self.cleared * self.clears)

    def _unknown(self, looked_by_now: Numbers, other: Numbers) -> Numbers:
        return np.clip(self.looked * (1.0 - looked_by_now) + (1.0 - self.looked) * (1.0 - other), 0.0, 1.0 - _SURE)

    def expected(self, leaked: Numbers, shares: Numbers) -> Numbers:
        """The label where it is known; else how likely the deal leaked, given `shares` before and that nothing came up."""
        if_leaked, if_clean = self.unknown_if_leaked(), self.unknown_if_clean()
        both = shares * if_leaked + (1.0 - shares) * if_clean
        after = shares * if_leaked / np.maximum(both, 1e-12)
        return np.where(np.isnan(leaked), after, leaked)

    def told(self, leaked: Numbers) -> Told:
        """What is known of each deal, its silence where that is all."""
        known = ~np.isnan(leaked)
        return Told(
            if_leaked=np.where(known, leaked, np.maximum(self.unknown_if_leaked(), _LEAST)),
            if_clean=np.where(known, 1.0 - leaked, np.maximum(self.unknown_if_clean(), _LEAST)),
        )

    def weights(self, leaked: Numbers) -> Numbers:
        """For how many deals each known one stands: one over how likely it is to be known, at most ten; 0 for the others."""
        unknown = np.where(leaked == 1.0, self.unknown_if_leaked(), self.unknown_if_clean())
        return np.where(np.isnan(leaked), 0.0, np.minimum(MOST_WEIGHT, 1.0 / (1.0 - unknown)))

    def tells(self, leaked: Numbers) -> Flags:
        """Which deals have something to teach: those with an outcome, and those whose silence says something."""
        ratio = np.log(np.maximum(self.unknown_if_leaked(), _SURE) / np.maximum(self.unknown_if_clean(), _SURE))
        return ~np.isnan(leaked) | (np.abs(ratio) > 0.02)

    def updated(self, labels: Labels, shares: Numbers) -> Silence:
        """With the shares that finding and clearing sources come to report, as they follow from how likely deals leak."""
        if self.assumed:
            return self
        found = self._share(labels, self.sources.finding, shares, self.found, self.finds)
        cleared = self._share(labels, self.sources.clearing, 1.0 - shares, self.cleared, self.clears)
        return replace(self, found=found, cleared=cleared)

    def _share(self, labels: Labels, sources: frozenset[str], before: Numbers, share: float, by_now: Numbers) -> float:
        """One step towards the likeliest share: what came, and what is still to come, of all that nobody looks at."""
        came = float(_is_of(labels, sources).sum())
        if not came:
            return 0.0
        silent = np.isnan(labels.leaked)
        other = shares_of_silence(self, before, leaked=sources is self.sources.finding)
        never_looked = before * (1.0 - self.looked) * (1.0 - share * by_now) / other
        expected = never_looked[silent]
        to_come = expected * share * (1.0 - by_now[silent]) / np.maximum(1.0 - share * by_now[silent], _SURE)
        return float(np.clip((came + to_come.sum()) / max(1.0, came + expected.sum()), 0.0, 1.0 - _SURE))

    def shared_with(self, other: Silence) -> Silence:
        """Another silence, of other deals, with the shares that were learned for this one."""
        return replace(other, found=self.found, cleared=self.cleared)

    def of(self, places: Any) -> Silence:
        """Of some of the deals."""
        arrays = ("looked", "looks_leaked", "looks_clean", "finds", "clears")
        return replace(self, **{name: getattr(self, name)[places] for name in arrays})


def shares_of_silence(silence: Silence, before: Numbers, *, leaked: bool) -> Numbers:
    """How likely each deal is silent; `before` is how likely it leaks, or how likely it is clean."""
    shares = before if leaked else 1.0 - before
    both = shares * silence.unknown_if_leaked() + (1.0 - shares) * silence.unknown_if_clean()
    return np.maximum(both, 1e-12)


def sources(labels: Labels) -> Sources:
    """Sources by what they yielded. One that yields fewer than one in fifty of a kind yields none of it."""
    looking: set[str] = set()
    finding: set[str] = set()
    clearing: set[str] = set()
    for name, (leaked, clean) in labels.counts["sources"].items():
        rare = _ONE_SIDED * (leaked + clean)
        group = finding if clean <= rare else clearing if leaked <= rare else looking
        group.add(name)
    return Sources(looking=frozenset(looking), finding=frozenset(finding), clearing=frozenset(clearing))


def silence(labels: Labels, seen: Design) -> Silence:
    """What silence says, from what can be seen of each deal (`seen`) and which of them came to be known.

    Where no source looks, every leak counts as found in the end: nobody can say how many are not.
    """
    by = sources(labels)
    looked_at, leaked = _is_of(labels, by.looking), labels.leaked == 1.0
    looks_leaked = _delays(labels, looked_at & leaked, looked_at).by(labels.age)
    looks_clean = _delays(labels, looked_at & ~leaked, looked_at).by(labels.age)
    assumed = not by.looking
    return Silence(
        looked=_looked(labels, seen, looked_at, looks_leaked, looks_clean),
        looks_leaked=looks_leaked,
        looks_clean=looks_clean,
        finds=_delays(labels, _is_of(labels, by.finding), labels.known).by(labels.age),
        clears=_delays(labels, _is_of(labels, by.clearing), labels.known).by(labels.age),
        found=(1.0 - _SURE if assumed else 0.5) if by.finding else 0.0,
        cleared=0.0 if assumed or not by.clearing else 0.02,
        sources=by,
        assumed=assumed,
    )


def _is_of(labels: Labels, names: frozenset[str]) -> Flags:
    return np.array([each in names for each in labels.source], dtype=bool)


def _delays(labels: Labels, which: Flags, instead: Flags) -> Delays:
    """The delays of some outcomes; of all of a wider kind where they are few."""
    used = which if which.sum() >= FEWEST else instead
    return delays(labels.delay[used], labels.age[used]) if used.any() else ALWAYS


def _looked(labels: Labels, seen: Design, looked_at: Flags, if_leaked: Numbers, if_clean: Numbers) -> Numbers:
    """How likely each deal is looked at sooner or later; of those not looked at yet, some still will be."""
    if not looked_at.any():
        return np.zeros(len(looked_at))
    leaking = float(labels.leaked[looked_at].mean())
    by_now = np.clip(leaking * if_leaked + (1.0 - leaking) * if_clean, 0.0, 1.0)
    shares = np.full(len(looked_at), min(0.95, looked_at.mean() / max(0.05, float(by_now.mean()))))
    strengths, effects = np.full(seen.width, _STRENGTH), None
    some = np.linspace(0, len(looked_at) - 1, min(len(looked_at), _ENOUGH)).astype(int)
    part = seen.of(some)
    for _ in range(_ROUNDS if labels.dated else 1):
        still = shares * (1.0 - by_now) / np.maximum(1.0 - shares * by_now, _SURE)
        effects = fitted(part, np.where(looked_at, 1.0, still)[some], strengths, start=effects)
        shares = np.clip(sigmoid(seen.margins(effects)), _SURE, 1.0 - _SURE)
    return shares
