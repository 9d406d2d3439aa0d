"""From contributions to sentences: at most five, the most important first, what belongs together told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, isfinite, isnan
from string import Formatter
from typing import TYPE_CHECKING, Final

from scoring.features.feature import Detail, Feature, Unit
from scoring.features.vector import FEATURES
from scoring.numbers import counted, percentage

if TYPE_CHECKING:
    from scoring.features.vector import FeatureVector

MOST: Final = 5
SMALLEST: Final = 0.05
"""A topic that moves the log-odds by less than this is no reason."""

_PRINCIPAL: Final = 0.02
_MANIFOLD: Final = 10.0
_LARGEST: Final = 50.0
_FORMATTER: Final = Formatter()
_TOPIC_OF: Final = {each.name: each.topic for each in FEATURES}
_NOUNS: Final = {
    "lines": ("line", "lines"),
    "quotes": ("quote", "quotes"),
    "products": ("product", "products"),
    "families": ("family", "families"),
    "models": ("charge model", "charge models"),
    "tiers": ("tier", "tiers"),
    "steps": ("step", "steps"),
    "discounts": ("discount", "discounts"),
    "rhythms": ("rhythm", "rhythms"),
    "clauses": ("clause", "clauses"),
    "consents": ("consent", "consents"),
    "findings": ("finding", "findings"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a score. `contribution` is in log-odds, of all features of the topic together; `feature` speaks for them.

    `value` is the feature's own number, None where it is not known.
    """

    feature: str
    label: str
    value: float | None
    contribution: float
    topic: str
    together_with: tuple[str, ...] = ()


def reasons(contributions: Mapping[str, float], vector: FeatureVector, most: int = MOST) -> tuple[Reason, ...]:
    """At most so many reasons, the largest contribution of a topic first, whichever way it goes.

    Features of a topic add up, and the one that moves most in the direction of their sum speaks. Raises KeyError for a
    contribution of what is no feature.
    """
    topics: dict[str, list[float]] = {}
    for name, amount in contributions.items():
        topic = _TOPIC_OF[name]
        if amount and not isnan(amount):
            topics.setdefault(topic, []).append(amount)
    # Sorted, the sum is the same in whatever order the contributions come.
    sums = {topic: each[0] if len(each) == 1 else sum(sorted(each)) for topic, each in topics.items()}
    least = max(SMALLEST, _PRINCIPAL * sum(map(abs, sums.values())))
    ordered = sorted([(-abs(total), topic) for topic, total in sums.items() if abs(total) >= least])
    return tuple([_reason(_members(topic, contributions), sums[topic], vector) for _, topic in ordered[:most]])


@cache
def _features_of(topic: str) -> tuple[Feature, ...]:
    return tuple([each for each in FEATURES if each.topic == topic])


def _members(topic: str, contributions: Mapping[str, float]) -> list[tuple[float, Feature]]:
    """What the features of a topic contribute, where they do."""
    found = [(contributions.get(each.name, 0.0), each) for each in _features_of(topic)]
    return [(amount, each) for amount, each in found if amount and not isnan(amount)]


def _reason(members: list[tuple[float, Feature]], total: float, vector: FeatureVector) -> Reason:
    sign = 1.0 if total > 0.0 else -1.0
    if len(members) > 1:
        members = sorted(members, key=lambda each: (-sign * each[0], each[1].name))
    ordered = [feature for _, feature in members]
    speaks = ordered[0]
    value = vector.of(speaks.name)
    return Reason(
        feature=speaks.name,
        label=sentence(speaks, value, vector.details.get(speaks.name, {}))
        + ("" if sign > 0 else ": this lowers the risk"),
        value=None if isnan(value) else value,
        contribution=total,
        topic=speaks.topic,
        together_with=tuple(each.name for each in ordered[1:]),
    )


def sentence(feature: Feature, value: float, detail: Detail) -> str:
    """What a person reads of a feature's number; what is not known, or beyond all numbers, is said to be unknown."""
    if not isfinite(value):
        return f"Not known: {feature.topic} ({feature.name.replace('_', ' ')})"
    template = feature.sentence
    if feature.thin and not detail.get("n", 0):
        template = feature.thin
    elif feature.none and value == 0.0:
        template = feature.none
    return template.format_map({name: _word(name, feature, value, detail) for name in _placeholders(template)})


@cache
def _placeholders(template: str) -> tuple[str, ...]:
    """What a sentence has to be filled with; there are as many templates as features have sentences."""
    return tuple([name for _, name, _, _ in _FORMATTER.parse(template) if name])


def _word(name: str, feature: Feature, value: float, detail: Detail) -> str:
    """What stands for a placeholder of a template; a name that is no measure is one of the details."""
    if name in _NOUNS:
        return counted(value, *_NOUNS[name])
    says = _WORDS.get(name)
    return says(feature.unit, value, detail) if says is not None else str(detail.get(name, ""))


def _times(_: Unit, value: float, detail: Detail) -> str:
    average = _number(detail, "average")
    return f"{value / average:.1f}" if average else "1.0"


def _lead(_: Unit, value: float, __: Detail) -> str:
    return f"{counted(abs(value), 'day')} {'after' if value >= 0 else 'before'}"


def _money(_: Unit, __: float, detail: Detail) -> str:
    return f"{detail.get('currency', '')} {_number(detail, 'amount'):,.0f}".strip()


def _deals(_: Unit, value: float, detail: Detail) -> str:
    return counted(_number(detail, "n") if "n" in detail else value, "known deal")


def _number(detail: Detail, name: str) -> float:
    found = detail.get(name, 0.0)
    return float(found)


def _measured(unit: Unit, value: float, _: Detail) -> str:
    match unit:
        case Unit.SHARE:
            return percentage(value)
        case Unit.PERCENT:
            return f"{value:.0f} %" if abs(value) >= 1 else f"{value:.1f} %"
        case Unit.DAYS:
            return counted(value, "day")
        case Unit.MONTHS:
            return counted(value, "month")
        case Unit.DEVIATIONS:
            return f"{value:.1f} times the usual spread"
        case _:
            return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _gap(unit: Unit, value: float, _: Detail) -> str:
    """How far over or under: of a logarithm in percent, of percentages in points."""
    if unit is not Unit.LOG_RATIO:
        return f"{abs(value):.0f} % {'above' if value >= 0 else 'below'}"
    ratio = _ratio(value)
    if ratio >= _MANIFOLD:
        return f"{ratio:,.0f} times"
    return f"{abs(ratio - 1.0) * 100:.0f} % {'above' if value >= 0 else 'below'}"


def _discounted(_: Unit, value: float, __: Detail) -> str:
    """How far from list: a discount is positive where the price is under it."""
    return f"{abs(value):.0f} % {'below' if value >= 0 else 'above'}"


def _ratio(logarithm: float) -> float:
    """The ratio of a logarithm; no number is so large that it could not be written."""
    return exp(min(_LARGEST, logarithm))


_WORDS: Final[Mapping[str, Callable[[Unit, float, Detail], str]]] = {
    "value": _measured,
    "gap": _gap,
    "discounted": _discounted,
    "times": _times,
    "lead": _lead,
    "money": _money,
    "deals": _deals,
    "more": lambda _, value, __: f"{_ratio(value):,.1f} times",
    "average": lambda _, __, detail: percentage(_number(detail, "average")),
    "peers": lambda _, __, detail: counted(_number(detail, "peers"), "peer"),
    "days": lambda _, __, detail: counted(_number(detail, "days"), "day"),
}
