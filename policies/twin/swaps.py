"""Two charges that name each other's lines: each bills the other's line as it was sold, so all that is wrong is the names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Change, Direction, Evidence
from policies.twin.found import difference
from policies.twin.model import Match, MatchBasis
from policies.twin.repairs import PRICE

if TYPE_CHECKING:
    from collections.abc import Hashable

    from policies.domain.billing import BillingCharge, BillingConfiguration
    from policies.domain.charge import Line
    from policies.twin.model import Difference, Stream

LIKELY: Final = Decimal("0.90")


def swaps(
    matches: Sequence[Match], lines: Mapping[str, Stream], configuration: BillingConfiguration
) -> Iterator[tuple[Match, Match]]:
    """Pairs of matches by id whose charges have product, price and quantity of each other's line; none that is unclear."""
    charges = {each.charge_id: each for each in configuration.charges}
    crossed: dict[tuple[Hashable, Hashable], list[Match]] = {}
    for each in matches:
        if each.basis is MatchBasis.LINE_ID and len(each.line_ids) == len(each.charge_ids) == 1:
            sold, billed = _sold(lines[each.line_ids[0]].line), _sold(charges[each.charge_ids[0]].terms)
            if sold != billed:
                crossed.setdefault((sold, billed), []).append(each)
    for (sold, billed), those in crossed.items():
        others = crossed.get((billed, sold), [])
        if len(those) == len(others) == 1 and those[0].line_ids < others[0].line_ids:
            yield those[0], others[0]


def exchanged(one: Match, other: Match) -> tuple[Match, Match]:
    """The same matches with each other's charges."""
    return (
        Match(line_ids=one.line_ids, charge_ids=other.charge_ids, basis=MatchBasis.TERMS, confidence=LIKELY),
        Match(line_ids=other.line_ids, charge_ids=one.charge_ids, basis=MatchBasis.TERMS, confidence=LIKELY),
    )


def swapped(one: Match, other: Match, configuration: BillingConfiguration) -> Difference:
    """That two charges name each other's lines, without money: together they bill what was agreed."""
    ids = [each.charge_id for each in configuration.charges]
    changes, evidence = [], []
    for own, wanted in ((one, other.line_ids[0]), (other, one.line_ids[0])):
        charge = configuration.charges[ids.index(own.charge_ids[0])]
        name = _naming(charge)
        path = f"/charges/{ids.index(charge.charge_id)}/{name}"
        changes.append(Change(path=path, value=wanted))
        field = f"charges[{charge.charge_id}].{name}"
        evidence.append(Evidence(field=field, actual=own.line_ids[0], expected=wanted, expected_from="what it bills"))
    names = " and ".join((*one.charge_ids, *other.charge_ids))
    return difference(
        PRICE,
        Direction.COMPLIANCE,
        line_ids=(*one.line_ids, *other.line_ids),
        charge_ids=(*one.charge_ids, *other.charge_ids),
        under=Decimal(0),
        over=Decimal(0),
        confidence=LIKELY,
        evidence=tuple(evidence),
        changes=tuple(changes),
        remedy_text=f"Let {names} name each other's lines: they are swapped",
    )


def _naming(charge: BillingCharge) -> str:
    return "line_id" if charge.quote_line_id is None else "quote_line_id"


def _sold(line: Line) -> Hashable:
    return line.product_id, line.charge_type, line.net_unit_price, line.quantity
