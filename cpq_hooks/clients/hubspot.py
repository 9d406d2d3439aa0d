"""HubSpot's API: a quote, deal, subscription or invoice with all that belongs to it, and the calls of holds and write-backs.

HubSpot gives only the properties that are asked for, and nothing of what an object is associated with. What is fetched here is
put together under `quote`, `line_items`, `deal`, `company` and so on, with every property that the account has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import JSON, Event, Need, Shape, VendorCall, ordered
from cpq_hooks.adapters.hubspot.calls import API_VERSION
from cpq_hooks.adapters.hubspot.documents import CALCULATED, KNOWN_ONLY
from cpq_hooks.adapters.hubspot.known import PROPERTIES
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits, Request, request_of
from cpq_hooks.clients.failures import NotAllowed, NotThere, Refused
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection

BASE_URL: Final = "https://api.hubapi.com"
_BATCH: Final = 100
_PAGE: Final = "500"
_MOST_FOUND: Final = 9_900
_LIMITS: Final = Limits(calls_per_second=9.0, burst=50)
_KEPT_SECONDS: Final = 3_600.0
_CHANGING: Final = (("quotes", "quote", Shape.QUOTE), ("subscriptions", "subscription", Shape.BILLING_CONFIGURATION),
                    ("invoices", "invoice", Shape.INVOICE))  # fmt: skip


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """HubSpot's adapter names no such resource."""


@dataclass(slots=True)
class HubSpotClient:
    """Calls to one HubSpot account. One client serves one connection and may be shared by threads."""

    session: Session
    version: str = API_VERSION
    _names: dict[str, tuple[float, _Names]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: BaseAdapter | None = None,
        limits: Limits | None = None,
        seen: Callable[[Attempt], None] | None = None,
    ) -> HubSpotClient:
        """A client with the connection's access token."""
        session = Session(
            connection, base_url=BASE_URL, authorize=_authorize(connection), limits=limits or _LIMITS, clock=clock,
            transport=transport, seen=seen,
        )  # fmt: skip
        return cls(session, connection.option("api_version") or API_VERSION)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object. Raises `CallFailed`, and `UnknownResource` for what HubSpot's adapter never asks for."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"HubSpot's client fetches no {need.resource}")
        return make(_Fetch(self, budget), need.id)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold, release or write-back. All of them say what is to be, so doing one twice does no more."""
        plain = request_of(call)
        return self.session.send(
            Request(
                method=plain.method,
                path=plain.path,
                params=plain.params,
                headers=plain.headers,
                body=plain.body,
                repeatable=True,
            ),
            budget=budget,
        )

    def reconcile(self, since: datetime) -> Iterator[Event]:
        """What changed since a moment. A kind of object that the token may not read is left out."""
        for plural, kind, shape in _CHANGING:
            try:
                yield from self._changed(plural, kind, shape, since)
            except (NotAllowed, NotThere):
                continue

    def _changed(self, plural: str, kind: str, shape: Shape, since: datetime) -> Iterator[Event]:
        """HubSpot finds at most ten thousand at once, so what comes after is asked for by its moment."""
        asked = since
        while True:
            found = list(islice(_Fetch(self, None).search(plural, asked), _MOST_FOUND))
            for each in found:
                at = _moment(each)
                version = ordered(at) if at is not None else None
                identity = str(each.get("id"))
                yield Event(
                    key=reconciled(kind, identity, version), kind=f"{kind}.reconciled", object_type=kind, object_id=identity,
                    version=version, occurred_at=at, shape=shape, needs=(Need(resource=kind, id=identity),),
                )  # fmt: skip
            last = _moment(found[-1]) if len(found) >= _MOST_FOUND else None
            if last is None or last <= asked:
                return
            asked = last

    def names(self, plural: str, budget: float | None) -> _Names:
        """The account's properties of a kind of object; known for an hour."""
        now = self.session.clock.seconds()
        with self._lock:
            kept = self._names.get(plural)
        if kept is not None and kept[0] > now:
            return kept[1]
        found = self._asked(plural, budget)
        with self._lock:
            self._names[plural] = (now + _KEPT_SECONDS, found)
        return found

    def _asked(self, plural: str, budget: float | None) -> _Names:
        known = PROPERTIES.get(plural, ())
        try:
            listed = self.session.get(f"/crm/properties/{_safe(self.version)}/{plural}", budget=budget)
        except NotAllowed:
            return _Names(names=known, calculated=(), complete=False)
        each = [one for one in _results(listed) if isinstance(one.get("name"), str)]
        names = tuple(dict.fromkeys([*(one["name"] for one in each), *known]))
        return _Names(
            names=names, calculated=tuple(one["name"] for one in each if one.get("calculated") is True), complete=True
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The names of properties. Where they could not be listed they are those that we know, and not `complete`."""

    names: tuple[str, ...]
    calculated: tuple[str, ...]
    complete: bool


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        return (("Authorization", f"Bearer {connection.secret('api') or ''}"),)

    return headers


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it."""

    client: HubSpotClient
    budget: float | None

    # --------------------------------------------------------------------------------- what the objects hold

    def quote(self, identity: str) -> dict[str, Any]:
        found = {"quote": self.one("quotes", identity)}
        return {**found, **self.whole("quotes", identity), **self.people("quotes", identity, found["quote"])}

    def quote_of_line_item(self, identity: str) -> dict[str, Any]:
        """The document that a line item stands in. Raises `NotThere` where it stands in none that is read."""
        found = self.associated("line_items", identity, "quotes")
        if found:
            return self.quote(found[0])
        raise NotThere(f"line item {identity} is on no quote", status=404)

    def deal(self, identity: str) -> dict[str, Any]:
        found = {"deal": self.one("deals", identity)}
        return {**found, **self.whole("deals", identity), **self.people("deals", identity, found["deal"])}

    def subscription(self, identity: str) -> dict[str, Any]:
        """All subscriptions of the quote that this one came from, or this one alone."""
        of = self.associated("subscriptions", identity, "quotes")
        siblings = self.associated("quotes", of[0], "subscriptions") if of else []
        ids = sorted({identity, *siblings}, key=lambda each: (len(each), each))
        parts = [
            {"subscription": self.one("subscriptions", each), "line_items": self.lines("subscriptions", each)}
            for each in ids
        ]
        found: dict[str, Any] = {"subscriptions": parts, "company": self.company("subscriptions", identity)}
        if of:
            found["quote"] = {"id": of[0]}
        return {**found, **self.words("subscriptions", "line_items")}

    def invoice(self, identity: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "invoice": self.one("invoices", identity),
            **self.whole("invoices", identity),
            "company": self.company("invoices", identity),
        }
        of = self.associated("invoices", identity, "subscriptions")
        return {**found, "subscription": {"id": of[0]}} if of else found

    # ------------------------------------------------------------------------------------------------ parts

    def whole(self, plural: str, identity: str) -> dict[str, Any]:
        """The lines, and the discounts and fees of the whole."""
        found: dict[str, Any] = {"line_items": self.lines(plural, identity), **self.words(plural, "line_items")}
        for name in ("discounts", "fees"):
            found[name] = self.optional(plural, identity, name)
        return found

    def optional(self, plural: str, identity: str, name: str) -> list[Any]:
        """Objects that an account need not have, or that the token may not read: those that can be read."""
        try:
            return self.batch(name, self.associated(plural, identity, name), PROPERTIES[name])
        except Refused:
            return []

    def people(self, plural: str, identity: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """The deal, the company and the owner around a quote or a deal."""
        found: dict[str, Any] = {}
        deal: Any = record if plural == "deals" else None
        if plural == "quotes":
            deals = self.associated(plural, identity, "deals")
            deal = found["deal"] = self.batch("deals", deals[:1], PROPERTIES["deals"])[0] if deals else None
        company = self.company(plural, identity)
        if company is None and isinstance(deal, Mapping) and plural == "quotes":
            company = self.company("deals", str(deal.get("id")))
        owner = next((own for each in (record, deal) if (own := _property(each, "hubspot_owner_id"))), None)
        return {**found, "company": company, "owner": self.owner(owner)}

    def company(self, plural: str, identity: str) -> Any:
        try:
            ids = self.associated(plural, identity, "companies")
            found = self.batch("companies", ids[:1], self._company_names())
        except (NotAllowed, NotThere):
            return None
        return found[0] if found else None

    def _company_names(self) -> tuple[str, ...]:
        segment = self.client.session.connection.option("segment_property")
        return (*PROPERTIES["companies"], segment) if segment else PROPERTIES["companies"]

    def owner(self, identity: str | None) -> Any:
        if identity is None:
            return None
        try:
            return self.client.session.get(f"/crm/v3/owners/{_safe(identity)}", budget=self.budget)
        except (NotAllowed, NotThere):
            return {"id": identity}

    def lines(self, plural: str, identity: str) -> list[Any]:
        ids = self.associated(plural, identity, "line_items")
        return self.batch("line_items", ids, self.client.names("line_items", self.budget).names)

    def words(self, *plurals: str) -> dict[str, Any]:
        """Which properties follow from others, and whether all could be asked for."""
        known = {plural: self.client.names(plural, self.budget) for plural in plurals}
        found: dict[str, Any] = {CALCULATED: {plural: list(each.calculated) for plural, each in known.items()}}
        return found if all(each.complete for each in known.values()) else {**found, KNOWN_ONLY: True}

    # ------------------------------------------------------------------------------------------------ calls

    def one(self, plural: str, identity: str) -> Any:
        names = PROPERTIES["deals"] if plural == "deals" else self.client.names(plural, self.budget).names
        found = self.batch(plural, [identity], names)
        if not found:
            raise NotThere(f"there is no {plural} with the id {identity}", status=404)
        return found[0]

    def batch(self, plural: str, ids: Sequence[str], names: Sequence[str]) -> list[Any]:
        """Objects by id with the properties named, in the order of the ids; those that are gone are left out."""
        found: dict[str, Any] = {}
        for start in range(0, len(ids), _BATCH):
            body = {"inputs": [{"id": each} for each in ids[start : start + _BATCH]], "properties": list(names)}
            for each in _results(self.post(f"/crm/objects/{_safe(self.client.version)}/{plural}/batch/read", body)):
                found[str(each.get("id"))] = each
        return [found[each] for each in dict.fromkeys(ids) if each in found]

    def associated(self, plural: str, identity: str, other: str) -> list[str]:
        """The ids of what an object is associated with, page by page."""
        path = f"/crm/objects/{_safe(self.client.version)}/{plural}/{_safe(identity)}/associations/{other}"

        def page(after: str) -> Mapping[str, Any]:
            params = (("limit", _PAGE), *((("after", after),) if after else ()))
            found = self.client.session.get(path, params, budget=self.budget)
            return found if isinstance(found, Mapping) else {}

        pages = paged(page, _following, "")
        ids = [str(each.get("toObjectId") or each.get("id") or "") for found in pages for each in _results(found)]
        return [each for each in dict.fromkeys(ids) if each]

    def search(self, plural: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Objects that changed since a moment, the earliest first."""
        stamp = str(int(since.timestamp() * 1000))
        body = {
            "filterGroups": [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": stamp}]}],
            "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
            "properties": ["hs_lastmodifieddate"],
            "limit": _BATCH,
        }

        def page(after: str) -> Mapping[str, Any]:
            asked = {**body, "after": after} if after else body
            found = self.post(f"/crm/objects/{_safe(self.client.version)}/{plural}/search", asked)
            return found if isinstance(found, Mapping) else {}

        for found in paged(page, _following, ""):
            yield from _results(found)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """A question that HubSpot wants as POST: asking it twice does no harm."""
        plain = request_of(VendorCall(method="POST", path=path, purpose="read", json=body))
        request = Request(
            method="POST", path=path, headers=(*plain.headers, ("Accept", JSON)), body=plain.body, repeatable=True
        )
        return self.client.session.send(request, budget=self.budget).json()


def _following(found: Mapping[str, Any]) -> str | None:
    paging = found.get("paging")
    after = paging.get("next") if isinstance(paging, Mapping) else None
    value = after.get("after") if isinstance(after, Mapping) else None
    return str(value) if value not in (None, "") else None


def _results(found: Any) -> list[Mapping[str, Any]]:
    results = found.get("results") if isinstance(found, Mapping) else None
    return [each for each in results if isinstance(each, Mapping)] if isinstance(results, list) else []


def _property(record: Any, name: str) -> str | None:
    properties = record.get("properties") if isinstance(record, Mapping) else None
    value = properties.get(name) if isinstance(properties, Mapping) else None
    return value if isinstance(value, str) and value else None


def _moment(record: Mapping[str, Any]) -> datetime | None:
    text = _property(record, "hs_lastmodifieddate") or record.get("updatedAt")
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    "quote": _Fetch.quote,
    "quote_of_line_item": _Fetch.quote_of_line_item,
    "deal": _Fetch.deal,
    "subscription": _Fetch.subscription,
    "invoice": _Fetch.invoice,
}

CLIENT: Final = HubSpotClient.of
"""What the entry point names."""
