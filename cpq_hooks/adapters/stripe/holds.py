"""Holds, releases and write-backs, as calls to Stripe, by what works in each state of each object.

A hold notes on the object what stood there before, so that the release puts back that and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from cpq_hooks.adapter import Target, VendorCall
from cpq_hooks.adapters.stripe.marks import (
    BEFORE,
    DECISION,
    HEADLINE,
    HOLD,
    LONGEST_VALUE,
    NOTHING,
    SINCE,
    VERDICT,
    mark_of,
)
from cpq_hooks.adapters.stripe.subscriptions import DRAFTS
from cpq_hooks.connection import Connection

PATHS: Final[Mapping[str, str]] = {
    "quote": "/v1/quotes",
    "subscription": "/v1/subscriptions",
    "subscription_schedule": "/v1/subscription_schedules",
    "invoice": "/v1/invoices",
}
_CAN_PAUSE: Final = frozenset({"active", "trialing", "past_due", "unpaid"})
_STOPS_ALREADY: Final = frozenset({"void", "mark_uncollectible", "keep_as_draft"})
Form = list[tuple[str, str]]


def hold(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The calls that stop an object where Stripe can stop it; none where it cannot, or where we hold it already."""
    payload = _payload(target)
    if target.object_type == "quote":
        return tuple(_hold_quote(target, payload, decision, connection))
    if target.object_type == "subscription":
        return tuple(_hold_subscription(payload, decision))
    if target.object_type == "subscription_schedule":
        return tuple(_hold_schedule(target, payload, decision))
    if target.object_type == "invoice":
        return tuple(_hold_invoice(payload, decision))
    return ()


def release(target: Target, decision: Mapping[str, Any]) -> tuple[VendorCall, ...]:
    """The calls that put back what a hold of ours changed; none where there is none. A canceled quote stays canceled."""
    payload = _payload(target)
    if target.object_type == "subscription":
        return tuple(_release_subscription(payload, decision))
    if target.object_type == "subscription_schedule":
        return tuple(_release_schedule(target, payload, decision))
    if target.object_type == "invoice":
        return tuple(_release_invoice(payload, decision))
    return ()


def write_back(target: Target, decision: Mapping[str, Any]) -> tuple[VendorCall, ...]:
    """The call that puts the verdict into the object's metadata, where the Dashboard shows it."""
    path = PATHS.get(target.object_type)
    if path is None:
        return ()
    form = [(f"metadata[{VERDICT}]", str(decision.get("verdict") or "unchecked"))]
    for key, name in ((DECISION, "decision_id"), (HEADLINE, "headline")):
        if decision.get(name):
            form.append((f"metadata[{key}]", _short(str(decision[name]))))
    return (
        _call(f"{path}/{_safe(target.object_id)}", form, "write the verdict on", "verdict", target.object_id, decision),
    )


# --------------------------------------------------------------------------------------------------- quotes


def _hold_quote(
    target: Target, payload: Mapping[str, Any], decision: Mapping[str, Any], connection: Connection
) -> Iterable[VendorCall]:
    """Cancel an open quote, once a draft with the same content is there to correct: what is canceled cannot be opened again.

    A draft needs no hold, for nobody can accept it; an accepted quote has become a subscription, which is held itself.
    """
    if payload.get("status") != "open" or connection.option("quote_hold", "cancel") != "cancel":
        return
    identity = target.object_id
    copy = [("from_quote[quote]", identity)]
    yield _call("/v1/quotes", copy, "make a draft to correct, with the content of", "copy", identity, decision)
    yield _call(
        f"/v1/quotes/{_safe(identity)}/cancel", [], "cancel, so that nobody accepts it,", "cancel", identity, decision
    )


# -------------------------------------------------------------------------------------------- subscriptions


def _hold_subscription(payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    """Keep every further invoice a draft, and stop the one that is there.

    Not in these states: Stripe takes no pause of what is incomplete, paused, canceled or expired, and none of these makes
    an invoice by itself.
    """
    identity = payload.get("id")
    if not isinstance(identity, str) or _status(payload) not in _CAN_PAUSE or mark_of(payload) is not None:
        return
    behavior, resumes_at = _pause(payload)
    form = _marked(decision, _before(behavior, resumes_at))
    if behavior is None or resumes_at is not None:
        form += [("pause_collection[behavior]", behavior or "keep_as_draft")]
        form += [("pause_collection[resumes_at]", "")] if resumes_at is not None else []
    yield _call(_at("subscription", identity), form, "keep the invoices as drafts of", "hold", identity, decision)
    for each in _invoices(payload):
        yield from _hold_invoice(each, decision)


def _release_subscription(payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    """Put the pause back as it was, and let go the drafts that were made meanwhile: Stripe leaves those lying."""
    identity, mark = payload.get("id"), mark_of(payload)
    if not isinstance(identity, str) or mark is None:
        return
    behavior, _, resumes_at = mark.before.partition(":")
    form = _unmarked()
    if behavior == NOTHING:
        form += [("pause_collection", "")]
    elif resumes_at:
        form += [("pause_collection[behavior]", behavior), *_resuming(resumes_at, decision)]
    yield _call(_at("subscription", identity), form, "resume the collection of", "release", identity, decision)
    for each in _invoices(payload):
        if mark_of(each) is not None:
            yield from _release_invoice(each, decision)
        elif behavior == NOTHING and _made_meanwhile(each, mark.since):
            name = str(each.get("id"))
            go = [("auto_advance", "true")]
            yield _call(_at("invoice", name), go, "let go the draft that the hold made of", "release", name, decision)


def _resuming(resumes_at: str, decision: Mapping[str, Any]) -> Form:
    """When the pause was to end; where that has gone by, it would have ended, and an hour from now it does."""
    now = _now(decision)
    if not _is_stamp(resumes_at):
        return []
    if now is not None and int(resumes_at) <= now:
        resumes_at = str(now + 3_600)
    return [("pause_collection[resumes_at]", resumes_at)]


def _made_meanwhile(invoice: Mapping[str, Any], since: int | None) -> bool:
    created = invoice.get("created")
    is_idle_draft = invoice.get("status") == "draft" and invoice.get("auto_advance") is False
    by_subscription = str(invoice.get("billing_reason") or "").startswith("subscription")
    return is_idle_draft and by_subscription and since is not None and isinstance(created, int) and created >= since


def _pause(payload: Mapping[str, Any]) -> tuple[str | None, int | None]:
    paused = payload.get("pause_collection")
    if not isinstance(paused, Mapping) or str(paused.get("behavior")) not in _STOPS_ALREADY:
        return None, None
    resumes_at = paused.get("resumes_at")
    return str(paused["behavior"]), resumes_at if isinstance(resumes_at, int) else None


def _before(behavior: str | None, resumes_at: int | None) -> str:
    return behavior or NOTHING if resumes_at is None else f"{behavior}:{resumes_at}"


def _invoices(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The invoices that are known with it, each once: the drafts that our client fetched, and the latest."""
    drafts = payload.get(DRAFTS)
    known = [*(drafts if isinstance(drafts, list) else []), payload.get("latest_invoice")]
    by_id = {each["id"]: each for each in known if isinstance(each, Mapping) and isinstance(each.get("id"), str)}
    return list(by_id.values())


# ------------------------------------------------------------------------------------------------ schedules


def _hold_schedule(target: Target, payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    """Hold the subscription that has begun. One that has not begun makes no invoice yet: it is marked, and held when it begins.

    Stripe has no pause for it: its start could be moved only by sending all phases again, and what is canceled is gone.
    """
    subscription = payload.get("subscription")
    if isinstance(subscription, Mapping):
        yield from _hold_subscription(subscription, decision)
    elif payload.get("status") == "not_started" and mark_of(payload) is None:
        form = _marked(decision, NOTHING)
        yield _call(
            _at("subscription_schedule", target.object_id), form, "mark as held", "hold", target.object_id, decision
        )


def _release_schedule(target: Target, payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    subscription = payload.get("subscription")
    if mark_of(payload) is not None:
        path = _at("subscription_schedule", target.object_id)
        yield _call(path, _unmarked(), "take the mark of the hold from", "release", target.object_id, decision)
    if isinstance(subscription, Mapping):
        yield from _release_subscription(subscription, decision)


# ------------------------------------------------------------------------------------------------- invoices


def _hold_invoice(payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    """Keep a draft a draft. One that is finalized has gone out: then only its collection is stopped."""
    identity, status = payload.get("id"), _status(payload)
    if not isinstance(identity, str) or status not in {"draft", "open"} or mark_of(payload) is not None:
        return
    advances = payload.get("auto_advance") is True
    if status == "open" and not advances:
        return
    due = payload.get("automatically_finalizes_at")
    before = "true" if advances else "false"
    form = [*_marked(decision, f"{before}:{due}" if advances and isinstance(due, int) else before)]
    purpose = "keep as a draft" if status == "draft" else "stop collecting what has gone out,"
    yield _call(_at("invoice", identity), [*form, ("auto_advance", "false")], purpose, "hold", identity, decision)


def _release_invoice(payload: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterable[VendorCall]:
    identity, mark = payload.get("id"), mark_of(payload)
    if not isinstance(identity, str) or mark is None:
        return
    advances, _, due = mark.before.partition(":")
    form = _unmarked()
    if _status(payload) in {"draft", "open"}:
        form += [("auto_advance", "true" if advances == "true" else "false")]
        now = _now(decision)
        if _is_stamp(due) and _status(payload) == "draft" and now is not None and int(due) > now:
            form += [("automatically_finalizes_at", due)]
    yield _call(_at("invoice", identity), form, "let go", "release", identity, decision)


# --------------------------------------------------------------------------------------------------- shared


def _payload(target: Target) -> Mapping[str, Any]:
    return target.payload if isinstance(target.payload, Mapping) else {}


def _status(payload: Mapping[str, Any]) -> str:
    return str(payload.get("status"))


def _is_stamp(text: str) -> bool:
    """Whether what our own mark holds is a Unix time still: people can edit metadata."""
    return text.isascii() and text.isdigit() and len(text) < 12


def _marked(decision: Mapping[str, Any], before: str) -> Form:
    since = _now(decision)
    form = [(f"metadata[{HOLD}]", _short(str(decision.get("decision_id") or "held"))), (f"metadata[{BEFORE}]", before)]
    return form if since is None else [*form, (f"metadata[{SINCE}]", str(since))]


def _unmarked() -> Form:
    """Empty values, by which Stripe takes a key away."""
    return [(f"metadata[{key}]", "") for key in (HOLD, BEFORE, SINCE)]


def _now(decision: Mapping[str, Any]) -> int | None:
    """When the decision was made, as Unix time: an adapter has no clock of its own."""
    try:
        return int(datetime.fromisoformat(str(decision.get("evaluated_at"))).timestamp())
    except ValueError:
        return None


def _at(resource: str, identity: str) -> str:
    return f"{PATHS[resource]}/{_safe(identity)}"


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _call(path: str, form: Form, purpose: str, step: str, identity: str, decision: Mapping[str, Any]) -> VendorCall:
    key = f"quoteguard:{step}:{identity}:{decision.get('decision_id')}"
    return VendorCall(
        method="POST", path=path, form=tuple(form), purpose=f"{purpose} {identity}", idempotency_key=key[:255]
    )
