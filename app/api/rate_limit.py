"""How often one key may call: counted in a sliding window that all web processes of a machine share.

The window is a counter for the running period and one for the period before it, of which as much counts as still lies
within the last period's length. A refused request is not counted.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, Protocol

from app.config import RateLimit

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Count(NamedTuple):
    """How many requests were let through in the period with this number, and in the one before it."""

    period: int
    now: int
    before: int


class Counts(Protocol):
    """Where the counts lie. One change at a time for each name."""

    def change(self, name: str, step: Callable[[Count], Count]) -> Count:
        """Replace the count under `name` by what `step` makes of it, and return that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a key may still do: `remaining` requests, and `seconds` until that is more."""

    allowed: bool
    limit: RateLimit
    remaining: int
    seconds: int

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """RateLimit and RateLimit-Policy, as the IETF's draft writes them; Retry-After where the request is refused."""
        told = (
            ("RateLimit-Policy", f'"key";q={self.limit.requests};w={SECONDS[self.limit.period]}'),
            ("RateLimit", f'"key";r={self.remaining};t={self.seconds}'),
        )
        return told if self.allowed else (*told, ("Retry-After", str(self.seconds)))


class RateLimiter:
    """Lets each name through so many times in a second, minute, hour or day."""

    def __init__(self, limit: RateLimit, counts: Counts, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._length = SECONDS[limit.period]
        self._counts = counts
        # Since the machine was started, so the same in all its processes, and nobody can set it back.
        self._now = now

    def ask(self, name: str) -> Allowance:
        """Count one request of `name`, if it may be made."""
        period, into = divmod(self._now(), self._length)
        share = 1 - into / self._length
        allowed = False

        def step(count: Count) -> Count:
            nonlocal allowed
            current = _in_period(count, int(period))
            allowed = current.now + current.before * share <= self._limit.requests - 1
            return current._replace(now=current.now + 1) if allowed else current

        try:
            count = self._counts.change(name, step)
        except OSError:  # the folder is full or gone: a limit that cannot be counted stops nobody's work
            return Allowance(allowed=True, limit=self._limit, remaining=self._limit.requests, seconds=self._length)
        remaining = int(self._limit.requests - count.now - count.before * share)
        seconds = self._length - into if allowed else self._wait(count, into)
        return Allowance(allowed=allowed, limit=self._limit, remaining=max(0, remaining), seconds=max(1, ceil(seconds)))

    def _wait(self, count: Count, into: float) -> float:
        """Seconds until one more request fits, if none is made meanwhile."""
        room = self._limit.requests - 1
        if count.now <= room:
            return self._length * (1 - (room - count.now) / count.before) - into
        return self._length - into + self._length * (1 - room / count.now)


def _in_period(count: Count, period: int) -> Count:
    if count.period == period:
        return count
    return Count(period, 0, count.now if count.period == period - 1 else 0)


class CountsInMemory:
    """Counts of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, Count] = {}

    def change(self, name: str, step: Callable[[Count], Count]) -> Count:
        with self._lock:
            count = self._counts[name] = step(self._counts.get(name, _NONE))
            return count


class CountsInFolder:
    """Counts of all processes that share a folder: a file of 24 bytes for each name, which must be fit for a file's name.

    The lock is the file's, so a process that dies lets go of it, and it holds between threads as well. Some 6 microseconds.
    """

    def __init__(self, folder: Path) -> None:
        self._prefix = str(folder / "rate-")

    def change(self, name: str, step: Callable[[Count], Count]) -> Count:
        file = os.open(self._prefix + name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            raw = os.pread(file, _COUNT.size, 0)
            count = step(Count(*_COUNT.unpack(raw)) if len(raw) == _COUNT.size else _NONE)
            os.pwrite(file, _COUNT.pack(*count), 0)
            return count
        finally:
            os.close(file)


_COUNT: Final = struct.Struct("<QQQ")
_NONE: Final = Count(0, 0, 0)
