"""The rep: what their deals turned into, how they discount, how long and how much they sell."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Final

from scoring.features.feature import Feature, Group, Unit
from scoring.history.history import DAY, Rate
from scoring.history.keys import Kind, paired
from scoring.numbers import date_of

if TYPE_CHECKING:
    from scoring.features.feature import Deal
    from scoring.history.history import History

_RECORD, _HABITS = "the rep's record", "the rep's discounts"

FEATURES: Final = (
    Feature(
        name="rep_leakage_rate",
        unit=Unit.SHARE,
        group=Group.REP,
        topic=_RECORD,
        direction=1,
        sentence="Deals of this rep leaked {times} times as often as the average ({value} against {average}, {deals})",
        thin="Nothing is known of this rep's deals yet; those of the team leaked {times} times as often as the average",
    ),
    Feature(
        name="rep_product_rate",
        unit=Unit.SHARE,
        group=Group.REP,
        topic=_RECORD,
        direction=1,
        sentence="Deals of this rep with {name} leaked {times} times as often as the average ({value}, {deals})",
        thin="This rep's deals leaked {times} times as often as the average; none with {name} is known",
    ),
    Feature(
        name="rep_known_deals",
        unit=Unit.COUNT,
        group=Group.REP,
        topic=_RECORD,
        sentence="The outcome of {deals} of this rep is known",
        none="No outcome of a deal of this rep is known",
    ),
    Feature(
        name="team_leakage_rate",
        unit=Unit.SHARE,
        group=Group.REP,
        topic="the team's record",
        direction=1,
        sentence="Deals of the team {name} leaked {times} times as often as the average ({value}, {deals})",
        thin="Nothing is known of the deals of the team {name}",
    ),
    Feature(
        name="rep_override_rate",
        unit=Unit.SHARE,
        group=Group.REP,
        topic="the rep's overrides",
        direction=1,
        sentence="{value} of this rep's quotes needed somebody's consent (the average is {average})",
    ),
    Feature(
        name="rep_tenure",
        unit=Unit.DAYS,
        group=Group.REP,
        topic="the rep's tenure",
        sentence="The rep has been selling for {value}",
        none="The rep is new",
    ),
    Feature(
        name="rep_load",
        unit=Unit.COUNT,
        group=Group.REP,
        topic="the rep's load",
        sentence="The rep made {quotes} in the {days} before",
        none="The rep made no quote in the {days} before",
    ),
    Feature(
        name="rep_usual_discount",
        unit=Unit.PERCENT,
        group=Group.REP,
        topic=_HABITS,
        sentence="The deepest discount on this rep's quotes is {value} on average",
        none="This rep usually gives no discount",
    ),
    Feature(
        name="rep_discount_gap",
        unit=Unit.PERCENT,
        group=Group.REP,
        topic=_HABITS,
        sentence="The deepest discount is {gap} what this rep usually gives ({usual})",
        none="The discount is what this rep usually gives",
    ),
)


def values(deal: Deal) -> dict[str, float]:
    """The rep's numbers; NaN where the quote names no rep."""
    usual, gap = _habits(deal)
    return {
        "rep_leakage_rate": _record(deal),
        "rep_product_rate": _with_products(deal),
        "rep_known_deals": deal.history.tally(Kind.REP, deal.keys.rep).known if deal.keys.rep is not None else nan,
        "team_leakage_rate": _team(deal),
        "rep_override_rate": _overrides(deal),
        "rep_tenure": _tenure(deal),
        "rep_load": _load(deal),
        "rep_usual_discount": usual,
        "rep_discount_gap": gap,
    }


def _record(deal: Deal) -> float:
    rate = deal.history.rep_rate(deal.keys)
    deal.tell("rep_leakage_rate", average=deal.history.average().value, n=rate.known)
    return rate.value


def _with_products(deal: Deal) -> float:
    """The worst of the rep's rates with the products of the quote, each drawn towards the rep's own."""
    rep = deal.keys.rep
    if rep is None or not deal.keys.products:
        return nan
    history, team = deal.history, deal.keys.team
    rates = [(history.once(_with_product, (rep, team, product)), product) for product, _ in deal.keys.products]
    rate, product = max(rates, key=_by_value)
    deal.tell("rep_product_rate", name=product, n=rate.known, average=deal.history.average().value)
    return rate.value


def _with_product(history: History, named: tuple[str, str | None, str]) -> Rate:
    rep, team, product = named
    return history.rate(Kind.REP_PRODUCT, paired(rep, product), history.rep_rate_of(rep, team))


def _by_value(rated: tuple[Rate, str]) -> tuple[float, str]:
    return rated[0].value, rated[1]


def _team(deal: Deal) -> float:
    rate: Rate = deal.history.team_rate(deal.keys)
    deal.tell("team_leakage_rate", name=deal.keys.team or "", n=rate.known, average=deal.history.average().value)
    return rate.value


def _overrides(deal: Deal) -> float:
    every = deal.history.tally(Kind.ALL, "")
    deal.tell("rep_override_rate", average=every.overridden / every.quotes if every.quotes else nan)
    return deal.history.override_rate(deal.keys).value


def _tenure(deal: Deal) -> float:
    """Days since the rep was hired where the quote says so (`rep.hired_on`), else since their first quote in history."""
    rep = deal.facts.quote.rep
    if rep is None:
        return nan
    hired = date_of(rep.extra.get("hired_on"))
    if hired is not None:
        return float(max(0, (deal.as_of.date() - hired).days))
    first = deal.history.tally(Kind.REP, rep.rep_id).first_seen
    if first is None:
        return 0.0 if deal.history.average().known else nan
    return max(0.0, (deal.as_of.timestamp() - first) / DAY)


def _load(deal: Deal) -> float:
    deal.tell("rep_load", days=deal.history.known.load_days)
    return float(deal.history.load(deal.keys.rep, deal.as_of.timestamp())) if deal.keys.rep is not None else nan


def _habits(deal: Deal) -> tuple[float, float]:
    """The rep's usual deepest discount, and how far this quote goes beyond it, in percentage points."""
    tally = deal.history.tally(Kind.REP, deal.keys.rep)
    if not tally.discounted:
        return nan, nan
    usual = tally.discounts / tally.discounted
    deal.tell("rep_discount_gap", usual=f"{usual:.0f} %")
    return usual, max(deal.depths) - usual if deal.depths else nan
