"""Whoever Quoteguard sends to: a listener on loopback, and a vendor with an adapter and a client whose calls are seen."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.connections import Connected, Connections
from app.webhooks import Endpoint
from cpq_hooks.adapter import VendorCall
from cpq_hooks.clients.exchange import Answer
from cpq_hooks.connection import Connection

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes for a test.").decode()
OLDER = "whsec_" + base64.b64encode(b"the secret that was in force till").decode()


@dataclass(frozen=True)
class Reply:
    """What a listener answers; `after` so many seconds, `endless` without ever coming to an end."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0
    endless: bool = False


class Listening(ThreadingHTTPServer):
    """A listener: what it was told, and what it answers, one reply after another and then the last for good."""

    daemon_threads = True

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.taken: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def endpoint(self, name="erp", secrets=(SECRET,), **terms):
        url = f"http://127.0.0.1:{self.server_port}/in"
        return Endpoint(**({"name": name, "url": url, "secrets": secrets, "allow_private": True} | terms))


class _Handler(BaseHTTPRequestHandler):
    server: Listening

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        reply = self.server.replies.pop(0) if len(self.server.replies) > 1 else self.server.replies[0]
        time.sleep(reply.after)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.endless:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.endless:
            self.wfile.write(b" " * 65_536)

    def handle(self):
        try:
            super().handle()
        except OSError:
            return  # whoever asked has gone

    def log_message(self, *_):
        pass


@contextmanager
def listening(*replies):
    server = Listening(*replies)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Vendor:
    """A vendor's adapter and client in one. It holds what it is told to hold; `fails` has failures for the calls to come.

    `steps` is of how many calls a hold consists, and `can_hold` whether there are any.
    """

    name: str = "acme"
    title: str = "Acme"
    steps: int = 1
    can_hold: bool = True
    fails: list[Any] = field(default_factory=list)
    fetch_fails: list[Any] = field(default_factory=list)
    made: list[VendorCall] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    html: bool = False

    def fetch(self, need, *, budget=None):
        if self.fetch_fails and (failure := self.fetch_fails.pop(0)) is not None:
            raise failure
        return {"id": need.id, "held": need.id in self.held}

    def execute(self, call, *, budget=None):
        self.made.append(call)
        if self.fails and (failure := self.fails.pop(0)) is not None:
            raise failure
        what, _, identity = call.path.strip("/").partition("/")
        if what == "hold":
            self.held.add(identity.partition("/")[0])
        if what == "release":
            self.held.discard(identity)
        return Answer(status=200, headers={}, body=b"<!DOCTYPE html><p>Log in" if self.html else b"{}")

    def of(self, connection):
        return self

    def hold(self, target, decision, connection):
        if target.payload["held"] or not self.can_hold:
            return ()
        return tuple(self._call(f"hold/{target.object_id}/{step}", decision) for step in range(self.steps))

    def release(self, target, decision, connection):
        return (self._call(f"release/{target.object_id}", decision),) if target.payload["held"] else ()

    def write_back(self, target, decision, connection):
        what = "write" if target.callback is None else f"complete/{target.callback}"
        call = self._call(f"{what}/{target.object_id}", decision, {"verdict": decision["verdict"]})
        return (call if target.callback is None else replace(call, when_refused="nobody waits any more"),)

    def _call(self, path, decision, json=None):
        key = f"{path}:{decision['decision_id']}"
        return VendorCall(method="POST", path=f"/{path}", purpose=path, json=json, idempotency_key=key)

    @property
    def paths(self):
        return [each.path for each in self.made]

    def connections(self, *names):
        return Connections({each: Connected(Connection(name=each, connector=self.name), self) for each in names})


def document(decision_id, subject_type, subject_id, verdict):
    """A decision's answer, as far as a courier reads it."""
    told = {"decision_id": decision_id, "subject": {"type": subject_type, "id": subject_id}, "verdict": verdict}
    return json.dumps(told).encode()
