"""What a model's card says, for the page: whatever a card does not have is left out, and nothing is made up in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.ledgers.statistics import wilson
from app.pages.charts import Chart, Legend, ranked_bars
from app.pages.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Area, Dot, Figure, Line, Text, rounded
from app.pages.showing import clean, number, percent

_FIGURES: Final = (
    (
        "average_precision",
        "Average precision",
        "the mean precision down the ranking; the rate of leaks is what chance gives",
    ),
    ("auc", "Area under ROC", "how often a leak is ranked above a clean deal"),
    ("brier", "Brier score", "mean squared error of the probability: less is better"),
    ("calibration_error", "Calibration error", "how far said and come true lie apart, in the mean"),
    (
        "money_in_top_tenth",
        "Leaked money in the top tenth",
        "of all that leaked, in the tenth of deals with the highest scores",
    ),
    ("rate", "Rate of leaks", "among the deals that it was tried on"),
    ("mean_probability", "Mean probability", "what was said of them in the mean"),
)
MINUS: Final = "\u2212"
_GAP: Final = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Deals of about one score: what was said, what came, of how many, and where the share may well lie."""

    said: float
    came: float
    deals: int
    low: float
    high: float

    @property
    def fits(self) -> bool:
        return self.low <= self.said <= self.high


def figures(card: Mapping[str, Any], part: str) -> list[tuple[str, str, str]]:
    """The card's figures of a part ("newest" or "held_out"): name, value, what it means."""
    found = _mapping(card.get(part))
    return [
        (title, number(_rounded(found[name]), 3), about)
        for name, title, about in _FIGURES
        if _is_number(found.get(name))
    ]


def part_of(card: Mapping[str, Any]) -> str:
    """The figures that matter most: those of the newest deals, else of all that were held out."""
    return "newest" if _mapping(card.get("newest")).get("deals") else "held_out"


def deals(card: Mapping[str, Any], part: str) -> int | None:
    """On how many deals the figures of a part rest."""
    found = _mapping(card.get(part)).get("deals")
    return round(found) if isinstance(found, int | float) else None


def note(card: Mapping[str, Any]) -> str:
    """How the labels were read."""
    return clean(_mapping(card.get("labels")).get("note") or "")


def bins(card: Mapping[str, Any], part: str) -> list[Bin]:
    """The reliability of a part, bin by bin, in the order of what was said."""
    found = []
    for each in _sequence(_mapping(card.get(part)).get("reliability")):
        row = _mapping(each)
        if not all(_is_number(row.get(name)) for name in ("deals", "probability", "leaked")):
            continue
        n = round(row["deals"])
        interval = wilson(round(row["leaked"] * n), n)
        found.append(Bin(said=row["probability"], came=row["leaked"], deals=n, low=interval.low, high=interval.high))
    return sorted(found, key=lambda one: one.said)


def reliability(those: Sequence[Bin], key: str = "reliability") -> Chart:
    """What was said against what came; on the dashed line both are the same."""
    most = max([0.1, *[one.high for one in those], *[one.said for one in those]])
    most = next(each for each in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if each >= min(most, 1.0))
    frame = _Frame(most)
    lines = [*frame.grid, Line(*frame.at(0, 0), *frame.at(most, most), "diagonal")]
    lines += [Line(*frame.at(one.said, one.low), *frame.at(one.said, one.high), "whisker") for one in those]
    path = "M" + " L".join(f"{x} {y}" for x, y in (frame.at(one.said, one.came) for one in those))
    dots = [Dot(*frame.at(one.said, one.came), "s1", _bin_words(one)) for one in those]
    return Chart(
        key=key,
        title="Said and come true: the probability that was said, and the share that leaked",
        description="; ".join(_bin_words(one) for one in those) + ".",
        headings=("Said", "Came", "95 % interval", "Deals", "Fits"),
        rows=tuple(_bin_row(one) for one in those),
        height=HEIGHT + 60,
        lines=tuple(lines),
        areas=(Area(path, "line s1"),) if len(those) > 1 else (),
        dots=tuple(dots),
        texts=(*frame.ticks, *_counts(those, frame)),
        legend=(
            Legend("came, with its interval and deals", "s1"),
            Legend("dashed: came as said", "s5"),
        ),
    )


def _bin_words(one: Bin) -> str:
    return f"said {percent(one.said, 1)}, came {percent(one.came, 1)} of {one.deals:,} deals"


def _bin_row(one: Bin) -> tuple[str, ...]:
    interval = f"{percent(one.low, 1)} to {percent(one.high, 1)}"
    return percent(one.said, 1), percent(one.came, 1), interval, f"{one.deals:,}", "yes" if one.fits else "no"


def _counts(those: Sequence[Bin], frame: _Frame) -> list[Text]:
    """How many deals each point stands for, beside it where there is room; the table has them all."""
    found: list[Text] = []
    last = -_GAP
    for one in those:
        x, y = frame.at(one.said, one.high)
        if x - last >= _GAP:
            found.append(Text(x, rounded(max(y - 6, TOP + 8)), f"{one.deals:,}", "mid"))
            last = x
    return found


@dataclass(frozen=True, slots=True)
class _Frame:
    """A plot from 0 to `most` both ways."""

    most: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        height = HEIGHT + 60 - BOTTOM - TOP - 14
        left = LEFT + min(x / self.most, 1.0) * (WIDTH - LEFT - RIGHT)
        return rounded(left), rounded(TOP + height - min(y / self.most, 1.0) * height)

    @property
    def steps(self) -> tuple[float, ...]:
        return tuple(self.most * quarter / 4 for quarter in range(5))

    @property
    def grid(self) -> list[Line]:
        return [Line(*self.at(0, each), *self.at(self.most, each), "grid" if each else "axis") for each in self.steps]

    @property
    def ticks(self) -> list[Text]:
        bottom = self.at(0, 0)[1]
        across = [Text(self.at(each, 0)[0], bottom + 18, _tick(each), "mid") for each in self.steps]
        up = [Text(LEFT - 8, self.at(0, each)[1] + 4, _tick(each), "end") for each in self.steps]
        return [*across, *up, Text(LEFT + (WIDTH - LEFT - RIGHT) / 2, bottom + 36, "probability that was said", "mid")]


def _tick(share: float) -> str:
    return percent(share, 0 if round(share * 100, 6) == int(round(share * 100, 6)) else 1)


def effects(card: Mapping[str, Any]) -> Chart:
    """The features that move the score most, up or down."""
    rows = [_mapping(each) for each in _sequence(card.get("effects"))]
    pairs = [
        (f"{'+' if each['log_odds'] > 0 else MINUS} {_name(each['feature'])}", abs(each["log_odds"]))
        for each in rows
        if _is_number(each.get("log_odds")) and each.get("feature")
    ]
    pairs.sort(key=lambda pair: -pair[1])
    title = "What moves the score most: + raises it, \u2212 lowers it (log-odds over the spread of the deals)"
    return ranked_bars("effects", title, pairs[:15], show=_three, heading="Log-odds", label_heading="Feature")


def trees(card: Mapping[str, Any]) -> Chart:
    """The features that the trees use most."""
    found = {name: each for name, each in _mapping(card.get("trees")).items() if _is_number(each)}
    pairs = sorted(((_name(name), each) for name, each in found.items()), key=lambda pair: -pair[1])
    return ranked_bars(
        "trees", "What the trees use most", pairs[:15], show=_three, heading="Share", label_heading="Feature"
    )


def tiers(card: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """The tiers with their measured precision."""
    found = []
    for each in _sequence(_mapping(card.get(part)).get("tiers")):
        row = _mapping(each)
        low, high = row.get("low"), row.get("high")
        found.append(
            {
                "name": clean(row.get("name", "")),
                "from": row.get("from_probability"),
                "n": row.get("n"),
                "precision": row.get("precision"),
                "interval": f"{percent(low, 1)} to {percent(high, 1)}" if _is_number(low) and _is_number(high) else "",
                "bears": bool(row.get("bears_name")),
            }
        )
    return found


def ways(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was tried, with how much worse it was."""
    return [
        {"name": clean(name), **{key: _mapping(each).get(key) for key in ("loss", "worse_by", "standard_error")}}
        for name, each in _mapping(card.get("ways")).items()
    ]


def sources(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the labels came from."""
    told = _mapping(_mapping(card.get("labels")).get("sources"))
    return [
        {"name": clean(name), **{key: _mapping(each).get(key) for key in ("leaked", "clean", "role")}}
        for name, each in told.items()
    ]


def _name(feature: object) -> str:
    return clean(feature).replace("_", " ")


def _three(figure: Figure) -> str:
    return number(float(figure), 3)


def _rounded(value: float) -> float:
    return round(float(value), 6)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
