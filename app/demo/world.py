"""The simulated company as a whole: its catalog, its people, its two years, and which account holds which pattern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Final

from app.demo.odds import STANDARD_EFFECTS, Effects
from app.demo.people import Pod, pod
from app.demo.season import Season
from app.demo.shelf import Shelf
from cpq_hooks.canonical import load_catalog, load_company
from cpq_hooks.yaml_files import read_yaml
from policies.domain.catalog import Catalog
from policies.domain.company import Company
from policies.domain.period import add_months
from policies.patterns import PATTERNS

DEFAULT_START: Final = date(2024, 11, 1)
MONTHS: Final = 24
PLANTED_IN_ORDER: Final = tuple(PATTERNS)
"""The first accounts each hold one pattern, in this order: the catalogue's own."""

ACCOUNTS_A_POD: Final = 2_000
_PODS_KEPT: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every story is told in. `start` is the first day of history, `end` the day after its last."""

    seed: int
    start: date
    end: date
    season: Season
    shelf: Shelf
    effects: Effects
    pods: dict[int, Pod] = field(default_factory=dict)

    def pattern_of(self, account: int) -> str | None:
        """The pattern that an account has to hold; None where its story is left to chance."""
        return PLANTED_IN_ORDER[account] if account < len(PLANTED_IN_ORDER) else None

    def pod_of(self, account: int) -> Pod:
        """The pod that an account belongs to: neighbours share one, so that a larger data set has more people."""
        number = account // ACCOUNTS_A_POD
        found = self.pods.get(number)
        if found is None:
            if len(self.pods) >= _PODS_KEPT:
                self.pods.clear()
            found = self.pods[number] = pod(self.seed, number, self.start, self.end)
        return found


def the_world(seed: int, start: date = DEFAULT_START, effects: Effects = STANDARD_EFFECTS) -> World:
    """The simulated company from `start` on, for two years.

    Raises LookupError where the company had no price books yet on that day: they begin on 1 October 2024.
    """
    shelf = Shelf(demo_catalog())
    for currency in ("USD", "EUR", "JPY"):
        shelf.book(currency, start)
    end = add_months(start, MONTHS)
    return World(seed=seed, start=start, end=end, season=Season.of(start, end), shelf=shelf, effects=effects)


def demo_files() -> Mapping[str, str]:
    """The company's own files by name, as text: what a folder needs to judge its quotes."""
    here = files("app.demo")
    return {name: here.joinpath(name).read_text("utf-8") for name in ("catalog.yaml", "company.yaml")}


def demo_catalog() -> Catalog:
    """The catalog of the simulated company."""
    return load_catalog(read_yaml(demo_files()["catalog.yaml"]))


def demo_company() -> Company:
    """The tables of the simulated company."""
    return load_company(read_yaml(demo_files()["company.yaml"]))
