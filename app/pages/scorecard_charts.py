"""The scorecard's drawings: reasons from the average deal to this one, a line's price from list to net, past deals' discounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.pages.charts import Chart, Step, histogram, waterfall
from app.pages.drawing import WIDTH, Bar, Line, Text, rounded
from app.pages.showing import money, percent
from app.scorecards.odds import Reasons, logit
from app.scorecards.pricing import LinePrice, Prices

_TICKS: Final = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_LEFT, _RIGHT, _ROW, _FOOT = 16, 150, 40, 30
_BESIDE: Final = 48
_EDGES: Final = tuple(range(0, 105, 10))


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
        texts.append(Text(_LEFT - 8, top + 14, label[:88], "value" if is_end else ""))
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


def price_chart(line: LinePrice, number: int, currency: str) -> Chart | None:
    """A line's way from list to net; `number` is its place."""
    if line.list_total is None or line.net_total is None:
        return None
    steps = [Step(label=each.label, value=each.amount) for each in line.steps]
    return _price_way(f"price-{number}", "From list to net", line.list_total, steps, line.net_total, currency)


def prices_chart(prices: Prices, currency: str) -> Chart | None:
    """The same of all lines together."""
    if not prices.list_total:
        return None
    steps = [Step(label=each.label, value=each.amount) for each in prices.steps]
    return _price_way(
        "prices", "All lines from list to effective net", prices.list_total, steps, prices.net_total, currency
    )


def discounts_chart(discounts: Sequence[int], own: int | None) -> Chart:
    """How many past deals have which largest discount, in hundredths of a percent, and where this one lies."""
    counts = [0] * (len(_EDGES) - 1)
    for each in discounts:
        counts[min(max(each, 0) // 1000, len(counts) - 1)] += 1
    return histogram(
        "discounts",
        "Largest discount on a line, in past deals",
        _EDGES,
        counts,
        show=lambda figure: f"{figure} %",
        mark=None if own is None else Decimal(own) / 100,
        mark_label="this deal",
        heading="Deals",
    )


def _price_way(key: str, title: str, listed: Decimal, steps: Sequence[Step], net: Decimal, currency: str) -> Chart:
    whole = [Step(label="List", value=listed, whole=True), *steps, Step(label="Effective net", value=net, whole=True)]
    chart = waterfall(key, title, whole, show=lambda figure: money(Decimal(str(figure)), currency))
    # To the seller, what takes off is what to look at.
    swapped = {"up": "down", "down": "up"}
    return replace(chart, bars=tuple(replace(each, style=swapped.get(each.style, each.style)) for each in chart.bars))


def _spread(ticks: Sequence[float], x: Callable[[float], float]) -> list[float]:
    """The ticks that have room beside each other."""
    found: list[float] = []
    for each in ticks:
        if not found or x(logit(each)) - x(logit(found[-1])) >= _BESIDE:
            found.append(each)
    return found


def _share(probability: float) -> str:
    return percent(probability, 0 if 0.01 <= probability <= 0.99 else 1)
