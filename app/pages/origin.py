"""The address that a request comes from, as far as it can be known behind proxies."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any


def address_of(environ: Mapping[str, Any], *, proxies: int | None) -> str:
    """The address of who is asking; "" where it cannot be known.

    `proxies` is how many proxies of ours stand before us; each puts the address that it was asked from at the right end of
    X-Forwarded-For, and what stands further left is what somebody claims. 0: none does. None: nobody has said.
    """
    if proxies is None:
        return ""
    if proxies == 0:
        return str(environ.get("REMOTE_ADDR", ""))
    # Split by commas alone: whoever reads quotation marks too, as lists in headers may have them, lets a sender's own mark
    # swallow what the proxy has put behind it.
    named = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    return _address(named[-proxies].strip()) if len(named) >= proxies else ""


def _address(text: str) -> str:
    """The address without a port: 203.0.113.7, 203.0.113.7:5060, 2001:db8::7 or [2001:db8::7]:5060."""
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    for told in (bare, bare.rpartition(":")[0]):
        with suppress(ValueError):
            return str(ip_address(told))
    return ""
