"""Holds and releases, as calls to Lago: the customer's grace period, during which invoices stay drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.lago.marks import HELD_DAYS, mark_of, marked, unmarked
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping

_CAN_HOLD: Final = frozenset({"active", "pending", "incomplete"})


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """Keep the customer's invoices drafts; none where Lago cannot, or where we hold them already.

    It is for the whole customer, for Lago has no smaller hold: a subscription cannot be paused, and an invoice that is
    finalized has gone out.
    """
    if connection.option("hold", "grace_period") != "grace_period" or not _can_be_held(target):
        return ()
    customer = _customer(target)
    identity = customer.get("external_id")
    if not isinstance(identity, str) or mark_of(customer) is not None:
        return ()
    before = mapping(customer.get("billing_configuration")).get("invoice_grace_period")
    known = before if isinstance(before, int) and not isinstance(before, bool) else None
    name = str(decision.get("decision_id") or "held")
    return (_call(identity, HELD_DAYS, marked(customer, name, known), "keep the invoices as drafts of customer"),)


def release(target: Target, connection: Connection) -> tuple[VendorCall, ...]:
    """Put the grace period back as it was; Lago then finalizes the drafts whose time has come."""
    del connection
    customer = _customer(target)
    mark, identity = mark_of(customer), customer.get("external_id")
    if mark is None or not isinstance(identity, str):
        return ()
    return (_call(identity, mark.before, unmarked(customer), "let the drafts go of customer"),)


def _can_be_held(target: Target) -> bool:
    payload = mapping(target.payload)
    if target.object_type == "subscription":
        return str(mapping(payload.get("subscription")).get("status")) in _CAN_HOLD
    return target.object_type == "invoice" and mapping(payload.get("invoice")).get("status") == "draft"


def _customer(target: Target) -> Mapping[str, Any]:
    payload = mapping(target.payload)
    holder = mapping(payload.get(target.object_type))
    return mapping(payload.get("customer")) or mapping(holder.get("customer"))


def _call(identity: str, days: int | None, metadata: list[dict[str, Any]], purpose: str) -> VendorCall:
    """Change a customer; Lago makes and changes by the same call, so doing it twice does no more than once."""
    customer = {"external_id": identity, "billing_configuration": {"invoice_grace_period": days}, "metadata": metadata}
    return VendorCall(
        method="POST", path="/api/v1/customers", json={"customer": customer}, purpose=f"{purpose} {identity}"
    )
