"""The use case: a vendor's request comes in, is known for genuine, and is kept or judged before it is answered.

The bytes are verified before they are parsed, and stored before they are acknowledged. A document whose sender waits is
judged by the same gates as any other; where that takes too long, the sender is told so in time and the check is made up for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from app.assess import Answer, Call, Caller
from app.deliveries import Sent, delivery_of, kept, note_of, unanswered, whole
from app.errors import Problem, problem_of
from app.gate import fail_mode
from app.identifiers import new_id
from app.inbox import caller_of
from app.rules import Rules, RulesRefused
from app.store import Store, StoreUnavailable
from app.vendor_notes import notes_of
from app.vendor_objects import written
from cpq_hooks.adapter import Delivery, Genuine, Inline, NotUnderstood, Refusal, Shape, VendorReply
from cpq_hooks.problem import Invalid
from cpq_hooks.problem import Problem as Fault
from cpq_hooks.reading import Malformed
from policies.domain.company import Company, FailMode
from policies.domain.decision import Verdict
from policies.domain.quote import Stage

if TYPE_CHECKING:
    from app.connections import Connected, Connections

_OTHER_TENANT: Final = Refusal(because="the delivery is of another tenant than this connection is for", status=403)
_SHARE: Final = 0.8
"""Of the time that a sender waits, so much is ours; the rest is the network's."""
_LEAST: Final = 0.05
_RECHECK_AFTER: Final = timedelta(seconds=60)
_UNCHECKED: Final = 202


class UnknownConnection(LookupError):  # noqa: N818 - it says what is the matter
    """No connection has this name."""


class NotGenuine(Exception):  # noqa: N818 - it says what is the matter
    """The delivery is not taken; `refusal` says why, and how the vendor is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.because)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What became of a delivery: the vendor's answer, and in a word what it was: stored, known, answered, unchecked, refused.

    `answer` is the gate's where a document was judged, `problem` why it could not be.
    """

    reply: VendorReply
    became: str
    events: int = 0
    shape: Shape | None = None
    answer: Answer | None = None
    problem: Problem | None = None


class Hooks:
    """Takes what vendors send, by connection. `judges` judge a document by its shape within the time of the call."""

    def __init__(
        self,
        store: Store,
        connections: Connections,
        judges: Mapping[Shape, Callable[[Call], Answer]],
        rules: Callable[[], Rules],
        clock: Callable[[], datetime],
        *,
        default_wait: timedelta,
        on_fault: Callable[[str, Exception], None] = lambda *_: None,
    ) -> None:
        self._store = store
        self._connections = connections
        self._judges = judges
        self._rules = rules
        self._clock = clock
        self._default_wait = default_wait.total_seconds()
        self._on_fault = on_fault
        self._pool = ThreadPoolExecutor(thread_name_prefix="recheck")

    def receive(self, name: str, sent: Sent, wait_seconds: float | None = None, *, began: float | None = None) -> Took:
        """Take a delivery. `began` is when the request came, as `perf_counter` counts.

        Raises `UnknownConnection`, `NotGenuine`, `Malformed`, and `StoreUnavailable` where it could not be kept.
        """
        began = perf_counter() if began is None else began
        connected = self._connections.get(name)
        if connected is None:
            raise UnknownConnection(name)
        delivery = delivery_of(sent, connected.connection, self._clock())
        _known_for_genuine(connected, delivery)
        try:
            inline = connected.adapter.inline(delivery, connected.connection)
        except (Invalid, NotUnderstood) as fault:
            return _not_judged(fault, connected, delivery)
        if inline is None:
            return self._keep(connected, delivery)
        wished = self._default_wait if wait_seconds is None else wait_seconds
        return self._judge(connected, delivery, inline, _Time(began, min(inline.deadline * _SHARE, wished)))

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _keep(self, connected: Connected, delivery: Delivery) -> Took:
        """Store what the delivery tells, then acknowledge it. One that cannot be read is stored for a person."""
        name = connected.connection.name
        try:
            notes = [note_of(each) for each in connected.adapter.events(delivery, connected.connection)]
        except Malformed:
            raise
        except Exception as fault:  # noqa: BLE001 - it is genuine, so it must not be lost, whatever the adapter makes of it
            self._on_fault(name, fault)
            notes = [whole(delivery)]
        taken = self._store.inbox.take(name, notes, kept(delivery, connected.connection))
        became = "stored" if taken.new else "known" if taken.known else "empty"
        reply = connected.adapter.acknowledge(delivery, connected.connection)
        return Took(reply=reply, became=became, events=len(taken.new))

    def _judge(self, connected: Connected, delivery: Delivery, inline: Inline, time: _Time) -> Took:
        """Have the document judged in time, and answer in the vendor's own form."""
        translation, connection = inline.translation, connected.connection
        judge = self._judges.get(translation.shape)
        if judge is None:
            return _not_judged(NotUnderstood(f"a {translation.shape.value} is not judged"), connected, delivery)
        raw, document = written(translation.document)
        call = Call(
            raw=raw,
            caller=Caller(key_id=caller_of(connection.name)),
            wait_seconds=time.left(),
            notes=notes_of(translation, connected.adapter.title),
            decision_id=new_id("dec"),
            punctual=True,
            document=document,
        )
        try:
            answer = judge(call)
        except (Invalid, NotUnderstood) as fault:
            return replace(_not_judged(fault, connected, delivery), shape=translation.shape)
        except (StoreUnavailable, RulesRefused) as fault:
            return self._cannot(fault, connected, delivery, inline)
        if answer.status == _UNCHECKED:
            self._make_up_for(connected, delivery, call, inline, time)
        told: Mapping[str, Any] = json.loads(answer.body)
        reply = connected.adapter.answer(told, delivery, connection)
        became = "unchecked" if answer.status == _UNCHECKED else "answered"
        return Took(reply=reply, became=became, shape=translation.shape, answer=answer)

    def _make_up_for(self, connected: Connected, delivery: Delivery, call: Call, inline: Inline, time: _Time) -> None:
        """Queue the check that the sender could not wait for, unless it comes to its end by itself meanwhile."""
        note = unanswered(call.decision_id or "", _subject_of(inline), inline.translation.shape.value)
        keeping = self._pool.submit(
            self._store.inbox.take,
            connected.connection.name,
            [note],
            kept(delivery, connected.connection),
            due_at=self._clock() + _RECHECK_AFTER,
        )
        try:
            keeping.result(timeout=time.rest())
        except (TookTooLong, StoreUnavailable) as fault:
            self._on_fault(connected.connection.name, fault)

    def _cannot(self, fault: Exception, connected: Connected, delivery: Delivery, inline: Inline) -> Took:
        """Nothing can be judged now: no outage of ours stops an early deal, and none lets a late one through."""
        mode = _mode(inline, self._company())
        verdict = Verdict.ALLOW if mode is FailMode.OPEN else Verdict.FLAG
        goes_on = "work may go on meanwhile" if mode is FailMode.OPEN else "hold it until it is"
        told = _unchecked(verdict, mode, f"Not checked: Quoteguard cannot judge now; {goes_on}.")
        reply = connected.adapter.answer(told, delivery, connected.connection)
        problem = problem_of(fault)
        return Took(reply=reply, became="unchecked", shape=inline.translation.shape, problem=problem)

    def _company(self) -> Company | None:
        try:
            return self._rules().company
        except RulesRefused:
            return None


@dataclass(frozen=True, slots=True)
class _Time:
    """A sender's time: when it began and how many seconds of it are ours."""

    began: float
    seconds: float

    def left(self) -> float:
        """What is left to judge in; some of it is kept to say that it was not enough."""
        return max(_LEAST, 0.9 * self.seconds - (perf_counter() - self.began))

    def rest(self) -> float:
        return max(_LEAST, self.seconds - (perf_counter() - self.began))


def _known_for_genuine(connected: Connected, delivery: Delivery) -> Genuine:
    """Raises `NotGenuine`."""
    connection = connected.connection
    found = connected.adapter.verify(delivery, connection)
    if isinstance(found, Refusal):
        raise NotGenuine(found)
    if connection.tenant is not None and found.tenant is not None and found.tenant != connection.tenant:
        raise NotGenuine(_OTHER_TENANT)
    return found


def _not_judged(fault: Exception, connected: Connected, delivery: Delivery) -> Took:
    """The document cannot be read: no outage, so it never passes unseen, and it is told where the sender looks."""
    problem = problem_of(fault if isinstance(fault, Invalid) else Invalid([_as_problem(fault)]))
    first = problem.errors[0]
    more = f" (the first of {len(problem.errors)} problems)" if len(problem.errors) > 1 else ""
    told = _unchecked(
        Verdict.FLAG, FailMode.HOLD, f"Not checked, it cannot be read: {first.path}: {first.message}{more}."
    )
    told["errors"] = [each.as_dict() for each in problem.errors]
    reply = connected.adapter.answer(told, delivery, connected.connection)
    return Took(reply=reply, became="refused", problem=problem)


def _as_problem(fault: Exception) -> Fault:
    return Fault(path="$", message=str(fault), code="not_understood")


def _unchecked(verdict: Verdict, mode: FailMode, headline: str) -> dict[str, Any]:
    return {
        "decision_id": None,
        "checked": False,
        "verdict": verdict.value,
        "fail_mode": mode.value,
        "headline": headline,
        "links": {},
    }


def _mode(inline: Inline, company: Company | None) -> FailMode:
    """At the first invoice what is not verified is held; a quote goes by its stage."""
    if inline.translation.shape is not Shape.QUOTE:
        return FailMode.HOLD
    stage = inline.translation.document.get("stage")
    return fail_mode(Stage(stage) if stage in {each.value for each in Stage} else None, company)


def _subject_of(inline: Inline) -> str:
    document = inline.translation.document
    return str(document.get("quote_id") or document.get("billing_configuration_id") or "unknown")
