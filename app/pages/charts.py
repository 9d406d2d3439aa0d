"""Charts: from figures to shapes with rounded coordinates, which a template writes as SVG, and to the same figures as a table.

Amounts may be Decimal or float: a drawing needs no cent. What the table shows is written by the caller's `show`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.pages.drawing import (
    HEIGHT,
    RIGHT,
    TOP,
    WIDTH,
    Area,
    Bar,
    Dot,
    Figure,
    Line,
    Plot,
    Show,
    Text,
    rounded,
)

_ROW: Final = 26
_STYLES: Final = ("s1", "s2", "s3", "s4", "s5", "s6")
_LONGEST_LABEL: Final = 32


@dataclass(frozen=True, slots=True)
class Legend:
    label: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with what it says in words. `key` is unique on its page. `over` are the lines that lie above the shapes."""

    key: str
    title: str
    description: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    width: int = WIDTH
    height: int = HEIGHT
    lines: tuple[Line, ...] = ()
    over: tuple[Line, ...] = ()
    areas: tuple[Area, ...] = ()
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    legend: tuple[Legend, ...] = ()

    @property
    def records(self) -> list[dict[str, str]]:
        """The table's rows by heading, for a CSV."""
        return [dict(zip(self.headings, row, strict=True)) for row in self.rows]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of figures, one for each label; None where there is none. `low` and `high` are the interval round it."""

    name: str
    values: Sequence[Figure | None]
    low: Sequence[Figure | None] = ()
    high: Sequence[Figure | None] = ()


def plain_number(figure: Figure) -> str:
    """A figure with commas, and as many decimals as its size asks for."""
    number = float(figure)
    decimals = 0 if abs(number) >= 100 or number == int(number) else 2
    return f"{number:,.{decimals}f}".replace("-", "\u2212")


def short_number(figure: Figure) -> str:
    """A figure for an axis: 1200000 is 1.2M."""
    number = float(figure)
    for size, mark in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{mark}".replace("-", "\u2212")
    return f"{number:g}".replace("-", "\u2212")


def ranked_bars(
    key: str,
    title: str,
    items: Sequence[tuple[str, Figure]],
    *,
    show: Show = plain_number,
    heading: str = "Amount",
    label_heading: str = "",
    description: str = "",
    width: int = WIDTH,
) -> Chart:
    """Horizontal bars, one an item, in the order given: for a ranking."""
    most = max([float(value) for _, value in items] or [0.0]) or 1.0
    left = _room_for([label for label, _ in items])
    space = width - left - 100
    bars, texts = [], []
    for row, (label, value) in enumerate(items):
        top = row * _ROW + 4
        long = rounded(max(float(value), 0.0) / most * space)
        bars.append(Bar(left, top, long, _ROW - 8, "s1", f"{label}: {show(value)}"))
        texts.append(Text(left - 8, top + 13, _cut(label), "end"))
        texts.append(Text(rounded(left + long + 6), top + 13, show(value), "value"))
    return Chart(
        key=key,
        title=title,
        description=description or _said([f"{label} {show(value)}" for label, value in items]),
        headings=(label_heading or "What", heading),
        rows=tuple((label, show(value)) for label, value in items),
        width=width,
        height=max(len(items), 1) * _ROW + 4,
        lines=(Line(left, 0, left, len(items) * _ROW + 2, "axis"),),
        bars=tuple(bars),
        texts=tuple(texts),
    )


def stacked_bars(
    key: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = plain_number,
    axis: Show = short_number,
    label_heading: str = "Month",
    description: str = "",
    width: int = WIDTH,
) -> Chart:
    """Upright bars, one a label, each made of one part a series; what is below nothing hangs down."""
    tops = [sum(max(_number(each.values[at]), 0.0) for each in series) for at in range(len(labels))]
    lows = [sum(min(_number(each.values[at]), 0.0) for each in series) for at in range(len(labels))]
    plot = Plot.over([*tops, *lows, 0.0], width=width)
    step = plot.width / max(len(labels), 1)
    bars = []
    for at, label in enumerate(labels):
        up = down = 0.0
        for number, each in enumerate(series):
            value = _number(each.values[at])
            base, end = (up, up + value) if value >= 0 else (down, down + value)
            up, down = (end, down) if value >= 0 else (up, end)
            if value:
                told = f"{label}, {each.name}: {show(each.values[at] or 0)}"
                bars.append(plot.bar(at * step + step * 0.15, step * 0.7, base, end, _style(number), told))
    return Chart(
        key=key,
        title=title,
        description=description or _of_series(labels, series, show),
        headings=(label_heading, *[each.name for each in series]),
        rows=_rows(labels, series, show),
        width=plot.size[0],
        height=plot.size[1],
        lines=plot.lines,
        bars=tuple(bars),
        texts=(*plot.ticks(axis), *plot.labels(labels, step)),
        legend=_legend(series),
    )


def lines(
    key: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = plain_number,
    axis: Show = short_number,
    label_heading: str = "Month",
    description: str = "",
    least: Figure | None = None,
    most: Figure | None = None,
    width: int = WIDTH,
) -> Chart:
    """A line a series, broken where there is no figure, with a band where an interval is known."""
    shown = [each for one in series for row in (one.values, one.low, one.high) for each in row if each is not None]
    bounds = [float(each) for each in (least, most) if each is not None]
    plot = Plot.over([*[float(each) for each in shown], *bounds], from_zero=least is None, width=width)
    step = plot.width / max(len(labels), 1)
    areas, dots = [], []
    for number, one in enumerate(series):
        style = _style(number)
        points = [plot.point(at, step, value) for at, value in enumerate(one.values)]
        if one.low and one.high:
            areas += [Area(path, f"band {style}") for path in _bands(plot, step, one)]
        areas += [Area(path, f"line {style}") for path in _strokes(points)]
        for at, point in enumerate(points):
            value = one.values[at]
            if point is not None and value is not None:
                dots.append(Dot(*point, style, f"{labels[at]}, {one.name}: {show(value)}"))
    return Chart(
        key=key,
        title=title,
        description=description or _of_series(labels, series, show),
        headings=(label_heading, *_line_headings(series)),
        rows=_line_rows(labels, series, show),
        width=plot.size[0],
        height=plot.size[1],
        lines=plot.lines,
        areas=tuple(areas),
        dots=tuple(dots),
        texts=(*plot.ticks(axis), *plot.labels(labels, step)),
        legend=_legend(series),
    )


def histogram(
    key: str,
    title: str,
    edges: Sequence[Figure],
    counts: Sequence[int],
    *,
    show: Show = plain_number,
    mark: Figure | None = None,
    mark_label: str = "",
    label_heading: str = "From, to",
    heading: str = "Count",
    description: str = "",
    width: int = WIDTH,
) -> Chart:
    """How many lie between each two edges, of which there is one more than counts; `mark` is drawn where it lies, its label above."""
    room = TOP if mark is None else TOP + 16
    plot = Plot.over([0.0, *[float(count) for count in counts]], width=width, top=room, whole=True)
    first, last = (float(edges[0]), float(edges[-1])) if edges else (0.0, 1.0)
    spread = last - first or 1.0

    def x(figure: Figure) -> float:
        return min(max((float(figure) - first) / spread, 0.0), 1.0) * plot.width

    names = [f"{show(low)} to {show(high)}" for low, high in pairwise(edges)]
    bars, texts, marks = [], [], []
    for low, high, count, name in zip(edges, edges[1:], counts, names, strict=False):
        bars.append(plot.bar(x(low) + 1, max(x(high) - x(low) - 2, 1.0), 0.0, float(count), "s1", f"{name}: {count}"))
    for edge in edges[:: max(1, len(edges) // 6)]:
        # The last one ends with the plot: what is centred under its edge would be cut.
        is_last = edge == edges[-1]
        right = plot.left + x(edge) + (RIGHT - 2) * is_last
        texts.append(Text(rounded(right), plot.size[1] - 10, show(edge), "end" if is_last else "mid"))
    if mark is not None:
        at = rounded(plot.left + x(mark))
        marks.append(Line(at, TOP + 8, at, plot.bottom, "mark-at"))
        side = "end" if x(mark) > plot.width / 2 else "start"
        texts.append(Text(at + (-6 if side == "end" else 6), TOP + 6, mark_label or show(mark), f"value {side}"))
    return Chart(
        key=key,
        title=title,
        description=description or _said([f"{name}: {count}" for name, count in zip(names, counts, strict=False)]),
        headings=(label_heading, heading),
        rows=tuple((name, f"{count:,}") for name, count in zip(names, counts, strict=False)),
        width=plot.size[0],
        height=plot.size[1],
        lines=plot.lines,
        over=tuple(marks),
        bars=tuple(bars),
        texts=(*plot.ticks(short_number), *texts),
    )


def _strokes(points: Sequence[tuple[float, float] | None]) -> list[str]:
    """The lines through the points, one for each run without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return ["M" + " L".join(f"{x} {y}" for x, y in run) for run in runs if len(run) > 1]


def _bands(plot: Plot, step: float, series: Series) -> list[str]:
    """The space between low and high, one shape for each run in which both are known."""
    runs: list[list[tuple[tuple[float, float], tuple[float, float]]]] = [[]]
    for at, (low, high) in enumerate(zip(series.low, series.high, strict=True)):
        lower, upper = plot.point(at, step, low), plot.point(at, step, high)
        if lower is None or upper is None:
            runs.append([])
        else:
            runs[-1].append((lower, upper))
    return [_ring([upper for _, upper in run] + [lower for lower, _ in reversed(run)]) for run in runs if len(run) > 1]


def _ring(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points) + " Z"


def _number(figure: Figure | None) -> float:
    return 0.0 if figure is None else float(figure)


def _style(number: int) -> str:
    return _STYLES[number % len(_STYLES)]


def _legend(series: Sequence[Series]) -> tuple[Legend, ...]:
    return tuple(Legend(each.name, _style(number)) for number, each in enumerate(series))


def _room_for(labels: Sequence[str]) -> int:
    """How far from the left the bars begin: as far as the longest label needs, in letters of 7 units."""
    longest = max([len(_cut(label)) for label in labels] or [0])
    return max(60, longest * 7 + 16)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _shown(figure: Figure | None, show: Show) -> str:
    return "not known" if figure is None else show(figure)


def _rows(labels: Sequence[str], series: Sequence[Series], show: Show) -> tuple[tuple[str, ...], ...]:
    return tuple((label, *[_shown(each.values[at], show) for each in series]) for at, label in enumerate(labels))


def _line_headings(series: Sequence[Series]) -> list[str]:
    return [
        heading for each in series for heading in ((each.name, f"{each.name}, from to") if each.low else (each.name,))
    ]


def _line_rows(labels: Sequence[str], series: Sequence[Series], show: Show) -> tuple[tuple[str, ...], ...]:
    found = []
    for at, label in enumerate(labels):
        cells = [label]
        for each in series:
            cells.append(_shown(each.values[at], show))
            if each.low:
                cells.append(f"{_shown(each.low[at], show)} to {_shown(each.high[at], show)}")
        found.append(tuple(cells))
    return tuple(found)


def _of_series(labels: Sequence[str], series: Sequence[Series], show: Show) -> str:
    """What the newest figures are, and where they come from."""
    if not labels:
        return "There are no figures yet."
    told = [f"{each.name} {_shown(each.values[-1], show)}" for each in series]
    return f"{labels[0]} to {labels[-1]}. In {labels[-1]}: {', '.join(told)}. The table below has every figure."


def _said(parts: Sequence[str]) -> str:
    most = 12
    return (
        "; ".join(parts[:most]) + ("; and more in the table below." if len(parts) > most else ".")
        if parts
        else "There are no figures yet."
    )
