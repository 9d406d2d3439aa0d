"""POST /v1/agreements, /v1/usage, /v1/invoices, /v1/outcomes: store one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.api.route import JSON, JSON_LINES, Asked, Content, Reply, Route
from app.api.writing import json_bytes
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, Problem
from app.ingest import AGREEMENTS, INVOICES, OUTCOMES, USAGE, Read, Sort, read_record_lines, read_records
from app.store import AlreadyAnswered, Answer, Document, DocumentKind, KeyedAnswer, KeyedRequest, PutResult, Scope
from cpq_hooks.problem import Invalid

if TYPE_CHECKING:
    from sqlalchemy import Connection

_REPLAYED: Final = (("Idempotent-Replayed", "true"),)
_ABOUT: Final = (
    "One object, a list of them, or JSON Lines. A list is taken whole or not at all. Of JSON Lines the good ones are stored, and "
    "each bad one is told with its line number and kept under `refused_id`. Stored by id: the same content again changes nothing, "
    "changed content is a further version."
)


class Documents(Protocol):
    """Where documents lie: a room of the store."""

    def put(
        self,
        kind: DocumentKind,
        documents: Any,
        *,
        answer: Callable[[PutResult], KeyedAnswer] | None = None,
        beside: Callable[[Connection], None] | None = None,
    ) -> PutResult: ...


class Follower(Protocol):
    """What goes on once agreements are stored: noted in the same transaction, and begun after it without taking time here."""

    def stored_in(self, connection: Connection, agreements: Sequence[Document]) -> None: ...

    def soon(self) -> None: ...


class Idempotency(Protocol):
    """What remembers answers: a room of the store."""

    def find(self, request: KeyedRequest) -> Answer | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What storing needs. `keep_refused` keeps lines that could not be taken, and gives their id."""

    documents: Documents
    idempotency: Idempotency
    follower: Follower
    keep_refused: Callable[[Asked, Problem, bytes], str | None]
    clock: Callable[[], datetime]
    remembered: timedelta
    simulated: bool


def record_routes(archive: Archive) -> tuple[Route, ...]:
    """The routes that store records."""
    return (
        _route(archive, AGREEMENTS, "/v1/agreements", "storeAgreements", "Agreement", "Store agreements"),
        _route(archive, USAGE, "/v1/usage", "storeUsage", "UsageRecord", "Store usage"),
        _route(archive, INVOICES, "/v1/invoices", "storeInvoices", "Invoice", "Store invoices"),
        _route(archive, OUTCOMES, "/v1/outcomes", "storeOutcomes", "Outcome", "Store what turned out"),
    )


def _route(archive: Archive, sort: Sort, path: str, name: str, schema: str, summary: str) -> Route:
    return Route(
        method="POST",
        path=path,
        name=name,
        group="Records",
        summary=summary,
        about=_ABOUT,
        scope=Scope.INGEST,
        takes=Content(schema=schema, media_types=(JSON, JSON_LINES), many=True),
        answers=Content(schema="Stored"),
        problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT),
        handle=lambda asked: _store(archive, sort, path, asked),
    )


def _store(archive: Archive, sort: Sort, path: str, asked: Asked) -> Reply:
    keyed = _keyed(asked, path)
    earlier = None if keyed is None else archive.idempotency.find(keyed)
    if earlier is not None:
        return _again(earlier)
    read = (read_record_lines if asked.media_type == JSON_LINES else read_records)(sort, asked.body.raw)
    if not read.documents:
        raise Invalid(read.problems)
    refused_id = _kept(archive, asked, read)
    documents = [replace(each, key_id=asked.key_id, simulated=archive.simulated) for each in read.documents]
    try:
        answer, follow = _answer(archive, keyed, read, refused_id), _follow(archive, sort, documents)
        result = archive.documents.put(sort.kind, documents, answer=answer, beside=follow)
    except AlreadyAnswered as already:
        return _again(already.answer)
    if sort.kind is DocumentKind.AGREEMENT and result.created + result.changed:
        archive.follower.soon()
    return Reply(body=_told(result, read, refused_id))


def _follow(archive: Archive, sort: Sort, documents: Sequence[Document]) -> Callable[[Connection], None] | None:
    """What is done in the transaction that stores them."""
    if sort.kind is not DocumentKind.AGREEMENT:
        return None
    return lambda connection: archive.follower.stored_in(connection, documents)


def _kept(archive: Archive, asked: Asked, read: Read) -> str | None:
    """Where the lines that could not be taken are kept."""
    if not read.problems:
        return None
    lines = len(read.refused_lines)
    detail = f"{lines:,} line{'s' if lines != 1 else ''} could not be taken; the others were stored."
    problem = Problem(kind=INVALID, detail=detail, errors=read.problems)
    return archive.keep_refused(asked, problem, b"\n".join(read.refused_lines))


def _answer(
    archive: Archive, keyed: KeyedRequest | None, read: Read, refused_id: str | None
) -> Callable[[PutResult], KeyedAnswer] | None:
    """What is remembered for the Idempotency-Key, in the same transaction as the records."""
    if keyed is None:
        return None

    def answer(result: PutResult) -> KeyedAnswer:
        kept = Answer(status=200, content_type=JSON, body=_told(result, read, refused_id))
        return KeyedAnswer(request=keyed, answer=kept, expires_at=archive.clock() + archive.remembered)

    return answer


def _told(result: PutResult, read: Read, refused_id: str | None) -> bytes:
    return json_bytes(
        {
            "created": result.created,
            "changed": result.changed,
            "unchanged": result.unchanged,
            "refused": len(read.refused_lines),
            "refused_id": refused_id,
            "errors": [problem.as_dict() for problem in read.problems],
        }
    )


def _keyed(asked: Asked, path: str) -> KeyedRequest | None:
    if asked.idempotency_key is None:
        return None
    digest = sha256(asked.media_type.encode() + b"\n" + asked.body.raw).hexdigest()
    return KeyedRequest(
        key_id=asked.key_id or "",
        route=f"POST {path}",
        idempotency_key=asked.idempotency_key,
        digest=f"sha256:{digest}",
    )


def _again(earlier: Answer) -> Reply:
    return Reply(status=earlier.status, body=earlier.body, content_type=earlier.content_type, headers=_REPLAYED)
