"""Holds, releases and write-backs as calls to Zuora, by what truly keeps an invoice from being made there.

Zuora has no hold on billing. Three things keep a subscription out of a bill run, and each has its price, so the connection
says which is wanted (`hold`): a custom field that the tenant's bill runs filter by, an account batch that none of them
takes, or a suspension, which Zuora itself enforces and which makes a new version of the subscription.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote as escaped

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.zuora.marks import HOLD_FIELD, LONGEST, VERDICT_FIELD, Mark, mark_of
from cpq_hooks.adapters.zuora.subscriptions import ACCOUNT
from cpq_hooks.connection import Connection

KINDS: Final = ("none", "filter", "batch", "suspend")
_PREPAID: Final = ("isPrepaid", "prepaidOperationType", "prepaidQuantity")


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The calls that hold a subscription, in the way that the connection names; none where there is none, or it is held."""
    payload = target.payload
    kind = connection.option("hold") or "none"
    if (
        target.object_type != "subscription"
        or not isinstance(payload, Mapping)
        or _mark(payload, connection) is not None
    ):
        return ()
    if kind == "filter":
        return (_marked(payload, Mark(kind=kind, before="", decision_id=_decision(decision)), decision, connection),)
    if kind == "batch":
        return tuple(_hold_by_batch(payload, decision, connection))
    return tuple(_suspend(payload, decision, connection)) if kind == "suspend" else ()


def release(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The calls that put back what a hold of ours changed, by its mark; none where there is none."""
    payload = target.payload
    mark = _mark(payload, connection) if isinstance(payload, Mapping) else None
    if target.object_type != "subscription" or mark is None:
        return ()
    calls: list[VendorCall] = []
    if mark.kind == "batch":
        calls.extend(_release_batch(payload, decision, connection))
    if mark.kind == "suspend" and payload.get("status") == "Suspended":
        calls.append(_action(payload, "resume", mark.before, decision, connection))
    return (*calls, _marked(payload, None, decision, connection))


def write_back(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The call that puts the verdict into custom fields, where the object's page shows them. It makes no new version."""
    fields = {connection.option("verdict_field") or VERDICT_FIELD: str(decision.get("verdict") or "unchecked")}
    for option, name in (("headline_field", "headline"), ("decision_field", "decision_id")):
        field = connection.option(option)
        if field and decision.get(name):
            fields[field] = _short(str(decision[name]))
    path = _custom_path(target, connection)
    if path is None:
        return ()
    body = fields if target.object_type == "invoice" else {"customFields": fields}
    return (
        _call("PUT", path, body, f"write the verdict on {target.object_id}", "verdict", target.object_id, decision),
    )


# ------------------------------------------------------------------------------------------- by account batch


def _hold_by_batch(
    payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Move the account to the batch that no bill run takes. Its mark names the batch before, and who is held there."""
    batch, account = connection.option("hold_batch"), payload.get(ACCOUNT)
    now, number = _batch_of(account), str(payload.get("subscriptionNumber"))
    key = _account_key(payload)
    if not batch or not now or not key or (now == batch and _batch_mark(account, connection) is None):
        return
    mark = _batch_mark(account, connection)
    before, held = _held_there(mark) if mark is not None else (now, [])
    names = ",".join([*(each for each in held if each != number), number])
    told = Mark(kind="batch", before=before, decision_id=names)
    if not told.fits:
        return
    body = {"batch": batch, _field(connection): told.text()}
    yield _marked(payload, Mark(kind="batch", before=before, decision_id=_decision(decision)), decision, connection)
    yield _call("PUT", f"/v1/accounts/{_safe(key)}", body, f"move account {key} to {batch}", "hold", key, decision)


def _release_batch(
    payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Move the account back, unless another of its subscriptions is held there still."""
    account, number, key = payload.get(ACCOUNT), str(payload.get("subscriptionNumber")), _account_key(payload)
    mark = _batch_mark(account, connection)
    if mark is None or not key:
        return
    before, held = _held_there(mark)
    rest = [each for each in held if each != number]
    body: dict[str, str] = {_field(connection): Mark(kind="batch", before=before, decision_id=",".join(rest)).text()}
    if not rest:
        body = {_field(connection): ""}
        if _batch_of(account) == connection.option("hold_batch"):
            body["batch"] = before
    yield _call(
        "PUT", f"/v1/accounts/{_safe(key)}", body, f"give account {key} its batch back", "release", key, decision
    )


def _held_there(mark: Mark) -> tuple[str, list[str]]:
    return mark.before, [each for each in mark.decision_id.split(",") if each]


def _batch_mark(account: Any, connection: Connection) -> Mark | None:
    basics = account.get("basicInfo") if isinstance(account, Mapping) else None
    return mark_of(account, _field(connection)) or mark_of(basics, _field(connection))


def _batch_of(account: Any) -> str | None:
    basics = account.get("basicInfo") if isinstance(account, Mapping) else None
    batch = basics.get("batch") if isinstance(basics, Mapping) else None
    return batch if isinstance(batch, str) and batch else None


def _account_key(payload: Mapping[str, Any]) -> str | None:
    """The account whose bill runs make the invoice: the invoice owner's."""
    for name in ("invoiceOwnerAccountNumber", "accountNumber", "invoiceOwnerAccountId", "accountId"):
        if payload.get(name):
            return str(payload[name])
    return None


# --------------------------------------------------------------------------------------------- by suspension


def _suspend(payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection) -> Iterable[VendorCall]:
    """Suspend from the first day that is not billed. Zuora takes no suspension of what is not active, prepaid or over."""
    day, ends = _first_unbilled(payload), str(payload.get("termEndDate") or "9999-12-31")
    if payload.get("status") != "Active" or day is None or day >= ends or _is_prepaid(payload):
        return
    mark = Mark(kind="suspend", before=day, decision_id=_decision(decision))
    yield _marked(payload, mark, decision, connection)
    yield _action(payload, "suspend", day, decision, connection)


def _action(
    payload: Mapping[str, Any], kind: str, day: str, decision: Mapping[str, Any], connection: Connection
) -> VendorCall:
    """Suspend from a day, or resume on the very day of the suspension, so that no day of the term is lost."""
    number = str(payload.get("subscriptionNumber"))
    details: dict[str, Any] = {f"{kind}Policy": "SpecificDate", f"{kind}SpecificDate": day}
    if kind == "resume":
        details["extendsTerm"] = False
    purpose = f"{kind} {number} from {day}"
    if connection.option("subscription_api") == "amend":
        body = {**details, "contractEffectiveDate": day}
        return _call("PUT", f"/v1/subscriptions/{_safe(number)}/{kind}", body, purpose, kind, number, decision)
    triggers = [
        {"name": each, "triggerDate": day} for each in ("ContractEffective", "ServiceActivation", "CustomerAcceptance")
    ]
    action = {"type": kind.capitalize(), "triggerDates": triggers, kind: details}
    order = {
        "orderDate": day, "existingAccountNumber": payload.get("accountNumber"), "description": f"Quoteguard: {kind}",
        "subscriptions": [{"subscriptionNumber": number, "orderActions": [action]}],
    }  # fmt: skip
    return _call("POST", "/v1/orders", order, purpose, kind, number, decision)


def _first_unbilled(payload: Mapping[str, Any]) -> str | None:
    """The day through which charges are billed already, or the subscription's first."""
    charges = [charge for plan in _list(payload, "ratePlans") for charge in _list(plan, "ratePlanCharges")]
    segments = [each for charge in charges for each in (*_list(charge, "chargeSegments"), charge)]
    days = [str(each["chargedThroughDate"])[:10] for each in segments if each.get("chargedThroughDate")]
    first = max(
        days, default=str(payload.get("subscriptionStartDate") or payload.get("contractEffectiveDate") or "")[:10]
    )
    try:
        return date.fromisoformat(first).isoformat()
    except ValueError:
        return None


def _is_prepaid(payload: Mapping[str, Any]) -> bool:
    charges = [charge for plan in _list(payload, "ratePlans") for charge in _list(plan, "ratePlanCharges")]
    return any(charge.get(name) for charge in charges for name in _PREPAID)


def _list(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = holder.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


# ----------------------------------------------------------------------------------------------------- shared


def _mark(payload: Mapping[str, Any], connection: Connection) -> Mark | None:
    return mark_of(payload, _field(connection))


def _field(connection: Connection) -> str:
    return connection.option("hold_field") or HOLD_FIELD


def _marked(
    payload: Mapping[str, Any], mark: Mark | None, decision: Mapping[str, Any], connection: Connection
) -> VendorCall:
    number = str(payload.get("subscriptionNumber"))
    body = {"customFields": {_field(connection): "" if mark is None else mark.text()}}
    purpose = f"take the hold's mark from {number}" if mark is None else f"mark {number} as held"
    step = "unmark" if mark is None else "mark"
    return _call("PUT", _subscription_path(payload, connection), body, purpose, step, number, decision)


def _subscription_path(payload: Mapping[str, Any], connection: Connection) -> str:
    """Custom fields of the newest version; without Orders, Zuora wants the version named."""
    number, version = _safe(str(payload.get("subscriptionNumber"))), payload.get("version")
    if connection.option("subscription_api") == "amend" and version:
        return f"/v1/subscriptions/{number}/versions/{_safe(str(version))}/customFields"
    return f"/v1/subscriptions/{number}/customFields"


def _custom_path(target: Target, connection: Connection) -> str | None:
    """Where an object's custom fields are written."""
    payload = target.payload if isinstance(target.payload, Mapping) else {}
    if target.object_type == "subscription":
        return _subscription_path({"subscriptionNumber": target.object_id, **payload}, connection)
    paths = {
        "order": f"/v1/orders/{_safe(target.object_id)}/customFields",
        "invoice": f"/v1/invoices/{_safe(target.object_id)}",
    }
    return paths.get(target.object_type)


def _decision(decision: Mapping[str, Any]) -> str:
    return str(decision.get("decision_id") or "held")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


def _call(
    method: str, path: str, body: Mapping[str, Any], purpose: str, step: str, identity: str, decision: Mapping[str, Any]
) -> VendorCall:
    key = f"quoteguard:{step}:{identity}:{decision.get('decision_id')}"[:255]
    return VendorCall(method=method, path=path, json=dict(body), purpose=purpose, idempotency_key=key)
