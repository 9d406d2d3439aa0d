"""What the insights page shows: metrics as rows of words, and the charts. Ledgers, currencies and sides stay apart throughout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.ledgers.activity import Activity
from app.ledgers.definitions import DEFINITIONS
from app.pages.charts import Chart, Series, lines, ranked_bars, stacked_bars
from app.pages.drawing import HALF, THIRD, Figure
from app.pages.insight_query import LEDGERS, Wanted, months
from app.pages.intervals import Measure, interval_dots
from app.pages.showing import clean, money, number, percent
from policies.patterns import PATTERNS

_DAYS: Final = frozenset({"time_to_detect", "time_to_resolve", "cycle_time_cost"})
_NUMBERS: Final = frozenset({"leaks_in_all", "flags_per_quote", "flags_per_analyst_day"})
_TIERS: Final = {"alert": "Alert tier", "digest": "Digest tier"}
_SIDES: Final = {"under": "under-billed", "over": "over-billed"}
_QUANTILES: Final = {0.5: "median", 0.9: "90th percentile"}
GROUPS_OF_METRICS: Final = (
    (
        "Are leaks caught?",
        (
            "detection_rate",
            "false_positive_share",
            "tier_calibration",
            "missed_in_passed",
            "leaks_in_all",
            "leakage_rate",
            "prevention_yield",
        ),
    ),
    ("How long does it take?", ("time_to_detect", "time_to_resolve", "cycle_time_cost", "recurrence")),
    (
        "What does it ask of people?",
        (
            "clean_quote_rate",
            "override_rate",
            "override_regret",
            "flags_per_quote",
            "flags_per_analyst_day",
            "review_seconds",
            "rubber_stamping",
        ),
    ),
)
NOTHING: Final = Decimal(0)
_MOST_BARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A metric in words. Where it cannot be told, `value` is empty and `because` says why. `remark` says what to make of it."""

    definition: str
    label: str
    value: str
    interval: str
    n: int
    because: str
    remark: str = ""
    tone: str = "plain"


def metric_groups(metrics: Iterable[Mapping[str, Any]], wanted: Wanted) -> list[tuple[str, list[Row]]]:
    """The metrics as rows, by the question that they answer; of those by currency and side, the one that is looked at."""
    by_id: dict[str, list[Row]] = {}
    for each in metrics:
        if _is_asked(each, wanted):
            by_id.setdefault(each["definition"], []).append(row_of(each))
    return [(title, [row for name in names for row in by_id.get(name, ())]) for title, names in GROUPS_OF_METRICS]


def _is_asked(metric: Mapping[str, Any], wanted: Wanted) -> bool:
    same = metric.get("currency", wanted.currency) == wanted.currency
    return bool(same and metric.get("side", wanted.side) == wanted.side)


def row_of(metric: Mapping[str, Any]) -> Row:
    """One metric in words."""
    name, value = metric["definition"], metric["value"]
    told = "" if value is None else figure(name, value)
    low, high = metric["low"], metric["high"]
    remark, tone = _remark(metric)
    return Row(
        definition=name,
        label=_label(metric),
        value=told,
        interval="" if low is None or high is None else f"{figure(name, low)} to {figure(name, high)}",
        n=metric["n"],
        because=metric["because"] or "",
        remark=remark,
        tone=tone,
    )


def figure(name: str, value: float) -> str:
    """A figure by what it measures: a share in percent, days, a number, or a span of time."""
    if name in _DAYS:
        return f"{number(value, 0 if value == int(value) else 1)} days"
    if name in _NUMBERS:
        return number(value, 0 if name == "leaks_in_all" else 1)
    if name == "review_seconds":
        return span(value)
    return percent(value, 1)


def span(seconds: float) -> str:
    """Seconds as a person says them."""
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{number(seconds / size, 1)} {word}"
    return f"{number(seconds, 0)} seconds"


def _label(metric: Mapping[str, Any]) -> str:
    title = DEFINITIONS[metric["definition"]].title
    if "tier" in metric:
        return f"{title}: {_TIERS.get(metric['tier'], metric['tier'])}"
    if "quantile" in metric:
        return f"{title}, {_QUANTILES[metric['quantile']]}"
    if "side" in metric:
        return f"{title}, {metric['currency']} {_SIDES[metric['side']]}"
    return title


def _remark(metric: Mapping[str, Any]) -> tuple[str, str]:
    if "bound" in metric:
        bound = percent(metric["bound"])
        if metric["borne"] is None:
            return "" if metric["value"] is None else f"too few to tell whether it bears {bound}", "plain"
        return (f"bears {bound}", "good") if metric["borne"] else (f"does not bear {bound}: demoted", "bad")
    return "", "plain"


def shares_chart(metrics: Iterable[Mapping[str, Any]], wanted: Wanted) -> Chart:
    """The shares that have an interval, with it."""
    rows = [
        Measure(
            label=_label(each),
            value=each["value"],
            n=each["n"],
            low=each["low"],
            high=each["high"],
            mark=each.get("bound"),
        )
        for each in metrics
        if each["low"] is not None and each["definition"] not in _NUMBERS and _is_asked(each, wanted)
    ]
    return interval_dots(
        "shares", "Shares, with the interval in which each may well lie", rows, show=_percent, width=HALF
    )


def ledger_charts(rows: Iterable[Mapping[str, Any]], wanted: Wanted) -> list[Chart]:
    """One chart a ledger, by month. They are not stacked: what one shows never adds up with what another shows."""
    labels = months(wanted.asked)
    here = {each["value"]: each for each in rows if each["currency"] == wanted.currency and each["side"] == wanted.side}
    return [_by_month(name, labels, here, wanted) for name in LEDGERS]


def _by_month(name: str, labels: Sequence[str], rows: Mapping[str, Mapping[str, Any]], wanted: Wanted) -> Chart:
    values = [Decimal(rows[label][name]) if label in rows else Decimal(0) for label in labels]
    title = f"{DEFINITIONS[name].title}, {wanted.currency} {_SIDES[wanted.side]}"
    series = [Series(name=DEFINITIONS[name].title, values=values)] if any(values) else []
    return stacked_bars(name, title, labels if series else [], series, show=in_currency(wanted.currency), width=THIRD)


def in_currency(currency: str) -> Any:
    """What writes an amount of a currency."""
    return lambda amount: money(Decimal(amount), currency)


def held_chart(rows: Sequence[Activity], wanted: Wanted) -> Chart:
    """Which share of decisions was flagged or blocked, by month, with its interval."""
    labels, by_month = months(wanted.asked), {each.value: each for each in rows}
    found = [by_month.get(label) for label in labels]
    intervals = [each.interval if each is not None else None for each in found]
    series = Series(
        name="Flagged or blocked",
        values=[each.held_share if each is not None else None for each in found],
        low=[each.low if each is not None else None for each in intervals],
        high=[each.high if each is not None else None for each in intervals],
    )
    title = "Share of decisions that were flagged or blocked, by month"
    return lines(
        "held", title, labels if rows else [], [series] if rows else [], show=_percent, axis=_percent, width=HALF
    )


def ranked(rows: Iterable[Mapping[str, Any]], wanted: Wanted, ledger: str) -> Chart:
    """The groups with the most in one ledger."""
    pairs = [
        (label_of(wanted.asked.group, each["value"]), Decimal(each[ledger]))
        for each in rows
        if each["currency"] == wanted.currency and each["side"] == wanted.side and Decimal(each[ledger]) > 0
    ]
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    title = f"{DEFINITIONS[ledger].title} by {wanted.asked.group}, {wanted.currency} {_SIDES[wanted.side]}"
    heading = wanted.asked.group.title()
    return ranked_bars(
        "ranked", title, pairs[:_MOST_BARS], show=in_currency(wanted.currency), label_heading=heading, width=HALF
    )


def causes_chart(rows: Iterable[Mapping[str, Any]], wanted: Wanted) -> Chart:
    """What to fix first: the causes of most money in the currency and on the side that are looked at."""
    pairs = [
        (cause(each), Decimal(each["found"]))
        for each in rows
        if each["currency"] == wanted.currency and each["side"] == wanted.side
    ]
    title = f"Money found after billing, by cause, {wanted.currency} {_SIDES[wanted.side]}"
    return ranked_bars(
        "causes", title, pairs[:10], show=in_currency(wanted.currency), label_heading="Cause", width=HALF
    )


def cause(row: Mapping[str, Any]) -> str:
    """A cause in short: pattern, product, source system; the pattern with its title where it is all that is known."""
    where = [str(each) for each in (row["product_id"], row["source"]) if each]
    return clean(" · ".join([str(row["pattern"]), *where])) if where else label_of("pattern", row["pattern"])


def label_of(group: str, value: str | None) -> str:
    """A group's name as it is shown; a pattern with its title."""
    if not value:
        return "not stated"
    if group == "pattern" and value in PATTERNS:
        return f"{value} {PATTERNS[value].title}"
    return clean(value)


def the_ledger(rows: Iterable[Mapping[str, Any]], wanted: Wanted) -> str:
    """The ledger to rank by: the one that is asked for, or the one that holds most."""
    if wanted.ledger:
        return wanted.ledger
    sums = dict.fromkeys(LEDGERS, Decimal(0))
    for each in rows:
        if each["currency"] == wanted.currency and each["side"] == wanted.side:
            for name in LEDGERS:
                sums[name] += Decimal(each[name])
    return max(LEDGERS, key=lambda name: sums[name])


def amount(text: str) -> Decimal:
    """An amount out of a document."""
    return Decimal(text)


def effect_words(fix: Mapping[str, Any]) -> str:
    """What a fix has brought, in a sentence; or why that cannot be told."""
    ratio, saved = fix["ratio"], fix["saved_a_day"]
    if ratio["value"] is None:
        return str(ratio["because"])
    told = f"{number(ratio['value'], 2)} times as often as before ({number(ratio['low'], 2)} to {number(ratio['high'], 2)})"
    if ratio["low"] <= 1 <= ratio["high"]:
        told += ": chance may explain it"
    if fix["currency"] and saved["value"] is not None:
        show = in_currency(fix["currency"])
        few, many = (show(Decimal(str(round(saved[end])))) for end in ("low", "high"))
        told += f"; {show(Decimal(str(round(saved['value']))))} a day less at risk ({few} to {many})"
    return told


def _percent(share: Figure) -> str:
    return percent(float(share), 0 if float(share) in (0.0, 0.25, 0.5, 0.75, 1.0) else 1)
