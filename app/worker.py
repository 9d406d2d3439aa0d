"""The worker: does what waits in lines, in threads of its own, until it is told to stop.

Several workers on several machines may run at once. One that is told to stop finishes what it has begun; what a killed one
had is another's when the lease runs out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from app.observability.logs import places_of
from app.store import Claimed, LeaseLost, Queue, StoreUnavailable
from app.store.queue import USUAL_LEASE

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

IDLE: Final = 0.5
"""Seconds between two looks at lines that are empty."""
_AFTER_FAULT: Final = 5.0
_GRACE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A line and what is done with its items. `handle` finishes, postpones or parks the item, and says what to log of it."""

    line: Queue
    handle: Callable[[Claimed], dict[str, Any]]


class Worker:
    """Does its duties in turn: the first that has an item ready, then all from the beginning again.

    `wait` waits for so many seconds and says whether it was told to stop meanwhile. `count` hears of each item its line, what
    became of it ("fault" where that failed) and the seconds it took.
    """

    def __init__(
        self,
        duties: Sequence[Duty],
        log: FilteringBoundLogger,
        *,
        threads: int = 4,
        lease: timedelta = USUAL_LEASE,
        wait: Callable[[float], bool] | None = None,
        chance: Callable[[], float] = random.random,
        count: Callable[[str, str, float], object] = lambda *_: None,
    ) -> None:
        self._duties = tuple(duties)
        self._log = log
        self._lease = lease
        self._stopped = Event()
        self._wait = wait or self._stopped.wait
        self._chance = chance
        self._count = count
        self._threads = [Thread(target=self.run, name=f"worker-{number}", daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Begin nothing more, and wait for what is under way; False where that did not come to an end in time."""
        self._stopped.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_GRACE)
        return not any(thread.is_alive() for thread in self._threads)

    def run(self) -> None:
        """Work until told to stop."""
        while not self._stopped.is_set():
            pause = self._pause()
            if pause and self._wait(pause):
                return

    def do_one(self) -> bool:
        """Do one thing that is due; False where there is none."""
        for duty in self._duties:
            item = duty.line.claim(self._lease)
            if item is not None:
                self._do(duty, item)
                return True
        return False

    def _pause(self) -> float:
        """Do one thing, and say how many seconds to wait before the next."""
        try:
            return 0.0 if self.do_one() else IDLE * (0.5 + self._chance())
        except StoreUnavailable as error:
            self._log.warning("store_unavailable", fault=places_of(error)[:1])
        except Exception as error:  # noqa: BLE001 - a fault in one item is no reason to leave all others lying
            self._log.error("worker_fault", fault=places_of(error))
        return _AFTER_FAULT * (0.5 + self._chance())

    def _do(self, duty: Duty, item: Claimed) -> None:
        began, became = monotonic(), "fault"
        try:
            told = duty.handle(item)
            became = str(told.get("became", "done"))
        except LeaseLost:
            told = {"became": "another's"}
            became = "another's"
        finally:
            self._count(duty.line.name, became, monotonic() - began)
        self._log.info(duty.line.name, item_id=item.item_id, attempt=item.attempts, **told)
