"""Where calls may go: a name is resolved, every address of it is judged, and a judged address is what is connected to.

Judging the name first and connecting by name afterwards would leave a gap in which the name can change (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cpq_hooks.clients.failures import Forbidden

Resolver = Callable[[str, int], Sequence[str]]
"""From a host and a port to its addresses. Raises `OSError`."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Which destinations are refused. `allow_private` lets private networks and this machine through, encrypted or not.

    Link-local addresses, where clouds keep their credentials, are refused in any case.
    """

    allow_private: bool = False
    resolve: Resolver = by_system

    def check_url(self, url: str) -> None:
        """Raises `Forbidden` where an address is none of the web, holds a password, or is not encrypted."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise Forbidden("the address of the call cannot be read") from None
        if not host or parts.scheme not in {"http", "https"} or parts.username is not None:
            raise Forbidden("the address has to begin with https:// and to hold a host and no password")
        if parts.scheme == "http" and not self.allow_private:
            raise Forbidden(f"{host} would be called without encryption; use https://")

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """Where to connect to. Raises `Forbidden` where any address of the host is refused, and `OSError`."""
        found = self.resolve(host.strip("[]"), port)
        for address in found:
            because = refusal_of(address, allow_private=self.allow_private)
            if because is not None:
                raise Forbidden(f"{host} is {address}, {because}; it is not called")
        return found


def refusal_of(address: str, *, allow_private: bool = False) -> str | None:
    """Why an IP address is not called; None where it may be."""
    try:
        ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "which is no address"
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return "an address that is never called"
    if allow_private and (ip.is_private or not (ip.is_global or ip.is_reserved)):
        return None
    if not ip.is_global or ip.is_reserved:
        return "a private address, and this connection may not call those"
    return None


def _inner(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip


def _connected(connection: HTTPConnection, guard: Guard) -> socket.socket:
    """A socket to the first judged address that answers, in urllib3's own terms of failure."""
    try:
        addresses = guard.addresses(connection._dns_host, connection.port)  # noqa: SLF001 - as urllib3 itself does
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    last: OSError | None = None
    for address in addresses:
        try:
            made = socket.create_connection((address, connection.port), connection.timeout, connection.source_address)
        except OSError as error:
            last = error
            continue
        for option in connection.socket_options or ():
            made.setsockopt(*option)
        return made
    if isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, f"{connection.host} did not answer in time")
    raise NewConnectionError(connection, f"{connection.host} cannot be reached: {last}")


class _GuardedConnection(HTTPConnection):
    def __init__(self, *arguments: Any, guard: Guard, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.guard = guard

    def _new_conn(self) -> socket.socket:
        return _connected(self, self.guard)


class _GuardedTlsConnection(HTTPSConnection):
    def __init__(self, *arguments: Any, guard: Guard, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.guard = guard

    def _new_conn(self) -> socket.socket:
        return _connected(self, self.guard)


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _GuardedConnection  # it asks for one argument more


class _GuardedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTlsConnection  # it asks for one argument more


class _GuardedPools(PoolManager):
    def __init__(self, guard: Guard, **settings: Any) -> None:
        super().__init__(**settings)
        self.guard = guard
        self.pool_classes_by_scheme = {"http": _GuardedPool, "https": _GuardedTlsPool}

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        context = {**(self.connection_pool_kw if request_context is None else request_context), "guard": self.guard}
        return super()._new_pool(scheme, host, port, context)


class GuardedTransport(HTTPAdapter):
    """How requests reaches the network: through the guard, without proxies, each request once."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(max_retries=0, pool_maxsize=8)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **settings: Any) -> None:
        self.poolmanager = _GuardedPools(self.guard, num_pools=connections, maxsize=maxsize, block=block, **settings)
