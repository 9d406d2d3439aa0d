"""Housekeeping: what is kept for a time only is forgotten after it, and what is held too long is escalated.

About once an hour, by each web process. Several processes doing the same is no harm: one that finds nothing left does nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from app.holding import escalate_holds
from app.observability.logs import places_of
from app.retention import sweep_daily

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from app.config import Settings
    from app.store import Store
    from policies.domain.company import Company

Chore = Callable[[], int]
"""Does one kind of work and says how many things it dealt with."""
EVERY: Final = timedelta(hours=1)
_PATIENCE: Final = 5.0


def chores(
    store: Store,
    settings: Settings,
    company: Callable[[], Company | None],
    clock: Callable[[], datetime],
    erased: Callable[[str, int], object] = lambda *_: None,
) -> Mapping[str, Chore]:
    """What there is to do: forget answers to old Idempotency-Keys, refused requests and deliveries past their time, close cases
    of quotes that ran out, escalate holds, and once a day erase documents that the company does not keep for good; `erased` hears
    how many of each kind.
    """
    return {
        "idempotency_answers": store.idempotency.purge,
        "inbox_events": lambda: store.inbox.purge(older_than=settings.inbox_retention),
        "outbox_messages": lambda: store.outbox.purge(older_than=settings.outbox_retention),
        "told_notices": lambda: store.notices.purge(older_than=settings.outbox_retention),
        "ended_sessions": store.sessions.purge,
        "refused_requests": lambda: store.refused.purge(older_than=settings.refused_retention),
        "expired_cases": store.desk.expire,
        "escalated_holds": lambda: len(escalate_holds(store.holds, company(), clock())),
        "erased_documents": lambda: sweep_daily(store, company(), clock(), erased),
    }


class Housekeeper:
    """Does all chores again and again, in a thread of its own that ends with the process or by `stop`.

    `wait` waits for so many seconds and says whether it was told to stop meanwhile; `chance` is a number from 0 to 1.
    """

    def __init__(
        self,
        chores: Mapping[str, Chore],
        log: FilteringBoundLogger,
        *,
        every: timedelta = EVERY,
        wait: Callable[[float], bool] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._chores = chores
        self._log = log
        self._every = every.total_seconds()
        self._stopped = Event()
        self._wait = wait or self._stopped.wait
        self._chance = chance
        self._thread = Thread(target=self.run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin. The first round comes within a tenth of the interval, so that a process that lives briefly cleans too."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the chore that is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def run(self) -> None:
        """Rounds until told to stop, each half an interval to one and a half after the last: processes drift apart."""
        pause = self._every * self._chance() / 10
        while not self._wait(pause):
            self.do_all()
            pause = self._every * (0.5 + self._chance())

    def do_all(self) -> None:
        """One round. A chore that fails is logged, and done again the next time."""
        for name, chore in self._chores.items():
            try:
                done = chore()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next round may do better
                self._log.warning("housekeeping_failed", chore=name, fault=places_of(fault))
            else:
                if done:
                    self._log.info("housekeeping", chore=name, done=done)
