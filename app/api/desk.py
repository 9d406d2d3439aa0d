"""The front desk: takes each request in, hands it to its route, and sees that whatever happens is answered, counted and logged."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from flask import Flask, Response, request
from structlog.typing import FilteringBoundLogger

from app.api.door import Door
from app.api.exchange import ApiRequest, Exchange, Told, begin
from app.api.refused_bodies import RefusedBodies
from app.api.route import Route
from app.errors import INTERNAL, MEDIA_TYPE, Problem, problem_of
from app.observability.logs import places_of
from app.observability.metrics import Metrics

_DEFAULTS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


class ForPeople(Protocol):
    """What tells people of problems, where machines get a document."""

    def takes(self, asking: ApiRequest, /) -> bool: ...
    def refuse(self, asking: ApiRequest, problem: Problem, /) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What answers requests, with all it needs for it. `people` tells of problems where a person asks."""

    door: Door
    refused: RefusedBodies
    metrics: Metrics
    log: FilteringBoundLogger
    people: ForPeople | None = None

    def open(self, app: Flask, routes: tuple[Route, ...]) -> None:
        """Have the framework bring every request here."""
        app.request_class = ApiRequest
        app.before_request(self._begin)
        app.after_request(self._end)
        app.register_error_handler(Exception, self._refuse)
        for route in routes:
            app.add_url_rule(
                route.rule, route.name, self._view(route), methods=[route.method], provide_automatic_options=False
            )

    def _begin(self) -> None:
        begin(_current())
        self.metrics.request_began()

    def _view(self, route: Route) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            asking = _current()
            reply = route.handle(self.door.pass_in(asking, route, path))
            exchange = asking.exchange
            exchange.told = reply.told
            exchange.headers += reply.headers
            return Response(reply.body, reply.status, content_type=reply.content_type)

        return view

    def _refuse(self, error: Exception) -> Response:
        asking = _current()
        exchange = asking.exchange
        problem = exchange.problem = problem_of(error)
        exchange.headers += problem.headers
        if problem.kind is INTERNAL:
            self.log.error("fault", request_id=exchange.request_id, route=exchange.path, fault=places_of(error))
        if self.people is not None and self.people.takes(asking):
            return self.people.refuse(asking, problem)
        document, exchange.refused_id = self.refused.keep(asking, problem)
        return Response(document, problem.kind.status, content_type=MEDIA_TYPE)

    def _end(self, response: Response) -> Response:
        asking = _current()
        exchange = asking.exchange
        seconds = time.perf_counter() - exchange.began
        stated = {name for name, _ in exchange.headers}
        exchange.headers.append(("X-Request-ID", exchange.request_id))
        exchange.headers += [default for default in _DEFAULTS if default[0] not in stated]
        response.headers.extend(exchange.headers)
        self._count(asking, response.status_code, seconds)
        self._log(asking, response.status_code, seconds)
        return response

    def _count(self, asking: ApiRequest, status: int, seconds: float) -> None:
        exchange, metrics = asking.exchange, self.metrics
        metrics.request_ended(method=asking.method, route=exchange.path, status=status, seconds=seconds)
        if exchange.problem is not None:
            metrics.request_refused(reason=exchange.problem.kind.code)
        told = exchange.told
        if exchange.connection is not None:
            became = "refused" if told is None or told.became is None else told.became
            metrics.delivered(connection=exchange.connection, became=became)
        if told is not None and told.verdict is not None and not told.replayed:
            metrics.decided(subject=told.subject, verdict=told.verdict, preview=told.preview)
            self._measure(told)

    def _measure(self, told: Told) -> None:
        measures = told.measures
        if measures is None:
            return
        for step, seconds in measures.seconds:
            self.metrics.step_took(step, seconds)
        if not told.preview:
            self.metrics.found(measures.findings, measures.not_assessed)

    def _log(self, asking: ApiRequest, status: int, seconds: float) -> None:
        exchange = asking.exchange
        self.log.log(
            _level(exchange, status),
            "request",
            request_id=exchange.request_id,
            method=asking.method,
            route=exchange.path,
            status=status,
            duration_ms=round(seconds * 1000, 2),
            **_facts(exchange),
        )


def _current() -> ApiRequest:
    """The request itself, not the framework's stand-in for it, which costs a look-up at every touch."""
    current: ApiRequest = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - documented by Flask
    return current


def _level(exchange: Exchange, status: int) -> int:
    """What needs no key is asked every few seconds by machines, and is worth no line unless someone looks for it."""
    if status >= INTERNAL.status:
        return logging.ERROR
    return logging.DEBUG if not (exchange.needs_key or exchange.connection) else logging.INFO


def _facts(exchange: Exchange) -> dict[str, Any]:
    """What else is known, as far as it is."""
    told = exchange.told
    measures = None if told is None else told.measures
    found = {
        "key_id": None if exchange.key is None else exchange.key.id,
        "bytes": None if exchange.received is None else exchange.received.length,
        "problem": None if exchange.problem is None else exchange.problem.kind.code,
        "refused_id": exchange.refused_id,
        "connection": exchange.connection,
        "became": None if told is None else told.became,
        "events": None if told is None else told.events,
        "decision_id": None if told is None else told.decision_id,
        "verdict": None if told is None else told.verdict,
        "lines": None if measures is None else measures.lines,
        "preview": exchange.preview or None,
        "replayed": (told is not None and told.replayed) or None,
    }
    return {name: value for name, value in found.items() if value is not None}
