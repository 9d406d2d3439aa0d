"""What goes to a vendor and comes back, as values: requests, answers, and how long and how much is waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from cpq_hooks.adapter import JSON, VendorCall
from cpq_hooks.clients.failures import Unreadable
from cpq_hooks.reading import Malformed, read_json

FORM: Final = "application/x-www-form-urlencoded"
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})

Header = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how often and how much. Times are in seconds; `budget` is for the whole call with everything in it.

    `calls_per_second` and `burst` hold per connection and process; None is no limit. `retry_after_in_milliseconds` is for
    vendors who count so. `ca_bundle` is a file of certificates to trust in place of the usual ones.
    """

    connect: float = 3.0
    read: float = 20.0
    budget: float = 60.0
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    most_bytes: int = 20_000_000
    calls_per_second: float | None = None
    burst: int = 1
    retry_after_in_milliseconds: bool = False
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request below the connection's base address, or to an address of its own that begins with https://.

    `repeatable` says that doing it twice does no more than doing it once.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[Header, ...] = ()
    body: bytes | None = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, headers by lower-case name, and the whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, exact; None where it is empty. Raises `Unreadable`."""
        if not self.body.strip():
            return None
        if self.headers.get("content-type", "").split(";")[0].strip().lower() in _HTML:
            raise Unreadable("the vendor answered with an HTML page where JSON was wanted", status=self.status)
        try:
            return read_json(self.body)
        except Malformed as fault:
            raise Unreadable(f"the vendor's answer is not JSON that can be read: {fault}", status=self.status) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, for logs and metrics: neither query nor body nor secret is in it."""

    connection: str
    method: str
    path: str
    number: int
    seconds: float
    status: int | None
    failure: str | None


def request_of(call: VendorCall, idempotency_header: str | None = None) -> Request:
    """The request that a call asks for. With a key that the vendor honours it may be repeated."""
    headers = [("Accept", JSON), *call.headers]
    body: bytes | None = None
    if call.json is not None:
        body = json.dumps(call.json, ensure_ascii=False, separators=(",", ":")).encode()
        headers.append(("Content-Type", JSON))
    elif call.form:
        body = urlencode(call.form).encode("ascii")
        headers.append(("Content-Type", FORM))
    if keyed := bool(idempotency_header and call.idempotency_key):
        headers.append((str(idempotency_header), str(call.idempotency_key)))
    return Request(method=call.method, path=call.path, headers=tuple(headers), body=body, repeatable=keyed)
