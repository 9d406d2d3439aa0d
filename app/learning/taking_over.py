"""A new model among the others: kept, tried in shadow, and in force where it may be; and when the next is due."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from app.learning.promoting import Compared, compare
from scoring.model.errors import LibraryUnavailable, ModelRefused, StoreAway
from scoring.model.scorer import Scorer

if TYPE_CHECKING:
    from app.learning.examples import Learnable
    from scoring.model.registry import Models
    from scoring.training.train import Trained

_LOCK: Final = ".training"
_MOMENT: Final = "%Y-%m-%dT%H-%M-%SZ"


def taken_up(
    made: Trained, learned: Learnable, models: Models, *, by: str, promote: bool = False, shadow: bool = False
) -> tuple[str, Compared | None]:
    """Write the model, and put it in force where it may be. None compared where none was in force.

    `promote` puts it in force whatever the comparison says; `shadow` has it scored beside the one in force where it lost.
    """
    try:
        champion = models.champion()
    except StoreAway:
        models.add(made.package)  # It is kept here; what this raises as well says where.
        raise
    # Compared before anything is written: where that fails, everything is as it was.
    compared = None if champion is None else _against(champion, made, learned, models)
    version = models.add(made.package)
    if champion == version:
        compared = None
    elif champion is not None and shadow:
        models.challenge(version, by, "trained on what is known by now")
    if promote or compared is None or compared.wins:
        why = "first model" if compared is None else compared.because if compared.wins else "asked for with --promote"
        models.promote(version, by, why)
    return version, compared


def _against(champion: str, made: Trained, learned: Learnable, models: Models) -> Compared:
    try:
        package = models.load(champion)
        return compare(made.newest, learned.examples, Scorer(package), package.manifest.created_at)
    except (ModelRefused, LibraryUnavailable) as broken:
        return Compared(wins=True, because=f"the model in force cannot be served: {broken}")


def last_trained(models: Models) -> datetime | None:
    """The moment of the newest training whose model stands in the folder; None where there is none."""
    versions = models.versions()
    if not versions:
        return None
    return datetime.strptime(versions[-1].rpartition("-")[0], _MOMENT).replace(tzinfo=UTC)


def is_due(models: Models, every: timedelta, now: datetime) -> bool:
    """Whether the newest model is as old as `every`, or there is none."""
    last = last_trained(models)
    return last is None or now - last >= every


@contextmanager
def alone(models: Models) -> Iterator[bool]:
    """Keep other scheduled trainings off the folder; False where one is under way. The lock ends with the process."""
    models.folder.mkdir(parents=True, exist_ok=True)
    with (models.folder / _LOCK).open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
