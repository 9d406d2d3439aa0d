"""The discounts that a line states, by kind, and whether they lead from its list price to its net price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.salesforce_cpq.model import Row
from cpq_hooks.adapters.salesforce_cpq.prices import ZERO, Priced, Reduction, explained, readings, short
from cpq_hooks.adapters.salesforce_cpq.reading import Reader, written
from cpq_hooks.vendor_fields import Fields
from policies.domain.charge import Discount

_PERCENT: Final = (
    ("volume", "SBQQ__VolumeDiscount__c"),
    ("term", "SBQQ__TermDiscount__c"),
    ("option", "SBQQ__OptionDiscount__c"),
    ("additional", "SBQQ__Discount__c"),
    ("partner", "SBQQ__PartnerDiscount__c"),
    ("distributor", "SBQQ__DistributorDiscount__c"),
)
_AMOUNT: Final = (("option", "SBQQ__OptionDiscountAmount__c"), ("additional", "SBQQ__AdditionalDiscountAmount__c"))
_OF_QUOTE: Final = (
    ("additional", "SBQQ__CustomerDiscount__c"),
    ("partner", "SBQQ__PartnerDiscount__c"),
    ("distributor", "SBQQ__DistributorDiscount__c"),
)
_WATERFALL: Final = ("contracted", "uplift", "volume", "term", "option", "additional", "partner", "distributor")
CONTRACTED: Final = "SBQQ__SpecialPrice__c"


def stated(row: Row, listed: Decimal | None) -> list[Reduction]:
    """What the line takes off its list price, in the order of CPQ's waterfall. A contracted price is a discount from list."""
    record, sent = row.record, row.record.value
    found = [
        Reduction(kind=kind, field=name, percent=percent)
        for kind, name in _PERCENT
        if sent.get(name) is not None and (percent := record.number(name))
    ]
    found += [
        Reduction(kind=kind, field=name, amount=amount)
        for kind, name in _AMOUNT
        if sent.get(name) is not None and (amount := record.number(name))
    ]
    special, kind = record.number(CONTRACTED), record.text("SBQQ__SpecialPriceType__c")
    record.number("SBQQ__CompoundDiscountRate__c")
    if kind is not None and special is not None and listed is not None and special < listed:
        name = "contracted" if kind.lower() == "contracted price" else kind.lower()
        found.append(Reduction(kind=name, field=CONTRACTED, percent=_percent_off(listed, special)))
    if len(found) > 1:
        found.sort(key=lambda each: _WATERFALL.index(each.kind) if each.kind in _WATERFALL else 0)
    return found


def _percent_off(listed: Decimal, special: Decimal) -> Decimal:
    """The share that a special price is below list. As a share it holds of whichever period the list price pays for."""
    return short((listed - special) * 100 / listed)


def of_quote(quote: Fields, own: Sequence[Reduction]) -> list[Reduction]:
    """The quote's own discounts, for lines that state none of the kind."""
    kinds = {each.kind for each in own}
    return [
        Reduction(kind=kind, field=name, percent=percent)
        for kind, name in _OF_QUOTE
        if kind not in kinds and (percent := quote.number(name)) is not None and percent
    ]


def reduced(row: Row, quote: Fields, listed: Decimal | None, priced: Priced, reader: Reader) -> dict[str, Any]:
    """List price, discounts and net price of one period. Discounts that do not explain the net price are said, not stated."""
    own = stated(row, row.record.number("SBQQ__ListPrice__c"))
    if listed is None:
        _unexplained(row, own, reader)
        return {"net_unit_price": written(priced.price())}
    prorated = row.item.flag("amountDiscountProrated")
    for reductions in ([*own], [*own, *of_quote(quote, own)]):
        discounts = explained(listed, reductions, priced, amount_is_prorated=prorated)
        if discounts is not None:
            return {
                "list_unit_price": written(listed),
                "net_unit_price": written(priced.price(readings(listed, discounts))),
                "discounts": [_document(each) for each in discounts],
            }
    if own:
        _unexplained(row, own, reader)
    else:
        _say_markup(row, listed, priced, reader)
    return {"list_unit_price": written(listed), "net_unit_price": written(priced.price())}


def _say_markup(row: Row, listed: Decimal, priced: Priced, reader: Reader) -> None:
    """A price that differs from list without any discount was set by a rule, a plugin or by hand."""
    for name in ("SBQQ__MarkupRate__c", "SBQQ__MarkupAmount__c"):
        if row.record.number(name):
            reader.say(row.record, name, "discount")
    side = "below" if priced.per_period < listed else "above"
    reader.note(
        f"line {row.line_id}: the net price is {side} the list price, and the line states no discount or markup that leads there"
    )


def _unexplained(row: Row, own: Sequence[Reduction], reader: Reader) -> None:
    for each in own:
        reader.say(row.record, each.field, "discount")
    if own:
        kinds = ", ".join(dict.fromkeys(each.kind for each in own))
        reader.note(f"line {row.line_id}: its discounts ({kinds}) do not lead from its list price to its net price")


def _document(discount: Discount) -> dict[str, Any]:
    amount = None if discount.amount is None or discount.amount < ZERO else written(discount.amount)
    return {"kind": discount.kind, "percent": written(discount.percent), "amount": amount}
