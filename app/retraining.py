"""Training on a schedule: one line of one item, so that of all workers one at a time trains, in a process of its own.

A training may take minutes and all the memory of a large history: whatever becomes of it, the worker goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final

from app.store import Claimed, Queue

if TYPE_CHECKING:
    from app.config import Settings

LEASE: Final = timedelta(hours=6)
"""A training that takes longer is given up."""
ITEM: Final = "train"
_A_DAY: Final = timedelta(days=1)
_SOON: Final = timedelta(minutes=5)
_DONE: Final = (0, 1)
_TOO_LITTLE: Final = 3
_A_MOMENT: Final = 0.5
_MOST_TOLD: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a training came to its end: its exit code (None where it was stopped), and what it said."""

    code: int | None
    said: bytes = b""
    complained: str = ""


class Retrainer:
    """Has a model trained when it is time. `run` trains in a process of its own and waits for its end."""

    def __init__(
        self, line: Queue, run: Callable[[], Ended], clock: Callable[[], datetime], *, every: timedelta
    ) -> None:
        self.line = line
        self._run = run
        self._clock = clock
        self._every = every

    def plan(self) -> bool:
        """Put the training in line unless it is in it; False where none is wanted."""
        if self._every:
            self.line.add(ITEM, ITEM, due_at=self._clock() + _SOON)
        return bool(self._every)

    def handle(self, item: Claimed) -> dict[str, Any]:
        """Train if it is time, and say what to log of it. What failed is tried again the next day."""
        ended = self._run()
        now = self._clock()
        if ended.code is None:
            self.line.retry(item, now, "stopped with the worker")
            return {"became": "stopped"}
        told = _told(ended)
        if told is None:
            because = _because(ended)
            self.line.retry(item, now + min(self._every, _A_DAY), because)
            return {"became": "failed", "because": because}
        self.line.postpone(item, now + min(self._every, _A_DAY))
        return told


def train_apart(settings: Settings, is_stopping: Callable[[], bool], environ: dict[str, str]) -> Ended:
    """Run `quoteguard train --if-due` with these settings until it ends; it is stopped where `is_stopping`, or after `LEASE`."""
    days = settings.retrain / _A_DAY
    command = [sys.executable, "-m", "app", "train", "--if-due", f"{days:g}", "--by", "schedule", "--json"]
    own = {
        "QUOTEGUARD_HOME": str(settings.home),
        "QUOTEGUARD_DATABASE_URL": settings.database_url,
        "QUOTEGUARD_MODELS": str(settings.models),
    }
    return run_apart(command, environ | own, is_stopping)


def run_apart(command: Sequence[str], environ: dict[str, str], is_stopping: Callable[[], bool]) -> Ended:
    """Run a command until it ends, is too long at it, or this process is to stop."""
    with _kept() as out, _kept() as err:
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err)  # noqa: S603 - our own program
        left = LEASE.total_seconds() * 0.95
        try:
            while True:
                try:
                    code = process.wait(_A_MOMENT)
                    return Ended(code=code, said=_read(out), complained=_read(err).decode(errors="replace"))
                except subprocess.TimeoutExpired:
                    left -= _A_MOMENT
                if is_stopping() or left <= 0:
                    return Ended(code=None) if is_stopping() else Ended(code=-1, complained="")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _told(ended: Ended) -> dict[str, Any] | None:
    """What a training did, in short; None of one that failed."""
    if ended.code not in _DONE:
        return None
    try:
        said = json.loads(ended.said)
        if "version" not in said:
            return {"became": "not due", "because": said["because"]}
        compared = said["compared"]
        because = "the first model" if compared is None else compared["because"]
        became = "promoted" if said["in_force"] else "challenger"
        return {"became": became, "version": said["version"], "because": because}
    except (ValueError, KeyError, TypeError):
        return None


def _because(ended: Ended) -> str:
    """Why a training failed. Only what the program says on purpose is repeated: a fault may quote a customer's words."""
    if ended.code == _TOO_LITTLE:
        return " ".join(ended.complained.split())[-_MOST_TOLD:]
    last = ended.complained.strip().splitlines()[-1:] or [""]
    return f"it ended with {ended.code} ({last[0].partition(':')[0][:80] or 'nothing said'})"


def _kept() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
