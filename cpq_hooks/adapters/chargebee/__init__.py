"""Chargebee: quotes, subscriptions with their ramps, invoices and usages.

Its events are told after the fact, so nothing that is answered to one stops anything: a hold is a call that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from cpq_hooks.adapters.chargebee import deliveries, holds
from cpq_hooks.adapters.chargebee.invoices import invoice, usage
from cpq_hooks.adapters.chargebee.quotes import quote
from cpq_hooks.adapters.chargebee.subscriptions import subscription
from cpq_hooks.connection import Connection
from cpq_hooks.told_after import ToldAfterwards
from cpq_hooks.vendor_terms import Reading, mapping, mappings

_Make = Callable[[Mapping[str, Any], Shape, Reading], Translation]
_MAKES: Final[Mapping[Shape, tuple[str, _Make]]] = {
    Shape.QUOTE: ("quote", quote),
    Shape.AGREEMENT: ("quote", quote),
    Shape.BILLING_CONFIGURATION: ("subscription", lambda wrapping, _, reading: subscription(wrapping, reading)),
    Shape.INVOICE: ("invoice", lambda wrapping, _, reading: invoice(wrapping, reading)),
    Shape.USAGE: ("usage", lambda wrapping, _, reading: usage(wrapping, reading)),
}
_KINDS: Final = ("quote", "invoice", "usage", "subscription")
_OPTIONS: Final = (
    Option(name="time_zone", about="The site's time zone, in which days begin, by its IANA name; UTC where it is not given."),
    Option(name="api", about="The version of the API that our own calls use; v2 where it is not given.", choices=("v2", "v1")),
    Option(name="catalog", about="The site's product catalog; 2.0 where it is not given.", choices=("2.0", "1.0")),
    Option(name="currency", about="The currency of subscriptions that state none, as API v1 has them."),
    Option(
        name="hold",
        about="What holds a subscription: its invoices stay pending (the default), it is paused where Chargebee takes that, or nothing.",
        choices=("pending", "pause", "none"),
    ),
    Option(
        name="quote_hold",
        about="What a blocked open quote is: closed, for good, or only commented on.",
        choices=("close", "none"),
    ),
    Option(
        name="product_from",
        about="How the catalog knows a product: by the item price's id (the default), or by the item's.",
        choices=("item_price", "item"),
    ),
    Option(name="agreement_key", about="The meta data key or custom field (cf_…) of the agreement's id; agreement_id where not given."),
    Option(name="quote_key", about="The meta data key or custom field (cf_…) of the quote's id; quote_id where not given."),
    Option(name="opportunity_key", about="The quote's custom field of the opportunity; opportunity_id where not given."),
    Option(name="rep_key", about="The quote's custom field of the seller; rep_id where not given."),
)  # fmt: skip
_SECRETS: Final = (
    Option(name="user", about="The user name of the webhook's basic authentication."),
    Option(name="password", about="The password of the webhook's basic authentication; several while it is changed."),
    Option(name="webhook", about="In place of user and password: the key in the webhook's address (?key=…)."),
    Option(name="api", about="An API key of the site that reads, and writes what holds need."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargebeeAdapter(ToldAfterwards):
    """Chargebee's language. See docs/integrations/chargebee.md for what is read and what a hold is."""

    name: str = "chargebee"
    title: str = "Chargebee"
    shapes: frozenset[Shape] = frozenset(_MAKES)
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        del connection
        return deliveries.events(delivery)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """What the API answers, an event, or a list of them. Raises `NotUnderstood`, `Invalid`."""
        if shape not in _MAKES:
            raise NotUnderstood(f"Chargebee has no {shape.value}")
        wanted, make = _MAKES[shape]
        found = list(_wrappings(payload))
        chosen = [each for each in found if wanted in each]
        if not chosen:
            kinds = sorted({name for each in found for name in each if name in _KINDS}) or ["nothing of Chargebee's"]
            raise NotUnderstood(f"for a {shape.value}, a {wanted} is wanted, and this is {', '.join(kinds)}")
        return tuple(make(each, shape, Reading(connection)) for each in chosen)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.release(target, decision, connection)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.write_back(target, decision, connection)


def _wrappings(payload: Any) -> Iterator[dict[str, Any]]:
    """Each object with what came beside it: as the API wraps it, in an event, in a list, or bare."""
    if isinstance(payload, list):
        for each in payload:
            yield from _wrappings(each)
        return
    known = mapping(payload)
    if isinstance(known.get("list"), list):
        for each in mappings(known["list"]):
            yield from _wrappings(each)
    elif isinstance(known.get("content"), Mapping):
        yield dict(known["content"])
    elif isinstance(known.get("estimate"), Mapping):
        estimate = mapping(known["estimate"])
        made = [
            estimate.get("invoice_estimate"),
            estimate.get("next_invoice_estimate"),
            *mappings(estimate.get("invoice_estimates")),
        ]
        yield from ({"invoice": each} for each in made if isinstance(each, Mapping))
    elif known and not any(isinstance(known.get(each), Mapping) for each in _KINDS):
        yield {_kind(known): known}
    elif known:
        yield dict(known)


def _kind(bare: Mapping[str, Any]) -> str:
    """What a bare object is, where it says so or by what only it has."""
    stated = bare.get("object")
    if isinstance(stated, str):
        return stated
    signs = (
        ("subscription_items", "subscription"),
        ("plan_id", "subscription"),
        ("line_items", "invoice"),
        ("usage_date", "usage"),
    )
    return next((kind for sign, kind in signs if sign in bare), "unknown")


ADAPTER: Final = ChargebeeAdapter()
"""The adapter that the entry point names."""
