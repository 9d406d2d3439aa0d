"""The lines in which work waits: the inbox, what vendors are asked for once in a while, set-ups to verify again, the outbox, notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from app.store import StoreError

if TYPE_CHECKING:
    from app.observability.metrics import Metrics
    from app.store import Queue, Store


def lines_of(store: Store) -> Iterator[Queue]:
    """Every line that the worker serves."""
    yield store.inbox.line
    yield store.inbox.asking
    yield store.rechecks
    yield store.outbox.line
    yield store.notices.planning
    yield store.notices.sending


def measure_lines(store: Store, metrics: Metrics, now: datetime) -> None:
    """Note in the metrics how long the lines are. A database that is away is told by other metrics."""
    try:
        for line in lines_of(store):
            counts = line.counts()
            seconds = 0.0 if counts.oldest is None else max(0.0, (now - counts.oldest).total_seconds())
            metrics.queue_is(line.name, waiting=counts.waiting, parked=counts.parked, oldest_seconds=seconds)
    except StoreError:
        return
