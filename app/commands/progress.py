"""A progress bar on standard error, where a person watches; elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.files.rows import Advance, quietly


@contextmanager
def progress(doing: str, noun: str) -> Iterator[Advance]:
    """A bar while the block runs, moved by what it is told; it is gone afterwards."""
    if not sys.stderr.isatty():
        yield quietly
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    counted = TextColumn(f"{{task.fields[rows]:,}} {noun}")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), counted, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=1.0, rows=0)
        yield lambda share, rows: bar.update(task, completed=share, rows=rows)
