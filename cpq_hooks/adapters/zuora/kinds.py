"""Which of Zuora's objects a payload is, told by its fields, and in words why some of them make no document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape

_WANTED: Final[Mapping[Shape, tuple[str, ...]]] = {
    Shape.QUOTE: ("order", "order line item"),
    Shape.AGREEMENT: ("order",),
    Shape.BILLING_CONFIGURATION: ("subscription",),
    Shape.INVOICE: ("invoice", "billing preview"),
    Shape.USAGE: ("usage",),
}
_REASONS: Final[Mapping[str, str]] = {
    "callout history": "callouts hold some merge fields of an object, not the object: send the subscription or the order",
    "billing preview run": "a run holds no items itself: its file does, and POST /v1/operations/billing-preview gives them by account",
    "order response": "it names what was made and holds no prices: send the order or its subscriptions",
    "rate plan": "it names no charges: send the subscription",
    "catalog charge": "it is a price of the catalog, which nobody has bought yet",
    "subscription request": "its charges are overrides of the catalog, whose models are not here: send the subscription that it made",
    "subscription change": "it is a request to change a subscription: send the subscription",
    "ramp": "it has the names and days of intervals, not their prices: send the subscription with all segments",
    "ramp metrics": "metrics are sums that follow from prices: send the subscription with all segments",
    "notification": "it is a notification's definition",
    "event trigger": "it is an event trigger's definition",
    "failed answer": "Zuora answers that the call failed",
}
_MARKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("callout history", ("calloutHistories",)),
    ("billing preview run", ("runNumber",)),
    ("billing preview", ("previewResult",)),
    ("billing preview", ("invoiceTargetDate", "contractedMrr")),
    ("ramp metrics", ("rampMetrics",)),
    ("ramp", ("ramp",)),
    ("notification", ("eventTypeName", "callout")),
    ("event trigger", ("baseObject", "eventType")),
    ("rate plan", ("ratePlanName", "subscriptionId")),
    ("order line item", ("orderLineItem",)),
    ("order", ("order",)),
    ("subscription", ("ratePlans", "subscriptionNumber")),
    ("subscription", ("ratePlans", "termType")),
    ("order response", ("orderNumber", "accountNumber")),
    ("order", ("orderDate",)),
    ("subscription request", ("subscribeToRatePlans",)),
    ("subscription change", ("update",)),
    ("catalog charge", ("ProductRatePlanId",)),
    ("catalog charge", ("productRatePlanChargeNumber",)),
    ("billing preview", ("accountId", "invoiceItems", "!invoiceDate")),
    ("invoice", ("invoiceItems",)),
    ("invoice", ("invoiceNumber",)),
    ("billing preview", ("invoice", "amountWithoutTax")),
    ("usage", ("quantity", "startDateTime")),
    ("usage", ("Quantity", "StartDateTime")),
)
_LISTS: Final = ("subscriptions", "orders", "invoices", "usage")


def kind_of(payload: Any) -> str | None:
    """What a payload is; None where it is nothing of Zuora's that is known."""
    if not isinstance(payload, Mapping):
        return None
    if payload.get("success") is False:
        return "failed answer"
    return next((kind for kind, names in _MARKS if all(_has(payload, name) for name in names)), None)


def _has(payload: Mapping[str, Any], name: str) -> bool:
    return name[1:] not in payload if name.startswith("!") else name in payload


def objects_of(payload: Any) -> Sequence[Mapping[str, Any]]:
    """The objects in what was exported: one, a list, or a page of Zuora's with a list in it."""
    if isinstance(payload, list):
        return [found for each in payload for found in objects_of(each)]
    if not isinstance(payload, Mapping):
        return []
    if kind_of(payload) is None:
        for name in _LISTS:
            if isinstance(payload.get(name), list):
                return [each for each in payload[name] if isinstance(each, Mapping)]
    return [payload]


def fitting(payload: Any, shape: Shape) -> list[tuple[str, Mapping[str, Any]]]:
    """The objects that become documents of a shape, each with what it is. Raises `NotUnderstood`, saying what was sent."""
    wanted = _WANTED[shape]
    known = [(kind_of(each), each) for each in objects_of(payload)]
    found = [(kind, each) for kind, each in known if kind in wanted]
    if found:
        return found
    told = sorted({_told(kind) for kind, _ in known}) or ["nothing of Zuora's"]
    raise NotUnderstood(f"for {_article(shape.value)}, {_article(wanted[0])} is wanted, and this is {'; '.join(told)}")


def _told(kind: str | None) -> str:
    if kind is None:
        return "nothing of Zuora's that is known"
    return f"{_article(kind)}: {_REASONS[kind]}" if kind in _REASONS else _article(kind)


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"
