"""Any system that can send JSON: its documents are read by a mapping file, its signature by a recipe in the connection.

The sender may wait for the verdict, which it gets as the API gives it, or only tell that something happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
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
from cpq_hooks.connection import Connection
from cpq_hooks.mapping import MappingFile, MappingRefused, Section, read_mapping, translate
from cpq_hooks.reading import read_json
from cpq_hooks.signing import (
    basic_challenge,
    basic_is_right,
    bearer_token,
    hmac_base64,
    hmac_hex,
    matches_any,
    moment_of,
    sha256_hex,
    signed_with_any,
    within,
)

_DEADLINE: Final = 10.0
_UNMAPPED: Final = "the generic connector reads by a mapping file: name one"
_ALGORITHMS: Final = ("sha256", "sha512", "sha1")
_OPTIONS: Final = (
    Option(
        name="mapping",
        about="The mapping file: how the system's documents become canonical ones.",
        required=True,
        is_file=True,
    ),
    Option(name="shape", about="What a delivery holds; needed where the mapping makes several shapes.", choices=tuple(Shape)),
    Option(name="waits", about="Whether the sender waits for the verdict; otherwise it only tells.", choices=("yes", "no")),
    Option(name="authentication", about="How a delivery shows that it is genuine.", choices=("hmac", "bearer", "basic")),
    Option(name="signature_header", about="The header with the signature; X-Signature where it is not given."),
    Option(name="signature_algorithm", about="The digest; sha256 where it is not given.", choices=_ALGORITHMS),
    Option(name="signature_encoding", about="How the signature is written; hex where not given.", choices=("hex", "base64")),
    Option(name="signature_prefix", about="What stands before the signature in its header, such as sha256=."),
    Option(name="timestamp_header", about="The header with the moment of signing, in seconds; it is then signed too, as TIMESTAMP.BODY."),
    Option(name="tolerance_seconds", about="How far that moment may lie from ours, both ways; 300 where not given."),
    Option(name="event_id", about="The path of the delivery's own id; without it the content is its id."),
    Option(name="event_type", about="The path of what happened."),
    Option(name="object_id", about="The path of the object's id; the canonical document's own where not given."),
    Option(name="object_version", about="The path of a whole number that grows with each version of the object."),
)  # fmt: skip
_SECRETS: Final = (
    Option(
        name="webhook",
        about="What signs deliveries, is their bearer token or their password; several while they rotate.",
        required=True,
    ),
    Option(name="user", about="The user name of Basic authentication."),
)
_ID_FIELDS: Final[Mapping[Shape, str]] = {
    Shape.QUOTE: "quote_id",
    Shape.AGREEMENT: "agreement_id",
    Shape.BILLING_CONFIGURATION: "billing_configuration_id",
    Shape.USAGE: "usage_id",
    Shape.INVOICE: "invoice_id",
}


@dataclass(frozen=True, slots=True)
class GenericAdapter:
    """The language of any system, as its mapping file describes it. See docs/integrations/generic.md."""

    name: str = "generic"
    title: str = "the mapped system"
    shapes: frozenset[Shape] = frozenset(Shape)
    options: tuple[Option, ...] = _OPTIONS
    secrets: tuple[Option, ...] = _SECRETS

    def faults(self, connection: Connection) -> tuple[str, ...]:
        """What is wrong with the mapping, or with what the connection says of it."""
        text = connection.option("mapping")
        if text is None:
            return (_UNMAPPED,)
        try:
            mapping = _mapping(text)
        except MappingRefused as refused:
            return refused.reasons
        if _shape(mapping, connection) is None:
            return ("the mapping makes several shapes: say with the setting shape which one a delivery holds",)
        if connection.option("authentication") == "basic" and connection.secret("user") is None:
            return ("Basic authentication needs a secret for user as well",)
        return ()

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        """By the connection's own recipe, over the exact bytes."""
        secrets = connection.secrets.get("webhook", ())
        match connection.option("authentication", "hmac"):
            case "bearer":
                genuine = matches_any(bearer_token(delivery.header("authorization")), secrets)
                return Genuine() if genuine else Refusal(because="the bearer token is missing or not the one agreed")
            case "basic":
                header, users = delivery.header("authorization"), connection.secrets.get("user", ())
                if basic_is_right(header, users, secrets):
                    return Genuine()
                challenge = (basic_challenge("Quoteguard"),)
                return Refusal(because="user or password is missing or wrong", headers=challenge)
        return _signed(delivery, connection)

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        """The one event of a delivery: its document as it is."""
        payload = read_json(delivery.body)
        shape = _shape(_mapping(connection.option("mapping") or ""), connection)
        if shape is None:
            raise NotUnderstood("the mapping makes several shapes, and the connection does not say which one this is")
        version = _at(payload, connection.option("object_version"))
        return (
            Event(
                key=_at(payload, connection.option("event_id")) or sha256_hex(delivery.body),
                kind=_at(payload, connection.option("event_type")) or shape.value,
                object_type=shape.value,
                object_id=_at(payload, connection.option("object_id")) or self._own_id(payload, shape, connection),
                version=version.zfill(20) if version is not None and _is_whole(version) else None,
                shape=shape,
                payload=payload,
            ),
        )

    def _own_id(self, payload: Any, shape: Shape, connection: Connection) -> str:
        documents = self.translate(payload, shape, connection)
        found = documents[0].document.get(_ID_FIELDS[shape]) if documents else None
        if found is None:
            raise NotUnderstood(f"the delivery has no {_ID_FIELDS[shape]}")
        return str(found)

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        return VendorReply(status=202, body=b'{"received":true}')

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """The document, where the sender waits for its verdict."""
        shape = _shape(_mapping(connection.option("mapping") or ""), connection)
        if connection.option("waits") != "yes" or shape not in (Shape.QUOTE, Shape.BILLING_CONFIGURATION):
            return None
        found = self.translate(read_json(delivery.body), shape, connection)
        if len(found) != 1:
            raise NotUnderstood(f"one document is judged at a time, and the delivery holds {len(found)}")
        return Inline(translation=found[0], deadline=_DEADLINE)

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """The decision as the API gives it."""
        status = 200 if decision.get("checked", True) else 202
        return VendorReply(status=status, body=json.dumps(decision, ensure_ascii=False).encode())

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """The documents of a payload by the connection's mapping. A list of objects is a list of documents."""
        section = _section(shape, connection)
        payloads = payload if isinstance(payload, list) and section.each is None else [payload]
        return tuple(
            Translation(shape=shape, document=document, unused=unused)
            for each in payloads
            for document, unused in translate(section, each)
        )

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """None: what a hold is there only the system knows. It subscribes to our own events for that."""
        return ()

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return ()

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return ()


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number from 0, of no more digits than a version is ordered by."""
    return text.isascii() and text.isdigit() and len(text) <= 20


def _section(shape: Shape, connection: Connection | None) -> Section:
    text = None if connection is None else connection.option("mapping")
    if text is None:
        raise NotUnderstood(_UNMAPPED)
    section = _mapping(text).sections.get(shape.value)
    if section is None:
        raise NotUnderstood(f"the mapping does not say how a {shape.value} is made")
    return section


def _signed(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    message = delivery.body
    stamp_header = connection.option("timestamp_header")
    if stamp_header is not None:
        stamp = delivery.header(stamp_header)
        text = connection.option("tolerance_seconds", "300") or "300"
        window = timedelta(seconds=int(text) if _is_whole(text) else 300)
        if not within(moment_of(stamp), delivery.received_at, window):
            return Refusal(because=f"the time in {stamp_header} is missing, or too far from ours")
        message = (stamp or "").strip().encode("utf-8", "surrogatepass") + b"." + message
    header = connection.option("signature_header", "X-Signature") or ""
    given = delivery.header(header)
    prefix = connection.option("signature_prefix", "") or ""
    if given is None or not given.startswith(prefix):
        return Refusal(because=f"the signature in {header} is missing")
    algorithm = connection.option("signature_algorithm", "sha256") or "sha256"
    digest = hmac_base64 if connection.option("signature_encoding") == "base64" else hmac_hex
    right = signed_with_any(
        given[len(prefix) :].strip(),
        connection.secrets.get("webhook", ()),
        message,
        lambda secret, signed: digest(secret, signed, algorithm),
    )
    return Genuine() if right else Refusal(because=f"the signature in {header} is not the body's")


def _shape(mapping: MappingFile, connection: Connection) -> Shape | None:
    """What a delivery holds: as the connection says, else the one shape that the mapping makes."""
    stated = connection.option("shape")
    if stated is not None:
        return Shape(stated) if stated in mapping.sections else None
    made = [shape for shape in Shape if shape.value in mapping.sections]
    return made[0] if len(made) == 1 else None


def _at(payload: Any, path: str | None) -> str | None:
    """The text or number at a dotted path; None where there is none."""
    value = payload
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if path is None or value is None or isinstance(value, (Mapping, list)) else str(value)


@lru_cache(maxsize=64)
def _mapping(text: str) -> MappingFile:
    return read_mapping(text)


ADAPTER: Final = GenericAdapter()
