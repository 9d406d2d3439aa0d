"""The scorecard's drawings: reasons from the average deal to this one, and past deals' discounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from app.pages.charts import Chart, histogram
from app.pages.drawing import THIRD, WIDTH, Bar, Line, Text, rounded
from app.pages.showing import number, percent, short
from app.scorecards.odds import Reasons, logit

_LOW_TICKS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
_TICKS: Final = (*_LOW_TICKS, 0.5, *[round(1 - each, 3) for each in reversed(_LOW_TICKS)])
_LONGEST: Final = 110
_LEFT, _RIGHT, _ROW, _FOOT = 16, 150, 40, 30
_BESIDE: Final = 48


def reasons_chart(reasons: Reasons) -> Chart:
    """Each reason as a bar from where the one before it ended, over an axis of probabilities."""
    low, high = reasons.lowest - 0.25, reasons.highest + 0.25
    space = WIDTH - _LEFT - _RIGHT

    def x(level: float) -> float:
        return rounded(_LEFT + (level - low) / (high - low) * space)

    start, end = logit(reasons.base), logit(reasons.score)
    rows = [("The average deal", start, start, f"{_share(reasons.base)} leak")]
    rows += [(each.label, each.start, each.end, each.told) for each in reasons.pushes]
    rows.append(("This deal", end, end, f"{_share(reasons.score)} likely to leak"))
    bars, texts, lines = [], [], []
    for row, (label, begin, finish, told) in enumerate(rows):
        top = row * _ROW
        is_end = row in (0, len(rows) - 1)
        left, right = sorted((x(begin), x(finish)))
        style = "whole" if is_end else "up" if finish > begin else "down"
        bars.append(
            Bar(left - 3 * is_end, top + 20, max(right - left, 1.0) + 6 * is_end, 14, style, f"{label}: {told}")
        )
        texts.append(Text(_LEFT - 8, top + 14, short(label, _LONGEST), "value" if is_end else ""))
        texts.append(Text(right + 8, top + 31, told, "value"))
        if row + 1 < len(rows):
            lines.append(Line(x(finish), top + 34, x(finish), top + _ROW + 20, "link"))
    height = len(rows) * _ROW + _FOOT
    ticks = _spread([each for each in _TICKS if low <= logit(each) <= high], x)
    grid = [Line(x(logit(each)), 18, x(logit(each)), height - _FOOT, "grid") for each in ticks]
    texts += [Text(x(logit(each)), height - 10, _share(each), "mid") for each in ticks]
    table = [("The average deal", _share(reasons.base)), *[(each.label, each.told) for each in reasons.pushes]]
    return Chart(
        key="reasons-chart",
        title="From the average deal to this one",
        description=f"The average deal leaks with {_share(reasons.base)}. "
        + ". ".join(f"{each.label}: {each.told}" for each in reasons.pushes)
        + f". So this deal leaks with {_share(reasons.score)}. The axis shows probabilities, spaced by their odds.",
        headings=("Reason", "What it does"),
        rows=(*table, ("This deal", _share(reasons.score))),
        height=height,
        lines=(*grid, *lines),
        bars=tuple(bars),
        texts=tuple(texts),
    )


def discounts_chart(discounts: Sequence[int], own: int | None) -> Chart:
    """How many past deals have which largest discount, in hundredths of a percent, and where this one lies.

    The scale reaches to what is there, at least to 50 %.
    """
    most = max([*discounts, own or 0, 4_999]) // 1_000 + 1
    edges = range(0, min(most, 10) * 10 + 1, 10)
    counts = [0] * (len(edges) - 1)
    for each in discounts:
        counts[min(max(each, 0) // 1_000, len(counts) - 1)] += 1
    told = "" if own is None else f"this deal, {number(Decimal(own) / 100, 1)} %"
    return histogram(
        "discounts",
        "Largest discount on a line, in past deals",
        edges,
        counts,
        show=lambda figure: f"{figure} %",
        mark=None if own is None else Decimal(own) / 100,
        mark_label=told,
        label_heading="Discount",
        heading="Deals",
        width=THIRD,
    )


def _spread(ticks: Sequence[float], x: Callable[[float], float]) -> list[float]:
    """The ticks that have room beside each other."""
    found: list[float] = []
    for each in ticks:
        if not found or x(logit(each)) - x(logit(found[-1])) >= _BESIDE:
            found.append(each)
    return found


def _share(probability: float) -> str:
    return percent(probability, 0 if 0.01 <= probability <= 0.99 else 1)
