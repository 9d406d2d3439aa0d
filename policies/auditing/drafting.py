"""Drafts of what is still to be invoiced: one line for each amount that is owed and may still be invoiced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from policies.auditing.causes import CREDIT
from policies.domain.invoice import InvoiceLine

if TYPE_CHECKING:
    from policies.auditing.expected import Component
    from policies.auditing.finding_makers import Difference
    from policies.auditing.recovery import Recovery


def drafts(differences: Iterable[Difference], recovery: Recovery) -> Iterator[InvoiceLine]:
    """The invoice lines, by line and period. A credit that was too large is a matter for a person, not for an invoice."""
    owed = [each for each in differences if each.component.difference > 0 and each.cause is not CREDIT]
    for each in sorted(owed, key=lambda each: (each.component.line.line_id, each.component.period)):
        if recovery.allows(each.component.period):
            yield _draft(each.component)


def _draft(component: Component) -> InvoiceLine:
    """Quantity and price stand on it where the whole amount is missing and they make it; a part of it has none."""
    quantity, price, amount = component.quantity, component.unit_price, component.difference
    makes_it = quantity is not None and price is not None and quantity * price == amount
    return InvoiceLine(
        amount=amount,
        kind=component.kind,
        line_id=component.line.line_id,
        product_id=component.line.product_id,
        period_start=component.period.start,
        period_end=component.period.last_day,
        quantity=quantity if makes_it else None,
        unit_price=price if makes_it else None,
    )
