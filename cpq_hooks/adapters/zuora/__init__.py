"""Zuora: subscriptions with their rate plans, orders, invoices, previews of bills, and usage.

Its callouts are told after the fact, so nothing that is answered to one stops anything. Zuora has no hold on billing
either: what a hold is, the connection says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    VendorReply,
)
from cpq_hooks.adapters.zuora import callouts, holds, verifying
from cpq_hooks.adapters.zuora.invoices import invoice, preview
from cpq_hooks.adapters.zuora.kinds import fitting
from cpq_hooks.adapters.zuora.locales import LOCALES
from cpq_hooks.adapters.zuora.order_items import line_item
from cpq_hooks.adapters.zuora.orders import order
from cpq_hooks.adapters.zuora.reading import Reader
from cpq_hooks.adapters.zuora.subscriptions import subscription
from cpq_hooks.adapters.zuora.usage import usage
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.told_after import ToldAfterwards

_RECEIVED: Final = VendorReply(status=200, body=b'{"success": true}')
"""Zuora takes nothing but 200 as success, and where its template says so, only with this body."""

_OPTIONS: Final = (
    Option(name="callout_auth", about="How callouts prove themselves; basic where not given.", choices=("basic", "hmac", "both")),
    Option(name="hmac_header", about="The header that holds the signature of your HMAC recipe."),
    Option(name="hmac_algorithm", about="The recipe's digest; sha256 where not given.", choices=verifying.ALGORITHMS),
    Option(name="hmac_encoding", about="How the recipe writes the digest; base64 where not given.", choices=verifying.ENCODINGS),
    Option(name="hmac_data", about="What the recipe signs: text with {body}, {method}, {url}, {path}, {query}, {header:Name}, {param:Name}; {body} where not given."),
    Option(name="hmac_value", about="What the header holds, with {signature} in it; {signature} alone where not given."),
    Option(name="hmac_timestamp_header", about="A header with the moment of signing, which your recipe signs as well."),
    Option(name="tolerance_seconds", about="How far that moment may lie from ours; 300 where not given."),
    Option(name="locale", about="How your tenant writes amounts in merge fields, such as en_US or de_DE; they are not read without it.", choices=LOCALES),
    Option(name="date_format", about="How your tenant writes dates in merge fields, such as MM/dd/yyyy; they are not read without it."),
    Option(name="event_field", about="The parameter with the event's name; Event.Category and its like where not given."),
    Option(name="object_field", about="The parameter with the object's number or id; Zuora's own names where not given."),
    Option(name="object_type", about="What the callouts are about, where the event's name does not say.", choices=("subscription", "order", "invoice")),
    Option(name="version_field", about="The parameter with the object's version; Subscription.Version where not given."),
    Option(name="time_field", about="The parameter with the event's moment; Event.Timestamp where not given."),
    Option(name="currency", about="The currency of exports that state none: previews, items of invoices, requests."),
    Option(name="time_zone", about="The tenant's time zone, by its IANA name."),
    Option(name="product_from", about="How the catalog knows a product; by SKU where not given.", choices=("sku", "product", "rate_plan", "charge")),
    Option(name="agreement_is", about="subscription: the subscription's number is the agreement's id.", choices=("subscription",)),
    Option(name="order_is", about="What an order that a callout names is checked as; quote where not given.", choices=("quote", "agreement")),
    Option(name="agreement_field", about="The custom field with the agreement's id; AgreementId__c where not given."),
    Option(name="quote_field", about="The custom field with the quote's id; QuoteNumber__QT where not given."),
    Option(name="quote_line_field", about="The charge's custom field with the quote's line; QuoteLineId__c where not given."),
    Option(name="line_field", about="The charge's custom field with the contract's line."),
    Option(name="hold", about="What a hold is: a custom field that your bill runs filter by, an account batch that none takes, a suspension, or nothing.", choices=holds.KINDS),
    Option(name="hold_batch", about="The batch that no bill run takes, such as Batch50; for hold: batch."),
    Option(name="hold_field", about="The custom field with a hold's mark; Quoteguard_Hold__c where not given."),
    Option(name="subscription_api", about="orders where your tenant has Orders, else amend; orders where not given.", choices=("orders", "amend")),
    Option(name="verdict_field", about="The custom field for the verdict; Quoteguard_Verdict__c where not given."),
    Option(name="headline_field", about="A custom field for the decision's sentence; none where not given."),
    Option(name="decision_field", about="A custom field for the decision's id; none where not given."),
    Option(name="preview_months", about="How many months of bills to preview with each subscription; none where not given."),
)  # fmt: skip
_SECRETS: Final = (
    Option(name="user", about="The user name of the callout's Basic authentication; several while they rotate."),
    Option(name="password", about="The password of the callout's Basic authentication; several while they rotate."),
    Option(name="hmac", about="The key of your HMAC recipe; several while they rotate."),
    Option(name="client_id", about="The id of an OAuth client of an API user, for our own calls."),
    Option(name="client_secret", about="The secret of that OAuth client."),
)


@dataclass(frozen=True, slots=True)
class ZuoraAdapter(ToldAfterwards):
    """Zuora's language. See docs/integrations/zuora.md for what is read and what a hold is."""

    name: str = "zuora"
    title: str = "Zuora"
    shapes: frozenset[Shape] = frozenset(Shape)
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return verifying.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        return callouts.events(delivery, connection)

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        return _RECEIVED

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """Zuora reads nothing but success. A verdict goes back by write-back; a callout that was stored is done."""
        return _RECEIVED

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """An object, a list of them, or a page of Zuora's with a list in it. Raises `NotUnderstood`, `Invalid`."""
        found = fitting(payload, shape)
        if len(found) == 1:
            return _translated(*found[0], shape, Reader(connection))
        return _all(found, shape, connection)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.release(target, decision, connection)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return holds.write_back(target, decision, connection)


def _all(
    found: Sequence[tuple[str, Mapping[str, Any]]], shape: Shape, connection: Connection | None
) -> tuple[Translation, ...]:
    """Every object of a list. Raises `Invalid` with the problems of all of them, each with its place in the list."""
    translations: list[Translation] = []
    problems: list[Problem] = []
    for position, (kind, payload) in enumerate(found):
        try:
            translations.extend(_translated(kind, payload, shape, Reader(connection)))
        except Invalid as invalid:
            problems.extend(replace(each, path=f"$[{position}]{each.path[1:]}") for each in invalid.problems)
    if problems:
        raise Invalid(problems)
    return tuple(translations)


def _translated(kind: str, payload: Mapping[str, Any], shape: Shape, reader: Reader) -> tuple[Translation, ...]:
    if kind == "billing preview":
        return preview(payload, reader)
    if kind == "order":
        return (order(payload, shape, reader),)
    make = {"subscription": subscription, "invoice": invoice, "usage": usage, "order line item": line_item}.get(kind)
    if make is None:
        raise NotUnderstood(f"{kind} is nothing that is read")
    return (make(payload, reader),)


ADAPTER: Final = ZuoraAdapter()
"""The adapter that the entry point names."""
