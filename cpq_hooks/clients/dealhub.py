"""DealHub's API: a quote with its line items and answers, and which quotes there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Event, Need, Shape, VendorCall, ordered
from cpq_hooks.adapters.dealhub.reading import stamp
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits
from cpq_hooks.clients.failures import NotAllowed, NotThere, Refused, Unreadable
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping, mappings

BASE_URL: Final = "https://api.dealhub.io"
FEATURES: Final = ("info", "summary", "line_items", "answers")
"""Not approvals: DealHub answers with an error where one of a quote's approvers was deleted."""
_PAGE: Final = 50
_MOST_PAGES: Final = 4_000
_MOMENTS: Final = ("creation_date", "submission_date")
_NOWHERE: Final = frozenset({"lost", "expired"})
_MORE: Final = "more_results_matching_the_request"
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

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """The quotes that were made, submitted or won since a moment. Raises `CallFailed`.

        DealHub lists all its quotes, in no order that it tells and without a date of the last change, so every page is read.
        """
        for page in paged(self._page, _following, 0, most=_MOST_PAGES):
            for quote in mappings(page.get("quotes")):
                yield from _changed(quote, since)

    def _page(self, offset: int) -> Mapping[str, Any]:
        params = (("feature", "info"), ("limit", str(_PAGE)), ("offset", str(offset)))
        return {**mapping(self.session.get("/api/v2/quotes", params)), _OFFSET: offset}


_OFFSET: Final = "asked from"


def _following(page: Mapping[str, Any]) -> int | None:
    """Where the next page begins. Its manual has the word on it beside the list, and its servers under `info`."""
    more = page.get(_MORE, mapping(page.get("info")).get(_MORE))
    listed = page.get("quotes")
    offset: int = page[_OFFSET]
    return offset + len(listed) if more is True and isinstance(listed, list) and listed else None


def _changed(quote: Mapping[str, Any], since: datetime) -> Iterator[Event]:
    """The event that a webhook would have told of, where there was one since. A day on which a quote was won has no time, so it gives no order."""
    identity, status, info = quote.get("dealhub_quote_id"), str(quote.get("status")).lower(), mapping(quote.get("info"))
    if not isinstance(identity, str) or not identity or status in _NOWHERE:
        return
    won = stamp(str(info.get("won_date") or "")) if status == "won" else None
    told = [at for name in _MOMENTS if (at := stamp(str(info.get(name) or ""))) is not None and at.year >= 1970]
    if won is not None and won.date() >= since.date():
        version, shape, key = None, Shape.AGREEMENT, "won"
    elif status != "won" and told and max(told) >= since:
        version, shape = ordered(max(told)), Shape.QUOTE
        key = version
    else:
        return
    yield Event(
        key=reconciled("quote", identity, key), kind="reconcile", object_type="quote", object_id=identity, version=version,
        shape=shape, needs=(Need(resource="quote", id=identity),),
    )  # fmt: skip


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        return (("Authorization", f"Bearer {connection.secret('api') or ''}"),)

    return headers


CLIENT: Final = DealHubClient.of
"""What the entry point names."""
