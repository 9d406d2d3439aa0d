"""Events to those who listen, as Standard Webhooks: signed with every secret in force, under an id that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from requests.adapters import BaseAdapter
from standardwebhooks import Webhook

from app.store import KeptMessage
from app.webhooks import Endpoint
from cpq_hooks.adapter import JSON
from cpq_hooks.clients.destinations import Guard
from cpq_hooks.clients.exchange import Answer, Limits, Request
from cpq_hooks.clients.failures import CallFailed, Unreadable, redacted, secrets_of
from cpq_hooks.clients.http import Session

LIMITS: Final = Limits(connect=5.0, read=15.0, budget=20.0, attempts=1, most_bytes=64 * 1024)
"""One attempt, since the outbox repeats; a consumer has 15 seconds to answer."""
_PAGE: Final = (b"<!doctype", b"<html")


@dataclass(slots=True)
class Sender:
    """Sends events. One may be shared by threads. `transport` and `guard` are for tests."""

    clock: Callable[[], datetime]
    limits: Limits = LIMITS
    transport: BaseAdapter | None = None
    guard: Guard | None = None
    _sessions: dict[Endpoint, Session] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def send(self, message: KeptMessage, endpoint: Endpoint, *, budget: float | None = None) -> Answer:
        """Send an event and wait until it is taken, for so many seconds at most. Raises `CallFailed`."""
        headers = signed(message.message_id, message.note.body, endpoint.secrets, self.clock())
        request = Request(
            method="POST",
            path=endpoint.url,
            headers=(("Content-Type", JSON), ("Accept", JSON), *headers),
            body=message.note.body,
        )
        most = self.limits.budget if budget is None else min(budget, self.limits.budget)
        try:
            answer = self._session(endpoint).send(request, budget=most)
        except CallFailed as failure:
            # An address may be a secret of its own, so the listener is told by name.
            failure.args = (str(failure).replace(_shown(endpoint), endpoint.name),)
            raise
        refuse_pages(answer)
        return answer

    def _session(self, endpoint: Endpoint) -> Session:
        with self._lock:
            if endpoint not in self._sessions:
                options: dict[str, Any] = {"limits": self.limits, "transport": self.transport, "guard": self.guard}
                self._sessions[endpoint] = Session(endpoint.as_connection(), **options)
            return self._sessions[endpoint]


def _shown(endpoint: Endpoint) -> str:
    """The address as a failure names it."""
    return redacted(endpoint.url.partition("?")[0], secrets_of(endpoint.as_connection()))


def signed(message_id: str, body: bytes, secrets: tuple[str, ...], now: datetime) -> tuple[tuple[str, str], ...]:
    """The headers of Standard Webhooks. While secrets rotate there is a signature by each, so that any of them verifies."""
    at, text = now.astimezone(UTC), body.decode("utf-8")
    signatures = " ".join(Webhook(each).sign(message_id, at, text) for each in secrets)
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", signatures),
    )


def refuse_pages(answer: Answer) -> None:
    """A page for people, such as a login or an error of a proxy, says nothing of whether anything was taken, whatever its status.

    Raises `Unreadable`.
    """
    if answer.body.lstrip()[:9].lower().startswith(_PAGE):
        raise Unreadable(
            f"{answer.status} with an HTML page, which whoever takes it does not answer", status=answer.status
        )
