"""A chart of figures with their intervals, one a row: a dot for the figure, a line for where it may well lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.pages.charts import Chart
from app.pages.drawing import WIDTH, Dot, Figure, Line, Show, Text, rounded

_ROW: Final = 26
_LEFT: Final = 200
_RIGHT: Final = 150
_TOP: Final = 4
_FOOT: Final = 22
_LONGEST_LABEL: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row. `low` and `high` are None where no interval is known; `mark` is a bound that it is held against."""

    label: str
    value: Figure
    n: int
    low: Figure | None = None
    high: Figure | None = None
    mark: Figure | None = None


def interval_dots(
    key: str,
    title: str,
    measures: Sequence[Measure],
    *,
    show: Show,
    least: Figure = 0,
    most: Figure = 1,
    label_heading: str = "What",
    heading: str = "Value",
    counted: str = "n",
    width: int = WIDTH,
) -> Chart:
    """One row a figure on a scale from `least` to `most`; what reaches beyond is cut at the edge, and the table says it in full."""
    scale = _Scale(float(least), float(most), width - _RIGHT)
    bottom = len(measures) * _ROW + _TOP
    lines = [Line(scale.x(at), 0, scale.x(at), bottom, "axis" if at == scale.least else "grid") for at in scale.ticks]
    texts = [Text(scale.x(at), bottom + 16, show(at), "mid") for at in scale.ticks]
    dots: list[Dot] = []
    for row, each in enumerate(measures):
        y = row * _ROW + _TOP + _ROW / 2
        if each.low is not None and each.high is not None:
            lines.append(Line(scale.x(each.low), y, scale.x(each.high), y, "whisker"))
        if each.mark is not None:
            lines.append(Line(scale.x(each.mark), y - 8, scale.x(each.mark), y + 8, "mark-at"))
        dots.append(Dot(scale.x(each.value), y, "s1", f"{each.label}: {show(each.value)} of {each.n:,}"))
        texts.append(Text(_LEFT - 10, y + 4, _cut(each.label), "end"))
        texts.append(Text(scale.end + 14, y + 4, f"{show(each.value)}, {counted} {each.n:,}", "value"))
    return Chart(
        key=key,
        title=title,
        description="; ".join(f"{each.label} {show(each.value)}, {counted} {each.n:,}" for each in measures[:12]) + ".",
        headings=(label_heading, heading, "95 % interval", counted),
        rows=tuple((each.label, show(each.value), interval_words(each, show), f"{each.n:,}") for each in measures),
        width=width,
        height=bottom + _FOOT,
        lines=tuple(lines),
        dots=tuple(dots),
        texts=tuple(texts),
    )


def interval_words(each: Measure, show: Show) -> str:
    """The interval as a person reads it."""
    return "none" if each.low is None or each.high is None else f"{show(each.low)} to {show(each.high)}"


@dataclass(frozen=True, slots=True)
class _Scale:
    least: float
    most: float
    end: int

    @property
    def ticks(self) -> tuple[float, ...]:
        return tuple(self.least + (self.most - self.least) * quarter / 4 for quarter in range(5))

    def x(self, figure: Figure) -> float:
        share = (float(figure) - self.least) / ((self.most - self.least) or 1.0)
        return rounded(_LEFT + min(max(share, 0.0), 1.0) * (self.end - _LEFT))


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1].rstrip() + "…"
