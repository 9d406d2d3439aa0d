"""The product mix: what such products, families and pairs of families turned into, and how many there are."""

from __future__ import annotations

from math import fsum, log, nan
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.domain.charge import ChargeType
from scoring.features.feature import Feature, Group, Unit
from scoring.history.history import Rate
from scoring.history.keys import Kind

if TYPE_CHECKING:
    from policies.facts import LineFacts
    from scoring.features.feature import Deal
    from scoring.history.history import History

_PRODUCTS, _PAIRS, _BREADTH, _CUSTOM = "the products", "products together", "how many products", "custom products"


FEATURES: Final = (
    Feature(
        name="product_rate_highest",
        unit=Unit.SHARE,
        group=Group.MIX,
        topic=_PRODUCTS,
        direction=1,
        sentence="Deals with {name} leaked {times} times as often as the average ({value}, {deals})",
        thin="Nothing is known of deals with {name} yet; those with its family leaked {times} times as often as the average",
    ),
    Feature(
        name="product_rate_mean",
        unit=Unit.SHARE,
        group=Group.MIX,
        topic=_PRODUCTS,
        direction=1,
        sentence="Deals with these products leaked {times} times as often as the average ({value})",
    ),
    Feature(
        name="product_known_deals",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic=_PRODUCTS,
        sentence="{name} is the product of which least is known: {deals}",
        none="No outcome of a deal with {name} is known",
    ),
    Feature(
        name="family_rate_highest",
        unit=Unit.SHARE,
        group=Group.MIX,
        topic=_PRODUCTS,
        direction=1,
        sentence="Deals with products of {name} leaked {times} times as often as the average ({value}, {deals})",
        thin="Nothing is known of deals with products of {name} yet",
    ),
    Feature(
        name="pair_rate_highest",
        unit=Unit.SHARE,
        group=Group.MIX,
        topic=_PAIRS,
        direction=1,
        sentence="Deals with {name} together leaked {times} times as often as the average ({value}, {deals})",
        thin="Nothing is known of deals with {name} together yet",
    ),
    Feature(
        name="pair_excess",
        unit=Unit.LOG_ODDS,
        group=Group.MIX,
        topic=_PAIRS,
        direction=1,
        sentence="With {name} sold together the odds of a leak are {more} those of either by itself",
        none="Products sold together leak as often as each by itself",
    ),
    Feature(
        name="pair_evidence",
        unit=Unit.LOG_ODDS,
        group=Group.MIX,
        topic=_PAIRS,
        direction=1,
        sentence="Taken together, the pairs of families in this deal make the odds of a leak {more} those of each by itself",
        none="Products sold together leak as often as each by itself",
    ),
    Feature(
        name="pair_relief",
        unit=Unit.LOG_ODDS,
        group=Group.MIX,
        topic=_PAIRS,
        direction=1,
        sentence="With {name} sold together the odds of a leak are {more} those of either by itself",
        none="Products sold together leak as often as each by itself",
    ),
    Feature(
        name="currency_rate",
        unit=Unit.SHARE,
        group=Group.MIX,
        topic="the currency",
        direction=1,
        sentence="Deals in {name} leaked {times} times as often as the average ({value}, {deals})",
        thin="Nothing is known of deals in {name} yet",
    ),
    Feature(
        name="products",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic=_BREADTH,
        sentence="The quote has {products}",
    ),
    Feature(
        name="families",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic=_BREADTH,
        sentence="The products come from {families}",
    ),
    Feature(
        name="usage_lines",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic="metered products",
        sentence="{lines} billed by use",
        none="No line is billed by use",
    ),
    Feature(
        name="one_time_lines",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic="one-time products",
        sentence="{lines} billed once",
        none="No line is billed once",
    ),
    Feature(
        name="custom_lines",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic=_CUSTOM,
        direction=1,
        sentence="{lines} with a custom product",
        none="No product is custom",
    ),
    Feature(
        name="lines_without_list_price",
        unit=Unit.COUNT,
        group=Group.MIX,
        topic=_CUSTOM,
        sentence="{lines} without a list price to hold the price against",
        none="Each line has a list price",
    ),
)


class _Pairs(NamedTuple):
    """What pairs of families come to: the highest rate, how far they exceed their families at most and least, and in all."""

    rate: Rate
    worst: str
    most: float
    most_by: str
    least: float
    least_by: str
    evidence: float


def values(deal: Deal) -> dict[str, float]:
    """The numbers of the mix."""
    lines = deal.facts.lines
    types = [each.line.charge_type for each in lines]
    highest, mean, least = _products(deal)
    pair, excess, relief, evidence = _pairs(deal)
    return {
        "product_rate_highest": highest,
        "product_rate_mean": mean,
        "product_known_deals": least,
        "family_rate_highest": _families(deal),
        "pair_rate_highest": pair,
        "pair_excess": excess,
        "pair_relief": relief,
        "pair_evidence": evidence,
        "currency_rate": _currency(deal),
        "products": float(len(deal.keys.products)),
        "families": float(len(deal.keys.families)) if deal.keys.families else nan,
        "usage_lines": float(types.count(ChargeType.USAGE)),
        "one_time_lines": float(types.count(ChargeType.ONE_TIME)),
        "custom_lines": float(sum([_is_custom(each, deal) for each in lines])),
        "lines_without_list_price": float(sum([_lacks_list(each) for each in lines])),
    }


def _is_custom(facts: LineFacts, deal: Deal) -> bool:
    if facts.line.is_custom is not None:
        return facts.line.is_custom
    return deal.facts.catalog is not None and facts.product is None


def _lacks_list(facts: LineFacts) -> bool:
    """A line that is priced by the unit; tiers and percentages have no one list price."""
    return facts.list_unit_price is None and facts.line.net_unit_price is not None


def _products(deal: Deal) -> tuple[float, float, float]:
    """The highest rate of a product, the mean of all, and the fewest known deals of one."""
    history = deal.history
    rates = [(history.product_rate(*each), each[0]) for each in deal.keys.products]
    if not rates:
        return nan, nan, nan
    average = history.average().value
    rate, name = max(rates, key=lambda each: (each[0].value, each[1]))
    deal.tell("product_rate_highest", name=name, n=rate.known, average=average)
    deal.tell("product_rate_mean", average=average)
    fewest, rarest = min((history.tally(Kind.PRODUCT, product).known, product) for _, product in rates)
    deal.tell("product_known_deals", name=rarest, n=fewest)
    return rate.value, fsum(each.value for each, _ in rates) / len(rates), fewest


def _families(deal: Deal) -> float:
    rates = [(deal.history.family_rate(family), family) for family in deal.keys.families]
    if not rates:
        return nan
    rate, name = max(rates, key=lambda each: (each[0].value, each[1]))
    deal.tell("family_rate_highest", name=name, n=rate.known, average=deal.history.average().value)
    return rate.value


def _pairs(deal: Deal) -> tuple[float, float, float, float]:
    """The highest rate of a pair of families, and how far pairs exceed their families: most, least and in all."""
    if not deal.history.average().known:
        return nan, nan, nan, nan
    if not deal.keys.pairs:
        # One family has no pair: there is nothing above what it comes to alone, and no rate of a pair.
        return nan, 0.0, 0.0, 0.0
    found = deal.history.once(_together, deal.keys.pairs)
    deal.tell("pair_rate_highest", name=found.worst, n=found.rate.known, average=deal.history.average().value)
    deal.tell("pair_excess", name=found.most_by)
    deal.tell("pair_relief", name=found.least_by)
    return found.rate.value, found.most, found.least, found.evidence


def _together(history: History, pairs: tuple[tuple[str, str], ...]) -> _Pairs:
    """What is said of pairs: deals with the same families are many, and have the same ones."""
    found = [(*history.once(_pair, pair), pair) for pair in pairs]
    rate, _, worst = max(found, key=lambda each: (each[0].value, each[2]))
    excesses = [(excess, pair) for _, excess, pair in found]
    (most, most_by), (least, least_by) = max(excesses), min(excesses)
    return _Pairs(
        rate=rate,
        worst=" and ".join(worst),
        most=most,
        most_by=" and ".join(most_by),
        least=least,
        least_by=" and ".join(least_by),
        evidence=fsum(each for each, _ in excesses),
    )


def _pair(history: History, pair: tuple[str, str]) -> tuple[Rate, float]:
    """The rate of a pair, and by how much it exceeds its families' in log-odds."""
    one, other = pair
    # What is expected of a pair is the middle of the two: its own deals have to show that it is worse than that.
    expected = (history.family_rate(one).value + history.family_rate(other).value) / 2
    rate = history.pair_rate(one, other, Rate(expected))
    return rate, _logit(rate.value) - _logit(expected)


def _logit(share: float) -> float:
    return log(share / (1.0 - share))


def _currency(deal: Deal) -> float:
    average = deal.history.average()
    rate = deal.history.rate(Kind.CURRENCY, deal.keys.currency, average)
    deal.tell("currency_rate", name=deal.keys.currency, n=rate.known, average=average.value)
    return rate.value
