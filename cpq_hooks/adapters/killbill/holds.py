"""Holds and releases, as calls to Kill Bill: the control tag by which an account is not invoiced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote as escaped

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.killbill.marks import HOLD, OFF, OFF_ID, mark_of
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping, mappings

_AUTHOR = (("X-Killbill-CreatedBy", "quoteguard"),)


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """Note the hold, then set the tag; none where the account has the tag already, by our hand or another's."""
    payload = mapping(target.payload)
    account = _account(payload, target)
    tagged = any(each.get("tagDefinitionName") == OFF for each in mappings(payload.get("tags")))
    if account is None or tagged or connection.option("hold", "tag") != "tag":
        return ()
    if target.object_type == "subscription" and mapping(payload.get("subscription")).get("state") == "CANCELLED":
        return ()
    if target.object_type not in {"subscription", "invoice"}:
        return ()
    name = str(decision.get("decision_id") or "held")
    noting = VendorCall(
        method="POST", path=f"{account}/customFields", json=[{"objectType": "ACCOUNT", "name": HOLD, "value": name}], headers=_AUTHOR,
        purpose=f"note the hold on {account.rsplit('/', 1)[-1]}",
    )  # fmt: skip
    tagging = VendorCall(
        method="POST", path=f"{account}/tags", json=[OFF_ID], headers=_AUTHOR,
        purpose=f"stop the invoicing of {account.rsplit('/', 1)[-1]}",
    )  # fmt: skip
    return (tagging,) if mark_of(payload) is not None else (noting, tagging)


def release(target: Target, connection: Connection) -> tuple[VendorCall, ...]:
    """Take our tag away, then the note. Kill Bill then makes the invoices that are due."""
    del connection
    payload = mapping(target.payload)
    account, mark = _account(payload, target), mark_of(payload)
    if account is None or mark is None:
        return ()
    name = account.rsplit("/", 1)[-1]
    calls = [
        VendorCall(
            method="DELETE",
            path=f"{account}/tags?tagDef={OFF_ID}",
            headers=_AUTHOR,
            purpose=f"let the invoices go of {name}",
        )
    ]
    if mark.field_id is not None:
        path = f"{account}/customFields?customField={escaped(mark.field_id, safe='')}"
        calls.append(
            VendorCall(method="DELETE", path=path, headers=_AUTHOR, purpose=f"take the note of the hold from {name}")
        )
    return tuple(calls)


def _account(payload: Mapping[str, Any], target: Target) -> str | None:
    """The account's place in the API."""
    holder = mapping(payload.get(target.object_type))
    identity = mapping(payload.get("account")).get("accountId") or holder.get("accountId")
    return f"/1.0/kb/accounts/{escaped(identity, safe='')}" if isinstance(identity, str) and identity else None
