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
    from app.store import Store

_REPLAYED: Final = (("Idempotent-Replayed", "true"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where answers are remembered, and for how long."""

    store: Store
    clock: Callable[[], datetime]
    remembered: timedelta

    def once(self, asked: Asked, route: str, answer: Callable[[], Reply]) -> Reply:
        """The reply, remembered where the request has a key. Raises `IdempotencyConflict`."""
        if asked.idempotency_key is None:
            return answer()
        keyed = KeyedRequest(
            key_id=asked.key_id or "",
            route=route,
            idempotency_key=asked.idempotency_key,
            digest=f"sha256:{sha256(asked.body.raw).hexdigest()}",
        )
        earlier = self.store.idempotency.find(keyed)
        if earlier is not None:
            return _again(earlier)
        reply = answer()
        kept = Answer(status=reply.status, content_type=reply.content_type, body=reply.body)
        try:
            self.store.idempotency.keep(
                KeyedAnswer(request=keyed, answer=kept, expires_at=self.clock() + self.remembered)
            )
        except AlreadyAnswered as already:
            return _again(already.answer)
        return reply


def _again(earlier: Answer) -> Reply:
    return Reply(status=earlier.status, body=earlier.body, content_type=earlier.content_type, headers=_REPLAYED)
