"""Holds, releases and write-backs, as calls to Chargebee, by what works in each state of each object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.chargebee.marks import mark_of, with_mark, without_mark
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping, mappings

_CAN_HOLD: Final = frozenset({"future", "in_trial", "active", "non_renewing"})
_CAN_PAUSE: Final = frozenset({"active", "non_renewing"})
_CAN_CLOSE: Final = frozenset({"open", "proposed"})
_LONGEST_NOTE: Final = 1_000
Form = list[tuple[str, str]]


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The calls that stop an object where Chargebee can stop it; none where it cannot, or where we hold it already."""
    payload = mapping(target.payload)
    if target.object_type == "quote":
        return tuple(_hold_quote(target, payload, decision, connection))
    if target.object_type == "invoice" and mapping(payload.get("invoice")).get("status") != "pending":
        return ()
    return tuple(_hold_subscription(payload, decision, connection))


def release(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The calls that put back what a hold of ours changed; none where there is none. A closed quote stays closed."""
    if target.object_type == "quote":
        return ()
    return tuple(_release_subscription(mapping(target.payload), decision, connection))


def write_back(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """A comment on the object, which people see in its Activity; it changes nothing, so it causes no further event."""
    if target.object_type not in {"quote", "subscription", "invoice"}:
        return ()
    text = f"Quoteguard: {decision.get('verdict') or 'unchecked'}. {decision.get('headline') or ''}".strip()
    form = [
        ("entity_type", target.object_type),
        ("entity_id", target.object_id),
        ("notes", text if len(text) <= _LONGEST_NOTE else text[: _LONGEST_NOTE - 1] + "…"),
        ("added_by", "Quoteguard"),
    ]
    return (_call("/comments", form, "write the verdict on", "verdict", target.object_id, decision, connection),)


def _hold_quote(
    target: Target, payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Close a quote that the customer could accept. One that is closed cannot be opened again."""
    status = str(mapping(payload.get("quote")).get("status"))
    if status not in _CAN_CLOSE or connection.option("quote_hold", "close") != "close":
        return
    path = f"/quotes/{_safe(target.object_id)}/update_status"
    yield _call(
        path,
        [("status", "closed")],
        "close, so that nobody accepts it,",
        "close",
        target.object_id,
        decision,
        connection,
    )


def _hold_subscription(
    payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Keep every further invoice pending, or pause the subscription where the connection wishes that and Chargebee takes it."""
    subscription = mapping(payload.get("subscription"))
    identity, means = subscription.get("id"), _means(subscription, payload, connection)
    if not isinstance(identity, str) or means is None or mark_of(subscription) is not None:
        return
    name = str(decision.get("decision_id") or "held")
    form: Form = [("meta_data", with_mark(subscription, name, means, _now(decision)))]
    if means == "pending":
        form += [("create_pending_invoices", "true"), ("auto_close_invoices", "false")]
    yield _call(
        _update(identity, connection), form, "keep the invoices pending of", "hold", identity, decision, connection
    )
    if means == "pause":
        pausing = [("pause_option", "immediately"), ("unbilled_charges_handling", "no_action")]
        yield _call(
            f"/subscriptions/{_safe(identity)}/pause", pausing, "pause", "pause", identity, decision, connection
        )


def _means(subscription: Mapping[str, Any], payload: Mapping[str, Any], connection: Connection) -> str | None:
    """How to hold. A pause takes ramps and contract terms with it, so where there are any, invoices are kept pending."""
    status, wished = str(subscription.get("status")), connection.option("hold", "pending")
    if status not in _CAN_HOLD or wished == "none":
        return None
    loses = subscription.get("contract_term") or subscription.get("has_scheduled_changes") or payload.get("ramps")
    return "pause" if wished == "pause" and status in _CAN_PAUSE and not loses else "pending"


def _release_subscription(
    payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    subscription = mapping(payload.get("subscription"))
    identity, mark = subscription.get("id"), mark_of(subscription)
    if not isinstance(identity, str) or mark is None:
        return
    if mark.means == "pause" and subscription.get("status") == "paused":
        form = [("resume_option", "immediately"), ("charges_handling", "invoice_immediately")]
        yield _call(
            f"/subscriptions/{_safe(identity)}/resume", form, "resume", "resume", identity, decision, connection
        )
    form = [("meta_data", without_mark(subscription))]
    if mark.means == "pending":
        form += [("create_pending_invoices", _flag(mark.created)), ("auto_close_invoices", _flag(mark.closed))]
    yield _call(
        _update(identity, connection), form, "let the invoices go of", "release", identity, decision, connection
    )
    if mark.means == "pending" and not mark.created:
        yield from _close(payload, mark.since, decision, connection)


def _close(
    payload: Mapping[str, Any], since: int, decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Close what the hold kept pending: without it, these invoices would have gone out."""
    for each in mappings(payload.get("pending_invoices")):
        made, name = each.get("date"), each.get("id")
        if isinstance(name, str) and isinstance(made, int) and made >= since:
            path = f"/invoices/{_safe(name)}/close"
            yield _call(path, [], "close the invoice that the hold kept pending,", "close", name, decision, connection)


def _update(identity: str, connection: Connection) -> str:
    """Where a subscription is changed; product catalog 1.0 has another place for it."""
    last = "" if connection.option("catalog") == "1.0" else "/update_for_items"
    return f"/subscriptions/{_safe(identity)}{last}"


def _now(decision: Mapping[str, Any]) -> int:
    """When the decision was made, as Unix time: an adapter has no clock of its own."""
    try:
        return int(datetime.fromisoformat(str(decision.get("evaluated_at"))).timestamp())
    except (ValueError, OverflowError):
        return 0


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


def _call(
    path: str, form: Form, purpose: str, step: str, identity: str, decision: Mapping[str, Any], connection: Connection
) -> VendorCall:
    key = f"quoteguard:{step}:{identity}:{decision.get('decision_id')}"
    return VendorCall(
        method="POST", path=f"/api/{connection.option('api', 'v2')}{path}", form=tuple(form), purpose=f"{purpose} {identity}",
        idempotency_key=key[:100],
    )  # fmt: skip
