"""A whole program with Acme connected to it, in one process: what takes deliveries, what handles them, and what they lead to."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from app.bootstrap import Services
from app.deliveries import Sent
from app.hooks import Hooks, Took
from app.inbox import Handled, Inbound, Judges
from app.reverify import Reverifier
from app.store import DecisionFilter, EventFilter, KeptEvent
from app.vendor_objects import VendorObjects
from cpq_hooks.adapter import Shape
from tests.acme import AcmeClient, connections, signed


@dataclass
class Arrivals:
    """Acme sends, Quoteguard takes and handles."""

    services: Services
    clock: Any
    connected: Any = field(default_factory=connections)
    client: AcmeClient = field(default_factory=AcmeClient)
    faults: list[Exception] = field(default_factory=list)
    consequences: Any = None

    @property
    def store(self):
        return self.services.store

    @property
    def inbox(self):
        return self.services.store.inbox

    def judges(self):
        return {Shape.QUOTE: self.services.gate.check_quote, Shape.BILLING_CONFIGURATION: self.services.set_ups.verify}

    def hooks(self, **changed) -> Hooks:
        judges = changed.pop("judges", self.judges())
        wait = self.services.settings.default_wait
        rules = changed.pop("rules", self.services.rules.current)
        faults = lambda _, fault: self.faults.append(fault)  # noqa: E731
        return Hooks(self.store, self.connected, judges, rules, self.clock, default_wait=wait, on_fault=faults)

    def send(self, told: Any, name: str = "acme", *, hooks: Hooks | None = None, wait=None, **headers) -> Took:
        body, stated = signed(told)
        return (hooks or self.hooks()).receive(name, sent(body, stated | headers), wait)

    def inbound(self) -> Inbound:
        judges = Judges(
            by_shape=self.judges(), agreements_stored=Reverifier(self.services.set_ups, self.store).catch_up
        )
        objects = VendorObjects(self.inbox, self.connected, self.client)
        more = {} if self.consequences is None else {"consequences": self.consequences}
        return Inbound(self.store, objects, judges, self.clock, chance=lambda: 0.5, **more)

    def handle(self) -> Handled | None:
        """Handle the next event; None where none is due."""
        item = self.inbox.line.claim()
        return None if item is None else self.inbound().handle(item)

    def handle_all(self) -> list[str]:
        """What became of every event that is due."""
        became = []
        while handled := self.handle():
            became.append(handled.became)
        return became

    def events(self, **wanted) -> list[KeptEvent]:
        """Events in the order in which they came."""
        return sorted(self.inbox.page(EventFilter(**wanted), limit=500), key=lambda event: event.received_at)

    def first_events(self) -> list[KeptEvent]:
        """The same, once there is one: what a sender could not wait for is kept beside the answer, and a disk may be slow."""
        until = time.monotonic() + 10
        while not (found := self.events()) and time.monotonic() < until:
            time.sleep(0.02)
        return found

    def decisions(self) -> list[Any]:
        return list(self.store.decisions.page(DecisionFilter(), limit=500).decisions)[::-1]

    def decision(self, decision_id: str) -> dict[str, Any]:
        return json.loads(self.store.decisions.get(decision_id).decision.document)


def sent(body: bytes, headers: dict[str, str], **terms) -> Sent:
    url = "http://127.0.0.1:8000/v1/hooks/acme"
    lowered = {name.lower(): value for name, value in headers.items()}
    return Sent(**({"method": "POST", "url": url, "query": "", "headers": lowered, "body": body} | terms))
