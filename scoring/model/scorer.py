"""A deal's features become a risk: probability, tier, money, kinds of leakage, reasons, and what is unusual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Final

from policies.domain.decision import LeakageType, Risk, RiskReason, RiskStatus
from policies.domain.money import UnknownCurrency, round_to_currency
from scoring.features.vector import NAMES
from scoring.reasons import MOST, reasons

if TYPE_CHECKING:
    from policies.domain.decision import Anomaly
    from scoring.features.vector import FeatureVector
    from scoring.history.history import History
    from scoring.model.package import ModelPackage
    from scoring.reasons import Reason

MOST_TYPES: Final = 5
_LEAST_TYPE: Final = 0.01
_LARGEST: Final = 1e20
"""No sum of money is larger; a number beyond it is a slip of somebody's pen."""

Contributions = dict[str, float]
_Because = tuple[Decimal | None, tuple[RiskReason, ...]]
_NO_REASON: Final[_Because] = (None, ())


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores deals from their features alone, so that a stored vector gives the same score again. Safe among threads."""

    package: ModelPackage

    @property
    def version(self) -> str:
        return self.package.version

    @property
    def limits(self) -> dict[str, float]:
        """The probability that each tier begins with."""
        return {each.name: each.from_probability for each in self.package.tiers.tiers}

    @property
    def history(self) -> History:
        """What was known when the model was trained: the features of a deal are computed from it."""
        return self.package.history

    def score(self, vector: FeatureVector, currency: str | None = None) -> Risk:
        """The risk of one deal, with its reasons. `currency` is that of the document, where the vector does not say it."""
        return self.score_many([vector], currency)[0]

    def score_many(
        self,
        vectors: Sequence[FeatureVector],
        currency: str | None = None,
        *,
        explained: bool = True,
        kinds: bool = True,
        unusual: bool = True,
        most: int = MOST,
    ) -> list[Risk]:
        """The risks of many deals, with one call of the library for each part of the model.

        Not `explained` they lack `reasons` and `base`, and cost a fraction; they have at most so many reasons as `most` says.
        Without `kinds` they lack `leakage_types`, without `unusual` their `anomaly`. Raises ValueError for a vector of another length.
        """
        deals = [_finite(each) for each in vectors]
        if not deals:
            return []
        margins, added = self._explained(deals) if explained else (self.margins(deals), None)
        chances = [self.package.calibration.of(each) for each in margins]
        losses = self.package.amounts.losses(deals) if self.package.amounts is not None else [None] * len(deals)
        patterns = self.package.patterns if kinds else None
        types = patterns.of_many(deals) if patterns is not None else [{}] * len(deals)
        anomalies = self.package.anomalies if unusual else None
        rare = [anomalies.of(each) for each in deals] if anomalies is not None else [None] * len(deals)
        because = (
            [_NO_REASON] * len(deals)
            if added is None
            else [
                (_four(base), tuple([_reason(each) for each in reasons(moved, deal, most)]))
                for deal, (base, moved) in zip(deals, added, strict=True)
            ]
        )
        return [
            self._risk(chance, loss, kind, anomaly, deal.currency or currency, why)
            for deal, chance, loss, kind, anomaly, why in zip(deals, chances, losses, types, rare, because, strict=True)
        ]

    def margins(self, vectors: Sequence[FeatureVector]) -> list[float]:
        """The margins in log-odds, before calibration."""
        linear, trees = self.package.linear, self.package.trees
        base = [linear.margin(each) for each in vectors] if linear is not None else None
        if trees is None:
            return base or []
        return trees.margins([trees.row(each.values) for each in vectors], base)

    def contributions(self, vectors: Sequence[FeatureVector]) -> list[tuple[float, Contributions]]:
        """For each deal the margin of the average one, and what each feature adds to it: together they are its margin."""
        return self._explained(vectors)[1]

    def _explained(self, vectors: Sequence[FeatureVector]) -> tuple[list[float], list[tuple[float, Contributions]]]:
        """The margins of deals, and what they are made of."""
        linear, trees = self.package.linear, self.package.trees
        start = linear.intercept if linear is not None else 0.0
        # The margins start from the same numbers as without reasons, to the last bit.
        parts = [linear.explained(each) if linear is not None else (0.0, {}) for each in vectors]
        if trees is None:
            return [margin for margin, _ in parts] if linear is not None else [], [(start, each) for _, each in parts]
        base = [margin for margin, _ in parts] if linear is not None else None
        margins, added = trees.explained([trees.row(each.values) for each in vectors], base)
        return margins, [
            (moved[-1] - whole + start, _sum(each, trees.features, moved))
            for (whole, each), moved in zip(parts, added, strict=True)
        ]

    def _risk(
        self,
        chance: float,
        loss: float | None,
        kinds: dict[str, float],
        anomaly: Anomaly | None,
        currency: str | None,
        because: _Because,
    ) -> Risk:
        package = self.package
        tier, note = package.tiers.of(chance)
        return Risk(
            status=RiskStatus.SCORED,
            score=_four(chance),
            tier=tier,
            tier_note=note,
            expected_leakage=_money(chance * loss, currency) if loss is not None else None,
            leakage_types=_types(chance, kinds),
            base=because[0],
            reasons=because[1],
            anomaly=anomaly,
            model_version=package.version,
            trained_on=package.manifest.trained_on,
        )


def _finite(vector: FeatureVector) -> FeatureVector:
    """The vector with what is infinite as not known."""
    values = vector.values
    if len(values) != len(NAMES):
        raise ValueError(f"a vector of {len(values)} numbers, where there are {len(NAMES)} features")
    if inf in values or -inf in values:
        return replace(vector, values=tuple([nan if each in {inf, -inf} else each for each in values]))
    return vector


def _sum(found: Contributions, features: Sequence[str], added: Sequence[float]) -> Contributions:
    for name, amount in zip(features, added, strict=False):  # what is last is no feature's
        if amount:
            found[name] = found.get(name, 0.0) + amount
    return found


def _four(number: float) -> Decimal:
    """A number to four decimals."""
    return Decimal(f"{number:.4f}")


def _money(amount: float, currency: str | None) -> Decimal | None:
    """An amount rounded to its currency; None where the currency is none, or the amount beyond all measure."""
    if currency is None or not amount < _LARGEST:
        return None
    try:
        return round_to_currency(Decimal(amount), currency)
    except UnknownCurrency:
        return None


def _types(chance: float, kinds: dict[str, float]) -> tuple[LeakageType, ...]:
    likely = sorted((-chance * share, name) for name, share in kinds.items() if chance * share >= _LEAST_TYPE)
    return tuple([LeakageType(pattern=name, probability=_four(-share)) for share, name in likely[:MOST_TYPES]])


def _reason(found: Reason) -> RiskReason:
    value = found.value
    return RiskReason(
        feature=found.feature,
        label=found.label,
        contribution=_four(found.contribution),
        value=Decimal(str(round(value, 6))) if value is not None and isfinite(value) else None,
    )
