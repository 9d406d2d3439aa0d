"""How a message leaves: tickets and notices in JSON by HTTP to judged addresses. `app.alerts.by_apprise` has the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from app.alerts.config import Channel
from app.alerts.entries import ChannelKind
from app.alerts.tickets import ticket
from app.alerts.wording import Message
from cpq_hooks.adapter import JSON
from cpq_hooks.clients.destinations import Guard
from cpq_hooks.clients.exchange import Limits, Request
from cpq_hooks.clients.failures import CallFailed
from cpq_hooks.clients.http import Session
from cpq_hooks.connection import Connection

LIMITS: Final = Limits(connect=5.0, read=15.0, budget=20.0, attempts=1, most_bytes=64 * 1024)


class Sends(Protocol):
    """Sends a message by a channel. Raises `CallFailed`; its message holds no secret."""

    def __call__(self, channel: Channel, message: Message) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Sends by what the channel's kind calls for."""

    by_apprise: Sends
    guard: Callable[[Channel], Guard | None] = lambda _: None
    limits: Limits = LIMITS

    def __call__(self, channel: Channel, message: Message) -> None:
        if channel.entry.kind is ChannelKind.APPRISE:
            self.by_apprise(channel, message)
        else:
            self._post(channel, message)

    def _post(self, channel: Channel, message: Message) -> None:
        entry, secret = channel.entry, channel.secret
        url = entry.url or ""
        secrets = {} if secret is None else {"authorization": (secret, *secret.split()[1:])}
        connection = Connection(
            name=entry.name, connector="alert", base_url=url, secrets=secrets, allow_private=entry.allow_private
        )
        authorization = () if secret is None else (("Authorization", secret),)
        request = Request(
            method="POST",
            path=url,
            headers=(
                ("Content-Type", JSON),
                ("Accept", JSON),
                ("Idempotency-Key", message.delivery_id),
                *authorization,
            ),
            body=json.dumps(ticket(message, entry)).encode("ascii"),
        )
        try:
            Session(connection, limits=self.limits, guard=self.guard(channel)).send(request, budget=self.limits.budget)
        except CallFailed as failure:
            # An address may be a secret of its own, so the channel is told by name.
            failure.args = (str(failure).replace(url.partition("?")[0], entry.name),)
            raise
