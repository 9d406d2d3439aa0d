"""The gate: what HTTP and the command line call to have a quote judged and the decision recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from time import perf_counter
from typing import Any, Final

from app.assess import Answer, Call, Measures, assess
from app.errors import problem_of
from app.identifiers import new_id
from app.recording import RuleArchive, approved_contents, context_of, recorded
from app.rendering import render
from app.rules import Rules
from app.store import AlreadyAnswered, KeyedAnswer, KeyedRequest, RefusedRequest, Store
from app.store import Answer as KeptAnswer
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.domain.company import FailMode
from policies.domain.decision import Decision, Verdict
from policies.domain.quote import Quote, Stage

ROUTE: Final = "POST /v1/quotes/check"
JSON: Final = "application/json"
SMALL: Final = 256 * 1024
"""Bodies up to this size are judged in a few milliseconds, far within any wait of a second or more."""
_UNHURRIED: Final = 1.0


@dataclass(slots=True)
class _Work:
    """One call under way: what is known of it when its time is up."""

    call: Call
    decision_id: str
    began: float
    quote: Quote | None = None
    steps: list[tuple[str, float]] = field(default_factory=list)
    _last: float = 0.0

    def step(self, name: str) -> None:
        """Note how long the step that ends here took."""
        now = perf_counter()
        self.steps.append((name, now - (self._last or self.began)))
        self._last = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a quote may be at most, and how long an Idempotency-Key is remembered."""

    max_bytes: int
    max_lines: int
    idempotency: timedelta


class QuoteGate:
    """Judges quotes by the rules in force and records each decision before it is answered."""

    def __init__(
        self,
        store: Store,
        rules: Callable[[], Rules],
        clock: Callable[[], datetime],
        limits: Limits,
        *,
        simulated: bool = False,
    ) -> None:
        self._store = store
        self._archive = RuleArchive(store)
        self._rules = rules
        self._clock = clock
        self._limits = limits
        self._simulated = simulated
        self._pool = ThreadPoolExecutor(thread_name_prefix="gate")

    def check_quote(self, call: Call) -> Answer:
        """The decision on a quote, or, where the caller's time is up first, that it is not checked yet."""
        work = _Work(call=call, decision_id=new_id("dec"), began=perf_counter())
        if call.wait_seconds >= _UNHURRIED and len(call.raw) <= SMALL:
            return self._checked(work)
        future = self._pool.submit(self._checked, work)
        try:
            return future.result(timeout=call.wait_seconds)
        except TookTooLong:
            if not call.dry_run:
                future.add_done_callback(lambda done: self._finished_late(work, done))
            return self._unchecked(work)

    def _finished_late(self, work: _Work, done: Future[Answer]) -> None:
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
                route=ROUTE,
                status=problem.kind.status,
                problem=document,
                body=work.call.raw,
                length=len(work.call.raw),
                content_type=JSON,
                key_id=work.call.caller.key_id,
            )
        )

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _checked(self, work: _Work) -> Answer:
        call = work.call
        keyed = _keyed(call)
        earlier = self._store.idempotency.find(keyed) if keyed is not None else None
        if earlier is not None:
            return _again(earlier)
        document = read_json(call.raw, max_bytes=self._limits.max_bytes)
        work.step("parse")
        quote = work.quote = load_quote(document, max_lines=self._limits.max_lines)
        work.step("schema")
        rules = self._rules()
        as_of = self._clock()
        approved = approved_contents(quote, self._store)
        materials = {content: each.material for content, each in approved.items()}
        decision = assess(quote, rules, as_of=as_of, decision_id=work.decision_id, approved=materials)
        decision = replace(decision, simulated=self._simulated or decision.simulated)
        work.step("policies")
        body = render(decision, document, duration_ms=(perf_counter() - work.began) * 1000)
        work.step("answer")
        if not call.dry_run:
            try:
                self._record(call, quote, decision, body, keyed, rules, context_of(approved, rules))
            except AlreadyAnswered as already:
                return _again(already.answer)
        work.step("record")
        return _fresh(decision, body, work)

    def _record(
        self,
        call: Call,
        quote: Quote,
        decision: Decision,
        body: bytes,
        keyed: KeyedRequest | None,
        rules: Rules,
        context: bytes | None,
    ) -> None:
        answer = None
        if keyed is not None:
            kept = KeptAnswer(status=200, content_type=JSON, body=body)
            expires_at = decision.evaluated_at + self._limits.idempotency
            answer = KeyedAnswer(request=keyed, answer=kept, expires_at=expires_at)
        record = recorded(quote, decision, call, body, self._archive.digests(rules), context)
        self._store.record(record, answer=answer)

    def _unchecked(self, work: _Work) -> Answer:
        """What a caller is told whose time is up: by the fail mode of the quote's stage, work goes on or is held."""
        rules = self._rules()
        stage = work.quote.stage if work.quote is not None else None
        modes = rules.company.fail_modes if rules.company is not None else {}
        mode = modes.get(stage) if stage is not None else None
        if mode is None:
            mode = FailMode.OPEN if stage in (Stage.DRAFT, Stage.SUBMITTED) else FailMode.HOLD
        verdict = Verdict.ALLOW if mode is FailMode.OPEN else Verdict.FLAG
        goes_on = "work may go on meanwhile" if mode is FailMode.OPEN else "hold it until then"
        body = {
            "decision_id": work.decision_id,
            "checked": False,
            "verdict": verdict.value,
            "fail_mode": mode.value,
            "headline": f"Not checked within {work.call.wait_seconds:g} seconds; the check goes on, {goes_on}.",
            "links": {} if work.call.dry_run else _links(work),
        }
        return Answer(status=202, body=json.dumps(body).encode(), decision_id=work.decision_id, verdict=verdict.value)


def _links(work: _Work) -> dict[str, str]:
    """Where the decision will be, and where the problem will be if the document turns out to be refused."""
    return {"self": f"/v1/decisions/{work.decision_id}", "refused": f"/v1/refused/{_late_refusal(work)}"}


def _late_refusal(work: _Work) -> str:
    return "ref_" + work.decision_id.removeprefix("dec_")


def _fresh(decision: Decision, body: bytes, work: _Work) -> Answer:
    measures = Measures(
        lines=len(work.quote.lines) if work.quote is not None else 0,
        findings=tuple((finding.policy_id, finding.effect.value) for finding in decision.findings),
        not_assessed=tuple(each.policy_id for each in decision.not_assessed),
        seconds=tuple(work.steps),
    )
    return Answer(
        status=200,
        body=body,
        decision_id=decision.decision_id,
        verdict=decision.verdict.value,
        measures=measures,
    )


def _keyed(call: Call) -> KeyedRequest | None:
    if call.idempotency_key is None or call.dry_run:
        return None
    return KeyedRequest(
        key_id=call.caller.key_id or "",
        route=ROUTE,
        idempotency_key=call.idempotency_key,
        digest="sha256:" + sha256(call.raw).hexdigest(),
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
