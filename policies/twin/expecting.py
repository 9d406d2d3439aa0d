"""The use that money is told at: what a company expects of a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.money import plain
from policies.domain.wording import counted
from policies.twin.use import is_metered

if TYPE_CHECKING:
    from policies.domain.catalog import Catalog
    from policies.domain.charge import Line
    from policies.domain.terms import Terms
    from policies.twin.model import Stream

HUNDRED: Final = Decimal(100)
BEYOND_ALLOWANCE: Final = Decimal(120)
"""Use in percent of the allowance, where the catalog does not say how much is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A quantity in each reference period of `months`, and where it is from, in words. None where nothing tells."""

    quantity: Decimal | None = None
    months: int | None = None
    because: str | None = None


NOT_METERED: Final = Expected()


def expected_use(agreement: Sequence[Stream], billing: Sequence[Stream], catalog: Catalog | None) -> Expected:
    """The use of a match: the catalog's share of the allowance, else a fifth beyond it, else what was sold, else the largest
    bound of a tier. The first line that is metered speaks for all; of billing's only where the agreement has none.
    """
    metered = [terms for stream in (*agreement, *billing) for terms in stream.terms if is_metered(terms)]
    if not metered:
        return NOT_METERED
    months = metered[0].price_months
    lines = [terms.line for terms in metered]
    quantity, because = _by_allowance(lines, catalog) or _by_quantity(metered) or _by_tiers(lines) or (None, None)
    if quantity is None:
        because = "how much will be used is not known"
    return Expected(quantity=quantity, months=months, because=because)


def _by_allowance(lines: Iterable[Line], catalog: Catalog | None) -> tuple[Decimal, str] | None:
    for line in lines:
        if line.included_quantity:
            product = catalog.products.get(line.product_id) if catalog is not None else None
            percent = product.expected_usage_percent if product is not None else None
            whose = "the family's median" if percent is not None else "as the catalog does not say how much is expected"
            share = BEYOND_ALLOWANCE if percent is None else percent
            return line.included_quantity * share / HUNDRED, f"usage at {plain(share)} % of allowance, {whose}"
    return None


def _by_quantity(metered: Sequence[Terms]) -> tuple[Decimal, str] | None:
    quantity = next((each.line.quantity for each in metered if each.line.quantity), None)
    return None if quantity is None else (quantity, f"usage of the quantity sold, {counted(quantity)}")


def _by_tiers(lines: Iterable[Line]) -> tuple[Decimal, str] | None:
    for line in lines:
        bounds = [tier.up_to for tier in line.tiers if tier.up_to is not None]
        if bounds:
            return max(bounds), f"usage of {counted(max(bounds))}, the largest bound of its tiers"
    return None
