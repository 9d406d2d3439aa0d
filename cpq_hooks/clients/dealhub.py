"""DealHub's API: a quote with its line items and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Need, VendorCall
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits
from cpq_hooks.clients.failures import NotAllowed, NotThere, Refused, Unreadable
from cpq_hooks.clients.http import Session
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection

BASE_URL: Final = "https://api.dealhub.io"
FEATURES: Final = ("info", "summary", "line_items", "answers")
"""Not approvals: DealHub answers with an error where one of a quote's approvers was deleted."""
_LIMITS: Final = Limits(calls_per_second=5.0, burst=10)


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """DealHub's adapter names no such resource."""


@dataclass(slots=True)
class DealHubClient:
    """Calls to one DealHub account. One client serves one connection and may be shared by threads."""

    session: Session

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: BaseAdapter | None = None,
        limits: Limits | None = None,
        seen: Callable[[Attempt], None] | None = None,
    ) -> DealHubClient:
        """A client with the connection's API token; the connection's base_url is the region's address."""
        session = Session(
            connection, base_url=BASE_URL, authorize=_authorize(connection), limits=limits or _LIMITS, clock=clock,
            transport=transport, seen=seen,
        )  # fmt: skip
        return cls(session)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full quote. DealHub says 400 where there is none. Raises `CallFailed` and `UnknownResource`."""
        if need.resource != "quote":
            raise UnknownResource(f"DealHub's client fetches no {need.resource}")
        params = [("feature", each) for each in FEATURES]
        try:
            found = self.session.get(f"/api/v2/quote/{escaped(need.id, safe='')}", params, budget=budget)
        except NotAllowed:
            raise
        except Refused as refused:
            if refused.status == 400 and "not found" in str(refused).lower():
                raise NotThere(str(refused), status=400) from None
            raise
        if not isinstance(found, dict):
            raise Unreadable("DealHub's answer is no quote")
        return found

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call that the adapter asked for. Raises `CallFailed`."""
        return self.session.execute(call, budget=budget)


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        return (("Authorization", f"Bearer {connection.secret('api') or ''}"),)

    return headers


CLIENT: Final = DealHubClient.of
"""What the entry point names."""
