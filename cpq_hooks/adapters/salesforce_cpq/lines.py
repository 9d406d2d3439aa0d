"""A line item as a canonical line: its price of one period, its discounts, tiers, dates, and the bundle it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cpq_hooks.adapter import Unused
from cpq_hooks.adapters.salesforce_cpq import names
from cpq_hooks.adapters.salesforce_cpq.discounts import reduced
from cpq_hooks.adapters.salesforce_cpq.model import Row
from cpq_hooks.adapters.salesforce_cpq.prices import ONE, WIDE, ZERO, Priced, short
from cpq_hooks.adapters.salesforce_cpq.reading import Reader, set_in, written
from cpq_hooks.adapters.salesforce_cpq.terms import PriceTime, billing, charge_type, dates, periods_paid, price_time
from cpq_hooks.adapters.salesforce_cpq.tiers import block_tiers, consumption_tiers, schedule_tiers
from cpq_hooks.vendor_fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """How much a line sells: the quantity that is new, and how many times its net price is due (once for a block)."""

    quantity: Decimal
    units: Decimal

    @property
    def is_whole_amount(self) -> bool:
        """Whether the net price is one for the whole quantity, as CPQ has it for blocks and slabs."""
        return self.units == ONE and self.quantity != ONE


def sold(row: Row, reader: Reader) -> Sold | None:
    """What a line sells; None, and a word of why, for one that is in no total: optional, unchanged, or a reduction."""
    quantity = row.record.number("SBQQ__Quantity__c")
    units = row.record.number("SBQQ__EffectiveQuantity__c")
    if row.record.flag("SBQQ__Optional__c"):
        reader.note(f"line {row.line_id} is optional and in no total: it is left out until the customer takes it")
        return None
    quantity = ONE if quantity is None else quantity
    units = quantity if units is None else units
    if units < 0 or quantity < 0:
        reader.is_whole = False
        reader.say(
            row.record, "SBQQ__Quantity__c", "price",
            f"line {row.line_id} takes {written(abs(units))} away from an existing contract: reductions are not judged",
        )  # fmt: skip
        return None
    if units == 0:
        reader.note(f"line {row.line_id} changes nothing of what the customer has: it is left out")
        return None
    is_change = bool(row.record.flag("SBQQ__Existing__c")) and not _is_whole_amount(row)
    return Sold(quantity=units if is_change else quantity, units=units)


def _is_whole_amount(row: Row) -> bool:
    return _method(row) == "block" or (row.record.text("SBQQ__DiscountScheduleType__c") or "").lower() == "slab"


def _method(row: Row) -> str:
    return (row.record.text("SBQQ__PricingMethod__c") or "list").lower()


def line_of(row: Row, sale: Sold, quote: Fields, quote_start: str | None, reader: Reader) -> dict[str, Any]:
    """The canonical line, without its parent, which needs the other lines."""
    record = row.record
    kind = charge_type(row, reader)
    time = price_time(row, reader) if kind == "recurring" else PriceTime(period="one_time")
    document: dict[str, Any] = {
        "line_id": row.line_id,
        "product_id": _product(row, reader),
        "product_name": record.text("SBQQ__ProductName__c") or (row.product.text("Name") if row.product else None),
        "product_family": record.text("SBQQ__ProductFamily__c")
        or (row.product.text("Family") if row.product else None),
        "charge_type": kind,
        "unit_of_measure": row.product.text("QuantityUnitOfMeasure") if row.product else None,
        "quantity": written(sale.quantity),
        "price_period": None if kind == "usage" else time.period,
        "unit_cost": _cost(row, time, kind),
        **_price(row, sale, time, kind, quote, reader),
        **billing(record, reader, product=row.product),
        **(dates(row, quote_start, reader) if kind != "one_time" else _first_day(row)),
        **_uplift(row, kind, reader),
    }
    for name, field in reader.line_fields.items():
        if record.has(field):
            set_in(document, name, record.raw(field))
    return document


def _price(row: Row, sale: Sold, time: PriceTime, kind: str, quote: Fields, reader: Reader) -> dict[str, Any]:
    if kind == "usage":
        return _usage_price(row, reader)
    total = row.record.number("SBQQ__NetTotal__c")
    net = row.record.number("SBQQ__NetPrice__c")
    if net is None:
        return {}
    priced = Priced(net=net, periods=periods_paid(row, time), units=sale.units, total=total)
    listed = _list_price(row, time)
    found = {"stated_total": written(total)}
    if row.record.flag("SBQQ__Bundled__c"):
        reader.note(f"line {row.line_id} is included in its bundle, at no price of its own")
        return {**found, "net_unit_price": written(priced.price())}
    _say_percent_of_total(row, reader)
    if _method(row) == "block":
        tiers = block_tiers(row, priced, sale.quantity, reader)
        own = reduced(row, quote, listed, priced, reader)
        return {**found, **({"discounts": own.get("discounts")} if tiers else {**own, "charge_model": "flat"}), **tiers}
    tiers = schedule_tiers(row, listed, priced, sale.quantity, reader)
    if sale.is_whole_amount or tiers.get("charge_model") == "graduated":
        return {**found, **_by_slabs(row, sale, listed, priced, tiers)}
    return {**found, **reduced(row, quote, listed, priced, reader), **tiers}


def _by_slabs(row: Row, sale: Sold, listed: Decimal | None, priced: Priced, tiers: dict[str, Any]) -> dict[str, Any]:
    """CPQ's net price of a slab schedule is the whole quantity's: by its tiers, or as the average price of one unit."""
    row.record.number("SBQQ__VolumeDiscount__c")
    row.record.number("SBQQ__Discount__c")
    if tiers:
        return tiers
    average = Priced(net=priced.net, periods=priced.periods * sale.quantity, units=ONE, total=priced.total)
    return {"list_unit_price": written(listed), "net_unit_price": written(average.price())}


def _usage_price(row: Row, reader: Reader) -> dict[str, Any]:
    """A usage line commits to no total; its price is its table's, else its net price of one unit."""
    tiers = consumption_tiers(row, reader)
    net, listed = row.record.number("SBQQ__NetPrice__c"), row.record.number("SBQQ__ListPrice__c")
    if row.record.number("SBQQ__NetTotal__c"):
        reader.say(
            row.record, "SBQQ__NetTotal__c", "price", f"line {row.line_id} is usage and states a total all the same"
        )
    if tiers:
        return {**tiers, "quantity": None}
    if not net and not listed:
        reader.note(f"line {row.line_id} is usage, and neither its rates nor a price were sent")
    return {"net_unit_price": written(net), "list_unit_price": written(listed) if listed else None, "quantity": None}


def _list_price(row: Row, time: PriceTime) -> Decimal | None:
    name = "SBQQ__ProratedListPrice__c" if time.period == "term" else "SBQQ__ListPrice__c"
    listed = row.record.number(name)
    if listed is None or listed <= ZERO:
        return None
    return listed if time.of_list == ONE else short(WIDE.divide(listed, time.of_list))


def _cost(row: Row, time: PriceTime, kind: str) -> str | None:
    """The cost of one unit and period. CPQ does not prorate it, so that it is the list price's period that it is for."""
    cost = row.record.number("SBQQ__UnitCost__c")
    if cost is None or kind == "usage" or time.period == "term":
        return None
    return written(short(WIDE.divide(cost, time.of_list)))


def _say_percent_of_total(row: Row, reader: Reader) -> None:
    pricing = row.text("SBQQ__SubscriptionPricing__c")
    percent = row.number("SBQQ__SubscriptionPercent__c")
    if (pricing or "").lower() == "percent of total" or _method(row) == "percent of total":
        share = "a share" if percent is None else f"{written(percent)} %"
        reader.note(
            f"line {row.line_id} costs {share} of other lines: a change of those changes it, and its present price is taken"
        )


def _uplift(row: Row, kind: str, reader: Reader) -> dict[str, Any]:
    """A rise at renewal that the line itself states goes before the quote's. One of a segment is in its price already."""
    at_renewal, uplift = row.record.number("SBQQ__RenewalUpliftRate__c"), row.record.number("SBQQ__Uplift__c")
    is_renewal = (
        bool(row.record.flag("SBQQ__Renewal__c")) or row.record.value.get("SBQQ__RenewedSubscription__c") is not None
    )
    is_segment = row.record.value.get("SBQQ__SegmentKey__c") is not None
    if uplift and (is_renewal or is_segment):
        reader.note(f"line {row.line_id}: its uplift of {written(uplift)} % is in its price already")
        uplift = None
    rate = at_renewal if at_renewal is not None else (uplift or None)
    if rate is None or kind != "recurring":
        return {}
    reader.note(
        f"line {row.line_id} states an uplift of {written(rate)} % of its own, which goes before the quote's at renewal"
    )
    return {"uplift_percent": written(rate), "uplift_at": "renewal"}


def _first_day(row: Row) -> dict[str, str | None]:
    for name in ("SBQQ__EndDate__c", "SBQQ__SubscriptionTerm__c"):
        row.record.raw(name)
    return {"start_date": row.record.day("SBQQ__StartDate__c")}


def _product(row: Row, reader: Reader) -> str | None:
    code = row.record.text("SBQQ__ProductCode__c") or (row.product.text("ProductCode") if row.product else None)
    identity = row.record.text("SBQQ__Product__c")
    return identity or code if reader.option("product_from") == "id" else code or identity


def left_over(row: Row) -> Iterator[Unused]:
    """What has a value in a line item, its record and its product, and was neither read nor is harmless."""
    for fields, known in ((row.item, names.ITEM), (row.record, names.LINE), (row.product, names.PRODUCT)):
        if fields is None or fields.value.keys() <= known:
            continue
        rest = {name: value for name, value in fields.value.items() if name not in known}
        yield from Fields(rest, fields.ledger, fields.path).unused()
