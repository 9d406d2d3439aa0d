"""What was refused is kept: with the problem that it got, under an id that the problem names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from structlog.typing import FilteringBoundLogger

from app.api.exchange import ApiRequest, Exchange
from app.api.rate_limit import Counts, RateLimiter
from app.api.receiving import Received, receive
from app.api.route import Asked
from app.config import RateLimit
from app.errors import Problem
from app.observability.logs import places_of
from app.store import RefusedRequest, new_id

_OF_STRANGERS: Final = RateLimit(60, "hour")
_BYTES_OF_STRANGERS: Final = 32 * 1024
"""Of callers without a valid key a little is kept, so that an integration with a forgotten key is found, and no disk is filled."""


class Room(Protocol):
    """Where refused requests lie: a room of the store."""

    def keep(self, refused: RefusedRequest) -> None: ...


class RefusedBodies:
    """Keeps refused bodies, unless the request was a preview, which leaves nothing behind."""

    def __init__(
        self,
        room: Room,
        counts: Counts,
        clock: Callable[[], datetime],
        log: FilteringBoundLogger,
        *,
        max_body_bytes: int,
    ) -> None:
        self._room = room
        self._strangers = RateLimiter(_OF_STRANGERS, counts)
        self._clock = clock
        self._log = log
        self._max_body_bytes = max_body_bytes

    def keep(self, request: ApiRequest, problem: Problem) -> tuple[bytes, str | None]:
        """The problem document to answer with, and the id under which the body is kept; None where it is not."""
        exchange = request.exchange
        if self._is_kept(exchange, problem):
            received = self._received(request.environ, exchange)
            body = received.kept if exchange.key is not None else received.kept[:_BYTES_OF_STRANGERS]
            kept = self._kept(exchange, problem, body, received.length, request.environ.get("CONTENT_TYPE"))
            if kept is not None:
                return kept
        return problem.document(request_id=exchange.request_id), None

    def keep_part(self, asked: Asked, problem: Problem, part: bytes) -> str | None:
        """Keep a part of a body of which the rest was taken, and return the id."""
        exchange = asked.exchange
        kept = self._kept(exchange, problem, part, len(part), asked.media_type)
        exchange.refused_id = None if kept is None else kept[1]
        return exchange.refused_id

    def _is_kept(self, exchange: Exchange, problem: Problem) -> bool:
        if not exchange.takes_body or exchange.preview or not problem.kind.keeps_body:
            return False
        return exchange.key is not None or self._strangers.ask("strangers").allowed

    def _received(self, environ: dict[str, Any], exchange: Exchange) -> Received:
        """The body, read now if that was not its turn yet."""
        if exchange.received is None:
            most = self._max_body_bytes if exchange.key is not None else _BYTES_OF_STRANGERS
            exchange.received = receive(environ, most=most)
        return exchange.received

    def _kept(
        self, exchange: Exchange, problem: Problem, body: bytes, length: int, content_type: str | None
    ) -> tuple[bytes, str] | None:
        refused_id = new_id("ref")
        document = problem.document(request_id=exchange.request_id, refused_id=refused_id)
        request = RefusedRequest(
            ref_id=refused_id,
            received_at=self._clock(),
            route=f"POST {exchange.path}",
            status=problem.kind.status,
            problem=document,
            body=body,
            length=length,
            content_type=content_type,
            key_id=None if exchange.key is None else exchange.key.id,
        )
        try:
            self._room.keep(request)
        except Exception as error:  # noqa: BLE001 - the sender learns what is wrong all the same; only the copy is missing
            self._log.error("refused_body_lost", request_id=exchange.request_id, fault=places_of(error))
            return None
        return document, refused_id
