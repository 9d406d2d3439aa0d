"""The module that generated code lives in: its functions, and the values that they read by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

from policies.language.operations import days_between, moment, rounded
from policies.language.vocabulary import Field

_BUILTINS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "__builtins__": {},
        "Decimal": Decimal,
        "enumerate": enumerate,
        "len": len,
        "min": min,
        "max": max,
        "abs": abs,
        "rounded": rounded,
        "moment": moment,
        "days_between": days_between,
        "lower": str.lower,
    }
)


class Hop(NamedTuple):
    """One Python attribute on the way to a fact, and whether what it leads to may be null."""

    name: str
    nullable: bool


@dataclass(slots=True)
class Module:
    """The source of one generated module, and the values that it reads by name."""

    namespace: dict[str, object] = field(default_factory=lambda: dict(_BUILTINS))
    functions: list[str] = field(default_factory=list)
    _numbers: dict[tuple[type, object], str] = field(default_factory=dict)

    def constant(self, value: object) -> str:
        """The name under which the generated code finds a value."""
        place = (type(value), value)
        if place not in self._numbers:
            self._numbers[place] = f"K{len(self._numbers)}"
            self.namespace[self._numbers[place]] = value
        return self._numbers[place]

    def named(self, value: object) -> str:
        """The name under which the generated code finds one particular object."""
        name = f"N{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def compiled(self, names: Iterable[str]) -> tuple[object, ...]:
        """The functions of those names, after everything was generated."""
        exec(compile(self.source, "<policies>", "exec"), self.namespace)  # noqa: S102  generated here, from a whitelist
        return tuple(self.namespace[name] for name in names)

    @property
    def source(self) -> str:
        return "\n\n".join(self.functions) + "\n"


def hops_of(steps: tuple[Field, ...]) -> tuple[Hop, ...]:
    """The Python attributes on the way through some fields."""
    return tuple(Hop(hop, nullable=step.nullable and hop is step.hops[-1]) for step in steps for hop in step.hops)
