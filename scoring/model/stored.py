"""A deal's features as JSON, as they stand with its decision: what a model is trained on is what was seen then."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan
from typing import Any, Final

from scoring.features.vector import NAMES, FeatureVector, digest
from scoring.model.jsons import listed, mapped, text

_INFINITE: Final = {"inf": float("inf"), "-inf": float("-inf")}


class OtherFeatures(ValueError):  # noqa: N818 - it says what is wrong
    """A stored vector of another list of features: its numbers would be read as others."""


def as_json(vector: FeatureVector) -> dict[str, Any]:
    """The vector as JSON that reads back exactly: what is not known is null."""
    return {
        "features": digest(),
        "values": [_number(each) for each in vector.values],
        "details": {name: {key: _detail(each) for key, each in said.items()} for name, said in vector.details.items()},
        "categories": {kind: list(names) for kind, names in vector.categories.items()},
        "value": _number(vector.value) if vector.value is not None else None,
        "currency": vector.currency,
    }


def of_json(saved: Mapping[str, Any]) -> FeatureVector:
    """The vector that `as_json` wrote. Raises OtherFeatures where it is of other features, ValueError where it is none."""
    try:
        if saved["features"] != digest():
            raise OtherFeatures("these features are not those that this program computes")
        values = tuple([_of_number(each) for each in listed(saved["values"], "values")])
        details, names = mapped(saved["details"], "details"), mapped(saved["categories"], "categories")
        value, currency = saved["value"], saved["currency"]
        if len(values) != len(NAMES):
            raise OtherFeatures(f"{len(values)} numbers where there are {len(NAMES)} features")
        return FeatureVector(
            values=values,
            details={name: {key: _of_detail(each) for key, each in said.items()} for name, said in details.items()},
            categories={kind: tuple([text(each, kind) for each in listed(them, kind)]) for kind, them in names.items()},
            value=_of_number(value) if value is not None else None,
            currency=text(currency, "currency") if currency is not None else None,
        )
    except (KeyError, TypeError, AttributeError) as broken:
        raise ValueError(f"this is no vector of features: {broken!r}") from broken


def _number(value: float) -> float | str | None:
    """A number as strict JSON has it."""
    if isfinite(value):
        return value
    return None if value != value else str(value)  # noqa: PLR0124 - NaN is the number that is not itself


def _of_number(saved: Any) -> float:
    if saved is None:
        return nan
    if isinstance(saved, str):
        return _INFINITE[saved]
    if isinstance(saved, bool):
        raise TypeError("true or false where a number stands")
    return float(saved)


def _detail(value: str | float) -> Any:
    """A detail of a sentence; a number that is not known is told apart from a text."""
    return value if isinstance(value, str) or isfinite(value) else {"number": _number(value)}


def _of_detail(saved: Any) -> str | float:
    if isinstance(saved, Mapping):
        return _of_number(saved["number"])
    if not isinstance(saved, str | int | float):
        raise TypeError(f"a sentence's detail is neither text nor number: {saved!r}")
    return saved
