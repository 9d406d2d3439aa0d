"""The door of the API: who may come in, how often, and with what. Behind it a handler sees only what passed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.api.authentication import KeyRing, require
from app.api.exchange import ApiRequest, Exchange
from app.api.preferences import wait_of
from app.api.rate_limit import RateLimiter
from app.api.receiving import receive
from app.api.route import JSON, Asked, Route, read_query
from app.api.sending import sent_of
from app.errors import BAD_PARAMETER, TOO_MANY, WRONG_TYPE, refuse
from cpq_hooks.problem import Problem as Fault

_LONGEST_IDEMPOTENCY_KEY: Final = 255


class Door:
    """Checks what every route has in common: key, scope, rate, size and type of the body, parameters."""

    def __init__(self, keys: KeyRing, limiter: RateLimiter | None, *, max_body_bytes: int) -> None:
        self._keys = keys
        self._limiter = limiter
        self._max_body_bytes = max_body_bytes

    def pass_in(self, request: ApiRequest, route: Route, path: Mapping[str, str]) -> Asked:
        """What the route's handler gets. Raises the first thing that bars the way; the body is received before what is refused for it."""
        exchange, environ = request.exchange, request.environ
        exchange.path, exchange.needs_key = route.path, route.scope is not None
        exchange.takes_body = route.takes is not None
        if route.scope is not None:
            self._let_in(exchange, environ, route)
        if route.raw:
            return self._with_all(request, route, path)
        query = read_query(request.args.to_dict(flat=False), route.query) if environ.get("QUERY_STRING") else {}
        if route.takes is None:
            return Asked(exchange=exchange, path=path, query=query, accept=environ.get("HTTP_ACCEPT", ""))
        exchange.preview = bool(query.get("dry_run"))
        return self._with_body(exchange, environ, route, path, query)

    def receive(self, exchange: Exchange, environ: dict[str, Any]) -> None:
        """Read the body, unless it was read already."""
        if exchange.received is None:
            exchange.received = receive(environ, most=self._max_body_bytes)

    def _let_in(self, exchange: Exchange, environ: dict[str, Any], route: Route) -> None:
        key = exchange.key = self._keys.caller(environ)
        if self._limiter is not None:
            allowance = self._limiter.ask(key.id)
            exchange.headers += allowance.headers
            if not allowance.allowed:
                raise refuse(
                    TOO_MANY, f"This key may call {allowance.limit.requests} times a {allowance.limit.period}."
                )
        if route.scope is not None:
            require(key, route.scope)

    def _with_all(self, request: ApiRequest, route: Route, path: Mapping[str, str]) -> Asked:
        """The request as it is: nothing of it is parsed before it is known who sent it."""
        exchange, environ = request.exchange, request.environ
        self.receive(exchange, environ)
        received = exchange.received
        if received is None:
            raise RuntimeError("the body was not received")
        return Asked(
            exchange=exchange,
            path=path,
            body=received,
            wait_seconds=wait_of(environ.get("HTTP_PREFER")) if route.waits else None,
            sent=sent_of(environ, received.raw),
        )

    def _with_body(
        self,
        exchange: Exchange,
        environ: dict[str, Any],
        route: Route,
        path: Mapping[str, str],
        query: Mapping[str, Any],
    ) -> Asked:
        self.receive(exchange, environ)
        media_type = _media_type(environ, route)
        wait = wait_of(environ.get("HTTP_PREFER")) if route.waits else None
        if wait is not None:
            exchange.headers.append(("Preference-Applied", f"wait={wait}"))
        received = exchange.received
        if received is None:
            raise RuntimeError("the body was not received")
        if received.cut_off is not None:
            raise received.cut_off
        return Asked(
            exchange=exchange,
            path=path,
            query=query,
            body=received,
            media_type=media_type,
            idempotency_key=_idempotency_key(environ),
            wait_seconds=wait,
        )


def _media_type(environ: dict[str, Any], route: Route) -> str:
    """The body's type, which has to be one that the route takes; `application/json` covers the `+json` types too."""
    stated = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    media_type = JSON if stated.startswith("application/") and stated.endswith("+json") else stated
    taken = route.takes.media_types if route.takes is not None else ()
    if media_type not in taken:
        said = f"not {stated[:60]!r}" if stated else "and say so in Content-Type"
        raise refuse(WRONG_TYPE, f"Send {' or '.join(taken)}, {said}.", headers=(("Accept-Post", ", ".join(taken)),))
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if coding not in ("identity", ""):
        raise refuse(WRONG_TYPE, f"Send the body as it is, not in the coding {coding[:60]!r}.")
    return media_type


def _idempotency_key(environ: dict[str, Any]) -> str | None:
    stated: str | None = environ.get("HTTP_IDEMPOTENCY_KEY")
    if stated is None:
        return None
    key = stated.strip()
    if not 1 <= len(key) <= _LONGEST_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
        fault = Fault(
            path="header.Idempotency-Key",
            message=f"send 1 to {_LONGEST_IDEMPOTENCY_KEY} printable ASCII characters",
            code="bad_value",
        )
        raise refuse(BAD_PARAMETER, "The Idempotency-Key cannot be taken.", errors=(fault,))
    return key
