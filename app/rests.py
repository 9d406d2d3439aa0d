"""Destinations that do not answer, and how long they are left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cpq_hooks.clients.failures import Throttled, Unreachable, VendorDown

_LONGEST: Final = 60.0
_LONGEST_ASKED: Final = 3600.0


@dataclass(slots=True)
class Rests:
    """Destinations that do not answer are left alone for a while, so that one of them does not use up everybody's time."""

    clock: Callable[[], datetime]
    _until: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def until(self, destination: str) -> datetime | None:
        """Until when to leave a destination alone; None where it may be tried."""
        with self._lock:
            until, _ = self._until.get(destination, (None, 0))
        return until if until is not None and until > self.clock() else None

    def failed(self, destination: str, error: Exception) -> None:
        """A destination did not answer, or asks to be left alone."""
        if not isinstance(error, (Unreachable, Throttled, VendorDown)):
            return
        with self._lock:
            _, times = self._until.get(destination, (None, 0))
            asked = min(error.wait or 0.0, _LONGEST_ASKED)
            seconds = max(asked, min(2.0**times, _LONGEST))
            self._until[destination] = (self.clock() + timedelta(seconds=seconds), min(times + 1, 10))

    def answered(self, destination: str) -> None:
        with self._lock:
            self._until.pop(destination, None)
