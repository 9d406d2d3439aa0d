"""Long work in portions: several processes at it, the results in the order of the portions, memory bounded."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final, TypeVar

Portion = TypeVar("Portion")
Done = TypeVar("Done")

_AHEAD: Final = 3
"""So many portions for each process are under way or waiting to be taken."""


def worked(work: Callable[[Portion], Done], portions: Iterable[Portion], workers: int) -> Iterator[Done]:
    """What `work` makes of each portion, in their order. Without a worker it is done in this process.

    With any, `work` goes to them with each portion: it must be small to pickle, and may remember what it needs.
    """
    if workers < 1:
        yield from map(work, portions)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running: deque[Future[Done]] = deque()
        try:
            for portion in portions:
                running.append(pool.submit(work, portion))
                if len(running) >= workers * _AHEAD:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles: among a million plain values that stay for a while it finds none, and costs a part of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
