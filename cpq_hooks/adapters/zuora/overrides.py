"""Charges of an order: what it overrides, laid over what the catalog has, in the words of a subscription's own charges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cpq_hooks.adapters.zuora.reading import Reader, spelt, word
from cpq_hooks.vendor_fields import Fields

_PRICED: Final[Mapping[str, tuple[str, str]]] = {
    f"{when}{what}": (kind, model)
    for when, kind in (("oneTime", "OneTime"), ("recurring", "Recurring"), ("usage", "Usage"))
    for what, model in (
        ("FlatFee", "FlatFee"), ("PerUnit", "PerUnit"), ("Tiered", "Tiered"), ("Volume", "Volume"), ("Overage", "Overage"),
        ("TieredWithOverage", "TieredWithOverage"), ("Delivery", "Delivery"),
    )
}  # fmt: skip
_MERGED: Final = (
    "quantity", "tiers", "includedUnits", "overagePrice", "listPriceBase", "specificListPriceBase", "priceChangeOption",
    "priceIncreasePercentage", "numberOfPeriods", "overageUnusedUnitsCreditOption", "unusedUnitsCreditRates", "uom",
    "applyDiscountTo", "discountLevel", "discountPercentage", "numberOfDeliveries",
)  # fmt: skip


def charges_of(plan: Fields, known: Mapping[str, Any] | None, reader: Reader) -> Iterable[Fields]:
    """Every charge of a rate plan that is subscribed to. Refused, with its place, is one whose price is not here."""
    overrides = {_template(each): each for each in plan.objects("chargeOverrides")}
    catalog = {str(each.get("id")): each for each in _listed(known)}
    if known is None and not any(_has_price(each) for each in overrides.values()):
        plan.ledger.refuse(
            (*plan.path, "productRatePlanId"), "no_price",
            f"the prices of rate plan {plan.value.get('productRatePlanId')} are in Zuora's catalog and not in the order: "
            "let Quoteguard fetch the order, or send the subscription",
        )  # fmt: skip
        return
    for template in dict.fromkeys([*catalog, *overrides]):
        override = overrides.get(template)
        holder = override if override is not None else plan
        merged = _merged(catalog.get(template), override, reader)
        merged.setdefault("productRatePlanChargeId", template)
        merged["number"] = merged.get("chargeNumber") or template
        yield Fields(merged, plan.ledger, holder.path)
    if known is None:
        reader.note(
            f"only the charges that the order overrides are here of rate plan {plan.value.get('productRatePlanId')}; it may have more"
        )


def _listed(known: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    found = known.get("charges") if known is not None else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _template(override: Fields) -> str:
    names = ("productRatePlanChargeId", "productRateplanChargeId", "productRatePlanChargeNumber", "chargeNumber")
    return next((str(override.value[name]) for name in names if override.value.get(name)), "?")


def _has_price(override: Fields) -> bool:
    pricing = override.value.get("pricing")
    blocks = pricing.values() if isinstance(pricing, Mapping) else ()
    wanted = ("listPrice", "overagePrice", "tiers", "discountPercentage", "discountAmount")
    return any(isinstance(block, Mapping) and any(block.get(name) for name in wanted) for block in blocks)


def _merged(catalog: Mapping[str, Any] | None, override: Fields | None, reader: Reader) -> dict[str, Any]:
    merged = _of_catalog(catalog, reader)
    if override is None:
        return merged
    own = override.value
    merged |= _present(own, ("chargeNumber", "description", "customFields", "uniqueToken"))
    merged.pop("uniqueToken", None)
    listed = merged.get("price")
    for name, block in _objects(own.get("pricing")):
        merged |= _of_block(name, block)
    if listed is not None and merged.get("price") != listed:
        merged["originalListPrice"] = listed
    for _, block in _objects({name: own.get(name) for name in ("billing", "startDate", "endDate")}):
        merged |= _timed(block)
    known = {
        "productRatePlanChargeId",
        "productRateplanChargeId",
        "productRatePlanChargeNumber",
        "pricing",
        "billing",
        "startDate",
    }
    known |= {"endDate", "chargeNumber", "description", "customFields", "uniqueToken", "isRollover"}
    merged |= {name: value for name, value in own.items() if name not in known and value is not None}
    return merged


def _of_catalog(catalog: Mapping[str, Any] | None, reader: Reader) -> dict[str, Any]:
    """The catalog's charge with its price in the document's currency."""
    if catalog is None:
        return {}
    merged = {name: value for name, value in catalog.items() if name not in {"pricing", "id", "success"}}
    prices = catalog.get("pricing")
    for each in prices if isinstance(prices, list) else []:
        if isinstance(each, Mapping) and each.get("currency") == reader.currency:
            merged |= {name: value for name, value in each.items() if name != "currency"}
    merged.setdefault("quantity", catalog.get("defaultQuantity"))
    return merged


def _of_block(name: str, block: Mapping[str, Any]) -> dict[str, Any]:
    """One block of an override's prices. What it leaves null is the catalog's."""
    found = _present(block, _MERGED)
    if not found.get("tiers"):
        found.pop("tiers", None)
    if block.get("listPrice") is not None:
        found["price"] = block["listPrice"]
    if name in _PRICED:
        found["type"], found["model"] = _PRICED[name]
    elif name == "discount":
        by_percent = block.get("discountPercentage") is not None
        found |= {
            "model": "DiscountPercentage" if by_percent else "DiscountFixedAmount",
            **_present(block, ("discountAmount",)),
        }
        found.setdefault("type", "Recurring")
    else:
        found["model"] = word(name) or "?"
    known = {*_MERGED, "listPrice", "originalListPrice", "discountAmount", "chargeModelConfiguration"}
    return found | {key: value for key, value in block.items() if key not in known and value is not None}


def _timed(block: Mapping[str, Any]) -> dict[str, Any]:
    """When a charge starts, ends and is billed, by the names that a subscription has for it."""
    found = {name: value for name, value in block.items() if value is not None}
    if "specificTriggerDate" in found:
        found["triggerDate"] = found.pop("specificTriggerDate")
        found.setdefault("triggerEvent", "SpecificDate")
    if "billCycleType" in found:
        found["billingDay"] = found.pop("billCycleType")
        if spelt(str(found["billingDay"])).startswith("specificdayofmonth") and found.get("billCycleDay"):
            found["billingDay"] = f"SpecificDayofMonth({found['billCycleDay']})"
    return found


def _present(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if values.get(name) is not None}


def _objects(values: Any) -> list[tuple[str, Mapping[str, Any]]]:
    items = values.items() if isinstance(values, Mapping) else ()
    return [(name, value) for name, value in items if isinstance(value, Mapping)]
