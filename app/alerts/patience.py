"""Since when a telling is tried in vain, as this process has seen it: it is given up a day after that, however old it is.

How long it waited before, for the end of quiet hours or for a worker, does not count against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

GIVE_UP_AFTER: Final = timedelta(days=1)
_FORGOTTEN_AFTER: Final = 3 * GIVE_UP_AFTER
_LEAST_ATTEMPTS: Final = 3


@dataclass(slots=True)
class Patience:
    """The first failure of each item that is on its way. Safe to share among threads."""

    _since: dict[str, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def is_over(self, item_id: str, now: datetime, attempts: int) -> bool:
        """Whether an item that has just failed has been tried for long enough, and often enough."""
        with self._lock:
            if item_id not in self._since:
                # What another process sent meanwhile never comes back here.
                self._since = {each: at for each, at in self._since.items() if now - at < _FORGOTTEN_AFTER}
            since = self._since.setdefault(item_id, now)
        return attempts >= _LEAST_ATTEMPTS and now - since >= GIVE_UP_AFTER

    def ended(self, item_id: str) -> None:
        """The item is on its way no longer."""
        with self._lock:
            self._since.pop(item_id, None)
