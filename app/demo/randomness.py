"""Seeded chance: a stream of random numbers for each thing that is made, so that no thing depends on another's luck."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from random import Random
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_STRIDE: Final = 1_000_003  # keeps the streams of neighbouring seeds and things apart


def stream(seed: int, kind: int, number: int) -> Random:
    """The random numbers of the `number`-th thing of a kind; the same for the same three numbers, on any machine."""
    return Random((seed * _STRIDE + kind) * _STRIDE * _STRIDE + number)


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """A choice among things, each as likely as its weight."""

    things: tuple[T, ...]
    bounds: tuple[float, ...]

    @staticmethod
    def of(pairs: Iterable[tuple[T, float]]) -> Weighted[T]:
        """From pairs of a thing and its weight; at least one weight is positive."""
        things, weights = zip(*pairs, strict=True)
        return Weighted(tuple(things), tuple(accumulate(weights)))

    def pick(self, rng: Random) -> T:
        return self.things[min(bisect(self.bounds, rng.random() * self.bounds[-1]), len(self.things) - 1)]


def around(rng: Random, median: float, spread: float) -> float:
    """A positive number near a median: half the numbers lie below it, two thirds within a factor of exp(spread)."""
    return median * exp(rng.gauss(0.0, spread))


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included; several times quicker than Random.randint."""
    return low + int(rng.random() * (high - low + 1))
