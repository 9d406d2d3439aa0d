"""What a leak costs: a share of the deal's value, learned from leaks whose amount came to be known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import TYPE_CHECKING, Any, Final

from scoring.model.jsons import mapped, number
from scoring.model.linear import Linear
from scoring.model.trees import Trees

if TYPE_CHECKING:
    from scoring.features.vector import FeatureVector

_LARGEST: Final = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Loss given a leak: the deal's value times a share, and the share is `smearing` times e to the predicted logarithm.

    What is predicted comes from `trees` where there are some, else from `linear`, else it is `constant`. `smearing` brings
    back the mean that a logarithm loses (Duan 1983, "Smearing estimate"). The share lies within `low` and `high`, the
    lowest and highest that were measured.
    """

    constant: float
    linear: Linear | None = None
    trees: Trees | None = None
    smearing: float = 1.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not all(isfinite(each) for each in (self.constant, self.smearing, self.low, self.high)):
            raise ValueError("the amounts hold a number that is not finite")
        if self.smearing <= 0.0 or not 0.0 <= self.low <= self.high:
            raise ValueError("the amounts' smearing is not above 0, or the bounds of the share are in the wrong order")

    def shares(self, vectors: Sequence[FeatureVector]) -> list[float]:
        """The share of the value that each deal would lose if it leaked."""
        return [
            min(self.high, max(self.low, self.smearing * exp(min(_LARGEST, each)))) for each in self._predicted(vectors)
        ]

    def losses(self, vectors: Sequence[FeatureVector]) -> list[float | None]:
        """What each deal would lose if it leaked, in its own currency; None where its value is not known or not above 0."""
        return [_loss(each.value, share) for each, share in zip(vectors, self.shares(vectors), strict=True)]

    def _predicted(self, vectors: Sequence[FeatureVector]) -> list[float]:
        if self.trees is not None:
            return self.trees.margins([self.trees.row(each.values) for each in vectors])
        if self.linear is not None:
            return [self.linear.margin(each) for each in vectors]
        return [self.constant] * len(vectors)

    def as_json(self) -> dict[str, Any]:
        """Everything but the booster of the trees, which stands in a file of its own."""
        return {
            "constant": self.constant,
            "linear": self.linear.as_json() if self.linear is not None else None,
            "trees": self.trees.as_json() if self.trees is not None else None,
            "smearing": self.smearing,
            "low": self.low,
            "high": self.high,
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any], ubj: bytes | None = None) -> Amounts:
        """The amounts that `as_json` and the booster hold. Raises ValueError or KeyError for what is none."""
        linear, trees = saved["linear"], saved["trees"]
        if trees is not None and ubj is None:
            raise ValueError("the amounts name trees, and there is no booster")
        named = {name: number(saved[name], name) for name in ("constant", "smearing", "low", "high")}
        return Amounts(
            linear=Linear.of_json(mapped(linear, "linear")) if linear is not None else None,
            trees=Trees.of_json(mapped(trees, "trees"), ubj) if trees is not None and ubj is not None else None,
            **named,
        )


def _loss(value: float | None, share: float) -> float | None:
    return value * share if value is not None and isfinite(value) and value > 0.0 else None
