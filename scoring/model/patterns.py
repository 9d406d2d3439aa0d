"""In which way a deal would leak, if it leaked: a probability for each leakage pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any

from scoring.model.jsons import listed, mapped, numbers, text
from scoring.model.linear import Linear
from scoring.model.trees import Trees

if TYPE_CHECKING:
    from scoring.features.vector import FeatureVector


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Probabilities of the patterns `names` given a leak; they add up to 1.

    They come from `trees` (softprob, a class for each name) where there are some, else from `linears` (one for each name,
    as logarithms of odds against each other: a smoothed table is intercepts and levels), else they are the `shares` of the
    patterns among known leaks.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]
    linears: tuple[Linear, ...] = ()
    trees: Trees | None = None

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.shares) or min(self.shares) < 0.0 or sum(self.shares) <= 0.0:
            raise ValueError("patterns need a share each, above 0 in all")
        if self.linears and len(self.linears) != len(self.names):
            raise ValueError("patterns need a linear part each, or none")
        if self.trees is not None and self.trees.outputs != len(self.names):
            raise ValueError(f"the trees have {self.trees.outputs} classes for {len(self.names)} patterns")

    def of(self, vector: FeatureVector) -> dict[str, float]:
        """The probability of each pattern, given that the deal leaks."""
        return self.of_many([vector])[0]

    def of_many(self, vectors: Sequence[FeatureVector]) -> list[dict[str, float]]:
        """The same for many deals."""
        return [dict(zip(self.names, _softmax(each), strict=True)) for each in self._scores(vectors)]

    def _scores(self, vectors: Sequence[FeatureVector]) -> Sequence[Sequence[float]]:
        trees = self.trees
        if trees is not None:
            return trees.outputs_of([trees.row(each.values) for each in vectors])
        if self.linears:
            return [[part.margin(each) for part in self.linears] for each in vectors]
        return [[log(max(share, 1e-12)) for share in self.shares]] * len(vectors)

    def as_json(self) -> dict[str, Any]:
        """Everything but the booster of the trees, which stands in a file of its own."""
        return {
            "names": list(self.names),
            "shares": list(self.shares),
            "linears": [each.as_json() for each in self.linears],
            "trees": self.trees.as_json() if self.trees is not None else None,
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any], ubj: bytes | None = None) -> Patterns:
        """The patterns that `as_json` and the booster hold. Raises ValueError or KeyError for what is none."""
        trees = saved["trees"]
        if trees is not None and ubj is None:
            raise ValueError("the patterns name trees, and there is no booster")
        return Patterns(
            names=tuple([text(each, "a pattern") for each in listed(saved["names"], "patterns")]),
            shares=numbers(saved["shares"], "shares"),
            linears=tuple([Linear.of_json(mapped(each, "linear")) for each in listed(saved["linears"], "linears")]),
            trees=Trees.of_json(mapped(trees, "trees"), ubj) if trees is not None and ubj is not None else None,
        )


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    weights = [exp(each - highest) for each in scores]
    total = sum(weights)
    return [each / total for each in weights]
