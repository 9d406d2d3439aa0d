"""GET /v1/holds and /v1/holds/ID: which billing configurations wait with their first invoice, and what happened to each."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from app.api.parameters import choice_parameter, flag_parameter, number_parameter, text_parameter
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import NOT_FOUND, refuse
from app.holding import entry_document, hold_document
from app.store import HoldFilter, Scope
from app.store.holds import Holds
from policies.holding import HoldState

_PATH: Final = "/v1/holds"
_GROUP: Final = "First-invoice gate"
_DEFAULT_LIMIT: Final = 50
_QUERY: Final = (
    choice_parameter(
        "state", "Only configurations in this state. Default: those that are held or escalated.", HoldState
    ),
    text_parameter("agreement_id", "Only configurations of this agreement."),
    text_parameter("account_id", "Only configurations of this account."),
    flag_parameter("overdue", "Only those whose first invoice should have gone out, or only the others."),
    number_parameter("limit", "How many to answer with.", least=1, most=500, default=_DEFAULT_LIMIT),
    text_parameter("page", "The token of a further page: `next_page` of the answer before."),
)
_STANDING: Final = tuple(state for state in HoldState if state.holds)


def hold_routes(holds: Holds) -> tuple[Route, ...]:
    """The routes that look holds up."""

    def many(asked: Asked) -> Reply:
        query = dict(asked.query)
        limit, page, state = query.pop("limit", _DEFAULT_LIMIT), query.pop("page", None), query.pop("state", None)
        found = holds.page(HoldFilter(states=_STANDING if state is None else (state,), **query), limit=limit, page=page)
        return json_reply(
            {
                "holds": [hold_document(hold) for hold in found.holds],
                "next_page": found.next_page,
                "links": {"next": _next_link(dict(asked.query), found.next_page)},
            }
        )

    def one(asked: Asked) -> Reply:
        configuration_id = asked.path["billing_configuration_id"]
        hold = holds.get(configuration_id)
        if hold is None:
            raise refuse(NOT_FOUND, "No billing configuration with this id was verified.")
        return json_reply(
            hold_document(hold) | {"history": [entry_document(each) for each in holds.history(configuration_id)]}
        )

    return (
        Route(
            method="GET",
            path=_PATH,
            name="listHolds",
            group=_GROUP,
            summary="List billing configurations that are held",
            about="The nearest first invoice first. A configuration is held by a decision that blocks it, until one does not.",
            scope=Scope.READ,
            query=_QUERY,
            answers=Content(schema="HoldPage"),
            handle=many,
        ),
        Route(
            method="GET",
            path=f"{_PATH}/{{billing_configuration_id}}",
            name="getHold",
            group=_GROUP,
            summary="How a billing configuration stands at the gate",
            about="Its state, why, and everything that happened to it, in order.",
            scope=Scope.READ,
            path_parameters={"billing_configuration_id": "The billing configuration's own id."},
            answers=Content(schema="HoldWithHistory"),
            problems=(NOT_FOUND,),
            handle=one,
        ),
    )


def _next_link(query: dict[str, Any], token: str | None) -> str | None:
    if token is None:
        return None
    said = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()}
    return f"{_PATH}?{urlencode(said | {'page': token})}"
