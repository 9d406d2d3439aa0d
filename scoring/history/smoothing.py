"""Rates from few cases: beta-binomial smoothing, with the strength of the prior fitted from how much the groups differ.

A rate from n cases of which k leaked is (k + strength x expected) / (n + strength), where `expected` is the rate of the
group above. The strength is 1/rho - 1, rho the correlation within a group by the method of moments (Kleinman 1973,
"Proportions with extraneous variance", with weights n): the more the groups differ beyond chance, the less they are drawn
together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

WEAKEST: Final = 2.0
"""The least strength: what one group says is never taken at its word from one case."""

STRONGEST: Final = 500.0
"""The most: where groups differ by chance alone, a group has to be large to speak for itself."""

USUAL: Final = 20.0
"""The strength where there are too few groups or cases to fit one."""

_FEWEST_GROUPS: Final = 5


def smoothed(hits: float, cases: float, expected: float, strength: float) -> float:
    """The rate of a group, drawn towards what is expected of it. It rises with `hits` and with `expected`."""
    return (hits + strength * expected) / (cases + strength)


@dataclass(slots=True)
class Spread:
    """How groups of one kind differ, kept up to date in constant time: sums over groups of n cases with k hits."""

    groups: int = 0
    cases: float = 0.0
    hits: float = 0.0
    squared_cases: float = 0.0
    hits_by_rate: float = 0.0
    _fitted: float | None = field(default=None, compare=False, repr=False)

    def take(self, hits: float, cases: float, sign: int) -> None:
        """Put a group in (+1), or take it out (-1) as it was put in."""
        if cases <= 0.0:
            return
        self._fitted = None
        self.groups += sign
        self.cases += sign * cases
        self.hits += sign * hits
        self.squared_cases += sign * cases * cases
        self.hits_by_rate += sign * hits * hits / cases

    def strength(self) -> float:
        """The strength of the prior for groups of this kind, in cases."""
        if self._fitted is None:
            self._fitted = self._fit()
        return self._fitted

    def sums(self) -> list[float]:
        """The sums, in the order in which a spread is made of them."""
        return [self.groups, self.cases, self.hits, self.squared_cases, self.hits_by_rate]

    def _fit(self) -> float:
        if self.groups < _FEWEST_GROUPS or self.cases <= 0.0:
            return USUAL
        mean = self.hits / self.cases
        chance = mean * (1.0 - mean)
        room = self.cases - self.squared_cases / self.cases - (self.groups - 1)
        if chance <= 0.0 or room <= 0.0:
            return USUAL
        found = self.hits_by_rate - self.hits * self.hits / self.cases
        rho = (found / chance - (self.groups - 1)) / room
        if rho <= 0.0:
            return STRONGEST
        return min(STRONGEST, max(WEAKEST, 1.0 / rho - 1.0))
