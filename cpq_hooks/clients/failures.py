"""What can go wrong with a call to a vendor, as types, and how secrets are kept out of what is said about it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from cpq_hooks.connection import Connection

HIDDEN: Final = "•••"
_LONGEST_TOLD: Final = 300
_SHORTEST_SECRET: Final = 4
_LOOKS_SECRET: Final = re.compile(
    r"(?:(?:sk|rk|pk)_(?:live|test)_|whsec_|pat-[a-z]{2}\d-)[\w-]+|(?<=Bearer )\S+|(?<=Basic )\S+|(?<=://)[^/\s@]+(?=@)",
    re.IGNORECASE,
)


class CallFailed(Exception):  # noqa: N818 - it says what happened
    """A call to a vendor came to nothing. The message holds no secret.

    `again` says whether the same call may well succeed later; `wait` is for how many seconds the vendor asked us to wait.
    `perhaps_done` says that the vendor may have done what was asked although no answer came.
    """

    again = False

    def __init__(
        self, message: str, *, status: int | None = None, wait: float | None = None, perhaps_done: bool = False
    ) -> None:
        self.status = status
        self.wait = wait
        self.perhaps_done = perhaps_done
        super().__init__(message)


class Forbidden(CallFailed):
    """The call was not made: its destination is private, is not encrypted, or is no address at all."""


class Unreachable(CallFailed):
    """Nobody answered: the name is not known, the line is down, the certificate is wrong, or it took too long."""

    again = True


class OutOfTime(Unreachable):
    """The time for the whole call, with all repetitions, is used up."""


class Unreadable(CallFailed):
    """An answer came and is none that can be read: an HTML page, half a page, or more than is taken."""

    again = True


class Moved(CallFailed):
    """The vendor sent us elsewhere. Redirects are not followed: the new place would get our secrets."""


class Throttled(CallFailed):
    """The vendor asks for fewer calls."""

    again = True


class VendorDown(CallFailed):
    """The vendor's own failure (5xx)."""

    again = True


class Refused(CallFailed):
    """The vendor will not do it (4xx), and will not do it later either. `status` says why."""


class NotAllowed(Refused):
    """The credentials are wrong, have expired, or do not reach this far (401, 403). This is no outage."""


class NotThere(Refused):
    """The object does not exist, or no longer (404, 410)."""


class Conflicting(Refused):
    """The object is not in a state for this (409, 412): it has changed meanwhile, or it is done already."""


def failure_of(status: int, message: str, wait: float | None = None) -> CallFailed:
    """The failure that a status stands for."""
    if status == 429:
        return Throttled(message, status=status, wait=wait)
    if status >= 500:
        return VendorDown(message, status=status, wait=wait, perhaps_done=True)
    if 300 <= status < 400:
        return Moved(message, status=status)
    kinds = {401: NotAllowed, 403: NotAllowed, 404: NotThere, 410: NotThere, 409: Conflicting, 412: Conflicting}
    return kinds.get(status, Refused)(message, status=status)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets: those given, plain, escaped for an address or as Basic has them, and what looks like one."""
    for secret in sorted({each for each in secrets if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True):
        for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
            text = text.replace(form, HIDDEN)
    return _LOOKS_SECRET.sub(HIDDEN, text)


def secrets_of(connection: Connection) -> tuple[str, ...]:
    return tuple(value for values in connection.secrets.values() for value in values)


def told(body: bytes, secrets: Iterable[str]) -> str:
    """The beginning of what a vendor answered, on one line, for an error's message."""
    text = " ".join(body[: 4 * _LONGEST_TOLD].decode("utf-8", "replace").split())
    text = redacted("".join(each if each.isprintable() else "?" for each in text), secrets)
    return text if len(text) <= _LONGEST_TOLD else text[: _LONGEST_TOLD - 1] + "…"
