"""POST /v1/audits: agreement, usage and invoices in, an audit report out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

from app.api.authentication import require
from app.api.route import JSON, Asked, Content, Reply, Route
from app.api.writing import json_bytes
from app.audits import StoredDocuments, audit_request, judged
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON
from app.store import AlreadyAnswered, Answer, DocumentKind, KeyedAnswer, KeyedRequest, Scope
from cpq_hooks.canonical import AuditRequest, dump_audit_report, load_audit_request
from cpq_hooks.reading import read_json
from policies.auditing.report import AuditReport

_PATH: Final = "/v1/audits"
_REPLAYED: Final = (("Idempotent-Replayed", "true"),)
_ABOUT: Final = (
    "Works out, period by period and line by line, what the agreement should have billed, and holds the invoices against it. "
    "Send the agreement, or `agreement_id` of one that is stored; usage and invoices that are left out are those stored under "
    "it. A period without a usage record is unknown, not zero. Findings that are named in `confirm` or `dismiss` are stored as "
    "outcomes, as by POST /v1/outcomes. With `store`, the report is kept as the newest on its agreement and what it found goes into the "
    "ledgers; without it, nothing is recorded."
)


class Answers(Protocol):
    """What remembers answers: a room of the store."""

    def find(self, request: KeyedRequest) -> Answer | None: ...

    def keep(self, keyed: KeyedAnswer) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoom:
    """What an audit needs of the store, and how long its answer is remembered for an Idempotency-Key.

    `keep` keeps a report as the newest on its agreement, and books what it found.
    """

    documents: StoredDocuments
    answers: Answers
    clock: Callable[[], datetime]
    remembered: timedelta
    max_lines: int | None
    simulated: bool = False
    keep: Callable[[bytes], object] = lambda _: None


def audit_routes(room: AuditRoom) -> tuple[Route, ...]:
    """The routes that audit."""
    return (
        Route(
            method="POST",
            path=_PATH,
            name="audit",
            group="Audits",
            summary="Audit an agreement",
            about=_ABOUT,
            scope=Scope.VERIFY,
            takes=Content(schema="AuditRequest"),
            answers=Content(schema="AuditReport", about="The report."),
            problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT),
            handle=lambda asked: _audit(room, asked),
        ),
    )


def _audit(room: AuditRoom, asked: Asked) -> Reply:
    keyed = _keyed(asked)
    earlier = None if keyed is None else room.answers.find(keyed)
    if earlier is not None:
        return _again(earlier)
    request = load_audit_request(read_json(asked.body.raw), max_lines=room.max_lines)
    report = audit_request(request, room.documents)
    if request.confirm or request.dismiss:
        _store_outcomes(room, asked, request, report)
    body = json_bytes(dump_audit_report(report))
    if request.store:
        _may_store(asked)
        room.keep(body)
    if keyed is not None:
        answer = Answer(status=200, content_type=JSON, body=body)
        try:
            room.answers.keep(KeyedAnswer(request=keyed, answer=answer, expires_at=room.clock() + room.remembered))
        except AlreadyAnswered as already:
            return _again(already.answer)
    return Reply(body=body)


def _store_outcomes(room: AuditRoom, asked: Asked, request: AuditRequest, report: AuditReport) -> None:
    """What was confirmed and dismissed goes where POST /v1/outcomes puts it, and so needs its scope."""
    _may_store(asked)
    outcomes = judged(request, report, room.documents, room.clock())
    room.documents.put(
        DocumentKind.OUTCOME,
        [replace(each, key_id=asked.key_id, simulated=room.simulated) for each in outcomes],
    )


def _may_store(asked: Asked) -> None:
    if asked.exchange.key is not None:
        require(asked.exchange.key, Scope.INGEST)


def _keyed(asked: Asked) -> KeyedRequest | None:
    if asked.idempotency_key is None:
        return None
    digest = f"sha256:{sha256(asked.body.raw).hexdigest()}"
    return KeyedRequest(
        key_id=asked.key_id or "", route=f"POST {_PATH}", idempotency_key=asked.idempotency_key, digest=digest
    )


def _again(earlier: Answer) -> Reply:
    return Reply(status=earlier.status, body=earlier.body, content_type=earlier.content_type, headers=_REPLAYED)
