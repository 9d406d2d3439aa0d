"""Figures that were worked out, given again as long as nothing has been booked since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, Final, TypeVar

T = TypeVar("T")

_MOST: Final = 32
LONGEST: Final = 60.0
"""Seconds after which figures are worked out anew in any case: an outcome that was sent again in other words books nothing."""


class Remembered:
    """Values by key, each with the state of the books that it was worked out from. Safe to share among threads."""

    def __init__(self, state: Callable[[], Hashable], *, clock: Callable[[], float] = monotonic) -> None:
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, float, Any]] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under the key, worked out where it is not known or the books have changed."""
        # Read before the work: what is booked meanwhile makes the value old at once.
        state, now = self._state(), self._clock()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == state and now - kept[1] < LONGEST:
            value: T = kept[2]
            return value
        made = make()
        with self._lock:
            self._kept[key] = state, now, made
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made
