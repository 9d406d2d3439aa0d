"""POST /v1/hooks/CONNECTION: what vendors send. The signature is the key, and the vendor gets the answer that it expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from app.api.exchange import Told
from app.api.route import Asked, Content, Reply, Route
from app.errors import MALFORMED_JSON, NOT_FOUND, NOT_GENUINE, UNAVAILABLE, UNCERTAIN, Problem, Refused, refuse
from app.hooks import Hooks, NotGenuine, Took, UnknownConnection

PATH: Final = "/v1/hooks/{connection}"
_ANY: Final = "*/*"
_ABOUT: Final = (
    "The address that a vendor's system is given. The delivery is verified by its exact bytes before it is parsed, and stored "
    "before it is acknowledged, each event once; a worker then fetches the object and has it judged. A document whose sender "
    "waits for the verdict is judged at once. The answer is in the vendor's own form."
)


def hook_routes(hooks: Hooks, keep_refused: Callable[[Asked, Problem, bytes], str | None]) -> tuple[Route, ...]:
    """The routes that vendors call. Some send by query, so they can be called with GET as well."""

    def receive(asked: Asked) -> Reply:
        exchange, sent, name = asked.exchange, asked.sent, asked.path["connection"]
        if sent is None:
            raise RuntimeError("the route gets the whole request")
        try:
            wait = None if asked.wait_seconds is None else float(asked.wait_seconds)
            exchange.connection = name
            took = hooks.receive(name, sent, wait, began=exchange.began)
        except UnknownConnection:
            exchange.connection = None
            raise refuse(NOT_FOUND, "There is no such connection.") from None
        except NotGenuine as refused:
            raise _told(refused, name) from None
        if took.problem is not None and took.problem.kind.keeps_body:
            keep_refused(asked, took.problem, asked.body.raw)
        return _reply(took)

    def route(method: str, name: str, takes: Content | None) -> Route:
        return Route(
            method=method,
            path=PATH,
            name=name,
            group="Connectors",
            summary="Take what a vendor's system sends",
            about=_ABOUT,
            takes=takes,
            path_parameters={"connection": "The connection's name in connections.yaml."},
            answers=Content(schema="", media_types=(_ANY,), about="As the vendor expects it."),
            problems=(NOT_FOUND, NOT_GENUINE, MALFORMED_JSON, UNAVAILABLE, UNCERTAIN),
            waits=True,
            raw=True,
            handle=receive,
        )

    body = Content(schema="", media_types=(_ANY,), about="As the vendor sends it.")
    return (route("POST", "receiveDelivery", body), route("GET", "receiveDeliveryByQuery", None))


def _told(refused: NotGenuine, name: str) -> Refused:
    refusal = refused.refusal
    return Refused(
        Problem(
            kind=replace(NOT_GENUINE, status=refusal.status),
            detail=f"{refusal.because[:1].upper()}{refusal.because[1:]}.",
            headers=refusal.headers,
            more=(("connection", name),),
        )
    )


def _reply(took: Took) -> Reply:
    answer = took.answer
    told = Told(
        decision_id=None if answer is None else answer.decision_id,
        subject="quote" if took.shape is None else took.shape.value.replace("-", "_"),
        verdict=_verdict(took),
        measures=None if answer is None else answer.measures,
        became=took.became,
        events=took.events or None,
    )
    reply = took.reply
    return Reply(
        body=reply.body, status=reply.status, content_type=reply.content_type, headers=reply.headers, told=told
    )


def _verdict(took: Took) -> str | None:
    if took.became == "unchecked":
        return "unchecked"
    return None if took.answer is None else took.answer.verdict
