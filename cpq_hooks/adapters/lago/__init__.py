"""Lago: quotes and order forms, subscriptions with their plans and coupons, usage, and invoices.

Its webhooks are told after the fact, so nothing that is answered to one stops anything: a hold is a call that follows.
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
from cpq_hooks.adapters.lago import deliveries, holds
from cpq_hooks.adapters.lago.invoices import event, invoice, usages
from cpq_hooks.adapters.lago.quotes import quote
from cpq_hooks.adapters.lago.subscriptions import plan_alone, subscription
from cpq_hooks.connection import Connection
from cpq_hooks.told_after import ToldAfterwards
from cpq_hooks.vendor_terms import Reading, mapping, mappings

_Make = Callable[[Mapping[str, Any], Reading], tuple[Translation, ...]]
_MAKES: Final[Mapping[Shape, tuple[tuple[str, _Make], ...]]] = {
    Shape.QUOTE: (("quote", lambda wrapping, reading: (quote(wrapping, Shape.QUOTE, reading),)),),
    Shape.AGREEMENT: (("quote", lambda wrapping, reading: (quote(wrapping, Shape.AGREEMENT, reading),)),),
    Shape.BILLING_CONFIGURATION: (
        ("subscription", lambda wrapping, reading: (subscription(wrapping, reading),)),
        ("plan", lambda wrapping, reading: (plan_alone(wrapping, reading),)),
    ),
    Shape.INVOICE: (("invoice", lambda wrapping, reading: (invoice(wrapping, reading),)),),
    Shape.USAGE: (
        ("event", lambda wrapping, reading: (event(wrapping, reading),)),
        ("customer_usage", usages),
    ),
}
_KINDS: Final = ("quote", "order_form", "subscription", "plan", "invoice", "event", "customer_usage")
_LISTS: Final = {f"{each}s": each for each in ("quote", "subscription", "invoice", "event")}
_OPTIONS: Final = (
    Option(
        name="time_zone",
        about="The zone in which days begin where the customer has none, by its IANA name; UTC where it is not given.",
    ),
    Option(
        name="issuer",
        about="The address of your Lago API, which a JWT names as its issuer; not looked at where it is not given.",
    ),
    Option(name="currency", about="The currency of quotes and subscriptions that state none."),
    Option(
        name="hold",
        about="What holds a subscription: the customer's grace period (the default), or nothing.",
        choices=("grace_period", "none"),
    ),
    Option(
        name="agreement_key", about="The customer's metadata key of the agreement's id; agreement_id where not given."
    ),
    Option(name="quote_key", about="The customer's metadata key of the quote's id; quote_id where not given."),
)
_SECRETS: Final = (
    Option(name="webhook", about="The HMAC signature token; several while it is changed."),
    Option(name="public_key", about="For JWT signatures: the public key, as PEM or as Lago's API gives it in base64."),
    Option(name="api", about="An API key that reads, and writes customers where Quoteguard is to hold."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LagoAdapter(ToldAfterwards):
    """Lago's language. See docs/integrations/lago.md for what is read and what a hold is."""

    name: str = "lago"
    title: str = "Lago"
    shapes: frozenset[Shape] = frozenset(_MAKES)
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        del connection
        return deliveries.events(delivery)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """What the API answers, a webhook, or a list of them. Raises `NotUnderstood`, `Invalid`."""
        makes = _MAKES.get(shape)
        if makes is None:
            raise NotUnderstood(f"Lago has no {shape.value}")
        found = list(_wrappings(payload))
        made = [translation for each in found for translation in _made(each, makes, connection)]
        if not made:
            kinds = sorted({name for each in found for name in each if name in _KINDS}) or [
                "nothing of Lago's that is read"
            ]
            wanted = " or ".join(f"a {name}" for name, _ in makes)
            raise NotUnderstood(f"for a {shape.value}, {wanted} is wanted, and this is {', '.join(kinds)}")
        return tuple(made)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        del decision
        return holds.release(target, connection)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """None: Lago has no comments, and its five metadata of a customer are the company's own."""
        del target, decision, connection
        return ()


def _made(
    wrapping: Mapping[str, Any], makes: tuple[tuple[str, _Make], ...], connection: Connection | None
) -> tuple[Translation, ...]:
    for name, make in makes:
        if isinstance(wrapping.get(name), Mapping):
            return make(wrapping, Reading(connection))
    return ()


def _wrappings(payload: Any) -> Iterator[dict[str, Any]]:
    """Each object with what came beside it: as the API wraps it, in a webhook, or in a list."""
    if isinstance(payload, list):
        for each in payload:
            yield from _wrappings(each)
        return
    known = mapping(payload)
    listed = next((name for name in _LISTS if isinstance(known.get(name), list)), None)
    if listed is not None and not any(isinstance(known.get(each), Mapping) for each in _KINDS):
        yield from ({_LISTS[listed]: each} for each in mappings(known[listed]))
    elif known:
        yield dict(known)


ADAPTER: Final = LagoAdapter()
"""The adapter that the entry point names."""
