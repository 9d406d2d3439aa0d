"""Kill Bill's API: a subscription with its account, tags, custom fields and catalog, invoices with their items, and the dry run.

What comes along beside an object is under our own names: `account`, `tags`, `custom_fields`, and the `catalog` as the
adapter reads its XML.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote as escaped

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import JSON, Event, Need, Shape, VendorCall
from cpq_hooks.adapters.killbill.catalogs import read_catalog
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import Answer, Attempt, Header, Limits, Request
from cpq_hooks.clients.failures import NotThere, Refused, Unreadable
from cpq_hooks.clients.http import Session
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed
from cpq_hooks.vendor_terms import mapping, mappings

_PAGE: Final = 100
_MOST_PAGES: Final = 10_000
_LIMITS: Final = Limits(calls_per_second=20.0, burst=20)


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Kill Bill's adapter names no such resource."""


@dataclass(slots=True)
class KillBillClient:
    """Calls to one tenant of a Kill Bill. One client serves one connection and may be shared by threads."""

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
    ) -> KillBillClient:
        """A client with the tenant's keys; the connection's `base_url` says where Kill Bill is."""
        session = Session(
            connection,
            authorize=_authorize(connection),
            limits=limits or _LIMITS,
            clock=clock,
            transport=transport,
            seen=seen,
        )
        return cls(session)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object with what belongs to it. Raises `CallFailed`, and `UnknownResource`."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Kill Bill's client fetches no {need.resource}")
        return make(self, need.id, budget)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold or release. A tag or field that is gone already is released. Raises `CallFailed`."""
        try:
            return self.session.execute(call, budget=budget)
        except Refused as refused:
            if call.method == "DELETE" and refused.status in {400, 404}:
                return Answer(status=204, headers={}, body=b"")
            raise

    def reconcile(self, since: datetime) -> Iterable[Event]:
        """Every subscription that bills still, one by one: Kill Bill does not list what has changed."""
        day = f"{since.astimezone(UTC):%Y%m%d}"
        for bundle in self._bundles():
            for each in mappings(bundle.get("subscriptions")):
                identity = each.get("subscriptionId")
                if isinstance(identity, str) and each.get("state") != "CANCELLED":
                    yield Event(
                        key=reconciled("subscription", identity, day), kind="reconcile", object_type="subscription", object_id=identity,
                        shape=Shape.BILLING_CONFIGURATION, needs=(Need(resource="subscription", id=identity),),
                    )  # fmt: skip

    def _bundles(self) -> Iterator[Mapping[str, Any]]:
        """Every bundle, a page at a time; a page that is not full is the last."""
        for number in range(_MOST_PAGES):
            params = (("offset", str(number * _PAGE)), ("limit", str(_PAGE)))
            found = mappings(self.session.get("/1.0/kb/bundles/pagination", params))
            yield from found
            if len(found) < _PAGE:
                return

    # --------------------------------------------------------------------------------- what the objects hold

    def _subscription(self, identity: str, budget: float | None) -> dict[str, Any]:
        found = mapping(self.session.get(f"/1.0/kb/subscriptions/{_safe(identity)}", budget=budget))
        whole = {"subscription": found, **self._owner(found.get("accountId"), budget)}
        fields = self.session.get(f"/1.0/kb/subscriptions/{_safe(identity)}/customFields", budget=budget)
        whole["custom_fields"] = [*mappings(fields), *whole["custom_fields"]]
        catalog = self._catalog(found.get("accountId"), budget)
        return {**whole, **({"catalog": catalog} if catalog else {})}

    def _owner(self, identity: Any, budget: float | None) -> dict[str, Any]:
        """The account with its tags and custom fields."""
        if not isinstance(identity, str):
            return {"account": {}, "tags": [], "custom_fields": []}
        path = f"/1.0/kb/accounts/{_safe(identity)}"
        return {
            "account": mapping(self.session.get(path, budget=budget)),
            "tags": mappings(self.session.get(f"{path}/tags", budget=budget)),
            "custom_fields": mappings(self.session.get(f"{path}/customFields", budget=budget)),
        }

    def _catalog(self, account: Any, budget: float | None) -> Any:
        """The newest catalog, read; none where the tenant has it from a plugin that gives no XML."""
        params = (("accountId", account),) if isinstance(account, str) else ()
        request = Request(method="GET", path="/1.0/kb/catalog/xml", params=params, headers=(("Accept", "text/xml"),))
        try:
            body = self.session.send(request, budget=budget).body
        except NotThere:
            return None
        try:
            return read_catalog(body).get("catalog")
        except Malformed as fault:
            raise Unreadable(f"the catalog cannot be read: {fault}") from None

    def _invoice(self, identity: str, budget: float | None) -> dict[str, Any]:
        found = mapping(
            self.session.get(f"/1.0/kb/invoices/{_safe(identity)}", (("withChildrenItems", "false"),), budget=budget)
        )
        return {"invoice": found, **self._owner(found.get("accountId"), budget)}

    def _preview(self, account: str, budget: float | None) -> dict[str, Any]:
        """The next invoice of an account, which Kill Bill makes in a dry run and does not keep."""
        request = Request(
            method="POST", path="/1.0/kb/invoices/dryRun", params=(("accountId", account),), body=json.dumps({"dryRunType": "UPCOMING_INVOICE"}).encode(),
            headers=(("Accept", JSON), ("Content-Type", JSON), ("X-Killbill-CreatedBy", "quoteguard")), repeatable=True,
        )  # fmt: skip
        return {"invoice": mapping(self.session.send(request, budget=budget).json()), **self._owner(account, budget)}


def _authorize(connection: Connection) -> Callable[[bool], tuple[Header, ...]]:
    def headers(_: bool) -> tuple[Header, ...]:
        pair = f"{connection.secret('api_user') or ''}:{connection.secret('api_password') or ''}"
        return (
            ("Authorization", "Basic " + base64.b64encode(pair.encode()).decode("ascii")),
            ("X-Killbill-ApiKey", connection.secret("api_key") or ""),
            ("X-Killbill-ApiSecret", connection.secret("api_secret") or ""),
        )

    return headers


def _safe(identity: str) -> str:
    return escaped(identity, safe="")


_FETCHES: Final[Mapping[str, Callable[[KillBillClient, str, float | None], dict[str, Any]]]] = {
    "subscription": KillBillClient._subscription,  # noqa: SLF001 - the table is part of the class
    "invoice": KillBillClient._invoice,  # noqa: SLF001
    "preview": KillBillClient._preview,  # noqa: SLF001
}

CLIENT: Final = KillBillClient.of
"""What the entry point names."""
