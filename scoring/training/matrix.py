"""Deals as a table of numbers: the columns that a sum of effects is fitted to, and indicators of the names they are counted under.

A feature has a column of its own, and further ones that stop rising at a middle value, so that an effect may bend. Of each the
sign is expected that the feature's direction asks for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from scipy import sparse

from scoring.features import FEATURES, Unit
from scoring.model.linear import Transform
from scoring.training.labels import Numbers

if TYPE_CHECKING:
    from scoring.features import Feature, FeatureVector

KINDS: Final = ("rep", "team", "segment", "currency", "deal_type", "product", "family", "pair", "pattern")
"""The kinds of names that have effects of their own."""

SPOKEN_FOR: Final = frozenset({
    "rep_leakage_rate", "rep_product_rate", "team_leakage_rate", "rep_override_rate",
    "product_rate_highest", "product_rate_mean", "family_rate_highest", "pair_rate_highest",
    "pair_excess", "pair_evidence", "pair_relief", "currency_rate", "account_rate", "segment_rate",
    "deal_type_rate", "finding_rate_highest",
})  # fmt: skip
"""Rates from history. The effects of names say the same with everything else held equal, which a rate does not; the trees see them."""

GROWING: Final = frozenset({
    "rep_known_deals", "product_known_deals", "account_deals", "rep_usual_discount", "rep_tenure", "rep_load",
    "rep_discount_gap",
})  # fmt: skip
"""Numbers that grow or settle as history gets longer: what they mean for the old deals they do not mean for the new."""

FEWEST_DEALS: Final = 5
_RARE: Final = 0.02
_TAIL: Final = 0.001
_LONG_TAILED: Final = 10.0
_LEAST_EVEN: Final = 0.05
_BENDS: Final = (1 / 3, 2 / 3)
_BENT: Final = frozenset({Unit.COUNT, Unit.DAYS, Unit.MONTHS, Unit.PERCENT})
Sparse: TypeAlias = Any
"""A matrix of scipy, stored by rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One column: a feature's number, transformed and held within bounds, less the mean, over the spread; or whether it is missing.

    The spread is that which the number would have if half of the deals did not have its usual value.
    """

    at: int
    transform: Transform
    low: float
    high: float
    centre: float = 0.0
    scale: float = 1.0
    is_missing: bool = False
    is_yes_or_no: bool = False

    @property
    def feature(self) -> Feature:
        return FEATURES[self.at]

    @property
    def direction(self) -> int:
        """The sign that is expected of the effect; 0 for either."""
        return 0 if self.is_missing else self.feature.direction

    def of(self, values: Numbers) -> Numbers:
        """The column of a table of vectors."""
        raw = values[:, self.at]
        if self.is_missing:
            return np.isnan(raw).astype(float)
        held = (np.clip(transformed(raw, self.transform), self.low, self.high) - self.centre) / self.scale
        return np.where(np.isnan(held), 0.0, held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The columns, and the names that have an indicator, by kind."""

    terms: tuple[Term, ...]
    names: Mapping[str, tuple[str, ...]]

    def dense(self, values: Numbers) -> Numbers:
        """The columns of a table of vectors."""
        if not self.terms:
            return np.empty((len(values), 0))
        return np.column_stack([term.of(values) for term in self.terms])

    def indicators(self, vectors: Sequence[FeatureVector]) -> Sparse:
        """Which names each deal is counted under: kinds one after the other, names in their order."""
        places = {(kind, name): at for at, (kind, name) in enumerate(self.levels())}
        rows: list[int] = []
        columns: list[int] = []
        for row, vector in enumerate(vectors):
            for kind, names in vector.categories.items():
                for name in names:
                    at = places.get((kind, name))
                    if at is not None:
                        rows.append(row)
                        columns.append(at)
        ones = np.ones(len(rows))
        return sparse.csr_matrix((ones, (rows, columns)), shape=(len(vectors), len(places)))

    def levels(self) -> list[tuple[str, str]]:
        """Kind and name of each indicator."""
        return [(kind, name) for kind, names in self.names.items() for name in names]


def table(vectors: Sequence[FeatureVector]) -> Numbers:
    """The numbers of vectors as rows; what is infinite is not known."""
    found = np.array([each.values for each in vectors], dtype=float).reshape(len(vectors), len(FEATURES))
    found[np.isinf(found)] = np.nan
    return found


def transformed(raw: Numbers, transform: Transform) -> Numbers:
    """A column as `scoring.model.linear` transforms a number."""
    match transform:
        case Transform.LOG1P:
            return np.log1p(np.maximum(raw, 0.0))
        case Transform.SIGNED_LOG1P:
            return np.copysign(np.log1p(np.abs(raw)), raw)
        case Transform.LOGIT:
            inside = np.clip(raw, 1e-6, 1.0 - 1e-6)
            return np.log(inside / (1.0 - inside))
        case _:
            return raw


def basis(values: Numbers, vectors: Sequence[FeatureVector], *, bends: bool = True, everything: bool = False) -> Basis:
    """The columns for a table: none for a feature that never differs, and no indicator for a name of fewer than five deals.

    `everything` takes in the numbers that are otherwise left out as spoken for or growing.
    """
    left_out: frozenset[str] = frozenset() if everything else SPOKEN_FOR | GROWING
    terms = [
        term
        for at, feature in enumerate(FEATURES)
        if feature.name not in left_out
        for term in _terms(at, values[:, at], bends=bends)
    ]
    return Basis(terms=tuple(terms), names=_names(vectors))


def _terms(at: int, raw: Numbers, *, bends: bool) -> list[Term]:
    known = raw[~np.isnan(raw)]
    found = []
    if len(known) and known.max() > known.min():
        transform = _transform(FEATURES[at], known)
        numbers = transformed(known, transform)
        low, high = (float(each) for each in np.quantile(numbers, [_TAIL, 1.0 - _TAIL]))
        if high <= low:
            low, high = float(numbers.min()), float(numbers.max())
        stops = _stops(FEATURES[at], numbers, low, high) if bends else []
        found = [_standardised(at, transform, low, stop, numbers) for stop in (high, *stops)]
    missing = 1.0 - len(known) / max(1, len(raw))
    if found and _RARE <= missing <= 1.0 - _RARE:
        found.append(Term(at=at, transform=Transform.AS_IS, low=0.0, high=1.0, is_missing=True))
    return found


def _transform(feature: Feature, known: Numbers) -> Transform:
    """As it is; the logarithm where a count or a number of days has a long tail."""
    if feature.unit in {Unit.COUNT, Unit.DAYS, Unit.MONTHS}:
        high = float(np.quantile(known, 1.0 - _TAIL))
        if known.min() >= 0.0 and high > _LONG_TAILED * (float(np.median(known)) + 1.0):
            return Transform.LOG1P
    return Transform.AS_IS


def _stops(feature: Feature, numbers: Numbers, low: float, high: float) -> list[float]:
    """Where an effect may bend: after the first step from the usual value, or at a third and two thirds of the deals."""
    if feature.unit not in _BENT and feature.direction:
        return []
    distinct, times = np.unique(numbers, return_counts=True)
    if len(distinct) <= 2:
        return []
    usual = distinct[times.argmax()]
    if times.max() > len(numbers) / 2:
        stops = distinct[distinct > usual][:1]
    else:
        stops = np.unique(np.quantile(numbers, _BENDS))
    return [float(stop) for stop in stops if low < stop < high]


def _standardised(at: int, transform: Transform, low: float, high: float, numbers: Numbers) -> Term:
    held = np.clip(numbers, low, high)
    _, times = np.unique(held, return_counts=True)
    spread = float(held.std()) / _evenness(1.0 - float(times.max()) / len(held))
    return Term(
        at=at,
        transform=transform,
        low=low,
        high=high,
        centre=float(held.mean()),
        scale=spread if spread > 1e-9 else 1.0,
        is_yes_or_no=len(times) <= 2,
    )


def _evenness(unusual: float) -> float:
    """The spread of a number that so many deals have not at its usual value, over that of one which half of them have not.

    What only few deals have is so no likelier to have a large effect on them (Gelman 2008, "Scaling regression inputs by
    dividing by two standard deviations": what is or is not stays as it is, whatever the share of deals in which it is).
    """
    share = min(0.5, unusual)
    return max(_LEAST_EVEN, 2.0 * float(np.sqrt(share * (1.0 - share))))


def _names(vectors: Sequence[FeatureVector]) -> dict[str, tuple[str, ...]]:
    counted: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for vector in vectors:
        for kind, names in vector.categories.items():
            if kind in counted:
                counted[kind].update(names)
    every = len(vectors)
    return {
        kind: tuple(sorted(name for name, deals in counts.items() if FEWEST_DEALS <= deals < every))
        for kind, counts in counted.items()
    }
