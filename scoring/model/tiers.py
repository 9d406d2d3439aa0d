"""Tiers: from which probability a deal is an alert, and whether what was measured bears the name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from scoring.model.jsons import listed, number, text, yes
from scoring.numbers import percentage

REST: Final = "refine"
"""What every deal is that reaches no other tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A tier from a probability on, and what was measured of it: of `n` deals scored so, the share `precision` leaked.

    `low` and `high` are Wilson's interval at 95 %; None where nothing was measured. `n` may be a weighted count. A tier that
    does not bear its name is demoted to the next lower.
    """

    name: str
    from_probability: float
    n: float = 0.0
    precision: float | None = None
    low: float | None = None
    high: float | None = None
    bears_name: bool = True

    @property
    def measured(self) -> str:
        """What was measured, in words."""
        if self.precision is None or not self.n:
            return "no measured precision yet"
        interval = f" ({percentage(self.low)} to {percentage(self.high)})" if None not in (self.low, self.high) else ""  # type: ignore[arg-type]
        return f"of {round(self.n):,} deals scored so, {percentage(self.precision)} leaked{interval}"

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Tier:
        """The tier that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        name = text(saved["name"], "a tier's name")
        measured = {
            each: None if saved[each] is None else number(saved[each], f"{name}: {each}")
            for each in ("precision", "low", "high")
        }
        return Tier(
            name=name,
            from_probability=number(saved["from_probability"], f"{name}: from_probability"),
            n=number(saved["n"], f"{name}: n"),
            bears_name=yes(saved["bears_name"], f"{name}: bears_name"),
            **measured,
        )


_FIELDS: Final = ("name", "from_probability", "n", "precision", "low", "high", "bears_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTable:
    """The tiers from the highest to the lowest. Below the lowest, and where none bears its name, a deal is `refine`."""

    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        if any(above.from_probability <= below.from_probability for above, below in pairwise(self.tiers)):
            raise ValueError("tiers do not fall from the highest to the lowest")

    def of(self, probability: float) -> tuple[str, str | None]:
        """The tier of a probability, and a note on what was measured; None where there is nothing to say."""
        reached = [each for each in self.tiers if probability >= each.from_probability]
        if not reached:
            return REST, None
        first = reached[0]
        held = next((each for each in reached if each.bears_name), None)
        name = held.name if held is not None else REST
        if held is first:
            return name, first.measured
        return name, f"{first.name} by its score, but {first.measured}: held as {name}"

    def as_json(self) -> dict[str, Any]:
        return {"tiers": [each.as_json() for each in self.tiers]}

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> TierTable:
        """The table that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        return TierTable(tiers=tuple([Tier.of_json(each) for each in listed(saved["tiers"], "tiers")]))
