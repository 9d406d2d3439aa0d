"""The models in force: champion and challenger from where the models lie, taken up whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic

from app.model_places import Place
from app.objects import StoredObjects
from app.scored import Away, ByIndex, ByModel, Fault, Scoring, away
from scoring.model.errors import LibraryUnavailable, ModelRefused, NoSuchVersion
from scoring.model.registry import Models
from scoring.model.remote import RemoteModels
from scoring.model.scorer import Scorer

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
    """The models of a place, looked at again from time to time; what cannot be served leaves the last good one in force.

    `on_failure` and `on_change` are told what happened, `on_fault` what failed while a quote was scored; none may raise.
    """

    folder: Place
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
        models = models_at(self.folder)
        if self._in_force is not None and not self._has_changed(models):
            return
        found, reasons = _taken_up(models, self._in_force)
        if reasons:
            self.on_failure(ModelRefused(reasons))
        if self._in_force is None or _versions(found) != _versions(self._in_force) or found.because is not None:
            self._scoring = found.scoring(self.on_fault)
            self._in_force = found
            self.on_change(found)

    def _has_changed(self, models: Models) -> bool:
        """Whether anything is to be read anew. A store that is away has said nothing: what is in force stays."""
        try:
            signature = models.signature()
        except ModelRefused as away:
            self.on_failure(away)
            return False
        was, self._signature = self._signature, signature
        return signature != was


def models_at(place: Place) -> Models:
    """The models of a place; nothing is read yet."""
    return Models(place) if isinstance(place, Path) else RemoteModels(place.copies, StoredObjects(place.address))


def scorer_of(place: Place, version: str) -> Scorer:
    """The scorer of one version. Raises ModelRefused, LibraryUnavailable or NoSuchVersion."""
    return Scorer(models_at(place).load(version))


def models_in_force(place: Place) -> InForce:
    """What is in force now, read once."""
    return _taken_up(models_at(place), None)[0]


def _taken_up(models: Models, before: InForce | None) -> tuple[InForce, list[str]]:
    """The models that are named, each from `before` where it stands there already, and why others are not served."""
    reasons: list[str] = []
    try:
        named = models.in_force()
    except ModelRefused as refused:
        reasons += refused.reasons
        if before is not None and before.champion is not None:
            return before, reasons
        named = models.last_known()
        if named.champion is None:
            return InForce(because=f"It cannot be read which model is in force ({refused})"), reasons
    champion = _loaded(models, named.champion, before, reasons)
    if champion is None and named.champion is not None:
        if before is not None and before.champion is not None:
            champion = before.champion
        else:
            return InForce(because=f"The model {named.champion} cannot be served ({'; '.join(reasons)})"), reasons
    challenger = _loaded(models, named.challenger, before, reasons) if champion is not None else None
    return InForce(champion=champion, challenger=challenger), reasons


def _loaded(models: Models, version: str | None, before: InForce | None, reasons: list[str]) -> Scorer | None:
    if version is None:
        return None
    for each in (before.champion, before.challenger) if before is not None else ():
        if each is not None and each.version == version:
            return each
    try:
        return Scorer(models.load(version))
    except NOT_SERVED as refused:
        reasons += refused.reasons if isinstance(refused, ModelRefused) else (str(refused),)
        return None


def _versions(in_force: InForce) -> tuple[str | None, ...]:
    return tuple(None if each is None else each.version for each in (in_force.champion, in_force.challenger))
