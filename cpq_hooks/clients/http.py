"""HTTP to a vendor, as every client needs it: bounded in time and size, repeated with care, and telling no secret.

One `Session` serves one connection. A call has a budget of seconds for everything: waiting its turn, every attempt and
every wait between them. What comes back is an `Answer` of a 2xx status; all else is a `CallFailed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError

from cpq_hooks.adapter import JSON, VendorCall
from cpq_hooks.clients.destinations import Guard, GuardedTransport
from cpq_hooks.clients.exchange import FORM, Answer, Attempt, Header, Limits, Request, request_of
from cpq_hooks.clients.failures import (
    CallFailed,
    Forbidden,
    NotAllowed,
    OutOfTime,
    Throttled,
    Unreachable,
    Unreadable,
    failure_of,
    redacted,
    secrets_of,
    told,
)
from cpq_hooks.clients.pacing import Clock, RateLimit, asked_wait, jittered
from cpq_hooks.connection import Connection

__all__ = [
    "FORM",
    "Answer",
    "Attempt",
    "Authorize",
    "Clock",
    "Header",
    "Limits",
    "Request",
    "Session",
    "paged",
    "request_of",
]

_CHUNK: Final = 65_536
_HARMLESS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})

_Cursor = TypeVar("_Cursor")
_Page = TypeVar("_Page")

Authorize = Callable[[bool], Sequence[Header]]
"""The headers that prove who calls. It is asked with True after a 401, when what it gave before is worth no more."""


class Session:
    """Calls to one vendor's system.

    `authorize` gives the credentials. `idempotency_header` is the vendor's name for the key that makes a repetition
    harmless; a call without such a key that is not harmless by itself is repeated only where it surely was not done.
    `wants_repeat` is the vendor's own word on whether to repeat, where its answers hold one. `transport`, `clock` and
    `guard` are for tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        base_url: str | None = None,
        authorize: Authorize | None = None,
        headers: Sequence[Header] = (),
        limits: Limits | None = None,
        idempotency_header: str | None = None,
        wants_repeat: Callable[[Answer], bool | None] | None = None,
        seen: Callable[[Attempt], None] | None = None,
        clock: Clock | None = None,
        guard: Guard | None = None,
        transport: BaseAdapter | None = None,
    ) -> None:
        self.connection = connection
        self.base_url = (connection.base_url or base_url or "").rstrip("/")
        self.limits = limits or Limits()
        self.clock = clock or Clock()
        self.idempotency_header = idempotency_header
        self._authorize = authorize
        self._headers = tuple(headers)
        self._wants_repeat = wants_repeat
        self._seen = seen
        self._guard = guard or Guard(allow_private=connection.allow_private)
        self._secrets = secrets_of(connection)
        self._wire = _wire(transport or GuardedTransport(self._guard))
        rate = self.limits.calls_per_second
        self._rate = None if rate is None else RateLimit(per_second=rate, burst=self.limits.burst, clock=self.clock)

    def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, budget: float | None = None) -> Any:
        """The JSON of an object. Raises `CallFailed`."""
        request = Request(method="GET", path=path, params=tuple(params), headers=(("Accept", JSON),))
        return self.send(request, budget=budget).json()

    def execute(self, call: VendorCall, *, budget: float | None = None) -> Answer:
        """Make a call that an adapter asked for. Raises `CallFailed`."""
        return self.send(request_of(call, self.idempotency_header), budget=budget)

    def send(self, request: Request, *, budget: float | None = None) -> Answer:
        """Make a request, and make it again where that helps and harms nobody. Raises `CallFailed`."""
        until = self.clock.seconds() + (self.limits.budget if budget is None else budget)
        renewed = False
        attempt = 0
        while True:
            try:
                return self._attempt(request, attempt, until, renewed)
            except NotAllowed as failure:
                if renewed or self._authorize is None or failure.status != 401:
                    raise
                renewed = True
            except CallFailed as failure:
                self._wait(request, failure, attempt, until)
            attempt += 1

    def _wait(self, request: Request, failure: CallFailed, attempt: int, until: float) -> None:
        """Wait until the next attempt; raise the failure where there is to be none."""
        harmless = request.repeatable or request.method in _HARMLESS or not failure.perhaps_done
        if not (failure.again and harmless) or attempt + 1 >= self.limits.attempts:
            raise failure
        own = jittered(
            attempt, first=self.limits.first_wait, longest=self.limits.longest_wait, chance=self.clock.chance()
        )
        wait = own if failure.wait is None else failure.wait + min(own, self.limits.first_wait)
        if self.clock.seconds() + wait >= until:
            raise failure
        self.clock.sleep(wait)

    def _attempt(self, request: Request, number: int, until: float, renewed: bool) -> Answer:
        self._await_turn(until)
        started, status, failure = self.clock.seconds(), None, None
        try:
            answer = self._once(request, until, renewed)
            status = answer.status
        except CallFailed as failed:
            status, failure = failed.status, type(failed).__name__
            raise
        finally:
            if self._seen is not None:
                path = redacted(request.path.partition("?")[0], self._secrets)
                self._seen(
                    Attempt(
                        connection=self.connection.name, method=request.method, path=path, number=number,
                        seconds=self.clock.seconds() - started, status=status, failure=failure,
                    )
                )  # fmt: skip
        return answer

    def _await_turn(self, until: float) -> None:
        wait = self._rate.reserve() if self._rate is not None else 0.0
        if self.clock.seconds() + wait >= until:
            raise OutOfTime("there is no time left for the call")
        if wait > 0:
            self.clock.sleep(wait)

    def _once(self, request: Request, until: float, renewed: bool) -> Answer:
        url = self._url(request)
        self._guard.check_url(url)
        headers = [*self._headers, *request.headers, *(self._authorize(renewed) if self._authorize else ())]
        left = max(0.05, until - self.clock.seconds())
        where = f"{request.method} {redacted(request.path.partition('?')[0], self._secrets)}"
        try:
            prepared = self._wire.prepare_request(
                requests.Request(request.method, url, dict(headers), params=request.params, data=request.body)
            )
            response = self._wire.send(
                prepared, stream=True, allow_redirects=False, verify=self.limits.ca_bundle or True,
                timeout=(min(self.limits.connect, left), min(self.limits.read, left)),
            )  # fmt: skip
        except Forbidden:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _unreachable(error, where) from None
        with response:
            answer = self._read(response, until, where)
        return self._judged(answer, where)

    def _url(self, request: Request) -> str:
        path = request.path
        if "://" in path:
            if self._authorize is not None and _origin(path) != _origin(self.base_url):
                raise Forbidden("a call with credentials stays with the connection's own host")
            return path
        if not path.startswith("/") or path.startswith("//") or "\\" in path or ".." in path.split("?")[0].split("/"):
            raise Forbidden("the path of a call has to begin with one slash and to lead nowhere else")
        return self.base_url + path

    def _read(self, response: requests.Response, until: float, where: str) -> Answer:
        """The whole body, in pieces, so that an answer that never ends is left in time."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := _piece(response):
                size += len(part)
                parts.append(part)
                if size > self.limits.most_bytes:
                    raise Unreadable(f"{where}: the answer is longer than {self.limits.most_bytes:,} bytes")
                if self.clock.seconds() >= until:
                    raise OutOfTime(f"{where}: the answer did not end in time", perhaps_done=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            slow = isinstance(error, TimeoutError) or "timed out" in str(error).lower()
            because = "the answer did not end in time" if slow else "the answer broke off half-way"
            raise Unreadable(f"{where}: {because}", status=response.status_code, perhaps_done=True) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=b"".join(parts))

    def _judged(self, answer: Answer, where: str) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        wait = asked_wait(
            answer.headers.get("retry-after"), self.clock.now(), milliseconds=self.limits.retry_after_in_milliseconds
        )
        said = told(answer.body, self._secrets)
        failure = failure_of(answer.status, f"{where}: {answer.status}" + (f" {said}" if said else ""), wait)
        wanted = self._wants_repeat(answer) if self._wants_repeat is not None else None
        if wanted is True and not isinstance(failure, NotAllowed):
            failure = Throttled(str(failure), status=answer.status, wait=wait, perhaps_done=failure.perhaps_done)
        if wanted is False:
            failure.again = False
        raise failure


def paged(
    fetch: Callable[[_Cursor], _Page],
    following: Callable[[_Page], _Cursor | None],
    first: _Cursor,
    *,
    most: int = 1_000,
) -> Iterator[_Page]:
    """The pages of a list, one after another. Raises `Unreadable` where a page leads back, or there are more than `most`."""
    cursor: _Cursor | None = first
    been: set[_Cursor] = set()
    while cursor is not None:
        if cursor in been or len(been) >= most:
            raise Unreadable("the pages of the list come to no end")
        been.add(cursor)
        page = fetch(cursor)
        yield page
        cursor = following(page)


def _wire(transport: BaseAdapter) -> requests.Session:
    """A requests session that takes nothing from the environment: no proxy, no .netrc, and it keeps no cookies."""
    wire = requests.Session()
    wire.trust_env = False
    wire.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    wire.headers.update({"User-Agent": "quoteguard", "Accept-Encoding": "identity"})
    for scheme in ("https://", "http://"):
        wire.mount(scheme, transport)
    return wire


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _piece(response: requests.Response) -> bytes:
    """What has come by now, at most one chunk; nothing at the end."""
    piece = response.raw.read1(_CHUNK, decode_content=True)
    return bytes(piece)


def _unreachable(error: Exception, where: str) -> CallFailed:
    """What a failure on the way means, in our own words: the library's hold addresses with everything in them."""
    for kind, because, perhaps_done in _ON_THE_WAY:
        if isinstance(error, kind):
            return Unreachable(f"{where}: {because}", perhaps_done=perhaps_done)
    if isinstance(error, ValueError) and not isinstance(error, requests.exceptions.ConnectionError):
        return Forbidden(f"{where}: the address or a header of the call cannot be sent")
    if "NameResolutionError" in str(error) or "Failed to resolve" in str(error):
        return Unreachable(f"{where}: the name of the host is not known")
    unmade = "NewConnectionError" in str(error) or "cannot be reached" in str(error)
    because = "the host cannot be reached" if unmade else "the connection broke off before an answer came"
    return Unreachable(f"{where}: {because}", perhaps_done=not unmade)


_ON_THE_WAY: Final[tuple[tuple[type[Exception], str, bool], ...]] = (
    (requests.exceptions.SSLError, "the vendor's certificate does not hold", False),
    (requests.exceptions.ConnectTimeout, "nobody answered in time", False),
    (requests.exceptions.Timeout, "no answer came in time", True),
)
