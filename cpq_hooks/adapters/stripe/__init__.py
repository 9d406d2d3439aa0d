"""Stripe: quotes, subscriptions with their schedules, and invoices.

Its events are told after the fact, so nothing that is answered to one stops anything: a hold is a call that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.adapter import (
    Delivery,
    Event,
    Genuine,
    NotUnderstood,
    Option,
    Refusal,
    Shape,
    Target,
    Translation,
    VendorCall,
)
from cpq_hooks.adapters.stripe import deliveries, holds
from cpq_hooks.adapters.stripe.invoices import invoice
from cpq_hooks.adapters.stripe.quotes import quote
from cpq_hooks.adapters.stripe.reading import Reader
from cpq_hooks.adapters.stripe.schedules import schedule
from cpq_hooks.adapters.stripe.subscriptions import subscription
from cpq_hooks.connection import Connection
from cpq_hooks.told_after import ToldAfterwards

_WANTED: Final[Mapping[Shape, tuple[str, ...]]] = {
    Shape.QUOTE: ("quote",),
    Shape.AGREEMENT: ("quote",),
    Shape.BILLING_CONFIGURATION: ("subscription", "subscription_schedule"),
    Shape.INVOICE: ("invoice",),
}
_OPTIONS: Final = (
    Option(name="time_zone", about="The time zone in which days begin, by its IANA name; UTC where it is not given."),
    Option(
        name="api_version", about="The API version that our own calls ask for; the account's own where it is not given."
    ),
    Option(name="livemode", about="Take events of live or of test mode only.", choices=("true", "false")),
    Option(name="tolerance_seconds", about="How far a signature's time may lie from ours; 300 where it is not given."),
    Option(
        name="quote_hold",
        about="What a blocked open quote is: canceled, with a draft copy to correct, or only marked.",
        choices=("cancel", "none"),
    ),
    Option(
        name="product_from",
        about="How the catalog knows a product: by Stripe's product id, or by the price's lookup key.",
        choices=("product", "lookup_key"),
    ),
    Option(name="agreement_key", about="The metadata key that holds the agreement's id; agreement_id where not given."),
    Option(name="quote_key", about="The metadata key that holds the quote's id; quote_id where not given."),
    Option(name="quote_line_key", about="The metadata key that holds the quote's line; quote_line_id where not given."),
    Option(name="line_key", about="The metadata key that holds the contract's line; line_id where not given."),
    Option(name="product_key", about="The metadata key that holds the catalog's product; product_id where not given."),
    Option(name="opportunity_key", about="The metadata key of the opportunity; opportunity_id where not given."),
    Option(name="rep_key", about="The metadata key of the seller; rep_id where not given."),
    Option(name="segment_key", about="The customer's metadata key of the segment; segment where not given."),
    Option(name="term_key", about="The quote's metadata key of its term in months; term_months where not given."),
    Option(name="term_months", about="The term in months of quotes that state none: Stripe's own have no end."),
    Option(name="deal_type_key", about="The metadata key of the deal type; deal_type where not given."),
)
_SECRETS: Final = (
    Option(name="webhook", about="The signing secret of the webhook endpoint (whsec_…); several while they rotate.", required=True),
    Option(name="api", about="A restricted API key (rk_…) that reads, and writes what holds need."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StripeAdapter(ToldAfterwards):
    """Stripe's language. See docs/integrations/stripe.md for what is read and what a hold is."""

    name: str = "stripe"
    title: str = "Stripe"
    shapes: frozenset[Shape] = frozenset(_WANTED)
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        return deliveries.events(delivery, connection)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """An object, a list of them, or an event with one. Raises `NotUnderstood`, `Invalid`."""
        wanted = _WANTED.get(shape)
        if wanted is None:
            raise NotUnderstood(f"Stripe has no {shape.value}")
        found = [each for each in _objects(payload) if _kind(each) in wanted]
        if not found:
            kinds = sorted({str(each.get("object")) for each in _objects(payload)}) or ["nothing of Stripe's"]
            raise NotUnderstood(
                f"for a {shape.value}, a {' or '.join(wanted)} is wanted, and this is {', '.join(kinds)}"
            )
        return tuple(_translated(each, shape, Reader(connection)) for each in found)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.release(target, decision)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.write_back(target, decision)


def _objects(payload: Any) -> Sequence[Mapping[str, Any]]:
    """The objects in what was exported: one, a list as Stripe or as JSON has it, or an event's."""
    if isinstance(payload, list):
        return [found for each in payload for found in _objects(each)]
    if not isinstance(payload, Mapping):
        return []
    if _kind(payload) in {"list", "search_result"}:
        return _objects(payload.get("data"))
    data = payload.get("data")
    if payload.get("object") == "event" and isinstance(data, Mapping):
        return _objects(data.get("object"))
    return [_named(payload)]


def _named(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """A preview of an invoice may not say what it is; its lines and their total do."""
    if "object" not in payload and "lines" in payload and "amount_due" in payload:
        return {"object": "invoice", **payload}
    return payload


def _kind(payload: Mapping[str, Any]) -> str:
    return str(payload.get("object"))


def _translated(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    kind = _kind(payload)
    if kind == "quote":
        return quote(payload, shape, reader)
    if kind == "invoice":
        return invoice(payload, reader)
    if kind == "subscription_schedule":
        return schedule(payload, reader)
    steering = payload.get("schedule")
    if isinstance(steering, Mapping) and steering.get("phases") and payload.get("status") != "canceled":
        return schedule({**steering, "subscription": {**payload, "schedule": steering.get("id")}}, reader)
    return subscription(payload, reader)


ADAPTER: Final = StripeAdapter()
"""The adapter that the entry point names."""
