"""The linear part of a model: each feature's own effect in log-odds, and those of the names that a deal is counted under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import copysign, inf, isfinite, log, log1p
from typing import TYPE_CHECKING, Any, Final

from scoring.features.vector import positions
from scoring.model.jsons import limit, limit_as_json, listed, mapped, number, text
from scoring.model.records import RATE, Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.features.vector import FeatureVector

LEVEL_FEATURE: Final[Mapping[str, str]] = {
    "rep": "rep_leakage_rate",
    "team": "team_leakage_rate",
    "segment": "segment_rate",
    "currency": "currency_rate",
    "deal_type": "deal_type_rate",
    "product": "product_rate_highest",
    "family": "family_rate_highest",
    "pair": "pair_rate_highest",
    "pattern": "finding_rate_highest",
}
"""The feature that speaks for the effect of a name, by the name's kind."""

_SURE: Final = 1e-6


class Transform(StrEnum):
    """What becomes of a number before it is weighed."""

    AS_IS = "as_is"
    LOGIT = "logit"
    LOG1P = "log1p"
    SIGNED_LOG1P = "signed_log1p"


def _logit(share: float) -> float:
    inside = min(1.0 - _SURE, max(_SURE, share))
    return log(inside / (1.0 - inside))


_FORMULAS: Final[Mapping[Transform, Callable[[float], float]]] = {
    Transform.AS_IS: float,
    Transform.LOGIT: _logit,
    Transform.LOG1P: lambda number: log1p(max(0.0, number)),
    Transform.SIGNED_LOG1P: lambda number: copysign(log1p(abs(number)), number),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One feature's effect: `coefficient` times (its transformed number within `low` and `high`, less `centre`) over `scale`.

    The average deal so has 0. `missing` is the effect, in log-odds, of a number that is not known; an infinite one counts
    as not known. `logit` takes shares within a millionth of 0 and 1, `log1p` takes what is below 0 for 0.
    """

    feature: str
    transform: Transform = Transform.AS_IS
    centre: float = 0.0
    scale: float = 1.0
    coefficient: float = 0.0
    missing: float = 0.0
    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        if self.feature not in positions():
            raise ValueError(f"{self.feature!r} is no feature")
        if not all(isfinite(each) for each in (self.centre, self.scale, self.coefficient, self.missing)):
            raise ValueError(f"the column of {self.feature} holds a number that is not finite")
        if self.scale <= 0.0 or self.low > self.high:
            raise ValueError(f"the column of {self.feature} has no scale above 0, or bounds in the wrong order")

    def contribution(self, value: float) -> float:
        """The effect of a number, in log-odds."""
        if not isfinite(value):
            return self.missing
        within = min(self.high, max(self.low, _FORMULAS[self.transform](value)))
        return self.coefficient * ((within - self.centre) / self.scale)

    def as_json(self) -> dict[str, Any]:
        return {
            "feature": self.feature,
            "transform": self.transform.value,
            "centre": self.centre,
            "scale": self.scale,
            "coefficient": self.coefficient,
            "missing": self.missing,
            "low": limit_as_json(self.low),
            "high": limit_as_json(self.high),
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Column:
        """The column that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        feature = text(saved["feature"], "a column's feature")
        named = {
            name: number(saved[name], f"{feature}: {name}") for name in ("centre", "scale", "coefficient", "missing")
        }
        return Column(
            feature=feature,
            transform=Transform(saved["transform"]),
            low=limit(saved["low"], f"{feature}: low", open_end=-inf),
            high=limit(saved["high"], f"{feature}: high", open_end=inf),
            **named,
        )


_Term = tuple[int, "Callable[[float], float] | None", float, float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A sum of effects in log-odds (or in whatever the intercept is in): `intercept`, `columns`, and the names' `levels`.

    `levels` are effects by kind and name; a deal has the sum of those of its names, less the kind's `level_means` (what the
    average deal has of it; 0 where it is not stated). A name or kind that is not there has no effect, and then the mean is
    not taken off either. `records`, where there are some, add what came to be known of the rep since.
    """

    intercept: float
    columns: tuple[Column, ...] = ()
    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    level_means: Mapping[str, float] = field(default_factory=dict)
    records: Records | None = None
    _terms: tuple[_Term, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isfinite(self.intercept):
            raise ValueError("the intercept is not finite")
        unknown = sorted((self.levels.keys() | self.level_means.keys()) - LEVEL_FEATURE.keys())
        if unknown:
            raise ValueError(f"levels of {', '.join(unknown)}, which no deal is counted under")
        object.__setattr__(self, "_terms", tuple([_term(each) for each in self.columns]))

    def margin(self, vector: FeatureVector) -> float:
        """The sum for a deal."""
        total = self.intercept + sum(self._effects(vector.values))
        for kind, effects in self.levels.items():
            names = vector.categories.get(kind)
            if names:
                total += self._level(kind, effects, names)
        return total + self.records.effect(vector) if self.records is not None else total

    def contributions(self, vector: FeatureVector) -> dict[str, float]:
        """What each feature adds to the intercept; the effects of names are credited to `LEVEL_FEATURE`."""
        return self.explained(vector)[1]

    def explained(self, vector: FeatureVector) -> tuple[float, dict[str, float]]:
        """The margin, to the last bit that of `margin`, and the contributions that it is made of."""
        effects = self._effects(vector.values)
        margin = self.intercept + sum(effects)
        found: dict[str, float] = {}
        for column, amount in zip(self.columns, effects, strict=True):
            if amount:
                found[column.feature] = found.get(column.feature, 0.0) + amount
        for kind, named in self.levels.items():
            names = vector.categories.get(kind)
            if names:
                speaks, amount = LEVEL_FEATURE[kind], self._level(kind, named, names)
                margin += amount
                found[speaks] = found.get(speaks, 0.0) + amount
        amount = self.records.effect(vector) if self.records is not None else 0.0
        if amount:
            margin += amount
            found[RATE] = found.get(RATE, 0.0) + amount
        return margin, found

    def _effects(self, values: tuple[float, ...]) -> list[float]:
        """What `Column.contribution` gives for each column, without a call for each."""
        found = []
        for at, formula, low, high, slope, offset, missing in self._terms:
            value = values[at]
            if value - value != 0.0:  # neither NaN nor an infinity is a number to weigh
                found.append(missing)
                continue
            if formula is not None:
                value = formula(value)
            if value < low:
                value = low
            elif value > high:
                value = high
            found.append(slope * value - offset)
        return found

    def _level(self, kind: str, effects: Mapping[str, float], names: tuple[str, ...]) -> float:
        known = [effects[name] for name in names if name in effects]
        return sum(known) - self.level_means.get(kind, 0.0) if known else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "intercept": self.intercept,
            "columns": [each.as_json() for each in self.columns],
            "levels": {kind: dict(sorted(effects.items())) for kind, effects in sorted(self.levels.items())},
            "level_means": dict(sorted(self.level_means.items())),
            **({"records": self.records.as_json()} if self.records is not None else {}),
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Linear:
        """The part that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        levels = mapped(saved["levels"], "levels")
        return Linear(
            intercept=number(saved["intercept"], "the intercept"),
            columns=tuple([Column.of_json(mapped(each, "a column")) for each in listed(saved["columns"], "columns")]),
            levels={kind: _effects(kind, mapped(effects, f"levels of {kind}")) for kind, effects in levels.items()},
            level_means=_effects("means", mapped(saved.get("level_means", {}), "level_means")),
            records=Records.of_json(mapped(saved["records"], "records")) if "records" in saved else None,
        )


def _effects(kind: str, saved: Mapping[str, Any]) -> dict[str, float]:
    return {name: number(effect, f"{kind}: {name}") for name, effect in saved.items()}


def _term(column: Column) -> _Term:
    slope = column.coefficient / column.scale
    formula = None if column.transform is Transform.AS_IS else _FORMULAS[column.transform]
    at = positions()[column.feature]
    return (at, formula, column.low, column.high, slope, slope * column.centre, column.missing)
