"""DealHub: external queries and pricing callouts, which wait for their answer, and webhooks on quotes, which do not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
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
from cpq_hooks.adapters.dealhub import answers, deliveries, quotes
from cpq_hooks.adapters.dealhub.reading import ANSWERS, ATTRIBUTES, Reader
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json

_SHAPES: Final = frozenset({Shape.QUOTE, Shape.AGREEMENT})
_OPTIONS: Final = (
    *(Option(name=f"answer_{each}", about=f"The playbook question that holds the quote's {each}; {usual} where not given.") for each, usual in ANSWERS.items()),
    *(Option(name=f"attribute_{each}", about=f"The product attribute that holds a line's {each}; {usual} where not given.") for each, usual in ATTRIBUTES.items()),
    Option(name="currency", about="The currency of quotes that state none."),
    Option(name="stage", choices=("draft", "submitted"), about="Where a quote stands whose playbook asks, if it does not say; draft where not given."),
    Option(name="duration_unit", choices=("month", "year"), about="What one unit of a product's duration is; month where not given."),
    Option(name="rows", choices=("one", "findings"), about="Whether a query is answered by one row, or by a row for each finding."),
    Option(name="callout_on_block", choices=("attributes", "error"), about="Whether a blocked quote's callout is answered by words on its items, or refused."),
    Option(name="token_in_address", choices=("accept", "refuse"), about="Whether the token may stand in the address as ?token=, where DealHub sends no header."),
)  # fmt: skip
_SECRETS: Final = (
    Option(name="token", about="The token that DealHub sends; several while it changes."),
    Option(name="user", about="The name that DealHub sends, where it sends a password."),
    Option(name="password", about="The password that DealHub sends."),
    Option(name="api", about="DealHub's API token, with which quotes are fetched."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DealHubAdapter:
    """DealHub's language. See docs/integrations/dealhub.md for what is read and what stops a quote."""

    name: str = "dealhub"
    title: str = "DealHub"
    shapes: frozenset[Shape] = _SHAPES
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS
    secret_fields: tuple[str, ...] = ("authentication",)

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        return deliveries.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        return deliveries.events(delivery)

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        return _json({"received": True})

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """What an external query or a pricing callout sends. Raises `NotUnderstood`, `Invalid`, `Malformed`."""
        payload = deliveries.body_of(delivery)
        if not quotes.is_query(payload) and not quotes.is_callout(payload):
            return None
        (translation,) = self.translate(payload, Shape.QUOTE, connection)
        return Inline(translation=translation, deadline=deliveries.SECONDS)

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """Rows for a query, items for a callout. What cannot be read is an error in words, which DealHub shows to the rep."""
        headline = answers.plainly(str(decision.get("headline") or ""))
        if decision.get("errors"):
            return _json({"message": headline}, status=400)
        payload, reader = deliveries.body_of(delivery), Reader(connection)
        if not quotes.is_callout(payload):
            return _json(answers.rows(decision, payload, reader))
        if decision.get("verdict") == "block" and connection.option("callout_on_block") == "error":
            return _json({"message": headline}, status=400)
        return _json(answers.prices(decision, payload, reader))

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """A quote of the quote API, a list of them, or what a playbook sends. Raises `NotUnderstood`, `Invalid`."""
        if shape not in _SHAPES:
            raise NotUnderstood(f"DealHub has no {shape.value}")
        if isinstance(payload, Mapping) and isinstance(payload.get("quotes"), list):
            payload = payload["quotes"]
        found: Sequence[Any] = payload if isinstance(payload, list) else [payload]
        if not found or not all(isinstance(each, Mapping) for each in found):
            raise NotUnderstood("a quote of DealHub's, or what a playbook sends, is wanted")
        return tuple(_translated(each, shape, Reader(connection)) for each in found)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """None: DealHub has no call that takes a quote back. What holds it there is the approval that its playbook asks for."""
        return ()

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return ()

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """None: playbook answers are written by the external query alone, as its answer."""
        return ()


def _translated(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    if shape is Shape.QUOTE and quotes.is_query(payload):
        return quotes.query(payload, reader)
    if shape is Shape.QUOTE and quotes.is_callout(payload):
        return quotes.callout(payload, reader)
    return quotes.quote(payload, shape, reader)


def _json(value: Any, status: int = 200) -> VendorReply:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_number)
    return VendorReply(status=status, body=body.encode("utf-8", "backslashreplace"))


def _number(value: Any) -> float | str:
    """A decimal as the number that it is, and as text where a number of JSON's would be another."""
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)


ADAPTER: Final = DealHubAdapter()
"""The adapter that the entry point names."""
