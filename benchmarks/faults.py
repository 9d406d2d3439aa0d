"""Deliveries with duplicates and out of order, to a program that is killed at random points; and what must be true at the end."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from app.store import (
    DecisionFilter,
    EventFilter,
    EventState,
    KeptEvent,
    KeptMessage,
    MessageFilter,
    MessageKind,
    Queue,
    Store,
)
from benchmarks.acme_site import Program, Site
from cpq_hooks.adapter import ordered
from tests.acme import a_quote, an_event, signed

PATH = "/v1/hooks/acme"
_VERSIONS = 8
_DUPLICATES = 0.35
_SENDERS = 4
_PATIENCE = 900.0


@dataclass
class Plan:
    """What is sent: deliveries in their order, every event's key, and the newest version of each object."""

    deliveries: list[list[dict[str, Any]]]
    keys: set[str]
    newest: dict[str, int]
    objects: dict[str, Any]


def plan_of(count: int, seed: int) -> Plan:
    """So many deliveries of one to three events. Of half of the objects they are thin, of the others they hold the object."""
    chance = random.Random(seed)
    objects = max(4, count // 12)
    events: list[dict[str, Any]] = []
    for version in range(1, _VERSIONS + 1):
        for number in range(objects):
            name = f"Q-{number}"
            whole = {} if number % 2 else {"payload": a_quote(name, version)}
            events.append(an_event(len(events), name, version=version, **whole))
    # Each comes up to three versions too late.
    places = {each["id"]: place + chance.uniform(0, 3 * objects) for place, each in enumerate(events)}
    events.sort(key=lambda each: places[each["id"]])
    deliveries: list[list[dict[str, Any]]] = []
    sent: list[dict[str, Any]] = []
    waiting = deque(events)
    while waiting or len(deliveries) < count:
        again = sent and (not waiting or chance.random() < _DUPLICATES)
        delivery = (
            [chance.choice(sent)]
            if again
            else [waiting.popleft() for _ in range(min(len(waiting), chance.choice((1, 1, 1, 2, 3))))]
        )
        sent += [] if again else delivery
        deliveries.append(delivery)
    keys = {each["id"] for delivery in deliveries for each in delivery}
    now = {f"/quote/Q-{number}": a_quote(f"Q-{number}", _VERSIONS) for number in range(objects)}
    return Plan(deliveries, keys, {f"Q-{number}": _VERSIONS for number in range(objects)}, now)


@dataclass
class Senders:
    """Sends a plan as a vendor would: a delivery that is not acknowledged is sent again, until it is."""

    port: int
    waiting: deque[list[dict[str, Any]]]
    acknowledged: int = 0
    repeated: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(_SENDERS)]
        for thread in threads:
            thread.start()
        return threads

    def _send_all(self) -> None:
        while True:
            try:
                delivery = self.waiting.popleft()
            except IndexError:
                return
            while not self._send(delivery):
                with self.lock:
                    self.repeated += 1
                time.sleep(0.2)
            with self.lock:
                self.acknowledged += 1

    def _send(self, delivery: list[dict[str, Any]]) -> bool:
        body, headers = signed({"events": delivery})
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with suppress(OSError, HTTPException):
            connection.request("POST", PATH, body, headers)
            return connection.getresponse().status == 200
        return False


@dataclass
class Outcome:
    """What came out of a run; `faults` is empty where everything is as it must be."""

    deliveries: int
    repeated: int
    events: int
    decisions: int
    superseded: int
    written: int
    kills: dict[str, int]
    seconds: float
    faults: list[str]


def run(site: Site, count: int, *, kills: int, seed: int = 1) -> Outcome:
    """Send, kill and check."""
    plan, began = plan_of(count, seed), time.monotonic()
    site.vendor.objects |= plan.objects
    senders = Senders(site.port, deque(plan.deliveries))
    threads = senders.run()
    killed = _kill(site, senders, len(plan.deliveries), kills, random.Random(seed + 1))
    for thread in threads:
        thread.join(_PATIENCE)
    with site.store() as store:
        _wait_until_empty(store.inbox.line)
        _wait_until_empty(store.outbox.line)
        events = list(_events(store))
        found = list(_decisions(store))
        written = [told.get("decision_id") for path, told in site.vendor.written if path.endswith("/verdict")]
        faults = [*_faults(plan, events, found, store), *_not_written(plan, set(written), store)]
    return Outcome(
        deliveries=senders.acknowledged,
        repeated=senders.repeated,
        events=len(events),
        decisions=len(found),
        superseded=sum(each.state is EventState.SUPERSEDED for each in events),
        written=len(written),
        kills=killed,
        seconds=time.monotonic() - began,
        faults=faults,
    )


def _kill(site: Site, senders: Senders, total: int, kills: int, chance: random.Random) -> dict[str, int]:
    """Kill now the server, now the worker, at random points of the sending, and start it again."""
    killed = {"serve": 0, "worker": 0}
    for point in sorted(chance.uniform(0.02, 0.95) for _ in range(kills)):
        while senders.acknowledged < point * total:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.3))
        program: Program = chance.choice(site.programs)
        program.kill()
        killed[program.arguments[0]] += 1
        program.start()
        if program is site.web:
            site.wait_until_up()
    return killed


def _wait_until_empty(line: Queue) -> None:
    until = time.monotonic() + _PATIENCE
    while line.counts().waiting:
        if time.monotonic() > until:
            return
        time.sleep(0.2)


def _events(store: Store) -> Iterable[KeptEvent]:
    page = store.inbox.page(EventFilter(), limit=500)
    while page:
        yield from page
        page = store.inbox.page(EventFilter(), limit=500, before=page[-1].event_id)


def _decisions(store: Store) -> Iterable[Any]:
    token = None
    while True:
        page = store.decisions.page(DecisionFilter(), limit=500, page=token)
        yield from page.decisions
        token = page.next_page
        if token is None:
            return


def _faults(plan: Plan, events: list[KeptEvent], decisions: list[Any], store: Store) -> Iterable[str]:
    lost = plan.keys - {event.note.key for event in events}
    if lost:
        yield f"{len(lost)} events were lost"
    if len(events) != len(plan.keys):
        yield f"{len(events)} events were kept of {len(plan.keys)}"
    for event in events:
        if event.state not in (EventState.DONE, EventState.SUPERSEDED):
            yield f"{event.event_id} is {event.state}: {event.reason}"
    made = [event.decision_id for event in events if event.state is EventState.DONE]
    if sorted(map(str, made)) != sorted(each.decision_id for each in decisions):
        yield f"{len(made)} events are done and {len(decisions)} decisions were made: not one for each"
    yield from _not_the_newest(plan, events, decisions)
    if not store.verify_chain().is_whole:
        yield "the record is not whole"


def _not_written(plan: Plan, written: set[str | None], store: Store) -> Iterable[str]:
    """Each object's first verdict is written back; a later one where it says something else."""
    messages = [*_messages(store)]
    lost = [each.message_id for each in messages if each.note.decision_id not in written]
    if lost:
        yield f"{len(lost)} of {len(messages)} write-backs never arrived, such as {lost[0]}"
    without = plan.newest.keys() - {each.note.object_id for each in messages}
    if without:
        yield f"of {len(without)} objects no verdict was written back"
    if store.outbox.line.counts().parked:
        yield f"{store.outbox.line.counts().parked} messages are parked"


def _messages(store: Store) -> Iterable[KeptMessage]:
    page = store.outbox.page(MessageFilter(kind=MessageKind.WRITE_BACK), limit=500)
    while page:
        yield from page
        page = store.outbox.page(MessageFilter(kind=MessageKind.WRITE_BACK), limit=500, before=page[-1].message_id)


def _not_the_newest(plan: Plan, events: list[KeptEvent], decisions: list[Any]) -> Iterable[str]:
    newest: dict[str, str] = {}
    for each in decisions:  # the newest first
        newest.setdefault(each.subject.id, each.subject.revision)
    for name, version in plan.newest.items():
        if newest.get(name) != str(version):
            yield f"{name} ended in version {newest.get(name)}, not in {version}"
        of = [event.note.version for event in events if event.note.object_id == name and event.state is EventState.DONE]
        if ordered(version) not in of:
            yield f"the newest event of {name} was not handled"
