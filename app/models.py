"""The models in force: champion and challenger out of the folder of models, taken up whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic

from app.scored import Away, ByIndex, ByModel, Fault, Scoring, away
from scoring.model.errors import LibraryUnavailable, ModelRefused, NoSuchVersion
from scoring.model.registry import IN_FORCE, Models
from scoring.model.scorer import Scorer

FOLDER = "models"
"""Where the models lie in the home folder, unless a setting says otherwise."""

NOT_SERVED = (ModelRefused, LibraryUnavailable, NoSuchVersion)
"""What keeps a version from being served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The models that score now. `because` says why there is no champion where one is named, None where none is."""

    champion: Scorer | None = None
    challenger: Scorer | None = None
    because: str | None = None

    def scoring(self, on_fault: Fault = lambda _: None) -> Scoring:
        """What scores by them."""
        if self.champion is not None:
            return ByModel(champion=self.champion, challenger=self.challenger, on_fault=on_fault)
        if self.because is not None:
            return Away(away(self.because))
        return ByIndex(on_fault=on_fault)


@dataclass(slots=True)
class LiveModels:
    """The models of a folder, looked at again from time to time; what cannot be served leaves the last good one in force.

    `on_failure` and `on_change` are told what happened, `on_fault` what failed while a quote was scored; none may raise.
    """

    folder: Path
    every: timedelta
    on_change: Callable[[InForce], None] = lambda _: None
    on_failure: Callable[[ModelRefused], None] = lambda _: None
    on_fault: Fault = lambda _: None
    _in_force: InForce | None = None
    _scoring: Scoring | None = None
    _signature: object = None
    _next_look: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def scoring(self) -> Scoring:
        """What scores now."""
        self.current()
        return self._scoring or ByIndex(on_fault=self.on_fault)

    def current(self) -> InForce:
        """The models in force. It does not raise: what cannot be read is told, and quotes are judged all the same."""
        if self._in_force is None:
            with self._lock:
                if self._in_force is None:
                    self._look()
        elif self.every and monotonic() >= self._next_look and self._lock.acquire(blocking=False):
            # A model is read beside the requests: nobody waits for its trees.
            threading.Thread(target=self._look_and_release, name="models", daemon=True).start()
        return self._in_force or InForce()

    def _look_and_release(self) -> None:
        try:
            self._look()
        finally:
            self._lock.release()

    def _look(self) -> None:
        self._next_look = monotonic() + self.every.total_seconds()
        signature = _signature(self.folder)
        if self._in_force is not None and signature == self._signature:
            return
        self._signature = signature
        found, reasons = _taken_up(self.folder, self._in_force)
        if reasons:
            self.on_failure(ModelRefused(reasons))
        if self._in_force is None or _versions(found) != _versions(self._in_force) or found.because is not None:
            self._scoring = found.scoring(self.on_fault)
            self._in_force = found
            self.on_change(found)


def scorer_of(folder: Path, version: str) -> Scorer:
    """The scorer of one version. Raises ModelRefused, LibraryUnavailable or NoSuchVersion."""
    return Scorer(Models(folder=folder).load(version))


def models_in_force(folder: Path) -> InForce:
    """What is in force now, read once."""
    return _taken_up(folder, None)[0]


def _taken_up(folder: Path, before: InForce | None) -> tuple[InForce, list[str]]:
    """The models that the folder names, each from `before` where it stands there already, and why others are not served."""
    try:
        named = Models(folder=folder).in_force()
    except ModelRefused as refused:
        because = f"It cannot be read which model is in force ({refused})"
        kept = before if before is not None and before.champion is not None else InForce(because=because)
        return kept, list(refused.reasons)
    reasons: list[str] = []
    champion = _loaded(folder, named.champion, before, reasons)
    if champion is None and named.champion is not None:
        if before is not None and before.champion is not None:
            champion = before.champion
        else:
            return InForce(because=f"The model {named.champion} cannot be served ({'; '.join(reasons)})"), reasons
    challenger = _loaded(folder, named.challenger, before, reasons) if champion is not None else None
    return InForce(champion=champion, challenger=challenger), reasons


def _loaded(folder: Path, version: str | None, before: InForce | None, reasons: list[str]) -> Scorer | None:
    if version is None:
        return None
    for each in (before.champion, before.challenger) if before is not None else ():
        if each is not None and each.version == version:
            return each
    try:
        return scorer_of(folder, version)
    except NOT_SERVED as refused:
        reasons += refused.reasons if isinstance(refused, ModelRefused) else (str(refused),)
        return None


def _versions(in_force: InForce) -> tuple[str | None, ...]:
    return tuple(None if each is None else each.version for each in (in_force.champion, in_force.challenger))


def _signature(folder: Path) -> object:
    """What changes when a model is promoted, and when one that could not be served is mended."""
    try:
        stat = (folder / IN_FORCE).stat()
    except OSError:
        return None
    try:
        named = Models(folder=folder).in_force()
    except ModelRefused:
        return stat.st_mtime_ns, stat.st_size
    times = [_touched(folder / each) for each in (named.champion, named.challenger) if each is not None]
    return stat.st_mtime_ns, stat.st_size, *times


def _touched(version: Path) -> int | None:
    try:
        return version.stat().st_mtime_ns
    except OSError:
        return None
