"""What charts are drawn with: shapes with rounded coordinates, and the space between two axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

Figure = Decimal | float | int
Show = Callable[[Figure], str]

WIDTH: Final = 720
HEIGHT: Final = 260
LEFT: Final = 78
RIGHT: Final = 12
TOP: Final = 12
BOTTOM: Final = 30
HALF: Final = 560
"""The width of a chart that stands beside another: drawn to its size, so that its letters are as large as everywhere."""
THIRD: Final = 420
_NARROW_LEFT: Final = 46


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    style: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    style: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    style: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    path: str
    style: str


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The space between the axes, and where a figure lies in it. `top` is the room above it."""

    least: float
    most: float
    at: tuple[float, ...] = field(default=())
    size: tuple[int, int] = (WIDTH, HEIGHT)
    left: int = LEFT
    top: int = TOP

    @classmethod
    def over(
        cls,
        figures: Sequence[float],
        *,
        from_zero: bool = True,
        width: int = WIDTH,
        top: int = TOP,
        whole: bool = False,
    ) -> Plot:
        """A plot that shows all figures, with round numbers at its axis, or whole ones; a narrower one is lower, too."""
        low, high = min(figures, default=0.0), max(figures, default=1.0)
        low, high = (min(low, 0.0), max(high, 0.0)) if from_zero else (low, high)
        if low == high:
            high = low + 1.0
        step = _round_step((high - low) / 4)
        step = max(1.0, float(round(step))) if whole else step
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        ticks = tuple(each * step for each in range(first, last + 1))
        left = LEFT if width == WIDTH else _NARROW_LEFT
        size = width, HEIGHT - (WIDTH - width) * 5 // 24
        return cls(least=ticks[0], most=ticks[-1], at=ticks, size=size, left=left, top=top)

    @property
    def width(self) -> float:
        return self.size[0] - self.left - RIGHT

    @property
    def bottom(self) -> int:
        """Where the axis below lies."""
        return self.size[1] - BOTTOM

    def y(self, figure: float) -> float:
        share = (figure - self.least) / (self.most - self.least)
        return rounded(self.bottom - share * (self.bottom - self.top))

    def bar(self, x: float, width: float, base: float, end: float, style: str, told: str) -> Bar:
        top, bottom = self.y(max(base, end)), self.y(min(base, end))
        return Bar(rounded(self.left + x), top, rounded(width), rounded(max(bottom - top, 0.5)), style, told)

    def point(self, at: int, step: float, figure: Figure | None) -> tuple[float, float] | None:
        return None if figure is None else (rounded(self.left + (at + 0.5) * step), self.y(float(figure)))

    @property
    def lines(self) -> tuple[Line, ...]:
        left, right = self.left, self.size[0] - RIGHT
        return tuple(Line(left, self.y(each), right, self.y(each), "axis" if each == 0 else "grid") for each in self.at)

    def ticks(self, show: Show) -> tuple[Text, ...]:
        return tuple(Text(self.left - 8, self.y(each) + 4, show(round(each, 10)), "end") for each in self.at)

    def labels(self, labels: Sequence[str], step: float) -> tuple[Text, ...]:
        """As many labels as fit beside each other."""
        longest = max([len(label) for label in labels] or [1])
        every = max(1, math.ceil((longest * 7 + 10) / step))
        return tuple(
            Text(rounded(self.left + (at + 0.5) * step), self.size[1] - 10, label, "mid")
            for at, label in enumerate(labels)
            if at % every == 0
        )


def rounded(coordinate: float) -> float:
    return round(coordinate, 1)


def _round_step(rough: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(size * times for times in (1.0, 2.0, 2.5, 5.0, 10.0) if size * times >= rough * (1 - 1e-9))
