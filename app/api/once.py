"""Answering a request with an Idempotency-Key once: the same again gets the first answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from app.api.route import Asked, Reply
from app.store import AlreadyAnswered, Answer, KeyedAnswer, KeyedRequest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.store import Store

Keeping = Callable[["Connection", Reply], None]
"""Keeps a reply in a transaction."""

_REPLAYED: Final = (("Idempotent-Replayed", "true"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where answers are remembered, and for how long."""

    store: Store
    clock: Callable[[], datetime]
    remembered: timedelta

    def once(self, asked: Asked, route: str, answer: Callable[[], Reply]) -> Reply:
        """The reply, remembered where the request has a key. Raises `IdempotencyConflict`."""
        keyed = _keyed(asked, route)
        if keyed is None:
            return answer()
        earlier = self.store.idempotency.find(keyed)
        if earlier is not None:
            return _again(earlier)
        reply = answer()
        try:
            self.store.idempotency.keep(self._answer(keyed, reply))
        except AlreadyAnswered as already:
            return _again(already.answer)
        return reply

    def once_with(self, asked: Asked, route: str, answer: Callable[[Keeping], Reply]) -> Reply:
        """The reply, remembered in the transaction of what it answers: `answer` does its work in one and keeps the reply in it.

        Raises `IdempotencyConflict`.
        """
        keyed = _keyed(asked, route)
        if keyed is None:
            return answer(lambda *_: None)
        earlier = self.store.idempotency.find(keyed)
        if earlier is not None:
            return _again(earlier)

        def keep(connection: Connection, reply: Reply) -> None:
            self.store.idempotency.keep_in(connection, self._answer(keyed, reply))

        try:
            return answer(keep)
        except AlreadyAnswered as already:
            return _again(already.answer)

    def _answer(self, keyed: KeyedRequest, reply: Reply) -> KeyedAnswer:
        kept = Answer(status=reply.status, content_type=reply.content_type, body=reply.body)
        return KeyedAnswer(request=keyed, answer=kept, expires_at=self.clock() + self.remembered)


def _keyed(asked: Asked, route: str) -> KeyedRequest | None:
    if asked.idempotency_key is None:
        return None
    return KeyedRequest(
        key_id=asked.key_id or "",
        route=route,
        idempotency_key=asked.idempotency_key,
        digest=f"sha256:{sha256(asked.body.raw).hexdigest()}",
    )


def _again(earlier: Answer) -> Reply:
    return Reply(status=earlier.status, body=earlier.body, content_type=earlier.content_type, headers=_REPLAYED)
