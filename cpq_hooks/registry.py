"""The adapters by name. Those that come with Quoteguard register by the same entry points as anybody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from cpq_hooks.adapter import Adapter

GROUP: Final = "quoteguard.adapters"


class UnknownConnector(ValueError):  # noqa: N818 - it says what is wrong
    """No adapter has this name."""


class AdapterBroken(RuntimeError):  # noqa: N818 - it says what happened
    """An adapter that is installed cannot be loaded or is none."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Installed adapters, each loaded when it is first asked for."""

    points: Mapping[str, EntryPoint]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.points))

    def adapter(self, name: str) -> Adapter:
        """The adapter of a name. Raises `UnknownConnector` and `AdapterBroken`."""
        point = self.points.get(name)
        if point is None:
            close = get_close_matches(name, self.points, n=1)
            raise UnknownConnector(
                f"there is no connector {name}" + (f"; did you mean {close[0]}?" if close else "")
                + f" (installed: {', '.join(self.names())})"
            )  # fmt: skip
        return _loaded(point)


def installed(points: Callable[[], Iterable[EntryPoint]] = lambda: entry_points(group=GROUP)) -> Registry:
    """Every adapter that is installed. Two that claim one name are refused: neither may silently win."""
    found: dict[str, EntryPoint] = {}
    for point in points():
        if point.name in found and found[point.name].value != point.value:
            raise AdapterBroken(f"two adapters are called {point.name}: {found[point.name].value} and {point.value}")
        found[point.name] = point
    return Registry(found)


def _loaded(point: EntryPoint) -> Adapter:
    try:
        adapter = point.load()
    except Exception as error:
        raise AdapterBroken(f"the connector {point.name} ({point.value}) cannot be loaded: {error}") from error
    if getattr(adapter, "name", None) != point.name:
        raise AdapterBroken(f"the connector {point.name} ({point.value}) does not call itself {point.name}")
    return cast("Adapter", adapter)
