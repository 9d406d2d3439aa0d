"""Salesforce's REST API: a quote with its lines and the prices behind them, and the fields that are written back.

Calls are made as a connected app by the client credentials flow; its token is asked for when it is first needed, and again
when Salesforce says that it is worth no more. What is fetched is whole: the quote, every line (they are read 200 at a time),
and the discount tiers and block prices that a QuoteModel only names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import quote as escaped
from urllib.parse import urlencode

from requests.adapters import BaseAdapter

from cpq_hooks.adapter import Event, Need, Shape, VendorCall, ordered
from cpq_hooks.clients.client import reconciled
from cpq_hooks.clients.exchange import FORM, Answer, Attempt, Header, Limits, Request
from cpq_hooks.clients.failures import CallFailed, NotAllowed, NotThere, Refused, Unreadable
from cpq_hooks.clients.http import Session, paged
from cpq_hooks.clients.pacing import Clock
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed, read_json

_USUAL_VERSION: Final = "v62.0"
_TOKEN: Final = "/services/oauth2/token"  # noqa: S105 - it is an address
_PAGE: Final = 200  # the most that FIELDS(ALL) gives
_AT_ONCE: Final = 100  # ids in one query
_ID: Final = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_LIMITS: Final = Limits(calls_per_second=10.0, burst=10)
_QUOTE: Final = "SBQQ__Quote__c"
_LINE: Final = "SBQQ__QuoteLine__c"


class UnknownResource(ValueError):  # noqa: N818 - it says what is wrong
    """Neither of Salesforce's adapters names such a resource."""


@dataclass(slots=True)
class _Token:
    """The access token, shared by threads."""

    sign_in: Session
    connection: Connection
    value: str | None = None
    lock: Lock = field(default_factory=Lock)

    def headers(self, is_worth_no_more: bool) -> tuple[Header, ...]:
        with self.lock:
            if self.value is None or is_worth_no_more:
                self.value = self._asked_for()
            return (("Authorization", f"Bearer {self.value}"),)

    def _asked_for(self) -> str:
        known = {name: self.connection.secret(name) or "" for name in ("client_id", "client_secret")}
        body = urlencode({"grant_type": "client_credentials", **known}).encode("ascii")
        request = Request(method="POST", path=_TOKEN, headers=(("Content-Type", FORM),), body=body, repeatable=True)
        try:
            told = self.sign_in.send(request).json()
        except Refused as refused:
            raise NotAllowed(f"Salesforce gives no token: {refused}", status=refused.status) from None
        token = told.get("access_token") if isinstance(told, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Unreadable("Salesforce's answer holds no access token")
        return token


@dataclass(slots=True)
class SalesforceClient:
    """Calls to one organisation. One client serves one connection and may be shared by threads."""

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
    ) -> SalesforceClient:
        """A client of the organisation at the connection's base_url, its My Domain (https://acme.my.salesforce.com)."""
        shared: dict[str, Any] = {"limits": limits or _LIMITS, "clock": clock, "transport": transport, "seen": seen}
        token = _Token(Session(connection, **shared), connection)
        return cls(Session(connection, authorize=token.headers, **shared), connection)

    def fetch(self, need: Need, *, budget: float | None = None) -> dict[str, Any]:
        """The full object. Raises `CallFailed`, and `UnknownResource` for what the adapters never ask for."""
        make = _FETCHES.get(need.resource)
        if make is None:
            raise UnknownResource(f"Salesforce's client fetches no {need.resource}")
        if not _ID.fullmatch(need.id):
            raise NotThere(f"{need.id[:40]} is no id of a record", status=404)
        return make(_Fetch(self.session, self.connection, budget), need.id)

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call of a hold, release or write-back. Raises `CallFailed`, also where one record of several was refused."""
        answer = self.session.execute(call, budget=budget)
        if "/composite/" in call.path:
            _refuse_failures(answer)
        return answer

    def reconcile(self, since: datetime) -> Iterator[Event]:
        """The quotes that changed since a moment, as an Outbound Message would tell of them. Raises `CallFailed`."""
        kind = "Quote" if self.connection.connector == "salesforce-revenue-cloud" else _QUOTE
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        fetch = _Fetch(self.session, self.connection, None)
        for each in fetch.query(
            f"SELECT Id, SystemModstamp FROM {kind} WHERE SystemModstamp >= {stamp} ORDER BY SystemModstamp"
        ):
            identity = each.get("Id")
            if not isinstance(identity, str) or not _ID.fullmatch(identity):
                raise Unreadable("a quote in Salesforce's answer has no id")
            at = _moment(each.get("SystemModstamp"))
            version = None if at is None else ordered(at)
            yield Event(
                key=reconciled(kind, identity, version), kind="reconcile", object_type=kind, object_id=identity,
                version=version, occurred_at=at, shape=Shape.QUOTE, needs=(Need(resource=kind, id=identity),),
            )  # fmt: skip


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _refuse_failures(answer: Answer) -> None:
    """SObject Collections answers 200 even where records were refused: what it says of each counts."""
    told = answer.json()
    failed = [each for each in told or () if isinstance(each, Mapping) and each.get("success") is False]
    if not failed:
        return
    errors = [
        str(error.get("statusCode"))
        for each in failed
        for error in each.get("errors") or ()
        if isinstance(error, Mapping)
    ]
    busy = "UNABLE_TO_LOCK_ROW" in errors
    failure: CallFailed = Refused(f"{len(failed)} records were refused: {', '.join(sorted(set(errors)))}", status=400)
    failure.again = busy
    raise failure


@dataclass(slots=True)
class _Fetch:
    """One fetch with everything that belongs to it."""

    session: Session
    connection: Connection
    budget: float | None

    @property
    def data(self) -> str:
        return f"/services/data/{self.connection.option('api_version', _USUAL_VERSION)}"

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Every record of a query, page by page. Raises `CallFailed`."""
        found: list[dict[str, Any]] = []
        for page in paged(self._page, _following, f"{self.data}/query?q={escaped(soql, safe='')}"):
            found += [each for each in page.get("records") or () if isinstance(each, dict)]
        return found

    def _page(self, path: str) -> Mapping[str, Any]:
        found = self.session.get(path, budget=self.budget)
        return found if isinstance(found, Mapping) else {}

    def every(self, kind: str, holder: str, identity: str) -> list[dict[str, Any]]:
        """Every record below another with all of its fields, 200 at a time: FIELDS(ALL) gives no more at once."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            beyond = f" AND Id > '{after}'" if after else ""
            page = self.query(
                f"SELECT FIELDS(ALL) FROM {kind} WHERE {holder} = '{identity}'{beyond} ORDER BY Id LIMIT {_PAGE}"
            )
            found += page
            if len(page) < _PAGE:
                return found
            following = str(page[-1].get("Id"))
            if not _ID.fullmatch(following) or following == after:
                raise Unreadable("the lines of the quote come to no end")
            after = following

    def one(self, kind: str, identity: str) -> dict[str, Any]:
        found = self.session.get(f"{self.data}/sobjects/{kind}/{identity}", budget=self.budget)
        if not isinstance(found, dict):
            raise Unreadable(f"Salesforce's answer holds no {kind}")
        return found

    def by_id(self, fields: str, kind: str, ids: Sequence[Any], name: str = "Id") -> list[dict[str, Any]]:
        """The records of some ids; none, and no call, for no ids."""
        known = sorted({each for each in ids if isinstance(each, str) and _ID.fullmatch(each)})
        found: list[dict[str, Any]] = []
        for start in range(0, len(known), _AT_ONCE):
            listed = ", ".join(f"'{each}'" for each in known[start : start + _AT_ONCE])
            found += self.query(f"SELECT {fields} FROM {kind} WHERE {name} IN ({listed})")
        return found

    # ------------------------------------------------------------------------------------------------ quotes

    def cpq_quote(self, identity: str) -> dict[str, Any]:
        """A quote of CPQ's as a QuoteModel."""
        if self.connection.option("read_with") == "service-router":
            return self._by_reader(identity)
        record = self.one(_QUOTE, identity)
        lines = self.every(_LINE, "SBQQ__Quote__c", identity)
        groups = self.every("SBQQ__QuoteLineGroup__c", "SBQQ__Quote__c", identity)
        self._complete(record, lines)
        return {
            "record": record,
            "lineItems": [
                {"key": number, "parentItemKey": None, "parentGroupKey": each.get("SBQQ__Group__c"), "record": each}
                for number, each in enumerate(lines, start=1)
            ],
            "lineItemGroups": [{"key": each.get("Id"), "record": each} for each in groups],
        }

    def _by_reader(self, identity: str) -> dict[str, Any]:
        """What CPQ's own reader gives: JSON within a JSON text."""
        path = f"/services/apexrest/SBQQ/ServiceRouter?reader=SBQQ.QuoteAPI.QuoteReader&uid={identity}"
        found = self.session.get(path, budget=self.budget)
        if isinstance(found, str):
            try:
                found = read_json(found.encode())
            except Malformed as fault:
                raise Unreadable(f"what CPQ's reader gives is no JSON: {fault}") from None
        if not isinstance(found, dict) or not isinstance(found.get("record"), dict):
            raise Unreadable("what CPQ's reader gives is no QuoteModel")
        records = [each["record"] for each in found.get("lineItems") or () if isinstance(each, Mapping)]
        self._complete(found["record"], records)
        return found

    def _complete(self, quote: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        """Put in what the quote only names: its account's renewal method, its products' terms, tiers and block prices."""
        accounts = self.by_id("Id, Name, SBQQ__RenewalPricingMethod__c", "Account", [quote.get("SBQQ__Account__c")])
        if accounts:
            quote["SBQQ__Account__r"] = accounts[0]
        products = self._products([each.get("SBQQ__Product__c") for each in lines])
        schedules = self._schedules([each.get("SBQQ__DiscountSchedule__c") for each in lines])
        for line in lines:
            product, schedule = (
                products.get(line.get("SBQQ__Product__c")),
                schedules.get(line.get("SBQQ__DiscountSchedule__c")),
            )
            if product is not None and not line.get("SBQQ__Product__r"):
                line["SBQQ__Product__r"] = product
            if schedule is not None:
                line["SBQQ__DiscountSchedule__r"] = schedule
        blocked = [each for each in lines if each.get("SBQQ__PricingMethod__c") == "Block"]
        for line, prices in self._blocks(blocked):
            line["SBQQ__BlockPrices__r"] = {"records": prices}

    def _products(self, ids: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        fields = (
            "Id, Name, ProductCode, Family, QuantityUnitOfMeasure, SBQQ__SubscriptionTerm__c, SBQQ__SubscriptionType__c"
        )
        return {each["Id"]: each for each in self.by_id(fields, "Product2", ids)}

    def _schedules(self, ids: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        found = {
            each["Id"]: {**each, "SBQQ__DiscountTiers__r": {"records": []}}
            for each in self.by_id("Id, Name, SBQQ__Type__c, SBQQ__DiscountUnit__c", "SBQQ__DiscountSchedule__c", ids)
        }
        fields = "Id, SBQQ__Schedule__c, SBQQ__LowerBound__c, SBQQ__UpperBound__c, SBQQ__Discount__c, SBQQ__DiscountAmount__c"
        for tier in self.by_id(fields, "SBQQ__DiscountTier__c", list(found), "SBQQ__Schedule__c"):
            holder = found.get(tier.get("SBQQ__Schedule__c"))
            if holder is not None:
                holder["SBQQ__DiscountTiers__r"]["records"].append(tier)
        return found

    def _blocks(self, lines: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """The block prices that a line was priced by: its own where it has any, else its product's."""
        fields = "Id, SBQQ__QuoteLine__c, SBQQ__Product__c, SBQQ__LowerBound__c, SBQQ__UpperBound__c, SBQQ__Price__c"
        own = self.by_id(fields, "SBQQ__BlockPrice__c", [each.get("Id") for each in lines], "SBQQ__QuoteLine__c")
        ofs = self.by_id(
            fields, "SBQQ__BlockPrice__c", [each.get("SBQQ__Product__c") for each in lines], "SBQQ__Product__c"
        )
        for line in lines:
            mine = [each for each in own if each.get("SBQQ__QuoteLine__c") == line.get("Id")]
            general = [
                each for each in ofs
                if each.get("SBQQ__Product__c") == line.get("SBQQ__Product__c") and not each.get("SBQQ__QuoteLine__c")
            ]  # fmt: skip
            if mine or general:
                yield line, mine or general

    def quote(self, identity: str) -> dict[str, Any]:
        """A quote of Revenue Cloud's as the graph of a transaction, its records under their own ids."""
        records = [("Quote", self.one("Quote", identity))]
        records += [("QuoteLineItem", each) for each in self.every("QuoteLineItem", "QuoteId", identity)]
        entries = [
            {"referenceId": each.get("Id"), "record": {**each, "attributes": {"type": kind}}} for kind, each in records
        ]
        return {"graph": {"graphId": "fetched", "records": entries}}


def _following(page: Mapping[str, Any]) -> str | None:
    following = page.get("nextRecordsUrl")
    return following if page.get("done") is False and isinstance(following, str) else None


_FETCHES: Final[Mapping[str, Callable[[_Fetch, str], dict[str, Any]]]] = {
    _QUOTE: _Fetch.cpq_quote,
    "Quote": _Fetch.quote,
}

CLIENT: Final = SalesforceClient.of
"""What the entry points name."""
