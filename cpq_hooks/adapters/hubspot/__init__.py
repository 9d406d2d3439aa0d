"""HubSpot: quotes and deals with their line items, subscriptions and invoices.

Its webhooks are told after the fact. What can stop a quote is a workflow action, which waits for its callback, and a hold,
which makes a published quote a draft again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.adapter import (
    Delivery,
    Event,
    Genuine,
    Inline,
    NotUnderstood,
    Option,
    Refusal,
    Shape,
    Target,
    Translation,
    VendorCall,
    VendorReply,
)
from cpq_hooks.adapters.hubspot import billing, calls, deliveries, quotes, signatures
from cpq_hooks.adapters.hubspot.reading import Reader
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.verdict_words import lines_of, of_line

_WAITS: Final = "P1D"
_SHAPES: Final = frozenset({Shape.QUOTE, Shape.AGREEMENT, Shape.BILLING_CONFIGURATION, Shape.INVOICE})
_OPTIONS: Final = (
    Option(
        name="workflow_action", choices=("accept", "refuse"),
        about="Whether workflow actions are taken, which HubSpot signs by version 2 and which know no moment; refuse where not given.",
    ),
    Option(name="block_expiry", about="How long a workflow waits for a verdict at most, as an ISO duration; P1D where not given."),
    Option(
        name="action_on_block", choices=("complete", "wait"),
        about="What a block does to a waiting workflow: it goes on with the verdict, or it stays where it is until the block is gone.",
    ),
    Option(
        name="quote_hold", choices=("recall", "property"),
        about="What a blocked published quote is: a draft again, or only marked by a property for a workflow of yours.",
    ),
    Option(name="release", choices=("mark", "publish"), about="Whether a release publishes again what needed nobody's approval."),
    Option(name="write_deal", choices=("true", "false"), about="Put the verdict of a quote on its deal as well."),
    Option(name="deals", choices=("check", "ignore"), about="Whether a deal that changes is checked by itself, with its own line items."),
    Option(name="currency", about="The portal's currency, where it has only one and its quotes do not say it."),
    Option(name="product_from", choices=("sku", "product_id"), about="How the catalog knows a product: by its SKU, or by HubSpot's id."),
    Option(name="term_months", about="The term in months of what is billed until somebody cancels it."),
    Option(name="deal_type_property", about="The quote's property of the deal type; the deal's own type where not given."),
    Option(name="payment_terms_property", about="The property of the payment terms; hs_net_payment_terms where not given."),
    Option(name="special_terms_property", about="The quote's property that holds clauses outside the standard ones."),
    Option(name="segment_property", about="The company's property of the segment."),
    Option(name="agreement_property", about="The property that holds the agreement's id; quoteguard_agreement_id where not given."),
    Option(name="api_version", about="The dated version of HubSpot's API; 2026-03 where not given."),
    Option(name="custom_code_seconds", about="How long the custom code waits, 1 to 19 seconds; 8 where not given."),
)  # fmt: skip
_SECRETS: Final = (
    Option(name="webhook", about="The client secret of the app, which signs webhooks and actions; several while it rotates.", required=True),
    Option(name="api", about="The access token of the app, with the scopes that the docs name."),
    Option(name="custom_code", about="A secret of your own, which the custom code signs with."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HubSpotAdapter:
    """HubSpot's language. See docs/integrations/hubspot.md for what is read and what a hold is."""

    name: str = "hubspot"
    title: str = "HubSpot"
    shapes: frozenset[Shape] = _SHAPES
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return signatures.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        return deliveries.events(delivery, connection)

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        """A batch is received with 200 whatever is made of it; a workflow action is told to wait, or that nothing will come."""
        action = deliveries.action_of(deliveries.body_of(delivery))
        if action is None:
            return _json({"received": True})
        (event,) = deliveries.events(delivery, connection)
        if event.ignored is not None:
            told = {
                "decision_id": None,
                "checked": False,
                "verdict": "flag",
                "headline": f"Not checked: {event.ignored}.",
            }
            return _json({"outputFields": calls.output_fields(told)})
        waits = connection.option("block_expiry") or _WAITS
        return _json({"outputFields": {"hs_execution_state": "BLOCK", "hs_expiration_duration": waits}})

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """The quote or deal that the custom code sends whole. Raises `NotUnderstood`, `Invalid`."""
        payload = deliveries.payload_of(deliveries.body_of(delivery))
        if payload is None:
            return None
        (translation,) = self.translate(payload, Shape.QUOTE, connection)
        return Inline(translation=translation, deadline=deliveries.inline_seconds(connection))

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """The verdict as output fields, and what is to stand on each line that a finding is on."""
        lines = [
            {"id": each, "verdict": of_line(decision, each)[0], "message": of_line(decision, each)[1]}
            for each in lines_of(decision)
        ]
        return _json({"outputFields": calls.output_fields(decision), "lines": lines})

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """An object as our client puts it together, or a list of such. Raises `NotUnderstood`, `Invalid`."""
        if shape not in _SHAPES:
            raise NotUnderstood(f"HubSpot has no {shape.value}")
        found: Sequence[Any] = payload if isinstance(payload, list) else [payload]
        if not found or not all(isinstance(each, Mapping) for each in found):
            raise NotUnderstood("an object with a quote, deal, subscription or invoice and its line_items is wanted")
        return tuple(_translated(each, shape, Reader(connection)) for each in found)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return calls.hold(target, decision, connection)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return calls.release(target, connection)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return calls.write_back(target, decision, connection)


def _translated(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    if shape is Shape.BILLING_CONFIGURATION:
        return billing.subscription(payload, reader)
    if shape is Shape.INVOICE:
        return billing.invoice(payload, reader)
    if shape is Shape.QUOTE and deliveries.is_deal_alone(payload):
        return quotes.deal(payload, reader)
    return quotes.quote(payload, shape, reader)


def _json(value: Any) -> VendorReply:
    return VendorReply(status=200, body=json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


ADAPTER: Final = HubSpotAdapter()
"""The adapter that the entry point names."""
