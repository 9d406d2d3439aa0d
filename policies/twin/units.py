"""Units of measure: how many of one are one of another, where that is a matter of definition.

Prefixes are decimal (a GB is a billion bytes) and binary where the unit says so (a GiB is 2 ** 30 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_FACTORS: Final[Mapping[str, tuple[str, Decimal]]] = MappingProxyType(
    {
        name: (dimension, Decimal(factor))
        for dimension, units in {
            "data": {
                "byte": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15,
                "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "pib": 2**50,
            },
            "time": {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "h": 3600, "day": 86400},
        }.items()
        for name, factor in units.items()
    }
)  # fmt: skip
_THOUSANDS: Final = MappingProxyType(
    {
        "1k": Decimal(1000),
        "1000": Decimal(1000),
        "1,000": Decimal(1000),
        "thousand": Decimal(1000),
        "million": Decimal(10**6),
    }
)


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings are one unit: capitals, a plural and spaces do not count."""
    return _plain(one) == _plain(other)


def conversion(from_unit: str, to_unit: str) -> Decimal | None:
    """How many of `to_unit` one `from_unit` is; None where nothing defines it."""
    if same_unit(from_unit, to_unit):
        return Decimal(1)
    (one, factor), (other, other_factor) = _known(from_unit), _known(to_unit)
    return factor / other_factor if one == other else None


def _known(unit: str) -> tuple[str, Decimal]:
    """What the unit counts, and how much of it one is: "1k calls" are a thousand of "call"."""
    name, factor = _plain(unit), Decimal(1)
    first, _, rest = name.partition(" ")
    if rest and first in _THOUSANDS:
        name, factor = rest, _THOUSANDS[first]
    dimension, own = _FACTORS.get(name, (name, Decimal(1)))
    return dimension, own * factor


def _plain(unit: str) -> str:
    words = unit.casefold().replace("_", " ").replace("-", " ").split()
    name = " ".join(words)
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name
