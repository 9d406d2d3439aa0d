"""GET /v1/decisions and /v1/decisions/ID: what was decided, looked up, filtered, turned page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from app.api.parameters import choice_parameter, flag_parameter, moment_parameter, number_parameter, text_parameter
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply, moment_json, summary_json
from app.errors import NOT_FOUND, refuse
from app.store import DecisionFilter, Scope
from app.store.decisions import DecisionLog
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType

_PATH: Final = "/v1/decisions"
_DEFAULT_LIMIT: Final = 50
_PAGING: Final = (
    number_parameter("limit", "How many to answer with.", least=1, most=500, default=_DEFAULT_LIMIT),
    text_parameter("page", "The token of a further page: `next_page` of the answer before."),
)
_FILTERS: Final = (
    choice_parameter("subject_type", "Only decisions on this kind of document.", SubjectType),
    text_parameter("subject_id", "Only decisions on the document with this id."),
    text_parameter("content_hash", "Only decisions on exactly this content."),
    choice_parameter("verdict", "Only decisions with this verdict.", Verdict),
    text_parameter("rep_id", "Only deals of this rep."),
    text_parameter("account_id", "Only deals with this account."),
    text_parameter("source", "Only documents that came from this system."),
    text_parameter("policy_version", "Only decisions under this version of the policies."),
    flag_parameter("simulated", "Only decisions that are, or are not, on simulated documents."),
    moment_parameter("created_from", "Only decisions from this moment on."),
    moment_parameter("created_before", "Only decisions before this moment."),
)


def decision_routes(decisions: DecisionLog) -> tuple[Route, ...]:
    """The routes that look decisions up."""

    def many(asked: Asked) -> Reply:
        query = dict(asked.query)
        limit, page = query.pop("limit", _DEFAULT_LIMIT), query.pop("page", None)
        found = decisions.page(DecisionFilter(**query), limit=limit, page=page)
        return json_reply(
            {
                "decisions": [summary_json(summary) for summary in found.decisions],
                "next_page": found.next_page,
                "links": {"next": _next_link(asked.query, found.next_page)},
            }
        )

    def one(asked: Asked) -> Reply:
        stored = decisions.get(asked.path["decision_id"])
        if stored is None:
            raise refuse(NOT_FOUND, "There is no decision with this id.")
        return Reply(body=stored.decision.document)

    return (
        Route(
            method="GET",
            path=_PATH,
            name="listDecisions",
            group="Decisions",
            summary="List decisions",
            about=(
                "Newest first. All filters must fit. What is recorded while someone turns pages neither repeats nor hides an entry."
            ),
            scope=Scope.READ,
            query=(*_FILTERS, *_PAGING),
            answers=Content(schema="DecisionPage"),
            handle=many,
        ),
        Route(
            method="GET",
            path=f"{_PATH}/{{decision_id}}",
            name="getDecision",
            group="Decisions",
            summary="Look a decision up",
            about=(
                "The decision, byte for byte as it was answered. One on a billing configuration has the further fields of SetUpDecision."
            ),
            scope=Scope.READ,
            path_parameters={"decision_id": "The decision's id, `dec_...`."},
            answers=Content(schema="Decision"),
            problems=(NOT_FOUND,),
            handle=one,
        ),
    )


def _next_link(query: Mapping[str, Any], token: str | None) -> str | None:
    if token is None:
        return None
    return f"{_PATH}?{urlencode({**{name: _text(value) for name, value in query.items()}, 'page': token})}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return moment_json(value) if hasattr(value, "astimezone") else str(value)
