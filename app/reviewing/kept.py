"""Reviews that were made, kept for the day: the pages ask for one month again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from app.bounded import OneAtATime
from app.reviewing.review import review

if TYPE_CHECKING:
    from app.store import Store

_MOST: Final = 12
SECONDS: Final = 20.0


class KeptReviews:
    """Reviews by month. One that was made is given again for the rest of the day on which it was made."""

    def __init__(self, store: Store, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[date, date], dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._bounds = OneAtATime(
            seconds,
            busy="A review is being made. It is kept once it is done: come back in a minute.",
            late=f"The review takes longer than {seconds:g} seconds. It goes on and is kept for today: come back in a minute, or run "
            "`quoteguard models review`.",
        )

    def has(self, month: date, today: date) -> bool:
        """Whether a review is at hand."""
        with self._lock:
            return (month, today) in self._kept

    def of(self, month: date, today: date) -> dict[str, Any]:
        """The review of a month (its first day). Raises `Unavailable` while it is being made, or where that takes too long."""
        with self._lock:
            kept = self._kept.get((month, today))
        return kept if kept is not None else self._bounds.run(lambda: self._made(month, today))

    def _made(self, month: date, today: date) -> dict[str, Any]:
        found = review(self._store, month)
        with self._lock:
            self._kept[month, today] = found
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return found
