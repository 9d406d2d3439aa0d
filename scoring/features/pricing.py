"""How complex the pricing is: lines, models, steps, promises that end, and how far prices lie from what peers pay."""

from __future__ import annotations

from math import fsum, nan
from typing import TYPE_CHECKING, Final

from scoring.features.feature import Feature, Group, Unit
from scoring.history.peers import logarithm, price_key, quantity_key

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.facts import LineFacts
    from scoring.features.feature import Deal
    from scoring.history.peers import Distance

_SIZE, _MODELS, _RAMP, _DISCOUNT = "how many lines", "charge models and tiers", "ramps", "the discount"
_PEERS, _FREE, _USE, _ENDS = "the peers' prices", "free periods", "allowances", "discounts and their ends"


def _pricing(name: str, unit: Unit, topic: str, direction: int, sentence: str, none: str = "") -> Feature:
    return Feature(
        name=name, unit=unit, group=Group.PRICING, topic=topic, direction=direction, sentence=sentence, none=none
    )


FEATURES: Final = (
    _pricing("lines", Unit.COUNT, _SIZE, 1, "The quote has {lines}"),
    _pricing("charge_models", Unit.COUNT, _MODELS, 1, "The lines are priced in {models}"),
    _pricing("tiers", Unit.COUNT, _MODELS, 1, "The prices have {tiers}", "No price has tiers"),
    _pricing("ramp_lines", Unit.COUNT, _RAMP, 1, "{lines} with a ramp", "No line has a ramp"),
    _pricing("ramp_steps", Unit.COUNT, _RAMP, 1, "The ramps have {steps}", "No line has a ramp"),
    _pricing("uplift_lines", Unit.COUNT, "uplifts", 1, "{lines} with a yearly uplift", "No line has an uplift of its own"),
    _pricing("discount_depth", Unit.PERCENT, _DISCOUNT, 1, "The deepest discount is {value}", "No line is discounted"),
    _pricing("discount_mean", Unit.PERCENT, _DISCOUNT, 1, "The quote is {discounted} list price over its term", "The quote is at list"),
    _pricing("discount_spread", Unit.PERCENT, _DISCOUNT, 0, "Discounts differ by {value} between lines", "All lines have the same discount"),
    _pricing("lines_over_list", Unit.COUNT, _DISCOUNT, 0, "{lines} above list price", "No line is above list price"),
    _pricing("discounts_that_end", Unit.COUNT, _ENDS, 1, "{discounts} with an end within the term", "No discount ends"),
    _pricing("discounts_without_end", Unit.COUNT, _ENDS, 0, "{discounts} without an end", "Each discount has an end"),
    _pricing("peer_price_lowest", Unit.LOG_RATIO, _PEERS, 0, "{name} is priced {gap} what peers pay for such a quantity ({peers})", "Prices are what peers pay"),
    _pricing("peer_price_highest", Unit.LOG_RATIO, _PEERS, 0, "{name} is priced {gap} what peers pay for such a quantity ({peers})", "Prices are what peers pay"),
    _pricing("peer_price_deviation", Unit.DEVIATIONS, _PEERS, 1, "The price of {name} lies {value} from what peers pay ({peers})"),
    _pricing("peer_quantity_deviation", Unit.DEVIATIONS, "the quantity", 0, "The quantity of {name} lies {value} from what peers buy ({peers})"),
    _pricing("free_lines", Unit.COUNT, _FREE, 1, "{lines} with a free period", "No line has a free period"),
    _pricing("free_months", Unit.MONTHS, _FREE, 1, "The longest free period is {value}", "No line has a free period"),
    _pricing("allowance_lines", Unit.COUNT, _USE, 1, "{lines} with an included quantity", "No line has an included quantity"),
    _pricing("missing_overage", Unit.COUNT, _USE, 1, "{lines} with an included quantity and no overage price", "Each included quantity has an overage price"),
    _pricing("commitment_lines", Unit.COUNT, "commitments and credits", 1, "{lines} with a commitment or prepaid credit", "No line has a commitment or prepaid credit"),
)  # fmt: skip


def values(deal: Deal) -> dict[str, float]:
    """The numbers of pricing."""
    lines = [each.line for each in deal.facts.lines]
    ramps = [len(each.ramp) for each in lines if each.ramp]
    open_ended = [one.is_open_ended for each in lines for one in each.discounts]
    return {
        "lines": float(len(lines)),
        "charge_models": float(len({each.model for each in lines})),
        "tiers": float(sum([len(each.tiers) for each in lines])),
        "ramp_lines": float(len(ramps)),
        "ramp_steps": float(sum(ramps)),
        "uplift_lines": float(sum([bool(each.uplift_percent) for each in lines])),
        "discounts_that_end": float(len(open_ended) - sum(open_ended)),
        "discounts_without_end": float(sum(open_ended)),
        "allowance_lines": float(sum([_has_allowance(each) for each in lines])),
        "missing_overage": float(sum([_lacks_overage(each) for each in lines])),
        "commitment_lines": float(sum([bool(each.minimum_commitment or each.drawdown) for each in lines])),
        **_discounts(deal),
        **_free(deal),
        **_peers(deal),
    }


def _has_allowance(line: Line) -> bool:
    return line.included_quantity is not None or line.included_unlimited


def _lacks_overage(line: Line) -> bool:
    """An allowance that can be exceeded, and nothing says at which price. Unlimited use has no price at all."""
    if line.included_unlimited:
        return True
    return (
        line.included_quantity is not None and line.overage_unit_price is None and not line.tiers and not line.hard_cap
    )


def _discounts(deal: Deal) -> dict[str, float]:
    """Depth, mean and spread; unknown where no line can be held against a list price."""
    depths, overall = deal.depths, deal.facts.discount_percent
    mean = fsum(depths) / len(depths) if depths else nan
    return {
        "discount_depth": max(0.0, *depths) if depths else nan,
        "discount_mean": float(overall) if overall is not None else mean,
        "discount_spread": max(depths) - min(depths) if depths else nan,
        "lines_over_list": float(sum([each < 0.0 for each in depths])) if depths else nan,
    }


def _free(deal: Deal) -> dict[str, float]:
    months = [_free_months(each) for each in deal.facts.lines]
    start, billed = deal.facts.quote.start_date, deal.facts.quote.billing_start_date
    whole = max(0.0, (billed - start).days / 30.4) if start is not None and billed is not None else 0.0
    longest = max((whole, *months))
    return {
        "free_lines": float(sum([each > 0.0 or whole > 0.0 for each in months])),
        "free_months": longest,
    }


def _free_months(facts: LineFacts) -> float:
    """Months at no price at the start of a line: those stated, or until its own billing begins."""
    line = facts.line
    stated = float(line.free_months) if line.free_months is not None else 0.0
    if line.billing_start_date is None or facts.term is None:
        return stated
    return max(stated, (line.billing_start_date - facts.term.start).days / 30.4)


def _peers(deal: Deal) -> dict[str, float]:
    """The farthest prices and quantity from those of peers; unknown where no line has enough peers."""
    prices: list[tuple[Distance, str]] = []
    quantities: list[tuple[Distance, str]] = []
    history, facts = deal.history, deal.facts
    for each in facts.lines:
        price, quantity = logarithm(each.line.net_unit_price), logarithm(each.quantity)
        found = history.price_distance(price, price_key(each, facts)) if price is not None else None
        if found is not None:
            prices.append((found, each.product_name))
        found = history.distance(quantity, quantity_key(each)) if quantity is not None else None
        if found is not None:
            quantities.append((found, each.product_name))
    return _prices(deal, prices) | {"peer_quantity_deviation": _farthest(deal, "peer_quantity_deviation", quantities)}


def _prices(deal: Deal, prices: list[tuple[Distance, str]]) -> dict[str, float]:
    if not prices:
        return {"peer_price_lowest": nan, "peer_price_highest": nan, "peer_price_deviation": nan}
    lowest, highest = min(prices), max(prices)
    for feature, (found, name) in (("peer_price_lowest", lowest), ("peer_price_highest", highest)):
        deal.tell(feature, name=name, peers=found.peers)
    return {
        "peer_price_lowest": lowest[0].log_ratio,
        "peer_price_highest": highest[0].log_ratio,
        "peer_price_deviation": _farthest(deal, "peer_price_deviation", prices),
    }


def _farthest(deal: Deal, feature: str, found: list[tuple[Distance, str]]) -> float:
    if not found:
        return nan
    farthest, name = max(found, key=lambda each: (abs(each[0].deviations), each))
    deal.tell(feature, name=name, peers=farthest.peers)
    return abs(farthest.deviations)
