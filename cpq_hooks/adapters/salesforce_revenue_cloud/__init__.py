"""Salesforce Revenue Cloud (Revenue Lifecycle Management): the graph of a Place Sales Transaction, judged in a procedure plan.

See docs/integrations/salesforce-revenue-cloud.md for what is read, what a hold is, and what is installed in Salesforce.
"""

from __future__ import annotations

import json
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
from cpq_hooks.adapters.salesforce_revenue_cloud.graph import LINE, QUOTE, graph_of
from cpq_hooks.adapters.salesforce_revenue_cloud.quotes import NO_CURRENCY, quote
from cpq_hooks.adapters.salesforce_revenue_cloud.reading import Reader
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json
from cpq_hooks.salesforce import findings, messages, relay
from cpq_hooks.signing import sha256_hex

_USUAL_VERSION: Final = "v62.0"
_DEADLINE: Final = 6.0
_LONGEST_MESSAGE: Final = 2_000
_QUOTE_OF: Final = {QUOTE: "Id", LINE: "QuoteId"}
_OPTIONS: Final = (
    Option(name="currency", about="The currency of an organisation with one currency, which states none on its quotes."),
    Option(name="price_book", about="The catalog's price book for these quotes."),
    Option(name="time_zone", about="The customers' time zone by its IANA name."),
    Option(name="stages", about="More statuses and what they mean, such as In Legal=submitted; Signed=accepted."),
    Option(name="api_version", about="The version of the REST API for our own calls; v62.0 where it is not given."),
    messages.TRUSTS_PROXY,
    relay.TOLERANCE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RevenueCloudAdapter:
    """Revenue Cloud's language."""

    name: str = "salesforce-revenue-cloud"
    title: str = "Salesforce Revenue Cloud"
    shapes: frozenset[Shape] = frozenset({Shape.QUOTE, Shape.AGREEMENT})
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = relay.SECRETS
    secret_fields: tuple[str, ...] = messages.SECRET_FIELDS

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        """By the relay's signature, or, for SOAP, by the address and the organisation."""
        if messages.is_message(delivery):
            return messages.verify(delivery, connection)
        return relay.verify(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        if messages.is_message(delivery):
            return messages.events_of(delivery, connection, _QUOTE_OF)
        payload = read_json(delivery.body)
        heads = graph_of(payload)[0].of(QUOTE)
        identity = heads[0].name if heads else "unsaved"
        key = f"{identity}:{sha256_hex(delivery.body)}"
        return (
            Event(
                key=key, kind="PlaceSalesTransaction", object_type=QUOTE, object_id=identity, shape=Shape.QUOTE,
                payload=payload,
            ),
        )  # fmt: skip

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        if messages.is_message(delivery):
            return messages.acknowledged()
        return VendorReply(status=202, body=b'{"stored":true,"checked":false}')

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """The quote that the procedure plan waits for. Raises `NotUnderstood`, `Invalid`, `Malformed`."""
        if messages.is_message(delivery):
            return None
        translation = quote(read_json(delivery.body), Shape.QUOTE, Reader(connection))
        if "currency" not in translation.document:
            raise Invalid([Problem(path="$.graph.records", message=NO_CURRENCY, code="required")])
        return Inline(translation=translation, deadline=_DEADLINE)

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """What a `RevSignaling.TransactionResponse` says: SUCCESS or FAILED, and why in words."""
        if messages.is_message(delivery):
            return messages.acknowledged()
        stops = findings.stops(decision)
        told = {
            "status": "FAILED" if stops else "SUCCESS",
            "message": findings.shortened(" ".join(stops) or findings.headline_of(decision), _LONGEST_MESSAGE),
            "verdict": findings.verdict_of(decision),
            "checked": decision.get("checked") is not False,
            "decision_id": decision.get("decision_id"),
            "lines": _by_line(decision),
        }
        return VendorReply(status=200, body=json.dumps(told, ensure_ascii=False).encode())

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """A transaction, or a list of them. Raises `NotUnderstood`, `Invalid`."""
        if shape not in self.shapes:
            raise NotUnderstood(f"Revenue Cloud has no {shape.value}")
        found = payload if isinstance(payload, list) else [payload]
        if not found:
            raise NotUnderstood("the list holds no transaction")
        return tuple(quote(each, shape, Reader(connection)) for each in found)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return _set(target, decision, connection, "hold")

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return _set(target, decision, connection, "release")

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return _set(target, decision, connection, "verdict")


def _by_line(decision: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for each in findings.standing(decision):
        for line_id in each.get("line_ids") or ():
            found.setdefault(str(line_id), []).append(findings.in_words(each))
    return {line_id: " ".join(texts) for line_id, texts in found.items()}


def _set(target: Target, decision: Mapping[str, Any], connection: Connection, step: str) -> tuple[VendorCall, ...]:
    """The call that writes the verdict, and the hold that the validation rule reads, on a quote; nothing for other objects."""
    if target.object_type not in {QUOTE, "quote"}:
        return ()
    hold = {"hold": True, "release": False}.get(step, findings.is_held(decision))
    every = "\n".join(f"- {findings.in_words(each)}" for each in findings.standing(decision))
    fields = {
        "Quoteguard_Verdict__c": findings.verdict_of(decision),
        "Quoteguard_Headline__c": findings.shortened(findings.headline_of(decision), 255),
        "Quoteguard_Findings__c": findings.shortened(every, 32_000),
        "Quoteguard_Decision__c": str(decision.get("decision_id") or ""),
        "Quoteguard_Hold__c": hold,
        "Quoteguard_Checked_At__c": decision.get("evaluated_at"),
    }
    path = f"/services/data/{connection.option('api_version', _USUAL_VERSION)}/sobjects/{QUOTE}/{target.object_id}"
    key = f"quoteguard:{step}:{target.object_id}:{decision.get('decision_id')}"
    purpose = f"write the {step} on quote {target.object_id}"
    return (VendorCall(method="PATCH", path=path, json=fields, purpose=purpose, idempotency_key=key),)


ADAPTER: Final = RevenueCloudAdapter()
"""The adapter that the entry point names."""
