"""Salesforce CPQ (the SBQQ package): its QuoteModel, judged while the rep waits, and Outbound Messages.

See docs/integrations/salesforce-cpq.md for what is read, what a hold is, and what is installed in Salesforce.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from cpq_hooks.adapters.salesforce_cpq import answers, deliveries
from cpq_hooks.adapters.salesforce_cpq.model import QUOTE, Wrapped, identity_of, unwrapped
from cpq_hooks.adapters.salesforce_cpq.quotes import NO_CURRENCY, quote
from cpq_hooks.adapters.salesforce_cpq.reading import LINE_FIELDS, QUOTE_FIELDS, Reader
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json
from cpq_hooks.salesforce import messages, relay

_USUAL_DEADLINE: Final = 6.0
_LONGEST_DEADLINE: Final = 25.0
_OPTIONS: Final = (
    Option(name="currency", about="The currency of an organisation with one currency, which states none on its quotes."),
    Option(name="answer", about="What the relay is told: the validator's list of messages, or fields to write.", choices=("validator", "fields")),
    Option(name="deadline_seconds", about="How long the relay waits: below its callout's timeout; 6 where it is not given."),
    Option(name="product_from", about="How the catalog knows a product: by its product code, or by its record id.", choices=("code", "id")),
    Option(name="quote_id", about="How a quote is called: by its record id, or by its number such as Q-00822.", choices=("id", "name")),
    Option(name="term_unit", about="The package setting Subscription Term Unit; month where it is not given.", choices=("month", "day")),
    Option(name="price_book", about="The catalog's price book for these quotes; else the name of the quote's, where it is sent."),
    Option(name="time_zone", about="The customers' time zone by its IANA name, where the quote does not say it."),
    Option(name="stages", about="More statuses and what they mean, such as In Legal=submitted; Signed=accepted."),
    Option(name="quote_fields", about=f"Custom fields of the quote that are canonical terms, such as rep.role=Rep_Role__c. It may set {', '.join(QUOTE_FIELDS)}."),
    Option(name="line_fields", about=f"Custom fields of the line that are, such as included_quantity=Included__c. It may set {', '.join(LINE_FIELDS)}."),
    Option(name="api_version", about="The version of the REST API for our own calls; v62.0 where it is not given."),
    Option(name="read_with", about="How a quote is fetched: by SOQL, or by CPQ's own reader through its ServiceRouter.", choices=("soql", "service-router")),
    messages.TRUSTS_PROXY,
    relay.TOLERANCE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SalesforceCpqAdapter:
    """Salesforce CPQ's language."""

    name: str = "salesforce-cpq"
    title: str = "Salesforce CPQ"
    shapes: frozenset[Shape] = frozenset({Shape.QUOTE, Shape.AGREEMENT})
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = relay.SECRETS
    secret_fields: tuple[str, ...] = messages.SECRET_FIELDS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        return deliveries.events(delivery, connection)

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        """The Ack that SOAP wants. What is stored of the relay's is not valid by that, so that no empty list is answered."""
        if messages.is_message(delivery):
            return messages.acknowledged()
        return VendorReply(status=202, body=b'{"stored":true,"checked":false}')

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """The quote that the relay waits for. Raises `NotUnderstood`, `Invalid`, `Malformed`."""
        if messages.is_message(delivery):
            return None
        wrapped = deliveries.read(delivery)
        translation = quote(wrapped, Shape.QUOTE, Reader(connection))
        if "currency" not in translation.document:
            raise Invalid([Problem(path="$.record.CurrencyIsoCode", message=NO_CURRENCY, code="required")])
        return Inline(translation=translation, deadline=_deadline(connection))

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        if messages.is_message(delivery):
            return messages.acknowledged()
        return answers.answer(decision, delivery, connection)

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """A QuoteModel in any of its wrappings, or a list of them. Raises `NotUnderstood`, `Invalid`."""
        if shape not in self.shapes:
            raise NotUnderstood(f"Salesforce CPQ has no {shape.value}")
        found: list[Wrapped] = [unwrapped(each) for each in (payload if isinstance(payload, list) else [payload])]
        if not found:
            raise NotUnderstood("the list holds no QuoteModel")
        return tuple(quote(each, shape, Reader(connection)) for each in found)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return answers.set_hold(_by_record(target), decision, connection, on=True)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return answers.set_hold(_by_record(target), decision, connection, on=False)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return answers.write_back(_by_record(target), decision, connection)


def _by_record(target: Target) -> Target:
    """The target by its record id, which is what Salesforce is called with, where our name for the quote is its number."""
    payload = target.payload
    known = isinstance(payload, Mapping) and isinstance(payload.get("record"), Mapping)
    identity = identity_of(payload) if known else None
    is_quote = target.object_type in {QUOTE, "quote"}
    return Target(
        object_type=QUOTE if is_quote else target.object_type,
        object_id=identity or target.object_id,
        payload=payload,
        callback=target.callback,
    )


def _deadline(connection: Connection) -> float:
    text = connection.option("deadline_seconds") or ""
    found = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 7 else _USUAL_DEADLINE
    return max(0.1, min(found, _LONGEST_DEADLINE))


ADAPTER: Final = SalesforceCpqAdapter()
"""The adapter that the entry point names."""
