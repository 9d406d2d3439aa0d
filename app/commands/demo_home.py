"""The folder of the simulated company: loaded once, by one program at a time, and never into a record that is somebody's own."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from app.commands.surroundings import Refused
from app.store import StoreError
from app.store.upgrade import current

if TYPE_CHECKING:
    from app.config import Settings

LOADED: Final = "loaded.json"
_LOADING: Final = "loading"
_LOCK: Final = "demo.lock"


@contextmanager
def taken(settings: Settings) -> Iterator[bool]:
    """Hold the folder while it is made ready; True where the company has still to be loaded, and is once this ends well.

    Another program that holds it is waited for. What was broken off is begun again. Raises `Refused`.
    """
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / _LOCK).open("a")
    except OSError as error:
        raise Refused(f"The simulated company cannot be kept in {home}.", (f"{error.strerror}.",)) from None
    with lock:
        _wait_for(lock.fileno(), home)
        is_new = not (home / LOADED).exists()
        if is_new:
            _make_room(settings)
            (home / _LOADING).touch()
        yield is_new
        (home / _LOADING).unlink(missing_ok=True)


def _wait_for(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        click.echo(f"Another program is loading the simulated company into {home}. Waiting for it ...")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _make_room(settings: Settings) -> None:
    """See that nothing is there that was not begun here."""
    home = settings.home
    try:
        has_tables = current(settings.database_url) is not None
    except StoreError as error:
        raise Refused("The database cannot be used.", (str(error),)) from None
    is_ours, broken_off = settings.database_url.endswith(f"{home}/quoteguard.db"), (home / _LOADING).exists()
    if has_tables and not (is_ours and broken_off):
        message = "The database has tables already, and not the simulated company's: nothing is loaded into them."
        raise Refused(message, ("Name another folder with --home, and leave QUOTEGUARD_DATABASE_URL unset.",))
    if broken_off:
        click.echo("An earlier start was broken off: the simulated company is loaded anew.")
        for part in home.glob("quoteguard.db*"):
            part.unlink()
        shutil.rmtree(home / "models", ignore_errors=True)
