"""Progress on standard error: a bar where a person watches, elsewhere a line now and then of what takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

import click

from app.files.rows import Advance

A_WHILE: Final = 30.0
"""Seconds between two lines, and before the first: what is done sooner says nothing."""


@contextmanager
def progress(doing: str, noun: str, *, every: float = A_WHILE) -> Iterator[Advance]:
    """A bar while the block runs, moved by what it is told; it is gone afterwards. In a log, a line every so many seconds."""
    if not sys.stderr.isatty():
        yield _Lines(doing, noun, every, monotonic() + every).advance
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    counted = TextColumn(f"{{task.fields[rows]:,}} {noun}" if noun else "")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), counted, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=1.0, rows=0)
        yield lambda share, rows: bar.update(task, completed=share, rows=rows)


@dataclass(slots=True)
class _Lines:
    doing: str
    noun: str
    every: float
    next_at: float

    def advance(self, share: float, rows: int) -> None:
        now = monotonic()
        if now >= self.next_at:
            self.next_at = now + self.every
            counted = f", {rows:,} {self.noun}" if self.noun else ""
            click.echo(f"{self.doing}: {share:.0%}{counted}", err=True)
