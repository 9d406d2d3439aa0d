"""The account and the deal: what its kind turned into, and how large it is."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Final

from policies.domain.quote import DealType
from scoring.features.feature import Feature, Group, Unit
from scoring.history.history import Rate
from scoring.history.keys import Kind
from scoring.history.peers import logarithm, value_key
from scoring.numbers import decimal_logarithm

if TYPE_CHECKING:
    from scoring.features.feature import Deal

_ACCOUNT, _TYPE, _VALUE = "the account", "the deal type", "the deal's size"


def _rate(name: str, topic: str, of: str) -> Feature:
    return Feature(
        name=name,
        unit=Unit.SHARE,
        group=Group.ACCOUNT,
        topic=topic,
        direction=1,
        sentence=f"Deals of {of} leaked {{times}} times as often as the average ({{value}}, {{deals}})",
        thin=f"Nothing is known of deals of {of} yet",
    )


def _is(kind: DealType, words: str) -> Feature:
    return Feature(
        name=f"is_{kind.value}",
        unit=Unit.YES_NO,
        group=Group.ACCOUNT,
        topic=_TYPE,
        sentence=f"The deal is {words}",
        none=f"The deal is not {words}",
    )


FEATURES: Final = (
    _rate("account_rate", _ACCOUNT, "this account"),
    Feature(
        name="account_deals",
        unit=Unit.COUNT,
        group=Group.ACCOUNT,
        topic=_ACCOUNT,
        sentence="The account had {quotes} before",
        none="The account had no quote before",
    ),
    _rate("segment_rate", "the segment", "the segment {name}"),
    _rate("deal_type_rate", _TYPE, "the type {name}"),
    _is(DealType.EXPANSION, "an expansion"),
    _is(DealType.RENEWAL, "a renewal"),
    _is(DealType.AMENDMENT, "an amendment"),
    Feature(
        name="deal_size",
        unit=Unit.LOG_MONEY,
        group=Group.ACCOUNT,
        topic=_VALUE,
        sentence="The deal is worth {money} a year",
    ),
    Feature(
        name="deal_value_gap",
        unit=Unit.LOG_RATIO,
        group=Group.ACCOUNT,
        topic=_VALUE,
        sentence="The deal's value is {gap} the median of deals in {name} ({peers})",
        none="The deal's value is the median",
    ),
)


def values(deal: Deal) -> dict[str, float]:
    """The account's numbers."""
    facts, keys = deal.facts, deal.keys
    kind = facts.quote.deal_type
    segment = _of(deal, "segment_rate", Kind.SEGMENT, keys.segment, deal.history.average())
    above = segment if keys.segment is not None else deal.history.average()
    _tell_size(deal)
    return {
        "account_rate": _of(deal, "account_rate", Kind.ACCOUNT, keys.account, above).value,
        "account_deals": float(deal.history.tally(Kind.ACCOUNT, keys.account).quotes) if keys.account else nan,
        "segment_rate": segment.value,
        "deal_type_rate": _of(deal, "deal_type_rate", Kind.DEAL_TYPE, keys.deal_type, deal.history.average()).value,
        "is_expansion": _yes(kind, DealType.EXPANSION),
        "is_renewal": _yes(kind, DealType.RENEWAL),
        "is_amendment": _yes(kind, DealType.AMENDMENT),
        "deal_size": decimal_logarithm(facts.deal_size),
        "deal_value_gap": _gap(deal),
    }


def _yes(kind: DealType | None, wanted: DealType) -> float:
    return nan if kind is None else float(kind is wanted)


def _of(deal: Deal, feature: str, kind: Kind, name: str | None, above: Rate) -> Rate:
    rate = deal.history.rate(kind, name, above)
    deal.tell(feature, name=name or "", n=rate.known, average=deal.history.average().value)
    return rate


def _tell_size(deal: Deal) -> None:
    size, company = deal.facts.deal_size, deal.facts.company
    if size is not None and company is not None:
        deal.tell("deal_size", amount=float(size), currency=company.currency)


def _gap(deal: Deal) -> float:
    value = logarithm(deal.facts.tcv)
    found = deal.history.distance(value, value_key(deal.facts)) if value is not None else None
    if found is None:
        return nan
    deal.tell("deal_value_gap", name=deal.keys.currency, peers=found.peers)
    return found.log_ratio
