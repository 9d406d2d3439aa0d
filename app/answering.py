"""How every document that is sent to be judged is answered: within the caller's time, once for each key, and recorded first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from time import perf_counter
from typing import Any, Final, Protocol

from app.assess import Answer, Call, Measures
from app.errors import problem_of
from app.identifiers import new_id
from app.recording import RuleArchive, Sender, recorded
from app.rules import Rules
from app.store import (
    AlreadyAnswered,
    Document,
    DocumentKind,
    HoldStep,
    KeyedAnswer,
    KeyedRequest,
    RefusedRequest,
    Store,
)
from app.store import Answer as KeptAnswer
from cpq_hooks.reading import read_json
from policies.domain.company import FailMode
from policies.domain.decision import Decision, Verdict

JSON: Final = "application/json"
_UNHURRIED: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a document may be at most, and how long an Idempotency-Key is remembered."""

    max_bytes: int
    max_lines: int
    idempotency: timedelta


@dataclass(slots=True)
class Work:
    """One call under way: what is known of it when its time is up. `record` is the document, once it is read."""

    call: Call
    decision_id: str
    began: float
    record: Any = None
    steps: list[tuple[str, float]] = field(default_factory=list)
    _last: float = 0.0

    def document(self, max_bytes: int) -> Any:
        """What the bytes of the call say. Raises `Malformed` and `TooLarge`."""
        call = self.call
        if call.document is not None and len(call.raw) <= max_bytes:
            return call.document
        return read_json(call.raw, max_bytes=max_bytes)

    def step(self, name: str) -> None:
        """Note how long the step that ends here took."""
        now = perf_counter()
        self.steps.append((name, now - (self._last or self.began)))
        self._last = now

    @property
    def milliseconds(self) -> float:
        """How long the work has been under way."""
        return (perf_counter() - self.began) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision, the answer that says it, and what its record holds besides; `lines` is how many were judged.

    `document` is stored and `hold` changed with the record, all or nothing.
    """

    decision: Decision
    body: bytes
    lines: int
    rules: Rules
    sender: Sender
    context: bytes | None = None
    document: tuple[DocumentKind, Document] | None = None
    hold: HoldStep | None = None


class Judge(Protocol):
    """What judges one kind of document, and what is told where it could not in time.

    `small` is the size in bytes up to which that is done far within a second.
    """

    route: str
    small: int

    def judge(self, work: Work) -> Judged: ...

    def meanwhile(self, work: Work) -> tuple[FailMode, str]: ...


class Answering:
    """Answers calls by a judge. What it answers is on record first."""

    def __init__(self, judge: Judge, store: Store, clock: Callable[[], datetime], limits: Limits) -> None:
        self._judge = judge
        self._store = store
        self._archive = RuleArchive(store)
        self._clock = clock
        self._limits = limits
        self._pool = ThreadPoolExecutor(thread_name_prefix="gate")

    def answer(self, call: Call) -> Answer:
        """The decision, or, where the caller's time is up first, that there is none yet."""
        work = Work(call=call, decision_id=call.decision_id or new_id("dec"), began=perf_counter())
        if not call.punctual and call.wait_seconds >= _UNHURRIED and len(call.raw) <= self._judge.small:
            return self._checked(work)
        future = self._pool.submit(self._checked, work)
        try:
            return future.result(timeout=call.wait_seconds)
        except TookTooLong:
            if not call.dry_run:
                future.add_done_callback(lambda done: self._finished_late(work, done))
            return self._unchecked(work)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _checked(self, work: Work) -> Answer:
        keyed = self._keyed(work.call)
        earlier = self._store.idempotency.find(keyed) if keyed is not None else None
        if earlier is not None:
            return _again(earlier)
        judged = self._judge.judge(work)
        if not work.call.dry_run:
            try:
                self._record(work.call, judged, keyed)
            except AlreadyAnswered as already:
                return _again(already.answer)
        work.step("record")
        return _fresh(judged, work)

    def _record(self, call: Call, judged: Judged, keyed: KeyedRequest | None) -> None:
        answer = None
        if keyed is not None:
            kept = KeptAnswer(status=200, content_type=JSON, body=judged.body)
            expires_at = judged.decision.evaluated_at + self._limits.idempotency
            answer = KeyedAnswer(request=keyed, answer=kept, expires_at=expires_at)
        digests = self._archive.digests(judged.rules)
        record = recorded(judged.decision, call, judged.body, digests, judged.context, judged.sender)
        self._store.record(record, answer=answer, hold=judged.hold, document=judged.document, beside=call.beside)

    def _unchecked(self, work: Work) -> Answer:
        """What a caller is told whose time is up: whether work goes on meanwhile or is held."""
        mode, headline = self._judge.meanwhile(work)
        verdict = Verdict.ALLOW if mode is FailMode.OPEN else Verdict.FLAG
        body = {
            "decision_id": work.decision_id,
            "checked": False,
            "verdict": verdict.value,
            "fail_mode": mode.value,
            "headline": headline,
            "links": {} if work.call.dry_run else _links(work),
        }
        return Answer(status=202, body=json.dumps(body).encode(), decision_id=work.decision_id, verdict=verdict.value)

    def _finished_late(self, work: Work, done: Future[Answer]) -> None:
        """Nobody waits any more: what turns out to be refused is kept, so that it can be looked up all the same."""
        error = done.exception()
        if error is None:
            return
        problem = problem_of(error)
        ref_id = _late_refusal(work)
        document = problem.document(request_id=work.decision_id, refused_id=ref_id)
        self._store.refused.keep(
            RefusedRequest(
                ref_id=ref_id,
                received_at=self._clock(),
                route=self._judge.route,
                status=problem.kind.status,
                problem=document,
                body=work.call.raw,
                length=len(work.call.raw),
                content_type=JSON,
                key_id=work.call.caller.key_id,
            )
        )

    def _keyed(self, call: Call) -> KeyedRequest | None:
        if call.idempotency_key is None or call.dry_run:
            return None
        return KeyedRequest(
            key_id=call.caller.key_id or "",
            route=self._judge.route,
            idempotency_key=call.idempotency_key,
            digest="sha256:" + sha256(call.raw).hexdigest(),
        )


def _links(work: Work) -> dict[str, str]:
    """Where the decision will be, and where the problem will be if the document turns out to be refused."""
    return {"self": f"/v1/decisions/{work.decision_id}", "refused": f"/v1/refused/{_late_refusal(work)}"}


def _late_refusal(work: Work) -> str:
    return "ref_" + work.decision_id.removeprefix("dec_")


def _fresh(judged: Judged, work: Work) -> Answer:
    decision = judged.decision
    measures = Measures(
        lines=judged.lines,
        findings=tuple((finding.policy_id, finding.effect.value) for finding in decision.findings),
        not_assessed=tuple(each.policy_id for each in decision.not_assessed),
        seconds=tuple(work.steps),
    )
    return Answer(
        status=200,
        body=judged.body,
        decision_id=decision.decision_id,
        verdict=decision.verdict.value,
        measures=measures,
    )


def _again(answer: KeptAnswer) -> Answer:
    told: Mapping[str, Any] = json.loads(answer.body)
    return Answer(
        status=answer.status,
        body=answer.body,
        decision_id=told.get("decision_id"),
        verdict=told.get("verdict"),
        replayed=True,
    )
