"""When to call again, and how often to call at all: waits with full jitter, Retry-After, and a limit per connection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Final

_LONGEST_ASKED: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and chance, so that tests need neither: seconds that only grow, sleep, the wall clock, and chance from 0 to 1."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random


def jittered(attempt: int, *, first: float, longest: float, chance: float) -> float:
    """How long to wait after an attempt (0 is the first): anything up to twice as long each time, so that not all return at once."""
    return chance * min(longest, first * 2.0 ** min(attempt, 32))


def asked_wait(header: str | None, now: datetime, *, milliseconds: bool = False) -> float | None:
    """The seconds that a Retry-After asks for: a number (of seconds, or of milliseconds where a vendor sends those) or a date."""
    text = (header or "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 16:
        return min(float(text) / (1000 if milliseconds else 1), _LONGEST_ASKED)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(0.0, ((then if then.tzinfo else then.replace(tzinfo=UTC)) - now).total_seconds()), _LONGEST_ASKED)


@dataclass(slots=True, kw_only=True)
class RateLimit:
    """At most `per_second` calls on average and `burst` at once, for all threads that share it."""

    per_second: float
    burst: int
    clock: Clock
    _left: float = field(init=False)
    _at: float = field(init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._left, self._at = float(self.burst), self.clock.seconds()

    def reserve(self) -> float:
        """Take a place, and say how many seconds it is until then. What is taken is taken."""
        with self._lock:
            now = self.clock.seconds()
            self._left = min(float(self.burst), self._left + (now - self._at) * self.per_second) - 1
            self._at = now
            return max(0.0, -self._left / self.per_second)
