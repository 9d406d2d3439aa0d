"""The one ordered list of features, and the vector of a deal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from scoring.features import account, found, mix, pricing, rep, terms, timing
from scoring.features.feature import Deal, Detail, Feature
from scoring.history.keys import Kind, keys_of, paired

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from policies.facts import QuoteFacts
    from scoring.history import History, Keys

MEANING: Final = 1
"""Raised when a feature of the same name and unit is computed otherwise than before."""

_MODULES: Final = (rep, mix, pricing, account, terms, timing, found)

FEATURES: Final[tuple[Feature, ...]] = tuple(feature for module in _MODULES for feature in module.FEATURES)
"""Every feature, in the order of the vector."""

NAMES: Final = tuple(each.name for each in FEATURES)
_IN_ORDER: Final = itemgetter(*NAMES)

_SINGLE: Final = tuple(each.value for each in (Kind.REP, Kind.TEAM, Kind.SEGMENT, Kind.CURRENCY, Kind.DEAL_TYPE))
_SEVERAL: Final = tuple(each.value for each in (Kind.PRODUCT, Kind.FAMILY, Kind.PAIR, Kind.PATTERN))
"""Kinds as plain text: a name is looked up for every deal, and an enumeration's member is slow to ask for its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureVector:
    """The numbers of a deal in the order of `FEATURES`, NaN where one is not known, and what sentences say beyond them.

    `categories` are the names that the deal is counted under, by kind (`scoring.history.keys`); a kind of which nothing is
    known is left out. `value` is the deal's whole value in its own `currency`, None where it is not known.
    """

    values: tuple[float, ...]
    details: Mapping[str, Detail]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value: float | None = None
    currency: str | None = None

    def of(self, name: str) -> float:
        """One number by its feature's name. Raises KeyError for a name that is no feature."""
        return self.values[positions()[name]]


@cache
def positions() -> Mapping[str, int]:
    """Where each feature stands in the vector."""
    return {name: at for at, name in enumerate(NAMES)}


@cache
def digest() -> str:
    """The digest of names, units, order and meaning: a model of other features is refused by it."""
    text = "\n".join((str(MEANING), *(f"{each.name}|{each.unit.value}" for each in FEATURES)))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def vector(
    facts: QuoteFacts,
    findings: Sequence[Finding] | None,
    history: History,
    as_of: datetime,
    *,
    content: str | None = None,
) -> FeatureVector:
    """The features of a quote as of a moment, from what `history` knew then.

    `findings` None is not evaluated, which is unknown; an empty sequence says that nothing was found. Neither the order of
    lines nor that of findings matters. `content` is the quote's content hash, for a caller that has it already.
    """
    keys = keys_of(facts, findings)
    deal = Deal(
        facts=facts,
        findings=tuple(findings) if findings is not None else None,
        history=history,
        as_of=as_of,
        keys=keys,
        told={},
        content=content,
    )
    numbers: dict[str, float] = {}
    for module in _MODULES:
        numbers.update(module.values(deal))
    return FeatureVector(
        values=_IN_ORDER(numbers),
        details=deal.told,
        categories=categories(keys),
        value=float(facts.tcv) if facts.tcv is not None else None,
        currency=facts.currency,
    )


def categories(keys: Keys) -> dict[str, tuple[str, ...]]:
    """The names of a deal by kind, as a model's indicators take them."""
    single = (keys.rep, keys.team, keys.segment, keys.currency, keys.deal_type)
    several = (
        tuple([product for product, _ in keys.products]),
        keys.families,
        tuple([paired(one, other) for one, other in keys.pairs]),
        keys.patterns,
    )
    found: dict[str, tuple[str, ...]] = {
        kind: (name,) for kind, name in zip(_SINGLE, single, strict=True) if name is not None
    }
    found |= {kind: names for kind, names in zip(_SEVERAL, several, strict=True) if names}
    return found
