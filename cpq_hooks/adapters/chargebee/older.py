"""Product catalog 1.0, and API v1: plans and addons in place of item prices, read as if they were item prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.vendor_terms import mapping, mappings

_OF_PLAN: Final = (
    "quantity", "quantity_in_decimal", "unit_price", "unit_price_in_decimal", "amount", "amount_in_decimal", "free_quantity",
    "free_quantity_in_decimal",
)  # fmt: skip
_MODELS: Final = {"on_off": "flat_fee", "quantity": "per_unit"}
_KEPT: Final = (
    "id", "object", "name", "price", "price_in_decimal", "period", "period_unit", "currency_code", "tiers", "free_quantity", "unit",
    "charge_type", "resource_version", "status", "metered",
)  # fmt: skip


def is_older(holder: Mapping[str, Any]) -> bool:
    """Whether a subscription is one of a plan with addons."""
    return bool(holder.get("plan_id")) and not holder.get("subscription_items")


def modern(wrapping: Mapping[str, Any], name: str = "subscription") -> dict[str, Any]:
    """The same with items in place of plan and addons; what came along as `plans` and `addons` become item prices."""
    holder = mapping(wrapping.get(name))
    plan_id = str(holder.get("plan_id"))
    plans = {str(each.get("id")): each for each in mappings(wrapping.get("plans"))}
    addons = {str(each.get("id")): each for each in mappings(wrapping.get("addons"))}
    plan = plans.get(plan_id, {})
    items = [{"item_price_id": plan_id, "item_type": "plan", **_own(holder, "plan_", _OF_PLAN)}]
    items += [
        {**{key: value for key, value in each.items() if key not in {"id", "proration_type"}},
         "item_price_id": str(each.get("id")), "item_type": "addon"}
        for each in mappings(holder.get("addons"))
    ]  # fmt: skip
    fee = holder.get("setup_fee", plan.get("setup_cost"))
    if fee:
        items.append({"item_price_id": f"{plan_id}:setup", "item_type": "charge", "quantity": 1, "unit_price": fee})
    gone = {"plan_id", "addons", "setup_fee", "plan_setup_fee", *(f"plan_{each}" for each in _OF_PLAN)}
    rest = {key: value for key, value in holder.items() if key not in gone}
    period = {"billing_period": plan.get("period"), "billing_period_unit": plan.get("period_unit")}
    return {
        **{key: value for key, value in wrapping.items() if key not in {"plans", "addons"}},
        name: {**(period if plan else {}), **rest, "subscription_items": items},
        "item_prices": [_price(each) for each in (*plans.values(), *addons.values())],
    }


def _own(holder: Mapping[str, Any], prefix: str, names: tuple[str, ...]) -> dict[str, Any]:
    return {each: holder[prefix + each] for each in names if holder.get(prefix + each) is not None}


def _price(each: Mapping[str, Any]) -> dict[str, Any]:
    """A plan or an addon as an item price. API v1 calls an addon that comes once by `charge_type`, and its model `type`."""
    model = each.get("pricing_model") or each.get("charge_model") or _MODELS.get(str(each.get("type")))
    free = each.get("free_quantity")
    kept = {key: each[key] for key in _KEPT if key in each and key != "free_quantity"}
    return {**kept, "pricing_model": model, **({"free_quantity": free} if free else {})}
