"""Comparable past deals: which there are, how large their discounts were, and how they turned out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from statistics import quantiles
from typing import Any, Final

from app.scorecards.reading import Deal
from app.store import Store
from app.store.comparables import BANDS, UNKNOWN, Comparable, Turned, band_of
from policies.domain.money import Money

LISTED: Final = 8
LOOKED_AT: Final = 100
"""Spread and counts are of so many, the newest."""
_FEWEST: Final = 4


class Fate(StrEnum):
    """What became of a deal. `UNKNOWN` is no good news: nobody looked."""

    LEAKED = "leaked"
    CLEAN = "clean"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A past deal and what became of it. `lost` is what leaked, in `currency`."""

    deal: Comparable
    fate: Fate
    lost: Decimal | None = None
    currency: str = ""
    annual: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Deals like this one. `discounts` are those of all `number`, in hundredths of a percent; `low` to `high` is their middle half.

    `capped` says that there may be more of them, older ones.
    """

    listed: tuple[Peer, ...]
    number: int
    capped: bool
    fates: dict[Fate, int]
    discounts: tuple[int, ...]
    own_discount: int | None
    band: str
    families: tuple[str, ...]
    segment: str
    low: float | None = None
    middle: float | None = None
    high: float | None = None


def peers_of(store: Store, deal: Deal) -> Peers:
    """The past deals over the same product families, in the same segment and currency, of about the same size."""
    facts = store.ledgers.read(deal.stored.decision)
    found = store.comparables.like(facts, limit=LOOKED_AT)
    told = _outcomes(store.comparables.turned([each.quote_id for each in found])) if found else {}
    peers = [_peer(each, told.get(each.quote_id, ()), facts.currency) for each in found]
    discounts = tuple(sorted(each.discount for each in found if each.discount is not None))
    low, middle, high = quantiles(discounts, n=4, method="inclusive") if len(discounts) >= _FEWEST else (None,) * 3
    return Peers(
        listed=tuple(peers[:LISTED]),
        number=len(peers),
        capped=len(peers) == LOOKED_AT,
        fates=dict(Counter(each.fate for each in peers)),
        discounts=discounts,
        own_discount=facts.discount,
        band=_band(facts.annual, facts.currency),
        families=facts.families,
        segment=facts.segment,
        low=low,
        middle=middle,
        high=high,
    )


def _outcomes(turned: Sequence[Turned]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in turned:
        found.setdefault(each.quote_id, []).append(json.loads(each.outcome, parse_float=str))
    return found


def _peer(deal: Comparable, outcomes: Sequence[Any], currency: str) -> Peer:
    leaks = [each for each in outcomes if each.get("leaked") is True]
    fate = Fate.LEAKED if leaks else Fate.CLEAN if outcomes else Fate.UNKNOWN
    amounts = [_amount(each.get("amount")) for each in leaks if (each.get("currency") or currency) == currency]
    known = [each for each in amounts if each is not None]
    return Peer(
        deal=deal,
        fate=fate,
        lost=sum(known, Decimal(0)) if known else None,
        currency=currency,
        annual=None if deal.annual is None else Money.from_minor_units(deal.annual, currency).amount,
    )


def _amount(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _band(annual: int | None, currency: str) -> str:
    number = band_of(annual, currency)
    if number == UNKNOWN:
        return "yearly price not stated"
    upper = f" to {BANDS[number + 1]:,}" if number + 1 < len(BANDS) else " and more"
    return f"{currency} {BANDS[number]:,}{upper} a year"
