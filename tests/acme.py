"""Acme, a made-up vendor: its adapter, its client, and its API on loopback. What it sends is as small as a test can read.

A delivery is `{"events": [{"id", "type", "object", "object_id", "version", "payload"}]}`, signed over the body in
`x-acme-signature`; or `{"quote": ...}`, whose sender waits. Its quotes are `{"id", "version", "seats", "price", ...}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.connections import Connected, Connections
from cpq_hooks.adapter import (
    Delivery,
    Event,
    Genuine,
    Inline,
    Need,
    NotUnderstood,
    Option,
    Refusal,
    Shape,
    Target,
    Translation,
    VendorCall,
    VendorReply,
    ordered,
)
from cpq_hooks.clients.exchange import Answer
from cpq_hooks.clients.http import Session
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from cpq_hooks.signing import hmac_hex, signed_with_any
from cpq_hooks.vendor_fields import Fields

SECRET = "acme-s3cret"
SIGNATURE = "x-acme-signature"
_SHAPES = {
    "quote": Shape.QUOTE,
    "contract": Shape.AGREEMENT,
    "subscription": Shape.BILLING_CONFIGURATION,
    "invoice": Shape.INVOICE,
}


@dataclass(frozen=True, slots=True)
class AcmeAdapter:
    """Acme's language."""

    name: str = "acme"
    title: str = "Acme CPQ"
    shapes: frozenset[Shape] = frozenset(_SHAPES.values())
    options: tuple[Option, ...] = (Option(name="deadline", about="How many seconds Acme waits."),)
    secrets: tuple[Option, ...] = (Option(name="webhook", about="What deliveries are signed with.", required=True),)

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        secrets = connection.secrets.get("webhook", ())
        if not signed_with_any(delivery.header(SIGNATURE), secrets, delivery.body):
            return Refusal(because="the signature is wrong", status=401, headers=(("WWW-Authenticate", "Acme"),))
        return Genuine(tenant=delivery.header("x-acme-tenant"))

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        told = read_json(delivery.body)
        if not isinstance(told, Mapping) or not isinstance(told.get("events"), list):
            raise NotUnderstood("this is no delivery of Acme's")
        return tuple(_event(each) for each in told["events"])

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        return VendorReply(status=200, body=b"OK", content_type="text/plain")

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        told = read_json(delivery.body)
        if not isinstance(told, Mapping) or "events" in told:
            return None
        for name in ("quote", "contract"):
            if name in told:
                [translation] = self.translate(told[name], _SHAPES[name], connection)
                return Inline(translation=translation, deadline=float(connection.option("deadline") or 5))
        raise NotUnderstood("there is no quote in it")

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        told = {name: decision.get(name) for name in ("verdict", "checked", "headline", "decision_id", "fail_mode")}
        return VendorReply(status=200, body=json.dumps(told).encode(), headers=(("X-Acme", "yes"),))

    def parse(self, raw: bytes) -> Any:
        return read_json(raw)

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        if isinstance(payload, list):
            return tuple(found for each in payload for found in self.translate(each, shape, connection))
        fields = Fields.of(payload)
        document = _documents[shape](fields)
        fields.ledger.settle()
        notes = ("the price was rounded by Acme",) if fields.flag("rounded") else ()
        return (Translation(shape=shape, document=document, unused=fields.unused(), notes=notes),)

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return (VendorCall(method="POST", path=f"/{target.object_type}/{target.object_id}/hold", purpose="hold"),)

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        return (VendorCall(method="POST", path=f"/{target.object_type}/{target.object_id}/release", purpose="release"),)

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        told = {"verdict": decision["verdict"], "decision_id": decision["decision_id"]}
        path = f"/{target.object_type}/{target.object_id}/verdict"
        return (VendorCall(method="PUT", path=path, purpose="write back", json=told),)


def _event(told: Mapping[str, Any]) -> Event:
    version, has_payload = told.get("version"), "payload" in told
    kind, identity = str(told["object"]), str(told["object_id"])
    return Event(
        key=str(told["id"]),
        kind=str(told["type"]),
        object_type=kind,
        object_id=identity,
        version=None if version is None else ordered(int(version)),
        shape=_SHAPES.get(kind),
        deleted=told["type"] == "deleted",
        needs=() if has_payload else (Need(resource=kind, id=identity),),
        payload=told.get("payload"),
        ignored="nothing to do" if told["type"] == "ignored" else None,
    )


def _line(fields: Fields) -> dict[str, Any]:
    fields.harmless("created", "modified", "sort")
    price, seats = fields.number("price"), fields.number("seats")
    return {
        "product_id": "SEAT",
        "charge_type": "recurring",
        "price_period": "month",
        "quantity": None if seats is None else str(seats),
        "net_unit_price": None if price is None else str(price),
    }


def _terms(fields: Fields) -> dict[str, Any]:
    return {
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "monthly",
        "billing_timing": "in_advance",
        "source": "acme",
        "revision": fields.text("version"),
    }


def _quote(fields: Fields) -> dict[str, Any]:
    stage = fields.text("stage")
    lines = [{"line_id": str(number), **_line(each)} for number, each in enumerate(fields.objects("lines"), 1)]
    lines = lines or [{"line_id": "1", **_line(fields)}]
    found = {"quote_id": fields.text("id"), **_terms(fields), "stage": stage, "lines": lines}
    return {name: value for name, value in found.items() if value is not None}


def _contract(fields: Fields) -> dict[str, Any]:
    found = {"agreement_id": fields.text("id"), **_terms(fields), "signed_on": "2025-12-20"}
    return {**found, "lines": [{"line_id": "1", **_line(fields)}]}


def _subscription(fields: Fields) -> dict[str, Any]:
    found = {"billing_configuration_id": fields.text("id"), "agreement_id": fields.text("contract"), **_terms(fields)}
    return {**found, "charges": [{"charge_id": "C-1", "state": "active", **_line(fields)}]}


def _invoice(fields: Fields) -> dict[str, Any]:
    return {"invoice_id": fields.text("id"), "currency": "USD", "issued_on": "2026-02-01", "lines": []}


_documents = {
    Shape.QUOTE: _quote,
    Shape.AGREEMENT: _contract,
    Shape.BILLING_CONFIGURATION: _subscription,
    Shape.INVOICE: _invoice,
}
ADAPTER = AcmeAdapter()


@dataclass
class AcmeClient:
    """A client that knows what it is told, or raises it; it remembers what it was asked."""

    objects: dict[str, Any] = field(default_factory=dict)
    changed: list[Event] = field(default_factory=list)
    fetched: list[Need] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)

    def fetch(self, need: Need, *, budget: float | None = None) -> Any:
        self.fetched.append(need)
        return _or_raise(self.objects[need.id])

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        raise NotImplementedError

    def reconcile(self, since: datetime) -> Iterable[Event]:
        self.asked.append(since)
        for each in self.changed:
            yield _or_raise(each)

    def of(self, connection: Connection) -> AcmeClient:
        """Itself, as the clients of connections are had."""
        return self


def _or_raise(found: Any) -> Any:
    if isinstance(found, Exception):
        raise found
    return found


@dataclass
class HttpClient:
    """The client of Acme's API on loopback."""

    session: Session

    def fetch(self, need: Need, *, budget: float | None = None) -> Any:
        return self.session.get(f"/{need.resource}/{need.id}", budget=budget)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        return self.session.execute(call, budget=budget)


def CLIENT(connection: Connection) -> HttpClient:  # noqa: N802 - as entry points name it
    return HttpClient(Session(connection))


def a_connection(name: str = "acme", **terms: Any) -> Connection:
    return Connection(**({"name": name, "connector": "acme", "secrets": {"webhook": (SECRET,)}} | terms))


def connections(*found: Connection) -> Connections:
    """Acme's connections; one by the name of acme where none is given."""
    return Connections({each.name: Connected(each, ADAPTER) for each in found or (a_connection(),)})


def an_event(number: int, object_id: str = "Q-1", *, version: int | None = None, **terms: Any) -> dict[str, Any]:
    """An event of a quote as Acme sends it; thin unless it has a payload."""
    found = {"id": f"e{number}", "type": "changed", "object": "quote", "object_id": object_id} | terms
    return found if version is None else found | {"version": version}


def a_quote(object_id: str = "Q-1", version: int = 1, **terms: Any) -> dict[str, Any]:
    return {"id": object_id, "version": version, "seats": 10, "price": "100"} | terms


def signed(told: Any, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """A body and the headers that make it genuine."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return body, {"Content-Type": "application/json", "X-Acme-Signature": hmac_hex(secret, body)}


class AcmeServer(ThreadingHTTPServer):
    """Acme's API: `objects` by their path, as they are now, and what was written to it, as path and content."""

    daemon_threads = True

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.written: list[tuple[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Api)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Api(BaseHTTPRequestHandler):
    server: AcmeServer

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path)
        body = b"{}" if found is None else json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.written.append((self.path, json.loads(self.rfile.read(length) or b"null")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT  # noqa: N815 - the library's

    def log_message(self, *_: Any) -> None:
        """Nothing."""
