"""Chargebee's API: the full object behind an event with what it refers to, the calls of holds, and what has happened since.

What comes along beside an object is under our own names: `item_prices` (each with its `item`), `coupons`, `ramps`, the
`pending_invoices` of a subscription, and `plans` and `addons` of product catalog 1.0.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Event, Need, NotUnderstood, VendorCall
from cpq_hooks.adapters.chargebee.deliveries import event_of
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits
from cpq_hooks.clients.failures import NotThere, Refused
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping, mappings

_PAGE: Final = "100"
_LIMITS: Final = Limits(calls_per_second=2.5, burst=20)


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Chargebee's adapter names no such resource."""


@dataclass(slots=True)
class ChargebeeClient:
    """Calls to one Chargebee site. One client serves one connection and may be shared by threads."""

    session: Session
    base: str

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        clock: Clock | None = None,
        transport: BaseAdapter | None = None,
        limits: Limits | None = None,
        seen: Callable[[Attempt], None] | None = None,
    ) -> ChargebeeClient:
        """A client with the connection's API key; `tenant` is the site's name where no address is given."""
        session = Session(
            connection, base_url=f"https://{connection.tenant or 'app'}.chargebee.com", authorize=_authorize(connection),
            limits=limits or _LIMITS, idempotency_header="chargebee-idempotency-key", clock=clock, transport=transport, seen=seen,
        )  # fmt: skip
        return cls(session, f"/api/{connection.option('api', 'v2')}")

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object in Chargebee's own wrapping. Raises `CallFailed`, and `UnknownResource`."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Chargebee's client fetches no {need.resource}")
        return make(_Fetch(self.session, self.base, budget), need.id)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold, release or write-back. Its key makes a repetition harmless. Raises `CallFailed`."""
        return self.session.execute(call, budget=budget)

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """The events since a moment, by their own ids: those that a webhook told of are known. Raises `CallFailed`."""
        fetch = _Fetch(self.session, self.base, None)
        after = str(int(since.timestamp()))
        for each in fetch.all("/events", ("occurred_at[after]", after), ("sort_by[asc]", "occurred_at")):
            try:
                yield event_of(each.get("event"))
            except NotUnderstood:
                continue


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        key = connection.secret("api") or ""
        return (("Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")),)

    return headers


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it; what several parts refer to is asked for once."""

    session: Session
    base: str
    budget: float | None
    known: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, *params: tuple[str, str]) -> dict[str, Any]:
        if path not in self.known:
            self.known[path] = self.session.get(f"{self.base}{path}", params, budget=self.budget)
        return dict(mapping(self.known[path]))

    def all(self, path: str, *params: tuple[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every entry of a list, page by page."""

        def page(offset: str) -> Mapping[str, Any]:
            following = (("offset", offset),) if offset else ()
            return mapping(
                self.session.get(f"{self.base}{path}", (("limit", _PAGE), *params, *following), budget=self.budget)
            )

        def following(found: Mapping[str, Any]) -> str | None:
            offset = found.get("next_offset")
            return offset if isinstance(offset, str) and offset else None

        for found in paged(page, following, ""):
            yield from mappings(found.get("list"))

    def part(self, path: str, name: str) -> Mapping[str, Any]:
        """An object that another refers to; empty where it is gone."""
        try:
            return mapping(self.get(path).get(name))
        except NotThere:
            return {}

    # --------------------------------------------------------------------------------- what the objects hold

    def quote(self, identity: str) -> dict[str, Any]:
        found = self.get(f"/quotes/{_safe(identity)}")
        customer = mapping(found.get("quote")).get("customer_id")
        if isinstance(customer, str):
            found["customer"] = self.part(f"/customers/{_safe(customer)}", "customer")
        parts = [mapping(found.get(each)) for each in ("quoted_subscription", "quoted_charge", "quoted_ramp")]
        return self._with_catalog(found, parts)

    def subscription(self, identity: str) -> dict[str, Any]:
        found = self.get(f"/subscriptions/{_safe(identity)}")
        subscription = mapping(found.get("subscription"))
        if subscription.get("subscription_items"):
            found["ramps"] = self._ramps(identity)
        pending = self.all("/invoices", ("subscription_id[is]", identity), ("status[is]", "pending"))
        found["pending_invoices"] = [each["invoice"] for each in pending if isinstance(each.get("invoice"), Mapping)]
        return self._with_catalog(found, [subscription])

    def invoice(self, identity: str) -> dict[str, Any]:
        """An invoice; one that is pending with its subscription, for that one is what a hold is made on."""
        found = self.get(f"/invoices/{_safe(identity)}")
        invoice = mapping(found.get("invoice"))
        subscription = invoice.get("subscription_id")
        if invoice.get("status") == "pending" and isinstance(subscription, str):
            beside = self.get(f"/subscriptions/{_safe(subscription)}")
            found["subscription"] = mapping(beside.get("subscription"))
        return found

    def _ramps(self, identity: str) -> list[Any]:
        """A subscription's ramps; none where the site has no ramps."""
        try:
            listed = list(self.all("/ramps", ("subscription_id[is]", identity), ("status[is]", "scheduled")))
        except Refused as refused:
            if refused.status not in {400, 403, 404}:
                raise
            return []
        return [each["ramp"] for each in listed if isinstance(each.get("ramp"), Mapping)]

    # ---------------------------------------------------------------------------------------------- catalog

    def _with_catalog(self, found: dict[str, Any], holders: list[Mapping[str, Any]]) -> dict[str, Any]:
        """The object with the item prices and coupons that it refers to."""
        items = [item for holder in holders for name in _ITEMS for item in mappings(holder.get(name))]
        ids = dict.fromkeys(each["item_price_id"] for each in items if isinstance(each.get("item_price_id"), str))
        found["item_prices"] = [price for each in ids if (price := self._item_price(each))]
        used = [use for holder in holders for use in mappings(holder.get("coupons"))]
        coupons = dict.fromkeys(each["coupon_id"] for each in used if isinstance(each.get("coupon_id"), str))
        found["coupons"] = [coupon for each in coupons if (coupon := self.part(f"/coupons/{_safe(each)}", "coupon"))]
        for holder in holders:
            self._older(found, holder)
        return found

    def _older(self, found: dict[str, Any], holder: Mapping[str, Any]) -> None:
        """Plan and addons of product catalog 1.0."""
        plan = holder.get("plan_id")
        if not isinstance(plan, str):
            return
        found["plans"] = [each for each in [self.part(f"/plans/{_safe(plan)}", "plan")] if each]
        names = dict.fromkeys(each["id"] for each in mappings(holder.get("addons")) if isinstance(each.get("id"), str))
        found["addons"] = [addon for each in names if (addon := self.part(f"/addons/{_safe(each)}", "addon"))]

    def _item_price(self, identity: str) -> dict[str, Any]:
        price = dict(self.part(f"/item_prices/{_safe(identity)}", "item_price"))
        item = price.get("item_id")
        if isinstance(item, str):
            price["item"] = self.part(f"/items/{_safe(item)}", "item")
        return price


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_ITEMS: Final = ("subscription_items", "invoice_items", "line_items", "charged_items")
_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    "quote": _Fetch.quote,
    "subscription": _Fetch.subscription,
    "invoice": _Fetch.invoice,
}

CLIENT: Final = ChargebeeClient.of
"""What the entry point names."""
