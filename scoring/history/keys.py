"""Under which names a deal is counted: its rep, team, products, families, pairs of families, account and so on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from policies.facts import QuoteFacts

BETWEEN: Final = " + "
"""Stands between the two names of a pair."""

MOST_FAMILIES: Final = 12
"""A quote of more families than this is counted under the pairs of the first so many, in the order of their names."""


class Kind(StrEnum):
    """What deals are grouped by."""

    ALL = "all"
    REP = "rep"
    TEAM = "team"
    REP_PRODUCT = "rep_product"
    PRODUCT = "product"
    FAMILY = "family"
    PAIR = "pair"
    SEGMENT = "segment"
    CURRENCY = "currency"
    ACCOUNT = "account"
    DEAL_TYPE = "deal_type"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The names of one deal. None and () are not known or none; `products` have their family, None where not known."""

    rep: str | None
    team: str | None
    account: str | None
    segment: str | None
    currency: str
    deal_type: str | None
    products: tuple[tuple[str, str | None], ...]
    families: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    patterns: tuple[str, ...]

    def flat(self) -> Iterator[tuple[Kind, str]]:
        """Every kind and name under which the deal is counted, once each."""
        yield Kind.ALL, ""
        yield Kind.CURRENCY, self.currency
        single = (
            (Kind.REP, self.rep),
            (Kind.TEAM, self.team),
            (Kind.ACCOUNT, self.account),
            (Kind.SEGMENT, self.segment),
            (Kind.DEAL_TYPE, self.deal_type),
        )
        yield from ((kind, name) for kind, name in single if name is not None)
        for product, _ in self.products:
            yield Kind.PRODUCT, product
            if self.rep is not None:
                yield Kind.REP_PRODUCT, paired(self.rep, product)
        yield from ((Kind.FAMILY, family) for family in self.families)
        yield from ((Kind.PAIR, paired(*pair)) for pair in self.pairs)
        yield from ((Kind.PATTERN, pattern) for pattern in self.patterns)


def paired(one: str, other: str) -> str:
    """The name of a pair."""
    return f"{one}{BETWEEN}{other}"


def keys_of(facts: QuoteFacts, findings: Sequence[Finding] | None) -> Keys:
    """The names of a deal; the order of its lines and findings does not matter."""
    quote = facts.quote
    rep, account = quote.rep, quote.account
    products: dict[str, str | None] = {}
    for each in facts.lines:
        known = products.get(each.line.product_id)
        family = each.product_family
        # Lines may disagree on a product's family: the first by name holds, whatever the order of the lines.
        products[each.line.product_id] = min(known, family) if known and family else known or family
    families = tuple(sorted({each.product_family for each in facts.lines if each.product_family is not None}))
    return Keys(
        rep=rep.rep_id if rep is not None else None,
        team=rep.team if rep is not None else None,
        account=account.account_id if account is not None else None,
        segment=facts.segment,
        currency=quote.currency,
        deal_type=quote.deal_type.value if quote.deal_type is not None else None,
        products=tuple(sorted(products.items())),
        families=families,
        pairs=tuple(combinations(families[:MOST_FAMILIES], 2)),
        patterns=tuple(sorted({each.pattern for each in findings or ()})),
    )
