"""Lago's API: the full object behind a webhook with what it refers to, the calls of holds, and what there is to be checked.

What comes along beside an object is under our own names where the API has none for it: `customer`, `applied_coupons`,
`coupons`, `billable_metrics`, `plans` of a quote, and the `draft_invoices` of a subscription's customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Event, Need, Shape, VendorCall
from cpq_hooks.adapters.lago.quotes import snake
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits
from cpq_hooks.clients.failures import NotThere
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection
from cpq_hooks.vendor_terms import mapping, mappings

BASE_URL: Final = "https://api.getlago.com"
_PAGE: Final = "100"
_LIMITS: Final = Limits(calls_per_second=10.0, burst=20)
_STATUSES: Final = ("active", "pending")


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Lago's adapter names no such resource."""


@dataclass(slots=True)
class LagoClient:
    """Calls to one Lago organization. One client serves one connection and may be shared by threads."""

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
    ) -> LagoClient:
        """A client with the connection's API key."""
        session = Session(
            connection, base_url=BASE_URL, authorize=_authorize(connection), limits=limits or _LIMITS, clock=clock, transport=transport,
            seen=seen,
        )  # fmt: skip
        return cls(session)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object in Lago's own wrapping. Raises `CallFailed`, and `UnknownResource`."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Lago's client fetches no {need.resource}")
        return make(_Fetch(self.session, budget), need.id)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold or release. Raises `CallFailed`."""
        return self.session.execute(call, budget=budget)

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """The subscriptions that were made or started since a moment. Lago lists no changes, so those are not told."""
        fetch = _Fetch(self.session, None)
        for status in _STATUSES:
            for each in fetch.all("/subscriptions", "subscriptions", ("status[]", status)):
                identity, made = each.get("external_id"), _moment(each.get("started_at") or each.get("created_at"))
                if isinstance(identity, str) and made is not None and made >= since.astimezone(UTC):
                    yield Event(
                        key=reconciled("subscription", identity, None), kind="reconcile", object_type="subscription", object_id=identity,
                        occurred_at=made, shape=Shape.BILLING_CONFIGURATION, needs=(Need(resource="subscription", id=identity),),
                    )  # fmt: skip


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        return (("Authorization", f"Bearer {connection.secret('api') or ''}"),)

    return headers


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if found is None else found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it; what several parts refer to is asked for once."""

    session: Session
    budget: float | None
    known: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, *params: tuple[str, str]) -> dict[str, Any]:
        name = f"{path}?{params}"
        if name not in self.known:
            self.known[name] = self.session.get(f"/api/v1{path}", params, budget=self.budget)
        return dict(mapping(self.known[name]))

    def part(self, path: str, name: str) -> dict[str, Any]:
        """An object that another refers to; empty where it is gone."""
        try:
            return dict(mapping(self.get(path).get(name)))
        except NotThere:
            return {}

    def all(self, path: str, name: str, *params: tuple[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every entry of a list, page by page."""

        def page(number: int) -> Mapping[str, Any]:
            paging = (("page", str(number)), ("per_page", _PAGE))
            return mapping(self.session.get(f"/api/v1{path}", (*params, *paging), budget=self.budget))

        def following(found: Mapping[str, Any]) -> int | None:
            number = mapping(found.get("meta")).get("next_page")
            return number if isinstance(number, int) and not isinstance(number, bool) else None

        for found in paged(page, following, 1):
            yield from mappings(found.get(name))

    # --------------------------------------------------------------------------------- what the objects hold

    def subscription(self, identity: str) -> dict[str, Any]:
        """A subscription, started or not, with everything that decides what it bills."""
        found = self._subscription(identity)
        subscription = dict(mapping(found.get("subscription")))
        customer = subscription.get("external_customer_id")
        if not mappings(mapping(subscription.get("plan")).get("charges")) and isinstance(
            subscription.get("plan_code"), str
        ):
            subscription["plan"] = self.part(f"/plans/{_safe(subscription['plan_code'])}", "plan") or subscription.get(
                "plan"
            )
        found["subscription"] = subscription
        if isinstance(customer, str):
            found["customer"] = self.part(f"/customers/{_safe(customer)}", "customer")
            self._coupons(found, customer)
            drafts = self.all("/invoices", "invoices", ("external_customer_id", customer), ("status", "draft"))
            found["draft_invoices"] = list(drafts)
        found["billable_metrics"] = self._metrics(mapping(subscription.get("plan")))
        return found

    def _subscription(self, identity: str) -> dict[str, Any]:
        path = f"/subscriptions/{_safe(identity)}"
        try:
            return self.get(path)
        except NotThere:
            return self.get(path, ("status", "pending"))

    def _coupons(self, found: dict[str, Any], customer: str) -> None:
        uses = list(
            self.all("/applied_coupons", "applied_coupons", ("external_customer_id", customer), ("status", "active"))
        )
        found["applied_coupons"] = uses
        codes = dict.fromkeys(each["coupon_code"] for each in uses if isinstance(each.get("coupon_code"), str))
        found["coupons"] = [coupon for each in codes if (coupon := self.part(f"/coupons/{_safe(each)}", "coupon"))]

    def _metrics(self, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
        codes = dict.fromkeys(
            each["billable_metric_code"]
            for each in mappings(plan.get("charges"))
            if isinstance(each.get("billable_metric_code"), str)
        )
        return [
            metric for each in codes if (metric := self.part(f"/billable_metrics/{_safe(each)}", "billable_metric"))
        ]

    def quote(self, identity: str) -> dict[str, Any]:
        """A quote with its billing items, which its webhooks leave out, and the plans that they are about."""
        found = self.get(f"/quotes/{_safe(identity)}")
        quote = mapping(found.get("quote"))
        items = mapping(snake(mapping(quote.get("current_version")).get("billing_items")))
        codes = dict.fromkeys(str(mapping(each.get("payload")).get("code")) for each in mappings(items.get("plans")))
        plans = [plan for each in codes if (plan := self.part(f"/plans/{_safe(each)}", "plan"))]
        found["plans"] = plans
        found["billable_metrics"] = [metric for plan in plans for metric in self._metrics(plan)]
        customer = quote.get("lago_customer_id")
        if isinstance(customer, str):
            found["customer"] = self.part(f"/customers/{_safe(customer)}", "customer")
        return found

    def order_form(self, identity: str) -> dict[str, Any]:
        """A signed order form with the quote that was signed."""
        form = self.get(f"/order_forms/{_safe(identity)}")
        quote = mapping(form.get("order_form")).get("lago_quote_id")
        return {**(self.quote(quote) if isinstance(quote, str) else {}), **form}

    def invoice(self, identity: str) -> dict[str, Any]:
        return self.get(f"/invoices/{_safe(identity)}")


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    "subscription": _Fetch.subscription,
    "quote": _Fetch.quote,
    "order_form": _Fetch.order_form,
    "invoice": _Fetch.invoice,
}

CLIENT: Final = LagoClient.of
"""What the entry point names."""
