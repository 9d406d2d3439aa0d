"""Zuora's API: a subscription with all segments of its charges, its account and a preview of its bills; orders with the
catalog's prices; invoices with every item; and the calls of holds and write-backs.

Zuora answers 200 to much that went wrong, with `success` false and codes whose last two digits say what it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import JSON, Event, Need, Shape, VendorCall, ordered
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Limits, Request
from cpq_hooks.clients.failures import (
    NotAllowed,
    NotThere,
    Unreadable,
)
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.clients.zuora_answers import Token, succeeded
from cpq_hooks.connection import Connection

BASE_URL: Final = "https://rest.zuora.com"
ACCOUNT: Final = "quoteguardAccount"
PREVIEW: Final = "quoteguardBillingPreview"
CATALOG: Final = "quoteguardCatalog"
_LIMITS: Final = Limits(calls_per_second=10.0, burst=10)
_PAGE: Final = "40"
_LONGEST_PREVIEW: Final = 120


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Zuora's adapter names no such resource."""


@dataclass(slots=True)
class ZuoraClient:
    """Calls to one Zuora tenant. One client serves one connection and may be shared by threads."""

    session: Session
    connection: Connection

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: BaseAdapter | None = None,
        limits: Limits | None = None,
        seen: Callable[[Attempt], None] | None = None,
    ) -> ZuoraClient:
        """A client that signs in with the connection's OAuth client, and again when a token is worth no more."""
        made = {"clock": clock, "transport": transport, "seen": seen, "limits": limits or _LIMITS}
        sign_in = Session(connection, base_url=BASE_URL, **made)  # type: ignore[arg-type]
        token = Token(sign_in, connection)
        session = Session(
            connection,
            base_url=BASE_URL,
            authorize=token.headers,
            idempotency_header="Idempotency-Key",
            **made,  # type: ignore[arg-type]
        )
        return cls(session, connection)

    def fetch(self, need: Need, *, budget: float | None = None) -> Any:
        """The full object. Raises `CallFailed`, and `UnknownResource` for what Zuora's adapter never asks for."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Zuora's client fetches no {need.resource}")
        return make(_Fetch(self.session, self.connection, budget), _safe(need.id))

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold, a release or a write-back. Raises `CallFailed`, also where Zuora says so with a 200."""
        answer = self.session.execute(call, budget=budget)
        succeeded(answer.json(), f"{call.method} {call.path.partition('?')[0]}", self.connection)
        return answer

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """Subscriptions, invoices and orders that changed since a moment. Raises `CallFailed`."""
        fetch = _Fetch(self.session, self.connection, None)
        yield from fetch.changed_by_query("subscription", "Subscription", "Id, Name, Version", since)
        yield from fetch.changed_by_query("invoice", "Invoice", "Id, InvoiceNumber", since)
        yield from fetch.changed_orders(since)


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it."""

    session: Session
    connection: Connection
    budget: float | None

    def get(self, path: str, *params: tuple[str, str]) -> Any:
        found = self.session.get(path, params, budget=self.budget)
        return succeeded(found, f"GET {path}", self.connection)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """A question that Zuora takes by POST, and that changes nothing."""
        raw = json.dumps(body, separators=(",", ":")).encode()
        headers = (("Content-Type", JSON), ("Accept", JSON))
        answer = self.session.send(
            Request(method="POST", path=path, body=raw, headers=headers, repeatable=True), budget=self.budget
        )
        return succeeded(answer.json(), f"POST {path}", self.connection)

    def pages(self, path: str, *params: tuple[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every page of a list, by `nextPage`, of which the path and query are taken and never the host."""

        def page(cursor: tuple[str, tuple[tuple[str, str], ...]]) -> Mapping[str, Any]:
            found = self.get(cursor[0], *cursor[1])
            return found if isinstance(found, Mapping) else {}

        return paged(page, _next, (path, (("pageSize", _PAGE), *params)))

    def all(self, name: str, path: str, *params: tuple[str, str]) -> list[Any]:
        found: list[Any] = []
        for page in self.pages(path, *params):
            listed = page.get(name)
            if not isinstance(listed, list):
                raise Unreadable(f"GET {path}: there is no list of {name} in the answer")
            found.extend(listed)
        return found

    # --------------------------------------------------------------------------------------------- objects

    def subscription(self, identity: str) -> dict[str, Any]:
        found = dict(self.get(f"/v1/subscriptions/{identity}", ("charge-detail", "all-segments")))
        owner = found.get("invoiceOwnerAccountNumber") or found.get("accountNumber") or found.get("accountId")
        if owner:
            found[ACCOUNT] = self.get(f"/v1/accounts/{_safe(str(owner))}")
            months = _months(self.connection.option("preview_months"))
            if months:
                found[PREVIEW] = self._preview(str(owner), months)
        return found

    def preview(self, account: str) -> dict[str, Any]:
        return dict(self._preview(account, _months(self.connection.option("preview_months")) or 12))

    def _preview(self, account: str, months: int) -> Mapping[str, Any]:
        """What Zuora says it will bill an account by then. It leaves out what drafts bill already, unless they are asked for."""
        by = _after(self.session.clock.now().date(), months)
        body = {
            "accountNumber": account, "targetDate": by.isoformat(), "assumeRenewal": "Autorenew",
            "includingEvergreenSubscription": True, "includingDraftItems": True,
        }  # fmt: skip
        found = self.post("/v1/operations/billing-preview", body)
        return found if isinstance(found, Mapping) else {}

    def invoice(self, identity: str) -> dict[str, Any]:
        found = dict(self.get(f"/v1/invoices/{identity}"))
        found["invoiceItems"] = self.all("invoiceItems", f"/v1/invoices/{identity}/items")
        return found

    def usage(self, account: str) -> dict[str, Any]:
        return {"usage": self.all("usage", f"/v1/usage/accounts/{account}")}

    def order(self, identity: str) -> dict[str, Any]:
        found = dict(self.get(f"/v1/orders/{identity}"))
        plans = sorted(set(_plans_of(found)))
        found[CATALOG] = {plan: self._plan(plan) for plan in plans}
        return found

    def _plan(self, identity: str) -> dict[str, Any]:
        """A rate plan of the catalog with each of its charges in full."""
        path = f"/object-query/product-rate-plans/{_safe(identity)}"
        plan = self.get(path, ("expand[]", "productrateplancharges"), ("expand[]", "product"))
        known = plan if isinstance(plan, Mapping) else {}
        product = known.get("product")
        product = product if isinstance(product, Mapping) else {}
        charges = [
            each for each in known.get("productRatePlanCharges") or [] if isinstance(each, Mapping) and each.get("id")
        ]
        return {
            "productRatePlanId": identity, "productId": known.get("productId"), "productName": product.get("name"),
            "productSku": product.get("sku"),
            "charges": [dict(self.get(f"/v1/product-rate-plan-charges/{_safe(str(each['id']))}")) for each in charges],
        }  # fmt: skip

    # --------------------------------------------------------------------------------------- what has changed

    def changed_by_query(self, resource: str, table: str, names: str, since: datetime) -> Iterator[Event]:
        """What a query finds, page by page. Of several versions of one subscription only the newest is told."""
        moment = since.astimezone(UTC).isoformat(timespec="seconds")
        query = f"select {names} from {table} where UpdatedDate >= '{moment}'"
        newest: dict[str, int | None] = {}
        for row in self._rows(query):
            name, version = str(row.get("Name") or row.get("Id")), row.get("Version")
            number = version if isinstance(version, int) and not isinstance(version, bool) else None
            newest[name] = max((each for each in (number, newest.get(name)) if each is not None), default=None)
        for name, number in newest.items():
            yield _event(resource, name, None if number is None else ordered(number))

    def _rows(self, query: str) -> Iterator[Mapping[str, Any]]:
        found = self.post("/v1/action/query", {"queryString": query})
        been: set[str] = set()
        while isinstance(found, Mapping):
            yield from (each for each in found.get("records") or [] if isinstance(each, Mapping))
            locator = found.get("queryLocator")
            if found.get("done") is not False or not isinstance(locator, str) or locator in been:
                return
            been.add(locator)
            found = self.post("/v1/action/queryMore", {"queryLocator": locator})

    def changed_orders(self, since: datetime) -> Iterator[Event]:
        days = (("dateFilterOption", "updatedDate"), ("startDate", since.astimezone(UTC).date().isoformat()))
        try:
            for each in self.all("orders", "/v1/orders", *days):
                if isinstance(each, Mapping) and each.get("orderNumber"):
                    yield _event("order", str(each["orderNumber"]), None)
        except (NotAllowed, NotThere):
            return  # a tenant without Orders has none


_SHAPES: Final = {"subscription": Shape.BILLING_CONFIGURATION, "invoice": Shape.INVOICE, "order": Shape.QUOTE}


def _event(resource: str, identity: str, version: str | None) -> Event:
    return Event(
        key=reconciled(resource, identity, version), kind="reconcile", object_type=resource, object_id=identity,
        version=version, shape=_SHAPES[resource], needs=(Need(resource=resource, id=identity),),
    )  # fmt: skip


def _next(page: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Path and query of the next page. The host that Zuora writes there may be another; credentials stay where they are."""
    address = page.get("nextPage")
    if not isinstance(address, str) or not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Unreadable("the address of the next page cannot be read") from None
    at = parts.path.find("/v1/")
    if at < 0:
        raise Unreadable("the address of the next page leads nowhere that is known")
    return parts.path[at:], tuple(parse_qsl(parts.query))


def _plans_of(order: Mapping[str, Any]) -> Iterator[str]:
    """The catalog's rate plans that an order subscribes to or adds."""
    inner = order.get("order")
    holder = inner if isinstance(inner, Mapping) else order
    for subscription in _list(holder, "subscriptions"):
        for action in _list(subscription, "orderActions"):
            created, added = action.get("createSubscription"), action.get("addProduct")
            plans = _list(created, "subscribeToRatePlans") if isinstance(created, Mapping) else []
            for each in (*plans, *([added] if isinstance(added, Mapping) else [])):
                if isinstance(each.get("productRatePlanId"), str):
                    yield each["productRatePlanId"]


def _list(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = holder.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _months(text: str | None) -> int:
    return min(int(text), _LONGEST_PREVIEW) if text and text.isascii() and text.isdigit() and len(text) < 5 else 0


def _after(day: date, months: int) -> date:
    """The first day of the month that comes so many months later, less a day: whole months are previewed."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    "subscription": _Fetch.subscription,
    "order": _Fetch.order,
    "invoice": _Fetch.invoice,
    "billing_preview": _Fetch.preview,
    "usage": _Fetch.usage,
}
CLIENT: Final = ZuoraClient.of
"""What makes a client, for the entry point."""
