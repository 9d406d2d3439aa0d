"""The lines of a transaction: prices of one pricing term as prices of one canonical period."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.salesforce_revenue_cloud.graph import LINE, RELATIONSHIP, Graph, Node
from cpq_hooks.adapters.salesforce_revenue_cloud.reading import HARMLESS, Reader
from cpq_hooks.salesforce.words import FREQUENCIES
from cpq_hooks.vendor_fields import Fields
from policies.domain.money import plain

_HUNDRED: Final = Decimal(100)
_CENT: Final = Decimal("0.01")
_MONTHS: Final = {
    "months": 1,
    "month": 1,
    "monthly": 1,
    "quarterly": 3,
    "semi-annual": 6,
    "annual": 12,
    "annually": 12,
    "years": 12,
}
_PERIODS: Final = ((12, "year"), (3, "quarter"), (1, "month"))
_PARTS_OF_BUNDLE: Final = "IncludedInBundlePrice"


def lines_of(graph: Graph, reader: Reader) -> list[dict[str, Any]]:
    """The lines that have a price, each with the line that it belongs to."""
    parents, included = _bundles(graph)
    lines = []
    for node in graph.of(LINE):
        line = _line(node, reader, is_included=node.name in included)
        if line is not None:
            lines.append(
                {**line, "parent": parents.get(node.name) or graph.named(node.record.text("ParentQuoteLineItemId"))}
            )
        node.record.harmless_among(HARMLESS)
    known = {each["line_id"] for each in lines}
    for line in lines:
        parent = line.pop("parent")
        if parent in known:
            line["parent_line_id"] = parent
        elif parent is not None:
            reader.note(f"line {line['line_id']} belongs to {parent}, which is not on the quote or has no price yet")
    return lines


def _bundles(graph: Graph) -> tuple[dict[str, str], set[str]]:
    """Which line belongs to which, and the lines that are in their bundle's price."""
    parents: dict[str, str] = {}
    included: set[str] = set()
    for node in graph.of(RELATIONSHIP):
        main, part = (graph.named(node.record.text(name)) for name in ("MainQuoteLineId", "AssociatedQuoteLineId"))
        node.record.harmless(
            *HARMLESS, "ProductRelationshipTypeId", "ProductRelatedComponentId", "AssociatedQuantScaleMethod"
        )
        if main is not None and part is not None:
            parents[part] = main
            if node.record.text("AssociatedQuoteLinePricing") == _PARTS_OF_BUNDLE:
                included.add(part)
        else:
            node.record.text("AssociatedQuoteLinePricing")
    return parents, included


def _line(node: Node, reader: Reader, *, is_included: bool) -> dict[str, Any] | None:
    record = node.record
    unit, net = record.number("UnitPrice"), record.number("NetUnitPrice")
    listed, discount = record.number("ListPrice"), record.number("Discount")
    quantity = record.number("Quantity")
    price = net if net is not None else _less(unit, discount)
    if is_included and price is None:
        price = Decimal(0)
    if price is None:
        reader.say(
            record,
            "UnitPrice",
            "price",
            f"line {node.name} has no price yet (Salesforce prices it afterwards): it is left out",
        )
        record.harmless(*record.value)
        return None
    kind = _charge_type(record, node.name, reader)
    line = {
        "line_id": node.name,
        "product_id": record.text("ProductCode") or record.text("Product2Id"),
        "product_name": record.text("ProductName"),
        "charge_type": kind,
        "quantity": None if quantity is None else plain(quantity),
        **_period(record, node.name, kind, price, reader),
        **_discounts(record, node.name, listed if listed is not None else unit, price, discount, reader),
        "billing_frequency": _frequency(record, reader),
        "start_date": record.day("StartDate") or record.day("ServiceDate"),
        "end_date": record.day("EndDate"),
        "stated_total": _total(record),
    }
    _term(record, node.name, line, reader)
    return line


def _less(unit: Decimal | None, discount: Decimal | None) -> Decimal | None:
    return unit if unit is None or discount is None else unit * (_HUNDRED - discount) / _HUNDRED


def _charge_type(record: Fields, name: str, reader: Reader) -> str:
    model = (record.text("SellingModelType") or "").lower()
    record.text("ProductSellingModelId")
    if model == "onetime":
        return "one_time"
    if model in {"termdefined", "evergreen"}:
        if model == "evergreen":
            reader.note(f"line {name} is evergreen: it goes on until somebody cancels it")
        return "recurring"
    if record.has("PricingTermUnit") or record.has("EndDate") or record.has("SubscriptionTerm"):
        return "recurring"
    reader.note(f"line {name} states no selling model, term or end: it is taken as a one-time charge")
    return "one_time"


def _period(record: Fields, name: str, kind: str, price: Decimal, reader: Reader) -> dict[str, str | None]:
    """The price of one canonical period. Revenue Cloud's is that of one pricing term, such as 1 month."""
    unit, length = record.text("PricingTermUnit"), record.number("PricingTerm") or Decimal(1)
    count = record.number("PricingTermCount")
    if kind == "one_time":
        return {"price_period": "one_time", "net_unit_price": plain(price)}
    months = _MONTHS.get((unit or "").lower())
    if months is not None and length == length.to_integral_value() and length >= 1:
        whole = months * int(length)
        each, period = next((each, period) for each, period in _PERIODS if whole % each == 0)
        return {"price_period": period, "net_unit_price": _divided(price, whole // each)}
    if unit is not None and count is not None:
        reader.note(
            f"line {name} is priced for terms of {plain(length)} {unit}: its price is taken as one for the whole term"
        )
        return {"price_period": "term", "net_unit_price": plain(price * count)}
    reader.note(f"line {name} does not say what time its price pays for (PricingTermUnit): its total is not judged")
    return {"net_unit_price": plain(price)}


def _divided(price: Decimal, by: int) -> str:
    return plain(price) if by == 1 else plain((price / by).quantize(Decimal("1e-12")).normalize())


def _discounts(
    record: Fields, name: str, listed: Decimal | None, price: Decimal, discount: Decimal | None, reader: Reader
) -> dict[str, Any]:
    """List price and discount, where the price is one of whole periods; discounts that do not explain it are said."""
    whole = _MONTHS.get((record.text("PricingTermUnit") or "").lower(), 1)
    length = record.number("PricingTerm") or Decimal(1)
    if listed is None or (record.has("PricingTermUnit") and whole * length not in (1, 3, 12)):
        return {}
    found: dict[str, Any] = {"list_unit_price": plain(listed)}
    if not discount:
        return found
    if abs((_less(listed, discount) or Decimal(0)) - price) <= _CENT + listed * Decimal("0.0001"):
        return {**found, "discounts": [{"kind": "additional", "percent": plain(discount)}]}
    reader.say(
        record, "Discount", "discount", f"line {name}: its discount does not lead from its list price to its net price"
    )
    return found


def _frequency(record: Fields, reader: Reader) -> str | None:
    said = record.text("BillingFrequency")
    if said is None:
        return None
    found = FREQUENCIES.get(said.lower())
    if found is None:
        reader.say(record, "BillingFrequency", "billing", f"a billing frequency of {said} is none that is known")
    return found


def _term(record: Fields, name: str, line: Mapping[str, Any], reader: Reader) -> None:
    """Dates count. A term without an end date, and an uplift, are said: Revenue Cloud applies an uplift only in some cases."""
    if record.has("SubscriptionTerm") and line.get("end_date") is None:
        reader.say(record, "SubscriptionTerm", "term", f"line {name} states a term without an end date")
    for each in (
        "SubscriptionTerm",
        "SubscriptionTermUnit",
        "PeriodBoundary",
        "PeriodBoundaryDay",
        "PeriodBoundaryStartMonth",
        "StartQuantity",
    ):
        record.raw(each)
    if record.number("UnitPriceUplift"):
        reader.say(
            record, "UnitPriceUplift", "price",
            f"line {name} has an uplift: Revenue Cloud applies one only to term-defined products whose renewal is priced by the "
            "last transaction, and after discounts",
        )  # fmt: skip


def _total(record: Fields) -> str | None:
    total, net = record.number("TotalPrice"), record.number("NetTotalPrice")
    record.number("Subtotal")
    record.number("TotalLineAmount")
    found = net if net is not None else total
    return None if found is None else plain(found)
