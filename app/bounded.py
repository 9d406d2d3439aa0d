"""Work that somebody waits for, but not for ever: one at a time in a process, with an end to the waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

T = TypeVar("T")


class Unavailable(Exception):  # noqa: N818 - it says what happened
    """There is no answer now; the message says why and what to do."""


class OneAtATime:
    """Runs one piece of work at a time. What takes longer than `seconds` goes on to its end without anybody waiting for it."""

    def __init__(self, seconds: float, *, busy: str, late: str) -> None:
        self._seconds = seconds
        self._busy = busy
        self._late = late
        self._lock = threading.Lock()

    def run(self, work: Callable[[], T]) -> T:
        """What the work gives. Raises what it raises, or `Unavailable`."""
        if not self._lock.acquire(blocking=False):
            raise Unavailable(self._busy)
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bounded")
        waiting = pool.submit(self._freeing, work)
        pool.shutdown(wait=False)
        try:
            return waiting.result(timeout=self._seconds)
        except TooLate:
            raise Unavailable(self._late) from None

    def _freeing(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            self._lock.release()
