"""The use case: what lies in the outbox is carried out, at vendors by their clients and for those who listen by their address.

Sending and marking are two things, so a message may be sent twice and is never lost. What a hold or a write-back consists of
is made from the vendor's object as it is when the message is sent, and kept before the first call: whoever takes over from
one that died makes the same calls with the same keys, from the one that was not made yet.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.outgoing import as_reviewed
from app.rests import Rests
from app.store import (
    Beside,
    Claimed,
    KeptEvent,
    KeptMessage,
    LeaseLost,
    MessageKind,
    MessageState,
    Origin,
    Outbox,
    Store,
    StoreError,
    origin_of,
)
from app.store.outbox import LEASE
from app.telling import Sender, refuse_pages
from app.undelivered import Again, NotPossible, what_now
from cpq_hooks.adapter import Need, Target, VendorCall
from cpq_hooks.clients.client import Client
from cpq_hooks.clients.failures import NotAllowed, OutOfTime, Refused
from cpq_hooks.connection import Connection
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from app.connections import Connected, Connections
    from app.webhooks import Endpoint

_LONGEST_CALL: Final = 30.0
_LEAST: Final = 0.5


class Fetching(Protocol):
    """Where the clients of connections are to be had."""

    def of(self, connection: Connection) -> Client | None: ...


class Courier:
    """Delivers what lies in the outbox. May be used by any number of threads, in any number of processes.

    `endpoints` gives where the listeners of the moment are.

    `lease` is how long a claimed message is ours: no call is begun that could outlast it. `seconds` are those of a clock that only
    grows, and `chance` a number from 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        connections: Connections,
        clients: Fetching,
        endpoints: Callable[[], Mapping[str, Endpoint]],
        clock: Callable[[], datetime],
        *,
        sender: Sender | None = None,
        lease: timedelta = LEASE,
        chance: Callable[[], float] = random.random,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._outbox = store.outbox
        self._connections = connections
        self._clients = clients
        self._endpoints = endpoints
        self._clock = clock
        self._sender = sender or Sender(clock)
        self._lease = lease
        self._chance = chance
        self._seconds = seconds
        self._rests = Rests(clock)

    def deliver_due(self, most: int = 100) -> int:
        """Deliver what is due now, at most so many, one after another; how many were tried."""
        for number in range(most):
            item = self._outbox.line.claim(self._lease)
            if item is None:
                return number
            self.handle(item)
        return most

    def handle(self, item: Claimed) -> dict[str, Any]:
        """Deliver the message that is claimed, and say what became of it, as far as a log may know.

        Raises `StoreError` where that cannot be kept.
        """
        until = self._seconds() + self._lease.total_seconds() * 0.8
        message = self._outbox.get(item.item_id)
        if message is None:
            self._outbox.line.finish(item)
            return {"became": "gone"}
        try:
            became = self._handle(item, message, until)
        except LeaseLost:
            became = {"became": "another's"}
        note = message.note
        return {"kind": note.event or note.kind.value, "destination": note.destination, **became}

    def _handle(self, item: Claimed, message: KeptMessage, until: float) -> dict[str, Any]:
        if self._outbox.is_pointless(message):
            self._outbox.end(item, message, MessageState.SUPERSEDED, "a later message takes its place")
            return {"became": MessageState.SUPERSEDED.value}
        rest = self._rests.until(message.note.destination)
        if rest is not None:
            later = rest + timedelta(seconds=self._chance())
            self._outbox.put_off(item, later, "its destination did not answer others")
            return {"became": "put off"}
        try:
            how = self._deliver(message, until)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the message is kept and the next one has its turn
            return self._failed(item, message, error)
        self._rests.answered(message.note.destination)
        self._outbox.delivered(item, message, how)
        return {"became": MessageState.DELIVERED.value}

    def _failed(self, item: Claimed, message: KeptMessage, error: Exception) -> dict[str, Any]:
        """Keep the message for another attempt or for a person."""
        self._rests.failed(message.note.destination, error)
        now = what_now(
            error,
            message.attempts + 1,
            self._chance(),
            is_event=message.note.kind is MessageKind.EVENT,
            is_old=message.plan is not None,
        )
        failure = type(error).__name__
        if isinstance(now, Again):
            if now.anew:
                self._outbox.plan(message, None)
            self._outbox.retry(item, message, self._clock() + now.after, now.because)
            return {"became": "retried", "failure": failure}
        self._outbox.park(item, message, now.because)
        return {"became": MessageState.PARKED.value, "failure": failure}

    def _deliver(self, message: KeptMessage, until: float) -> str | None:
        """Send the message; a word on how, where there is one."""
        if message.note.kind is MessageKind.EVENT:
            endpoint = self._endpoints().get(message.note.destination)
            if endpoint is None:
                raise NotPossible(f"there is no webhook {message.note.destination} any more")
            self._sender.send(message, endpoint, budget=self._budget(until))
            return None
        connected = self._connections.get(message.note.destination)
        if connected is None:
            raise NotPossible(f"there is no connection {message.note.destination} any more")
        client = self._clients.of(connected.connection)
        if client is None:
            raise NotPossible(f"nothing can be called at {connected.adapter.title}: there is no client for it")
        return self._carry_out(message, connected, client, until)

    def _carry_out(self, message: KeptMessage, connected: Connected, client: Client, until: float) -> str | None:
        """Make the calls of a hold, a release or a write-back."""
        made = message.calls_made
        calls: Sequence[VendorCall] = () if message.plan is None else calls_in(message.plan)
        if message.plan is None:
            target = self._target(message, client, until)
            calls = self._calls(message, connected, target)
            if not calls:
                return self._nothing_called(message, connected, target)
            self._outbox.plan(message, plan_of(calls))
        notes = []
        for number, call in enumerate(calls[made:], start=made + 1):
            notes += self._make(call, client, until)
            if number < len(calls):
                self._outbox.made(message, number)
        return "; ".join(notes) or None

    def _make(self, call: VendorCall, client: Client, until: float) -> list[str]:
        """Make one call; a word on it where the vendor refused it because what it was for is over. Raises `CallFailed`."""
        try:
            refuse_pages(client.execute(call, budget=self._budget(until)))
        except NotAllowed:
            raise
        except Refused as refused:
            if call.when_refused is None:
                raise
            return [f"{call.when_refused} ({refused})"]
        return []

    def _target(self, message: KeptMessage, client: Client, until: float) -> Target:
        """The vendor's object as it is now."""
        origin = origin_of(message.note)
        needs = [Need(resource=resource, id=identity) for resource, identity in origin.needs]
        payloads = [client.fetch(need, budget=self._budget(until)) for need in needs] or [origin.payload]
        payload = payloads[0] if len(payloads) == 1 else payloads
        return _target_of(origin, payload, waits=message.note.kind is MessageKind.CALLBACK)

    def _calls(self, message: KeptMessage, connected: Connected, target: Target) -> Sequence[VendorCall]:
        make = {
            MessageKind.HOLD: connected.adapter.hold,
            MessageKind.RELEASE: connected.adapter.release,
            MessageKind.WRITE_BACK: connected.adapter.write_back,
            MessageKind.CALLBACK: connected.adapter.write_back,
        }[message.note.kind]
        return make(target, self._decision(message), connected.connection)

    def _nothing_called(self, message: KeptMessage, connected: Connected, target: Target) -> str:
        """Why nothing had to be called. Raises `NotPossible` where a first invoice would go out although it is held."""
        kind, title = message.note.kind, connected.adapter.title
        decision = self._decision(message)
        if kind is MessageKind.RELEASE:
            return f"there is no hold of ours at {title}"
        if kind is not MessageKind.HOLD:
            return f"there is nothing to write at {title}"
        if connected.adapter.release(target, decision, connected.connection):
            return f"{title} holds it already"
        what = f"the {target.object_type} {target.object_id} as it is now"
        if decision["subject"]["type"] == SubjectType.BILLING_CONFIGURATION.value:
            raise NotPossible(f"{title} has no hold for {what}: keep its invoices from going out by hand")
        return f"{title} has no hold for {what}"

    def _decision(self, message: KeptMessage) -> Mapping[str, Any]:
        stored = self._store.decisions.get(message.note.decision_id or "")
        if stored is None:
            raise NotPossible(f"the decision {message.note.decision_id} is not in the record")
        told: Mapping[str, Any] = json.loads(stored.decision.document)
        return as_reviewed(told, message.note.body)

    def _budget(self, until: float) -> float:
        left = until - self._seconds()
        if left < _LEAST:
            raise OutOfTime("the calls before took all the time that there is; it goes on with the next one")
        return min(left, _LONGEST_CALL)


def consequences(outbox: Outbox, event: KeptEvent, target: Target) -> tuple[Beside, ...]:
    """What notes, beside a decision on what an event tells of, where holds and write-backs go. One whose sender waited in
    vain names no object of the vendor's, so nothing goes back but what is told to those who listen.
    """
    note = event.note
    if note.inline:
        return ()
    origin = Origin(
        connection=event.connection,
        object_type=note.object_type,
        object_id=note.object_id,
        needs=note.needs,
        payload=None if note.needs else target.payload,
        callback=target.callback,
    )
    return (outbox.came_from(origin),)


def plan_of(calls: Sequence[VendorCall]) -> bytes:
    """Calls as they are kept until they are made."""
    return json.dumps([asdict(each) for each in calls]).encode("ascii")


def calls_in(plan: bytes) -> tuple[VendorCall, ...]:
    """What `plan_of` kept."""
    return tuple(
        VendorCall(**{**each, "form": _pairs(each["form"]), "headers": _pairs(each["headers"])})
        for each in json.loads(plan)
    )


def _pairs(told: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in told)


def _target_of(origin: Origin, payload: Any, *, waits: bool) -> Target:
    return Target(
        object_type=origin.object_type,
        object_id=origin.object_id,
        payload=payload,
        callback=origin.callback if waits else None,
    )
