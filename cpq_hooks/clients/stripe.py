"""Stripe's API: the full object behind an event, with everything that Stripe leaves out of it, and the calls of holds.

Stripe nests lists of at most ten, gives prices without their tiers and links by id. What is fetched here is whole: the
lists read to their end, prices with tiers, coupons with what they are for, the schedule that steers a subscription, and
its draft invoices under `draft_invoices`, which is our own field. What no webhook told of is asked for among its events.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Event, Need, NotUnderstood, VendorCall
from cpq_hooks.adapters.stripe.deliveries import FAMILIES, event_of
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits
from cpq_hooks.clients.failures import NotThere, Refused
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection

BASE_URL: Final = "https://api.stripe.com"
DRAFTS: Final = "draft_invoices"
KEPT: Final = timedelta(days=30)
"""So long Stripe keeps events; what is older can be asked of nobody."""
_PAGE: Final = "100"
_LIMITS: Final = Limits(calls_per_second=20.0, burst=20)


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Stripe's adapter names no such resource."""


@dataclass(slots=True)
class StripeClient:
    """Calls to one Stripe account. One client serves one connection and may be shared by threads."""

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
    ) -> StripeClient:
        """A client with the connection's API key, and the API version that it asks for, if it does."""
        version = connection.option("api_version")
        session = Session(
            connection, base_url=BASE_URL, authorize=_authorize(connection), limits=limits or _LIMITS,
            headers=(("Stripe-Version", version),) if version else (), idempotency_header="Idempotency-Key",
            wants_repeat=_wants_repeat, clock=clock, transport=transport, seen=seen,
        )  # fmt: skip
        return cls(session)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object. Raises `CallFailed`, and `UnknownResource` for what Stripe's adapter never asks for."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Stripe's client fetches no {need.resource}")
        return make(_Fetch(self.session, budget), _safe(need.id))

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold, release or write-back. Its key makes a repetition harmless. Raises `CallFailed`."""
        return self.session.execute(call, budget=budget)

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """The events since a moment, by their own ids: those that a webhook told of are known. Raises `CallFailed`.

        Those that a webhook would have been ignored with are left out. Where the moment is before what Stripe keeps, one that
        is ignored says so, for whoever looks at the inbox.
        """
        oldest = self.session.clock.now() - KEPT
        if since < oldest:
            yield _gap(since, oldest)
        fetch = _Fetch(self.session, None)
        for family in FAMILIES:
            yield from _read(
                fetch.each("/v1/events", ("type", f"{family}*"), ("created[gte]", str(int(since.timestamp())))),
                self.session.connection,
            )


def _read(listed: Iterable[Any], connection: Connection) -> Iterator[Event]:
    """The events of a list that there is something to do about, read as those of a webhook are."""
    for each in listed:
        try:
            event = event_of(each, connection)
        except NotUnderstood:
            continue
        if event.ignored is None:
            yield event


def _gap(since: datetime, oldest: datetime) -> Event:
    told = f"{since.astimezone(UTC):%Y-%m-%d} to {oldest.astimezone(UTC):%Y-%m-%d}"
    return Event(
        key=reconciled("account", "events", told), kind="reconcile", object_type="account", object_id="events", occurred_at=since,
        ignored=f"Stripe keeps events for {KEPT.days} days: what changed from {told} and did not change again is not listed by it",
    )  # fmt: skip


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        key = connection.secret("api") or ""
        return (("Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")),)

    return headers


def _wants_repeat(answer: Answer) -> bool | None:
    """Stripe's own word on it, which it gives where it knows better than the status."""
    return {"true": True, "false": False}.get(answer.headers.get("stripe-should-retry", "").lower())


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it; what several parts link to is asked for once."""

    session: Session
    budget: float | None
    known: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, *params: tuple[str, str]) -> Any:
        name = f"{path}?{params}"
        if name not in self.known:
            self.known[name] = self.session.get(path, params, budget=self.budget)
        return self.known[name]

    def expanded(self, path: str, *expand: str) -> Any:
        return self.get(path, *(("expand[]", each) for each in expand))

    def rest_of(self, found: dict[str, Any], name: str, path: str, *params: tuple[str, str]) -> None:
        """Read a nested list to its end, where it was cut or is not there at all."""
        nested = found.get(name)
        if isinstance(nested, Mapping) and not nested.get("has_more"):
            return
        found[name] = {"object": "list", "has_more": False, "url": path, "data": self.all(path, *params)}

    def all(self, path: str, *params: tuple[str, str]) -> list[Any]:
        """Every object of a list."""
        return list(self.each(path, *params))

    def each(self, path: str, *params: tuple[str, str]) -> Iterator[Any]:
        """The objects of a list, page by page."""

        def page(after: str) -> Mapping[str, Any]:
            following = (("starting_after", after),) if after else ()
            found = self.session.get(path, (("limit", _PAGE), *params, *following), budget=self.budget)
            return found if isinstance(found, Mapping) else {}

        def following(found: Mapping[str, Any]) -> str | None:
            data = found.get("data")
            more = isinstance(data, list) and data and found.get("has_more") and isinstance(data[-1], Mapping)
            return str(data[-1].get("id")) if more and isinstance(data, list) else None

        for found in paged(page, following, ""):
            yield from found.get("data") or []

    # --------------------------------------------------------------------------------- what the objects hold

    def quote(self, identity: str) -> dict[str, Any]:
        path = f"/v1/quotes/{identity}"
        found = dict(self.expanded(path, "customer", "discounts"))
        found["line_items"] = None
        self.rest_of(found, "line_items", f"{path}/line_items", ("expand[]", "data.discounts"))
        self.complete(found["line_items"]["data"])
        self.coupons(found)
        return found

    def subscription(self, identity: str, *, with_schedule: bool = True) -> dict[str, Any]:
        found = dict(
            self._rich(
                f"/v1/subscriptions/{identity}", "customer", "latest_invoice", "discounts", "items.data.discounts"
            )
        )
        self.rest_of(
            found, "items", "/v1/subscription_items", ("subscription", identity), ("expand[]", "data.discounts")
        )
        items = found.get("items")
        self.complete(items["data"] if isinstance(items, Mapping) else [])
        for holder in (found, found.get("customer")):
            self.coupons(holder if isinstance(holder, dict) else {})
        found[DRAFTS] = self._drafts(identity)
        if with_schedule and isinstance(found.get("schedule"), str):
            found["schedule"] = self._schedule(_safe(found["schedule"]))
        return found

    def schedule(self, identity: str) -> dict[str, Any]:
        found = self._schedule(identity)
        if isinstance(found.get("subscription"), str):
            found["subscription"] = self.subscription(_safe(found["subscription"]), with_schedule=False)
        return found

    def invoice(self, identity: str) -> dict[str, Any]:
        path = f"/v1/invoices/{identity}"
        found = dict(self.get(path))
        self.rest_of(found, "lines", f"{path}/lines")
        for line in found["lines"]["data"]:
            pricing = line.get("pricing")
            details = pricing.get("price_details") if isinstance(pricing, Mapping) else None
            if isinstance(details, dict) and isinstance(details.get("price"), str):
                details["price"] = self._price(details["price"]) or details["price"]
        return found

    def _rich(self, path: str, *expand: str) -> Any:
        """An object with what it links to; without, where an older version does not know one of the links."""
        try:
            return self.expanded(path, *expand)
        except Refused as refused:
            if refused.status != 400:
                raise
            return self.get(path)

    def _schedule(self, identity: str) -> dict[str, Any]:
        found = dict(self.expanded(f"/v1/subscription_schedules/{identity}", "customer"))
        for phase in found.get("phases") or []:
            self.complete(phase.get("items") or phase.get("plans") or [])
            self.complete(phase.get("add_invoice_items") or [])
            self.coupons(phase)
        return found

    def _drafts(self, subscription: str) -> list[Any]:
        """The drafts among a subscription's newest hundred invoices; one that is older waits for nobody any more."""
        found = self.get("/v1/invoices", ("subscription", subscription), ("limit", _PAGE))
        data = found.get("data") if isinstance(found, Mapping) else None
        return [each for each in data or [] if isinstance(each, Mapping) and each.get("status") == "draft"]

    # -------------------------------------------------------------------------- prices, products and coupons

    def complete(self, items: list[Any]) -> None:
        """Put whole prices into items, with tiers, product and meter, and whole coupons into their discounts."""
        for item in items:
            for name in ("price", "plan"):
                linked = item.get(name)
                if name == "plan" and isinstance(item.get("price"), Mapping):
                    continue
                if isinstance(linked, str) or (isinstance(linked, Mapping) and _lacks_tiers(linked)):
                    identity = linked if isinstance(linked, str) else str(linked.get("id"))
                    item[name] = self._price(identity, name) or linked
                if isinstance(item.get(name), dict):
                    self._product(item[name])
                    self._meter(item[name])
            self.coupons(item)

    def _price(self, identity: str, kind: str = "price") -> Any:
        try:
            return self.expanded(f"/v1/{kind}s/{_safe(identity)}", "tiers")
        except NotThere:
            return None

    def _product(self, price: dict[str, Any]) -> None:
        """The product, for its name and for the catalog's own id in its metadata."""
        if isinstance(price.get("product"), str):
            try:
                price["product"] = self.get(f"/v1/products/{_safe(price['product'])}")
            except NotThere:
                return

    def _meter(self, price: dict[str, Any]) -> None:
        recurring = price.get("recurring")
        if isinstance(recurring, dict) and isinstance(recurring.get("meter"), str):
            recurring["meter"] = self.get(f"/v1/billing/meters/{_safe(recurring['meter'])}")

    def coupons(self, holder: dict[str, Any]) -> None:
        """Put whole coupons, with the products that they are for, into the discounts of an object."""
        uses = [each for each in holder.get("discounts") or [] if isinstance(each, dict)]
        single = holder.get("discount")
        uses += [single] if isinstance(single, dict) else []
        for use in uses:
            if isinstance(use.get("discount"), dict):
                self.coupons({"discounts": [use["discount"]]})
            for place in (use, use.get("source")):
                if isinstance(place, dict) and place.get("coupon"):
                    place["coupon"] = self._coupon(place["coupon"])

    def _coupon(self, coupon: Any) -> Any:
        identity = coupon if isinstance(coupon, str) else coupon.get("id")
        try:
            return self.expanded(f"/v1/coupons/{_safe(str(identity))}", "applies_to")
        except NotThere:
            return coupon  # deleted since; what the discount says of it is all that is left


def _lacks_tiers(price: Mapping[str, Any]) -> bool:
    return price.get("billing_scheme") == "tiered" and not price.get("tiers")


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    "quote": _Fetch.quote,
    "subscription": _Fetch.subscription,
    "subscription_schedule": _Fetch.schedule,
    "invoice": _Fetch.invoice,
}
