"""Mining: which conditions hold of deals that leaked, more than chance and many tries would bring about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING, Final

from app.proportions import Lift, by_chance, lift, withstand
from app.suggesting.writing import Candidate

if TYPE_CHECKING:
    from app.suggesting.condition import Condition

LEAST_DEALS: Final = 15
LEAST_LEAKS: Final = 6
LEAST_RATIO: Final = 1.5
FALSELY_FOUND: Final = 0.05
_WIDENED: Final = 40
_CARRIED: Final = 3
_FOR_EACH: Final = 1.5
"""A further condition has to be worth so many standard errors, or the policy is read more easily without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Deals that somebody looked at, as bit sets over their positions: which there are, and which of them leaked."""

    deals: int
    leaked: int

    def without(self, some: int) -> Sample:
        return Sample(deals=self.deals & ~some, leaked=self.leaked & ~some)

    def counts(self, some: int) -> tuple[int, int, int, int]:
        """Leaks and deals within a set, and in the rest."""
        inside, leaks = self.deals & some, self.leaked & some
        return (
            leaks.bit_count(),
            inside.bit_count(),
            self.leaked.bit_count() - leaks.bit_count(),
            self.deals.bit_count() - inside.bit_count(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """A candidate with the deals that it touches, its lift where it was found and where it was confirmed."""

    candidate: Candidate
    touched: int
    found: Lift
    confirmed: Lift
    found_counts: tuple[int, int, int, int]
    confirmed_counts: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What came of a search: what is suggested, how many candidates were tried, and how many were carried to the newer deals."""

    mined: tuple[Mined, ...]
    tried: int
    carried: int


@dataclass(frozen=True, slots=True)
class _Try:
    conditions: tuple[Condition, ...]
    touched: int


def search(touched: Sequence[tuple[Condition, int]], older: Sample, newer: Sample, most: int) -> Search:
    """The best candidates of the older deals that the newer ones confirm, each on deals that no better one touches.

    On the older deals, at most one in twenty of what stands may be chance (Benjamini and Hochberg over all tries); of what
    is carried on, each must stand the same way on the newer ones, and its lift there lie above 1 with its whole interval.
    """
    tries = list(_tries(touched, older))
    odds = [_odds(older, each.touched) for each in tries]
    standing = [each for each, stands in zip(tries, withstand(odds, FALSELY_FOUND), strict=True) if stands]
    carried = list(_greedy(standing, older, most * _CARRIED))
    stand = withstand([_odds(newer.without(gone), each.touched) for each, gone in carried], FALSELY_FOUND)
    mined = []
    for (each, gone), stands in zip(carried, stand, strict=True):
        before, after = older.without(gone), newer.without(gone)
        found, confirmed = lift(*before.counts(each.touched)), lift(*after.counts(each.touched))
        if stands and found is not None and confirmed is not None and confirmed.interval.low > 1.0:
            mined.append(
                Mined(
                    candidate=Candidate.of(*each.conditions),
                    touched=each.touched,
                    found=found,
                    confirmed=confirmed,
                    found_counts=before.counts(each.touched),
                    confirmed_counts=after.counts(each.touched),
                )
            )
    return Search(mined=tuple(mined[:most]), tried=len(tries), carried=len(carried))


def _tries(touched: Sequence[tuple[Condition, int]], older: Sample) -> Iterator[_Try]:
    """Single conditions, pairs, and the best pairs with a third one; those that touch enough deals to tell."""
    singles = [_Try((condition,), bits) for condition, bits in touched if _enough(older, bits)]
    yield from singles
    pairs = []
    for one, other in combinations(singles, 2):
        pair = _joined(one, other)
        if pair is not None and _enough(older, pair.touched):
            pairs.append(pair)
            yield pair
    best = sorted(pairs, key=lambda each: -_strength(older, each.touched))[:_WIDENED]
    known = set()
    for pair in best:
        for single in singles:
            triple = _joined(pair, single)
            if triple is None or not _enough(older, triple.touched):
                continue
            names = frozenset(each.name for each in triple.conditions)
            if len(names) == 3 and names not in known:
                known.add(names)
                yield triple


def _joined(one: _Try, other: _Try) -> _Try | None:
    """Both together; None where they speak of the same field, or both of a line, or one adds nothing."""
    conditions = (*one.conditions, *other.conditions)
    if len({each.topic for each in conditions}) < len(conditions) or sum(each.on_line for each in conditions) > 1:
        return None
    touched = one.touched & other.touched
    return None if touched in (one.touched, other.touched) else _Try(conditions, touched)


def _enough(sample: Sample, touched: int) -> bool:
    leaks, deals, *_ = sample.counts(touched)
    return deals >= LEAST_DEALS and leaks >= LEAST_LEAKS


def _odds(sample: Sample, touched: int) -> float:
    leaks, deals, others, rest = sample.counts(touched)
    return by_chance(leaks, deals, leaks + others, deals + rest)


def _strength(sample: Sample, touched: int) -> float:
    """How many standard errors more leaks than as many deals have on average; fewer conditions are worth more."""
    leaks, deals, others, rest = sample.counts(touched)
    share = (leaks + others) / (deals + rest)
    spread = sqrt(deals * share * (1.0 - share))
    return (leaks - deals * share) / spread if spread else 0.0


def _greedy(tries: Sequence[_Try], older: Sample, most: int) -> Iterator[tuple[_Try, int]]:
    """The strongest, then the strongest on the deals that are left, with the deals that were gone by then."""
    gone, left = 0, list(tries)
    for _ in range(most):
        sample = older.without(gone)
        left = [each for each in left if _worth_it(each, sample)]
        if not left:
            return
        best = max(
            left, key=lambda each: (_strength(sample, each.touched) - _FOR_EACH * len(each.conditions), _names(each))
        )
        yield best, gone
        gone |= best.touched


def _worth_it(each: _Try, sample: Sample) -> bool:
    found = lift(*sample.counts(each.touched))
    return (
        _enough(sample, each.touched) and found is not None and found.ratio >= LEAST_RATIO and found.interval.low > 1.0
    )


def _names(each: _Try) -> tuple[str, ...]:
    return tuple(sorted(condition.name for condition in each.conditions))
