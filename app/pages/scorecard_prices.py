"""The scorecard's prices: which lines are shown in full, and each way from list to net as rungs of a ladder with floating bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.pages.drawing import rounded
from app.scorecards.pricing import LinePrice, Prices, Step

SHOWN_LINES: Final = 10
"""So many lines at a time are shown in full; a table has what every line comes to."""
SPAN: Final = 200
"""How wide the widest bar is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step of the way with its bar, which begins where the one before ended. `is_level` says that it is a sum."""

    label: str
    amount: Decimal
    x: float
    width: float
    is_level: bool = False

    @property
    def style(self) -> str:
        """To the seller, what takes off is what to look at."""
        return "whole" if self.is_level else "up" if self.amount < 0 else "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which lines are shown in full, by their places from 0, out of how many."""

    start: int
    of: int

    @property
    def end(self) -> int:
        return min(self.start + SHOWN_LINES, self.of)

    @property
    def slice(self) -> slice:
        return slice(self.start, self.end)

    @property
    def others(self) -> tuple[tuple[int, int], ...]:
        """The first and last line of every such page, from 1, where there is more than one."""
        starts = range(0, self.of, SHOWN_LINES)
        return tuple((each + 1, min(each + SHOWN_LINES, self.of)) for each in starts) if len(starts) > 1 else ()

    @staticmethod
    def first_of(line: int) -> int:
        """The number that asks for the page of a line, both from 1."""
        return (line - 1) // SHOWN_LINES * SHOWN_LINES + 1


def page_of(asked: str, lines: int) -> Page:
    """The page that an address asks for by a line's number; the first one where it names none."""
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    return Page(start=Page.first_of(min(max(number, 1), max(lines, 1))) - 1, of=lines)


def line_ladder(line: LinePrice) -> tuple[Rung, ...]:
    """A line's way; none where it is not known or has no step."""
    if line.list_total is None or line.net_total is None or not line.steps:
        return ()
    return _ladder(line.list_total, line.steps, line.net_total)


def ladder(prices: Prices) -> tuple[Rung, ...]:
    """The same of all lines together."""
    return _ladder(prices.list_total, prices.steps, prices.net_total) if prices.list_total else ()


def _ladder(listed: Decimal, steps: Sequence[Step], net: Decimal) -> tuple[Rung, ...]:
    levels = [listed]
    for step in steps:
        levels.append(levels[-1] + step.amount)
    most, least = float(max(*levels, net, Decimal(0))), float(min(*levels, net, Decimal(0)))
    scale = SPAN / ((most - least) or 1.0)

    def rung(label: str, amount: Decimal, begin: Decimal, end: Decimal, *, is_level: bool = False) -> Rung:
        low, high = sorted((float(begin), float(end)))
        width = rounded(max((high - low) * scale, 1.0))
        return Rung(label=label, amount=amount, x=rounded((low - least) * scale), width=width, is_level=is_level)

    between = [
        rung(step.label, step.amount, before, before + step.amount) for step, before in zip(steps, levels, strict=False)
    ]
    nothing = Decimal(0)
    return (
        rung("List", listed, nothing, listed, is_level=True),
        *between,
        rung("Effective net", net, nothing, net, is_level=True),
    )
