"""POST /v1/decisions/ID/review, GET /v1/decisions/ID/reviews, GET /v1/queue, POST /v1/queue/assign: the deal desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from app.api.exchange import Told
from app.api.parameters import choice_parameter, flag_parameter, moment_parameter, number_parameter, text_parameter
from app.api.route import JSON, Asked, Content, Reply, Route
from app.api.writing import json_bytes, json_reply, moment_json
from app.desk.actor import Actor
from app.desk.service import MOST_AT_ONCE, DealDeskService, Reviewed
from app.desk.telling import case_document, review_document, reviewed_document, step_document
from app.errors import (
    IDEMPOTENCY_CONFLICT,
    INVALID,
    MALFORMED_JSON,
    NOT_ALLOWED,
    NOT_FOUND,
    REVIEW_CONFLICT,
    refuse,
)
from app.store import AlreadyAnswered, Answer, CaseFilter, KeyedAnswer, KeyedRequest, Scope, Store
from cpq_hooks.canonical import load_review
from cpq_hooks.problem import Invalid
from cpq_hooks.problem import Problem as Fault
from cpq_hooks.reading import read_json
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from policies.domain.company import Company

_GROUP: Final = "Deal desk"
_QUEUE: Final = "/v1/queue"
_REVIEW: Final = "/v1/decisions/{decision_id}/review"
_REPLAYED: Final = (("Idempotent-Replayed", "true"),)
_DEFAULT_LIMIT: Final = 50
_LONGEST_NAME: Final = 200
_OF_DECISION: Final = {"decision_id": "The decision's id, `dec_...`."}
_FILTERS: Final = (
    choice_parameter(
        "state", "Only cases in this state. Default: those that somebody still has to do something about.", CaseState
    ),
    flag_parameter("settled", "With true, cases in every state.", default=False),
    choice_parameter("subject_type", "Only this kind of document.", SubjectType),
    choice_parameter("verdict", "Only cases with this verdict.", Verdict),
    text_parameter("rep_id", "Only deals of this rep."),
    text_parameter("account_id", "Only deals with this account."),
    text_parameter("assignee", "Only cases that this person looks after."),
    flag_parameter("unassigned", "With true, only cases that nobody looks after.", default=False),
    text_parameter("waits_for", "Only cases that wait for the consent of this role."),
    text_parameter("source", "Only documents that came from this system."),
    text_parameter("currency", "Only deals in this currency."),
    text_parameter("stage", "Only quotes at this stage."),
    text_parameter("tier", "Only deals in this risk tier."),
    text_parameter("root_cause", "Only deals of which this policy is the first in the way."),
    flag_parameter("simulated", "Only cases that are, or are not, simulated."),
    moment_parameter("due_before", "Only cases that have to be answered before this moment."),
    moment_parameter(
        "deadline_before", "Only quotes that run out, and first invoices that go out, before this moment."
    ),
)
_PAGING: Final = (
    number_parameter("limit", "How many to answer with.", least=1, most=500, default=_DEFAULT_LIMIT),
    text_parameter("page", "The token of a further page: `next_page` of the answer before."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRoom:
    """What the deal desk's routes need."""

    store: Store
    service: DealDeskService
    company: Callable[[], Company | None]
    clock: Callable[[], datetime]
    remembered: timedelta


def desk_routes(room: DeskRoom) -> tuple[Route, ...]:
    """The routes of the deal desk."""
    return (
        Route(
            method="POST",
            path=_REVIEW,
            name="reviewDecision",
            group=_GROUP,
            summary="Review a decision",
            about=(
                "Approve, waive until a day, reject, ask for changes, or escalate; of all findings or of those named. It is bound to "
                "the content of the decision, and counts for later checks of the same document as long as nothing got worse. "
                "Nobody reviews a deal of their own: the API key that sent it is refused."
            ),
            scope=Scope.REVIEW,
            takes=Content(schema="Review"),
            answers=Content(schema="Reviewed", about="The review, and the case from now on."),
            path_parameters=_OF_DECISION,
            problems=(MALFORMED_JSON, INVALID, NOT_FOUND, NOT_ALLOWED, REVIEW_CONFLICT, IDEMPOTENCY_CONFLICT),
            handle=lambda asked: _review(room, asked),
        ),
        Route(
            method="GET",
            path="/v1/decisions/{decision_id}/reviews",
            name="listReviews",
            group=_GROUP,
            summary="The reviews of a decision",
            about="What was decided on this content by whom, and whose consent it takes: who is asked, in which order, by when.",
            scope=Scope.READ,
            answers=Content(schema="ReviewList"),
            path_parameters=_OF_DECISION,
            problems=(NOT_FOUND,),
            handle=lambda asked: _reviews(room, asked),
        ),
        Route(
            method="GET",
            path=_QUEUE,
            name="listQueue",
            group=_GROUP,
            summary="The deal desk's queue",
            about="Flagged and blocked deals, the most urgent first: by money at risk and deadline at once. All filters must fit.",
            scope=Scope.READ,
            query=(*_FILTERS, *_PAGING),
            answers=Content(schema="Queue"),
            handle=lambda asked: _queue(room, asked),
        ),
        Route(
            method="POST",
            path=f"{_QUEUE}/assign",
            name="assignCases",
            group=_GROUP,
            summary="Give cases to somebody",
            about=f"Up to {MOST_AT_ONCE} at once. Who did so is kept. What has no case, or is with them already, is left as it is.",
            scope=Scope.REVIEW,
            takes=Content(schema="Assign"),
            answers=Content(schema="Assigned"),
            problems=(MALFORMED_JSON, INVALID, NOT_ALLOWED, IDEMPOTENCY_CONFLICT),
            handle=lambda asked: _assign(room, asked),
        ),
    )


def _review(room: DeskRoom, asked: Asked) -> Reply:
    decision_id, keyed = asked.path["decision_id"], _keyed(asked, _REVIEW)
    earlier = None if keyed is None else room.store.idempotency.find(keyed)
    if earlier is not None:
        return _again(earlier)
    review = load_review(read_json(asked.body.raw, max_bytes=len(asked.body.raw) + 1))

    def answer(request: KeyedRequest) -> Callable[[Reviewed], KeyedAnswer]:
        return lambda reviewed: KeyedAnswer(
            request=request,
            answer=Answer(status=200, content_type=JSON, body=json_bytes(reviewed_document(reviewed))),
            expires_at=room.clock() + room.remembered,
        )

    try:
        reviewed = room.service.review(
            decision_id, review, _actor(room, asked), answer=None if keyed is None else answer(keyed)
        )
    except AlreadyAnswered as already:
        return _again(already.answer)
    return Reply(body=json_bytes(reviewed_document(reviewed)), told=Told(decision_id=decision_id))


def _reviews(room: DeskRoom, asked: Asked) -> Reply:
    decision_id = asked.path["decision_id"]
    stored = room.store.decisions.get(decision_id)
    if stored is None:
        raise refuse(NOT_FOUND, "There is no decision with this id.")
    subject = stored.decision.summary.subject
    reviews = [
        each
        for each in room.store.desk.reviews(subject.type, subject.id)
        if each.decision_id == decision_id or each.content_hash == subject.content_hash
    ]
    return json_reply(
        {
            "decision_id": decision_id,
            "reviews": [review_document(each) for each in reviews],
            "steps": [step_document(step) for step in room.service.preview(decision_id)],
        }
    )


def _queue(room: DeskRoom, asked: Asked) -> Reply:
    query = dict(asked.query)
    limit, page = query.pop("limit", _DEFAULT_LIMIT), query.pop("page", None)
    state, every = query.pop("state", None), query.pop("settled", False)
    wanted = CaseFilter(
        states=() if state is None else (state,), is_open=True if state is None and not every else None, **query
    )
    found = room.store.desk.page(wanted, limit=limit, page=page)
    counts = room.store.desk.counts(wanted)
    return json_reply(
        {
            "cases": [case_document(case) for case in found.cases],
            "counts": {state.value: count for state, count in counts.items()},
            "next_page": found.next_page,
            "links": {"next": _next_link(asked.query, found.next_page)},
        }
    )


def _assign(room: DeskRoom, asked: Asked) -> Reply:
    keyed = _keyed(asked, f"{_QUEUE}/assign")
    earlier = None if keyed is None else room.store.idempotency.find(keyed)
    if earlier is not None:
        return _again(earlier)
    subjects, assignee = _assignment(read_json(asked.body.raw, max_bytes=len(asked.body.raw) + 1))
    changed = room.service.assign(subjects, assignee, _actor(room, asked))
    body = json_bytes({"changed": [case_document(case) for case in changed]})
    if keyed is not None:
        # Giving somebody what he has already changes nothing, so it does no harm that this is kept after it.
        kept = Answer(status=200, content_type=JSON, body=body)
        try:
            expires_at = room.clock() + room.remembered
            room.store.idempotency.keep(KeyedAnswer(request=keyed, answer=kept, expires_at=expires_at))
        except AlreadyAnswered as already:
            return _again(already.answer)
    return Reply(body=body)


def _assignment(sent: Any) -> tuple[list[tuple[SubjectType, str]], str | None]:
    """What a request to assign says. Raises `Invalid` with everything that is wrong."""
    if not isinstance(sent, dict):
        raise Invalid([Fault(path="$", message='send {"subjects": [...], "assignee": "..."}', code="not_an_object")])
    faults: list[Fault] = []
    listed, assignee = sent.get("subjects"), sent.get("assignee")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_AT_ONCE:
        message = f"list 1 to {MOST_AT_ONCE} documents, each with type and id"
        faults.append(Fault(path="$.subjects", message=message, code="required"))
        listed = []
    if "assignee" not in sent or not (assignee is None or _is_name(assignee)):
        message = "name who looks after them, or send null for nobody"
        faults.append(Fault(path="$.assignee", message=message, code="required"))
    subjects = []
    kinds = {kind.value: kind for kind in (SubjectType.QUOTE, SubjectType.BILLING_CONFIGURATION)}
    for position, each in enumerate(listed):
        kind, identity = (each.get("type"), each.get("id")) if isinstance(each, dict) else (None, None)
        if isinstance(kind, str) and kind in kinds and isinstance(identity, str) and identity:
            subjects.append((kinds[kind], identity))
        else:
            message = f"name its type, one of {', '.join(kinds)}, and its id"
            faults.append(Fault(path=f"$.subjects[{position}]", message=message, code="required"))
    if faults:
        raise Invalid(faults)
    return subjects, assignee


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) >= 1 and len(value) <= _LONGEST_NAME


def _actor(room: DeskRoom, asked: Asked) -> Actor:
    key = asked.exchange.key
    if key is None:
        raise RuntimeError("a route with a scope is open to nobody without a key")
    return Actor.of_key(key, room.company())


def _keyed(asked: Asked, path: str) -> KeyedRequest | None:
    if asked.idempotency_key is None:
        return None
    decision_id = asked.path.get("decision_id", "")
    content = decision_id.encode("utf-8", "surrogatepass") + b"\n" + asked.body.raw
    return KeyedRequest(
        key_id=asked.key_id or "",
        route=f"POST {path}",
        idempotency_key=asked.idempotency_key,
        digest="sha256:" + sha256(content).hexdigest(),
    )


def _again(answer: Answer) -> Reply:
    return Reply(body=answer.body, status=answer.status, content_type=answer.content_type, headers=_REPLAYED)


def _next_link(query: Any, token: str | None) -> str | None:
    if token is None:
        return None
    return f"{_QUEUE}?{urlencode({**{name: _text(value) for name, value in query.items()}, 'page': token})}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return moment_json(value) if isinstance(value, datetime) else str(value)
