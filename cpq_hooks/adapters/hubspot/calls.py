"""Write-backs, holds, releases and completed callbacks, as calls to HubSpot.

What is written is compared with what stands there, so that a verdict that changes nothing writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import quote as escaped

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.hubspot.billing import HOLD, subscriptions_in
from cpq_hooks.adapters.hubspot.quotes import PUBLISHED
from cpq_hooks.adapters.hubspot.reading import records
from cpq_hooks.connection import Connection
from cpq_hooks.verdict_words import lines_of, message_of, of_line, verdict_of

VERDICT: Final = "quoteguard_verdict"
MESSAGE: Final = "quoteguard_message"
DECISION: Final = "quoteguard_decision"
BEFORE: Final = "quoteguard_hold_before"
API_VERSION: Final = "2026-03"
_BATCH: Final = 100
_CAN_PAUSE: Final = frozenset({"active", "past_due", "scheduled", "unpaid"})
_KINDS: Final = {"quote": "quotes", "deal": "deals", "subscription": "subscriptions", "invoice": "invoices"}


def api_version(connection: Connection | None) -> str:
    """The dated version of HubSpot's API that calls ask for."""
    return (connection.option("api_version") if connection is not None else None) or API_VERSION


def write_back(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The verdict onto the record, its deal and its lines, and the completion of the workflow action that waits."""
    return (
        *_lines(target, decision, connection),
        *_records(target, decision, connection),
        *_callback(target, decision, connection),
    )


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """A published quote is made a draft again; a subscription is paused."""
    kind, record = _subject(target)
    if kind == "subscription":
        return tuple(each for one in _subscriptions(target, record) for each in _pause(one, decision, connection))
    if kind != "quote":
        return ()
    status, mark = _property(record, "hs_status").upper(), _property(record, HOLD)
    if mark or (status not in PUBLISHED and status != "PENDING_APPROVAL") or _is_taken(record):
        return ()
    properties = {HOLD: _id(decision), BEFORE: status}
    if connection.option("quote_hold") != "property":
        properties["hs_status"] = "DRAFT"
    return (
        _patch(
            "quotes",
            str(record.get("id") or target.object_id),
            properties,
            "keep the quote from being accepted",
            connection,
        ),
    )


def release(target: Target, connection: Connection) -> tuple[VendorCall, ...]:
    """The mark of a hold is taken away. A subscription goes on; a quote is published again by its owner, or by option."""
    kind, record = _subject(target)
    if kind == "subscription":
        return tuple(each for one in _subscriptions(target, record) for each in _unpause(one, connection))
    calls: list[VendorCall] = []
    if kind == "quote" and _property(record, HOLD):
        properties = {HOLD: "", BEFORE: ""}
        unread = (
            _property(record, "hs_status").upper() == "DRAFT" and _property(record, BEFORE) == "APPROVAL_NOT_NEEDED"
        )
        if connection.option("release") == "publish" and unread:
            properties["hs_status"] = "APPROVAL_NOT_NEEDED"
        calls.append(
            _patch(
                "quotes",
                str(record.get("id") or target.object_id),
                properties,
                "take the mark of the hold away",
                connection,
            )
        )
    return tuple(calls)


def completion(callback: str, decision: Mapping[str, Any], connection: Connection) -> VendorCall:
    """The workflow goes on with the verdict. It may branch on it; a check that was not made is a failure that it survives."""
    return VendorCall(
        method="POST",
        path=f"/automation/actions/callbacks/{escaped(api_version(connection), safe='')}/{escaped(callback, safe='')}/complete",
        purpose="let the workflow go on with the verdict",
        json={"outputFields": output_fields(decision)},
        when_refused="the workflow waits no longer: it was told before, or its time was over",
    )


def output_fields(decision: Mapping[str, Any]) -> dict[str, str]:
    """What a workflow can branch on and show."""
    return {
        "hs_execution_state": "FAIL_CONTINUE" if decision.get("checked") is False else "SUCCESS",
        VERDICT: verdict_of(decision),
        MESSAGE: message_of(decision),
        DECISION: _id(decision),
    }


def _callback(target: Target, decision: Mapping[str, Any], connection: Connection) -> Iterator[VendorCall]:
    """With the option action_on_block=wait a block leaves the workflow where it is, until it expires or the block is gone."""
    if target.callback is None:
        return
    if decision.get("verdict") == "block" and connection.option("action_on_block") == "wait":
        return
    yield completion(target.callback, decision, connection)


def _lines(target: Target, decision: Mapping[str, Any], connection: Connection) -> Iterator[VendorCall]:
    """Every line that is to say something else than it says, a hundred a call."""
    payload = target.payload if isinstance(target.payload, Mapping) else {}
    parts = [payload, *records(payload.get("subscriptions"))]
    known = {str(each.get("id")): each for part in parts for each in records(part.get("line_items")) if each.get("id")}
    inputs = iter(_changed(known, decision))
    while portion := list(islice(inputs, _BATCH)):
        yield VendorCall(
            method="POST", path=f"{_crm(connection)}/line_items/batch/update",
            purpose="put the findings on the lines", json={"inputs": portion},
        )  # fmt: skip


def _changed(known: Mapping[str, Mapping[str, Any]], decision: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for line_id in known or lines_of(decision):
        verdict, message = of_line(decision, line_id)
        wanted = {VERDICT: verdict, MESSAGE: message}
        if line_id not in known or any(_property(known[line_id], name) != value for name, value in wanted.items()):
            yield {"id": line_id, "properties": wanted}


def _records(target: Target, decision: Mapping[str, Any], connection: Connection) -> Iterator[VendorCall]:
    kind, record = _subject(target)
    payload = target.payload if isinstance(target.payload, Mapping) else {}
    wanted = {VERDICT: verdict_of(decision), MESSAGE: message_of(decision)}
    deal = payload.get("deal")
    if kind == "quote" and isinstance(deal, Mapping) and deal.get("id") and connection.option("write_deal") == "true":
        yield from _written("deals", deal, wanted, connection)
    if kind == "subscription":
        for each in _subscriptions(target, record):
            yield from _written("subscriptions", each, wanted, connection)
    elif kind in _KINDS:
        yield from _written(_KINDS[kind], record, wanted, connection)


def _written(
    plural: str, record: Mapping[str, Any], wanted: Mapping[str, str], connection: Connection
) -> Iterator[VendorCall]:
    if any(_property(record, name) != value for name, value in wanted.items()):
        yield _patch(plural, str(record.get("id") or ""), wanted, "put the verdict on the record", connection)


def _subject(target: Target) -> tuple[str, Mapping[str, Any]]:
    """What a decision was on: the payload says it, for an event on a line item is one on its quote."""
    payload = target.payload if isinstance(target.payload, Mapping) else {}
    for kind in ("quote", "invoice", "subscription", "deal"):
        record = payload.get(kind)
        if kind == "quote" and ("subscriptions" in payload or "subscription" in payload or "invoice" in payload):
            continue
        if isinstance(record, Mapping) and record.get("id"):
            return kind, record
    if "subscriptions" in payload:
        return "subscription", {"id": target.object_id}
    return target.object_type, {"id": target.object_id}


def _subscriptions(target: Target, record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return subscriptions_in(target.payload) or [record]


def _pause(record: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection) -> Iterator[VendorCall]:
    if _property(record, HOLD) or _property(record, "hs_status").lower() not in _CAN_PAUSE:
        return
    yield _patch(
        "subscriptions", str(record["id"]), {HOLD: _id(decision)}, "note the hold on the subscription", connection
    )
    yield _switch(record, "pause", "keep the subscription from invoicing")


def _unpause(record: Mapping[str, Any], connection: Connection) -> Iterator[VendorCall]:
    if not _property(record, HOLD):
        return
    if _property(record, "hs_status").lower() == "paused":
        yield _switch(record, "unpause", "let the subscription invoice again")
    yield _patch("subscriptions", str(record["id"]), {HOLD: ""}, "take the mark of the hold away", connection)


def _switch(record: Mapping[str, Any], what: str, purpose: str) -> VendorCall:
    path = f"/payments-subscriptions/v1/subscriptions/crm/{escaped(str(record['id']), safe='')}/{what}"
    return VendorCall(method="POST", path=path, purpose=purpose)


def _patch(
    plural: str, record_id: str, properties: Mapping[str, str], purpose: str, connection: Connection
) -> VendorCall:
    path = f"{_crm(connection)}/{plural}/{escaped(record_id, safe='')}"
    return VendorCall(method="PATCH", path=path, purpose=purpose, json={"properties": dict(properties)})


def _crm(connection: Connection) -> str:
    return f"/crm/objects/{escaped(api_version(connection), safe='')}"


def _is_taken(record: Mapping[str, Any]) -> bool:
    return _property(record, "hs_payment_status").upper() == "PAID"


def _property(record: Mapping[str, Any], name: str) -> str:
    properties = record.get("properties")
    value = properties.get(name) if isinstance(properties, Mapping) else None
    return value if isinstance(value, str) else ""


def _id(decision: Mapping[str, Any]) -> str:
    return str(decision.get("decision_id") or "")
