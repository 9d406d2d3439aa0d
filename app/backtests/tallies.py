"""Counting a backtest: what a change catches, lets go and flips, by what is known of how the deals ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from app.backtests.ends import NOTHING_KNOWN, End, Known
from app.proportions import Interval, wilson

if TYPE_CHECKING:
    from app.backtests.judging import Touched

Money = dict[str, Decimal]


@dataclass(slots=True)
class Caught:
    """Some deals, by what is known of them: leaked, clean (false alarms), or unknown.

    `money` is what the leaked ones lost, `at_risk` what the policies say could go unbilled, both by currency. Amounts of
    different currencies are never added; `in_company` does so by the company's planning rates where all have one.
    """

    deals: int = 0
    leaked: int = 0
    clean: int = 0
    money: Money = field(default_factory=dict)
    at_risk: Money = field(default_factory=dict)
    unpriced: int = 0

    @property
    def unknown(self) -> int:
        return self.deals - self.leaked - self.clean

    @property
    def precision(self) -> float | None:
        """The share of leaks among those whose end is known."""
        known = self.leaked + self.clean
        return self.leaked / known if known else None

    @property
    def interval(self) -> Interval | None:
        """Where the precision may well lie, at 95 %."""
        return wilson(self.leaked, self.leaked + self.clean)

    def add(self, touched: Touched, end: End) -> None:
        """Count one deal."""
        self.deals += 1
        self.leaked += end.known is Known.LEAKED
        self.clean += end.known is Known.CLEAN
        for currency, lost in end.lost.items():
            self.money[currency] = self.money.get(currency, Decimal(0)) + lost
        self.unpriced += end.known is Known.LEAKED and not end.lost
        if touched.at_risk is not None:
            self.at_risk[touched.currency] = self.at_risk.get(touched.currency, Decimal(0)) + touched.at_risk


@dataclass(slots=True)
class PerRep:
    """How many of a rep's deals get a stronger verdict, or a weaker one, out of how many are touched."""

    touched: int = 0
    stricter: int = 0
    milder: int = 0


@dataclass(slots=True)
class Part:
    """A part of all deals: those of the past, or those that are open.

    `gained` are the deals in which something is found only after the change, `lost` those in which only before, `stopped` those
    that went through and no longer do, `released` the other way round. `flips` counts verdicts, before and after.
    """

    deals: int = 0
    leaked: int = 0
    clean: int = 0
    touched: list[Touched] = field(default_factory=list)
    gained: Caught = field(default_factory=Caught)
    lost: Caught = field(default_factory=Caught)
    stopped: Caught = field(default_factory=Caught)
    released: Caught = field(default_factory=Caught)
    flips: Counter[tuple[str, str]] = field(default_factory=Counter)
    reps: dict[str, PerRep] = field(default_factory=dict)
    policies: dict[str, Caught] = field(default_factory=dict)

    @property
    def flipped(self) -> Sequence[Touched]:
        """The deals whose verdict changes."""
        return [each for each in self.touched if each.flips]

    def add(self, touched: Touched | None, end: End) -> None:
        """Count one deal."""
        self.deals += 1
        self.leaked += end.known is Known.LEAKED
        self.clean += end.known is Known.CLEAN
        if touched is None:
            return
        self.touched.append(touched)
        if touched.gained:
            self.gained.add(touched, end)
        if touched.lost and not touched.gained:
            self.lost.add(touched, end)
        for policy_id in touched.gained:
            self.policies.setdefault(policy_id, Caught()).add(touched, end)
        self._count_flip(touched, end)

    def _count_flip(self, touched: Touched, end: End) -> None:
        rep = self.reps.setdefault(touched.rep_id or "", PerRep())
        rep.touched += 1
        if not touched.flips:
            return
        self.flips[touched.before.value, touched.after.value] += 1
        if touched.before.value == "allow":
            self.stopped.add(touched, end)
        if touched.after.value == "allow":
            self.released.add(touched, end)
        if _RANK[touched.after.value] > _RANK[touched.before.value]:
            rep.stricter += 1
        else:
            rep.milder += 1


_RANK: Mapping[str, int] = {"allow": 0, "flag": 1, "block": 2}


def part_of(seen: Iterable[tuple[str, Touched | None]], ends: Mapping[str, End]) -> Part:
    """The tally of some deals, in the order of their ids, so that the same deals always give the same."""
    part = Part()
    for quote_id, touched in sorted(seen, key=lambda each: each[0]):
        part.add(touched, ends.get(quote_id, NOTHING_KNOWN))
    return part


def in_company(money: Mapping[str, Decimal], currency: str | None, rates: Mapping[str, Decimal]) -> Decimal | None:
    """The sum in the company's currency, by its planning rates; None where one of the currencies has no rate."""
    if currency is None:
        return None
    total = Decimal(0)
    for code, amount in money.items():
        rate = Decimal(1) if code == currency else rates.get(code)
        if rate is None:
            return None
        total += amount * rate
    return total
