"""Kill Bill: subscriptions with their catalogs, and invoices.

Its notifications are told after the fact, so nothing that is answered to one stops anything: a hold is a call that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from cpq_hooks.adapters.killbill import deliveries, holds
from cpq_hooks.adapters.killbill.catalogs import is_catalog, read_catalog
from cpq_hooks.adapters.killbill.invoices import invoice
from cpq_hooks.adapters.killbill.subscriptions import plans, subscription
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.told_after import ToldAfterwards
from cpq_hooks.vendor_terms import Reading, mapping

_SHAPES: Final = frozenset({Shape.BILLING_CONFIGURATION, Shape.INVOICE})
_OPTIONS: Final = (
    Option(
        name="time_zone",
        about="The zone in which days begin where the account has none, by its IANA name; UTC where it is not given.",
    ),
    Option(name="currency", about="The currency in which a catalog is read, and of accounts that state none."),
    Option(name="plan", about="The one plan of a catalog that is looked at; all of them where it is not given."),
    Option(
        name="hold",
        about="What holds a subscription: the account's tag AUTO_INVOICING_OFF (the default), or nothing.",
        choices=("tag", "none"),
    ),
    Option(name="agreement_key", about="The custom field of the agreement's id; agreement_id where not given."),
    Option(name="quote_key", about="The custom field of the quote's id; quote_id where not given."),
)
_SECRETS: Final = (
    Option(name="webhook", about="The secret in the address (?secret=…); several while it is changed."),
    Option(name="user", about="In place of the secret: the user of the address (https://USER:PASSWORD@…)."),
    Option(name="password", about="The password of the address."),
    Option(name="api_user", about="The user of Kill Bill's API."),
    Option(name="api_password", about="The password of Kill Bill's API."),
    Option(name="api_key", about="The tenant's key."),
    Option(name="api_secret", about="The tenant's secret."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KillBillAdapter(ToldAfterwards):
    """Kill Bill's language. See docs/integrations/killbill.md for what is read and what a hold is."""

    name: str = "killbill"
    title: str = "Kill Bill"
    shapes: frozenset[Shape] = _SHAPES
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        del connection
        return deliveries.events(delivery)

    def parse(self, raw: bytes) -> Any:
        """A catalog in XML as plain values, else JSON. Raises `Malformed`."""
        return read_catalog(raw) if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """What the API answers with what belongs to it beside it, a catalog, or a list of them. Raises `NotUnderstood`, `Invalid`."""
        if shape not in _SHAPES:
            raise NotUnderstood(f"Kill Bill has no {shape.value}")
        made = [found for each in _wrappings(payload) for found in _made(each, shape, connection)]
        if not made:
            wanted = "an invoice" if shape is Shape.INVOICE else "a subscription or a catalog"
            raise NotUnderstood(f"for a {shape.value}, {wanted} is wanted, and this is something else")
        return tuple(made)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        del decision
        return holds.release(target, connection)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """None: Kill Bill has no comments; its custom fields are the company's own, apart from the note of a hold."""
        del target, decision, connection
        return ()


def _made(wrapping: Mapping[str, Any], shape: Shape, connection: Connection | None) -> tuple[Translation, ...]:
    if shape is Shape.INVOICE:
        return (invoice(wrapping, Reading(connection)),) if "invoice" in wrapping else ()
    if "subscription" in wrapping:
        return (subscription(wrapping, Reading(connection)),)
    catalog = wrapping.get("catalog")
    return plans(catalog, Reading(connection)) if isinstance(catalog, Mapping) and is_catalog(catalog) else ()


def _wrappings(payload: Any) -> Iterator[dict[str, Any]]:
    """Each object with what came beside it, in a list or bare as the API answers."""
    if isinstance(payload, list):
        for each in payload:
            yield from _wrappings(each)
        return
    known = mapping(payload)
    if (
        isinstance(known.get("subscription"), Mapping)
        or isinstance(known.get("invoice"), Mapping)
        or "catalog" in known
    ):
        yield dict(known)
    elif "planName" in known and "subscriptionId" in known:
        yield {"subscription": known}
    elif "items" in known and "amount" in known:
        yield {"invoice": known}


ADAPTER: Final = KillBillAdapter()
"""The adapter that the entry point names."""
