"""The models of a company: a folder a version, which one is in force, which one runs beside it, and who said so when."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scoring.model.errors import ModelRefused, NoSuchVersion
from scoring.model.jsons import listed, mapped, text
from scoring.model.package import MANIFEST, Manifest, ModelPackage, read, read_manifest, write

IN_FORCE: Final = "in-force.json"
LOG: Final = "log.jsonl"
_LOCK: Final = ".lock"
_FORMAT: Final = 1
VERSION: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Which version answers (`champion`), which is scored beside it in shadow, and which answered before, the latest last."""

    champion: str | None = None
    challenger: str | None = None
    before: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "champion": self.champion,
            "challenger": self.challenger,
            "before": list(self.before),
        }

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> InForce:
        """What `as_json` wrote. Raises ValueError or KeyError for what is none."""
        if saved["format"] != _FORMAT:
            raise ValueError(f"it is of format {saved['format']!r}, and {_FORMAT} is read")
        named = {
            name: None if saved[name] is None else checked(text(saved[name], name))
            for name in ("champion", "challenger")
        }
        before = tuple([checked(text(each, "a version")) for each in listed(saved["before"], "before")])
        return InForce(before=before, **named)


@dataclass(frozen=True, slots=True)
class Models:
    """The models in a folder. What is in force changes in one step, and one process at a time; reading waits for nobody."""

    folder: Path

    def versions(self) -> tuple[str, ...]:
        """The versions that stand in the folder, the oldest first."""
        if not self.folder.is_dir():
            return ()
        found = (each.name for each in self.folder.iterdir() if (each / MANIFEST).is_file())
        return tuple(sorted(name for name in found if VERSION.fullmatch(name)))

    def in_force(self) -> InForce:
        """What is in force; nothing where nobody promoted a model. Raises ModelRefused where the file cannot be read."""
        try:
            return in_force_of((self.folder / IN_FORCE).read_bytes())
        except FileNotFoundError:
            return InForce()
        except OSError as broken:
            raise _not_in_force(broken) from broken

    def last_known(self) -> InForce:
        """What was in force when that could last be read: where the models lie elsewhere, a copy kept here says so."""
        return InForce()

    def signature(self) -> object:
        """What changes when a model is promoted, and when one that could not be served is mended. Raises StoreAway."""
        try:
            stat = (self.folder / IN_FORCE).stat()
        except OSError:
            return None
        try:
            named = self.in_force()
        except ModelRefused:
            return stat.st_mtime_ns, stat.st_size
        times = [_touched(self.folder / each) for each in (named.champion, named.challenger) if each is not None]
        return stat.st_mtime_ns, stat.st_size, *times

    def champion(self) -> str | None:
        """The version that answers."""
        return self.in_force().champion

    def challenger(self) -> str | None:
        """The version that is scored beside it."""
        return self.in_force().challenger

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself. Raises NoSuchVersion or ModelRefused."""
        return read_manifest(self.here(version))

    def load(self, version: str) -> ModelPackage:
        """A version with all its parts. Raises NoSuchVersion or ModelRefused."""
        return read(self.here(version))

    def add(self, package: ModelPackage) -> str:
        """Write a model into the folder, in force or not as before. Answers its version."""
        return write(self.folder, package)

    def promote(self, version: str, by: str, why: str, at: datetime | None = None) -> InForce:
        """Let a version answer from now on. Raises NoSuchVersion, or ModelRefused where it could not be served."""
        self.load(version)

        def change(now: InForce) -> InForce:
            if now.champion == version:
                return now
            before = (*now.before, now.champion) if now.champion is not None else now.before
            rival = None if now.challenger == version else now.challenger
            return InForce(champion=version, challenger=rival, before=before)

        return self._changed("promote", change, by, why, at)

    def rollback(self, by: str, why: str, at: datetime | None = None) -> InForce:
        """Let the version answer that did before. Raises NoSuchVersion where there is none, or ModelRefused for a broken one."""

        def change(now: InForce) -> InForce:
            if not now.before:
                raise NoSuchVersion("no model answered before the one in force")
            self.load(now.before[-1])
            return replace(now, champion=now.before[-1], before=now.before[:-1])

        return self._changed("rollback", change, by, why, at)

    def challenge(self, version: str | None, by: str, why: str, at: datetime | None = None) -> InForce:
        """Score a version beside the one in force, or none from now on. Raises NoSuchVersion or ModelRefused."""
        if version is not None:
            self.load(version)
        return self._changed("challenge", lambda now: replace(now, challenger=version), by, why, at)

    def log(self) -> tuple[Mapping[str, Any], ...]:
        """Who changed what, when and why, the oldest first: at, by, why, did, champion, challenger, was."""
        try:
            return entries_in((self.folder / LOG).read_text("utf-8"))
        except FileNotFoundError:
            return ()

    # ---------------------------------------------------------------------------------------------------------

    def here(self, version: str) -> Path:
        """The folder of a version. Raises NoSuchVersion."""
        path = self.folder / checked(version)
        if not path.is_dir():
            raise NoSuchVersion(f"there is no model {version} in {self.folder.name}")
        return path

    def _changed(
        self, did: str, change: Callable[[InForce], InForce], by: str, why: str, at: datetime | None
    ) -> InForce:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            was = self.in_force()
            now = change(was)
            # Said before it is done: a change that nobody said is worse than a word that came to nothing.
            self._say(entry_of(did, was, now, by, why, at))
            self._put(now)
        return now

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other process and thread from changing what is in force; the lock ends with the process."""
        with (self.folder / _LOCK).open("a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _say(self, entry: Mapping[str, Any]) -> None:
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _put(self, now: InForce) -> None:
        temporary = self.folder / f".{IN_FORCE}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(now.as_json(), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / IN_FORCE)


def in_force_of(content: bytes) -> InForce:
    """What the file of what is in force says. Raises ModelRefused."""
    try:
        return InForce.of_json(mapped(json.loads(content), IN_FORCE))
    except (ValueError, LookupError, RecursionError) as broken:
        raise _not_in_force(broken) from broken


def _not_in_force(broken: Exception) -> ModelRefused:
    return ModelRefused([f"{IN_FORCE} cannot be used ({broken}): remove it, and promote a model again"])


def entry_of(did: str, was: InForce, now: InForce, by: str, why: str, at: datetime | None) -> dict[str, Any]:
    """A line of the log: who changed what, when and why."""
    return {
        "at": (at or datetime.now(UTC)).isoformat(),
        "by": by,
        "why": why,
        "did": did,
        "champion": now.champion,
        "challenger": now.challenger,
        "was": was.champion,
    }


def entries_in(text: str) -> tuple[Mapping[str, Any], ...]:
    """The lines of a log; one that was not written to its end is left out."""
    return tuple(entry for line in text.splitlines() if (entry := _entry(line)) is not None)


def _touched(version: Path) -> int | None:
    try:
        return version.stat().st_mtime_ns
    except OSError:
        return None


def checked(version: str) -> str:
    """A version's name, which is no path. Raises NoSuchVersion for anything else."""
    if not VERSION.fullmatch(version):
        raise NoSuchVersion(f"{version!r} is no version of a model")
    return version


def _entry(line: str) -> Mapping[str, Any] | None:
    """A line of the log; None of one that was not written to its end."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
