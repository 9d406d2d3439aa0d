"""What was billed laid beside what should have been: each invoice line is given to the components that it pays for.

A line for the very days of a component pays for that one. Any other is shared among the components whose days it has, by
what each of them costs for those days: a quarter that is invoiced at once pays for its three months. Nothing that was
billed too much elsewhere makes good what was billed too little here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from policies.auditing.expected import Component, Part
from policies.domain.charge import ChargeType
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import minor_unit, round_to_currency

if TYPE_CHECKING:
    from policies.auditing.invoiced import Billed

ZERO = Decimal(0)
_BY_USE = frozenset({InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE})


def match(components: Sequence[Component], pieces: Iterable[Billed], currency: str) -> list[Billed]:
    """Give each invoice line to its components. Returns the lines that no component expects."""
    by_line: dict[str, list[Component]] = defaultdict(list)
    for each in components:
        by_line[each.line.line_id].append(each)
    beyond, credits_ = [], []
    for piece in pieces:
        if piece.kind is InvoiceLineKind.CREDIT and not _burns(by_line.get(piece.line_id or "", [])):
            credits_.append(piece)
        elif not _give(piece, by_line.get(piece.line_id or "", []), currency):
            beyond.append(piece)
    for of_line in by_line.values():
        _settle_within_rows(of_line, currency)
    beyond += [piece for piece in credits_ if not _credit(piece, by_line.get(piece.line_id or "", []), currency)]
    for each in components:
        _excuse(each)
    return beyond


def _burns(components: Sequence[Component]) -> bool:
    """Whether credits on the line are prepaid credit that use burns."""
    return any(each.line.drawdown is not None for each in components)


def _give(piece: Billed, of_line: Sequence[Component], currency: str) -> bool:
    shares = _shares(piece, _candidates(piece, of_line), currency)
    for component, amount in shares:
        component.pieces.append((piece, amount))
        if piece.is_foreign:
            component.is_foreign = True
        else:
            component.billed += amount
    return bool(shares)


def _candidates(piece: Billed, of_line: Sequence[Component]) -> list[Component]:
    """The components of the part of the line that the invoice line's kind pays for; of any part where there is none."""
    parts = _parts_of(piece, of_line)
    wanted = [each for each in of_line if each.part in parts]
    return wanted if _overlapping(piece, wanted) else list(of_line)


def _parts_of(piece: Billed, of_line: Sequence[Component]) -> tuple[Part, ...]:
    if piece.kind is InvoiceLineKind.CREDIT:
        return (Part.WALLET,)
    is_usage = bool(of_line) and of_line[0].line.charge_type is ChargeType.USAGE
    if piece.kind in _BY_USE or (piece.kind is None and is_usage):
        return (Part.METERED, Part.TRUE_UP)
    return (Part.FIXED, Part.TRUE_UP) if not is_usage else (Part.FIXED, Part.METERED, Part.TRUE_UP)


def _overlapping(piece: Billed, components: Iterable[Component]) -> list[Component]:
    if piece.period is None:
        return []
    once = [each for each in components if each.kind is InvoiceLineKind.ONE_TIME]
    return once or [each for each in components if each.period.overlaps(piece.period)]


def _shares(piece: Billed, candidates: list[Component], currency: str) -> list[tuple[Component, Decimal]]:
    """The invoice line's amount over the components it pays for."""
    found = _overlapping(piece, candidates)
    exact = [each for each in found if each.period == piece.period]
    found = exact or found
    if piece.line.period_start is None and piece.line.period_end is None and len(found) > 1:
        found = [each for each in found if each.invoice_date == piece.invoice.issued_on] or found
    if not found:
        return []
    weights = [abs(each.amount) * _share_of_days(piece, each) for each in found]
    if not any(weights):
        weights = [_share_of_days(piece, each) for each in found]
    return list(zip(found, _split(piece.amount, weights, currency), strict=True))


def _share_of_days(piece: Billed, component: Component) -> Decimal:
    common = component.period.intersection(piece.period) if piece.period is not None else None
    return Decimal(1) if common is None else Decimal(common.days) / component.period.days


def _split(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """The amount by weight, in whole minor units that add up to it; the last share takes what rounding leaves."""
    if len(weights) == 1:
        return [amount]
    whole, given = sum(weights), ZERO
    shares = []
    for weight in weights[:-1]:
        shares.append(round_to_currency(amount * weight / whole, currency, ROUND_HALF_UP))
        given += shares[-1]
    return [*shares, amount - given]


def _settle_within_rows(of_line: Sequence[Component], currency: str) -> None:
    """Price and use of the same days on one invoice line: what it has beyond the price pays for the use.

    Only where the line does not say what kind it is, or where both together come to what is expected.
    """
    rows: dict[object, list[Component]] = defaultdict(list)
    for each in of_line:
        rows[each.period].append(each)
    for row in rows.values():
        if len(row) < 2 or any(each.is_unknown or each.is_foreign for each in row):
            continue
        untold = any(piece.kind is None for each in row for piece, _ in each.pieces)
        balanced = abs(sum((each.difference for each in row), ZERO)) <= minor_unit(currency)
        if untold or balanced:
            _settle(row)


def _settle(row: Sequence[Component]) -> None:
    for giver in row:
        for taker in row:
            moved = min(-giver.difference, taker.difference)
            if moved > 0:
                taker.pieces += [(piece, ZERO) for piece, _ in giver.pieces]
                giver.billed -= moved
                taker.billed += moved


def _credit(piece: Billed, of_line: Sequence[Component], currency: str) -> bool:
    """Give a credit to what it gives back: what was billed for those days."""
    billed = [each for each in of_line if each.billed > 0]
    shares = _shares(piece, billed, currency) or _shares(piece, list(of_line), currency)
    for component, amount in shares:
        component.pieces.append((piece, amount))
        if piece.is_foreign:
            component.is_foreign = True
        else:
            component.credit += amount
    return bool(shares)


def _excuse(component: Component) -> None:
    """Part a component's credits: what makes good a bill that was too high, what was granted, and what is beyond the bill."""
    if not component.credit or component.billed <= 0:
        return
    given = -component.credit
    surplus = max(ZERO, component.billed - component.amount)
    component.excused = min(max(ZERO, given - surplus), component.billed - surplus)
