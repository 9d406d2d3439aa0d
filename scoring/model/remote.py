"""Models that lie in an object store: the same names as in a folder, with a copy of what is used in a folder here.

Versions never change once they are written. Which one is in force changes by comparing tags: of two that change it at once,
the second sees what the first did, and begins again from there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import uniform
from time import sleep
from typing import Any, Final, NamedTuple, Protocol

from scoring.model.errors import ModelRefused, NoSuchVersion, StoreAway
from scoring.model.package import MANIFEST, Manifest, ModelPackage, manifest_of, read, read_manifest, version_of, write
from scoring.model.registry import IN_FORCE, LOG, VERSION, InForce, Models, checked, entries_in, entry_of, in_force_of

_TRIES: Final = 40
_A_MOMENT: Final = 0.05
_SAID: Final = "said"
"""Where the file of what is in force keeps the line of the log that goes with it: both change in one step."""

Entry = Mapping[str, Any]


class Object(NamedTuple):
    """What stands under a name; `tag` is another whenever the content is."""

    content: bytes
    tag: str


class Objects(Protocol):
    """The objects below one address. Every call raises StoreAway where the store cannot be asked."""

    def names(self) -> list[str]:
        """Every name."""

    def get(self, name: str) -> Object | None:
        """What stands under a name; None where nothing does."""

    def put(self, name: str, content: bytes, instead_of: str | None) -> bool:
        """Write where an object with the tag `instead_of` stands (None: where nothing stands); False where it is otherwise."""


@dataclass(frozen=True, slots=True)
class RemoteModels(Models):
    """The models in an object store. `folder` holds copies, each compared with its digests before it is used.

    What stands in the folder is served without asking the store again, so serving goes on while the store is away.
    """

    objects: Objects

    def versions(self) -> tuple[str, ...]:
        """The versions that are whole in the store, the oldest first: a manifest is written last. Raises StoreAway."""
        found = (name.removesuffix(f"/{MANIFEST}") for name in self.objects.names() if name.endswith(f"/{MANIFEST}"))
        return tuple(sorted(each for each in found if VERSION.fullmatch(each)))

    def in_force(self) -> InForce:
        """What is in force; nothing where nobody promoted a model. Raises ModelRefused, StoreAway where it cannot be asked."""
        found = self.objects.get(IN_FORCE)
        if found is None:
            return InForce()
        now = in_force_of(found.content)
        self._keep(found.content)
        return now

    def last_known(self) -> InForce:
        """What was in force when the store was last asked here."""
        try:
            return Models(self.folder).in_force()
        except ModelRefused:
            return InForce()

    def signature(self) -> object:
        """What changes when a model is promoted; always another while one in force could not be copied. Raises StoreAway."""
        found = self.objects.get(IN_FORCE)
        if found is None:
            return None
        try:
            named = in_force_of(found.content)
        except ModelRefused:
            return found.tag
        is_here = all((self.folder / each).is_dir() for each in (named.champion, named.challenger) if each is not None)
        return found.tag if is_here else object()

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself. Raises NoSuchVersion, ModelRefused or StoreAway."""
        here = self.folder / checked(version)
        return read_manifest(here) if here.is_dir() else self._manifest(version)[0]

    def load(self, version: str) -> ModelPackage:
        """A version with all its parts. Raises NoSuchVersion, ModelRefused or StoreAway."""
        return read(self.here(version))

    def here(self, version: str) -> Path:
        """The copy of a version, made where there is none that is whole. Raises NoSuchVersion, ModelRefused or StoreAway."""
        path = self.folder / checked(version)
        if not _is_whole(path):
            shutil.rmtree(path, ignore_errors=True)
            self._copy(version)
        return path

    def add(self, package: ModelPackage) -> str:
        """Write a model here and into the store, in force or not as before. Answers its version."""
        version = write(self.folder, package)
        try:
            self._share(version)
        except StoreAway as away:
            kept = f"the model {version} is kept in {self.folder}: promoting it from here writes it to the store"
            raise StoreAway((*away.reasons, kept)) from away
        return version

    def promote(self, version: str, by: str, why: str, at: datetime | None = None) -> InForce:
        """Let a version answer from now on. Raises NoSuchVersion, or ModelRefused where it could not be served."""
        self._share(version)
        return Models.promote(self, version, by, why, at)

    def challenge(self, version: str | None, by: str, why: str, at: datetime | None = None) -> InForce:
        """Score a version beside the one in force, or none from now on. Raises NoSuchVersion or ModelRefused."""
        if version is not None:
            self._share(version)
        return Models.challenge(self, version, by, why, at)

    def log(self) -> tuple[Entry, ...]:
        """Who changed what, when and why, the oldest first. Raises StoreAway."""
        found, now = self.objects.get(LOG), self.objects.get(IN_FORCE)
        entries = () if found is None else entries_in(found.content.decode("utf-8", "replace"))
        last = None if now is None else _said(now.content)
        return entries if last is None or last in entries else (*entries, last)

    # ---------------------------------------------------------------------------------------------------------

    def _manifest(self, version: str) -> tuple[Manifest, bytes]:
        found = self.objects.get(f"{version}/{MANIFEST}")
        if found is None:
            raise NoSuchVersion(f"there is no model {version} in the store")
        return manifest_of(version, found.content), found.content

    def _copy(self, version: str) -> None:
        """Copy a version here, which appears whole and as it was written or not at all."""
        manifest, content = self._manifest(version)
        if version_of(manifest) != version:
            raise ModelRefused([f"{version}: its manifest is not what was written: its digest differs"])
        files = {_plain(name): self._file(version, name, digest) for name, digest in manifest.files.items()}
        try:
            _written(self.folder / version, {**files, MANIFEST: content})
        except OSError as error:
            raise ModelRefused([f"{version} cannot be copied to {self.folder}: {error.strerror or error}"]) from error

    def _file(self, version: str, name: str, digest: str) -> bytes:
        found = self.objects.get(f"{version}/{name}")
        if found is None:
            raise ModelRefused([f"{version}: {name} is missing in the store"])
        if hashlib.sha256(found.content).hexdigest() != digest:
            raise ModelRefused([f"{version}: {name} is not what was written: its digest differs"])
        return found.content

    def _share(self, version: str) -> None:
        """See to it that a version that stands here stands in the store: the manifest last, and nothing written over."""
        here = self.folder / checked(version)
        if not here.is_dir() or self.objects.get(f"{version}/{MANIFEST}") is not None:
            return
        manifest = read_manifest(here)
        for name in (*manifest.files, MANIFEST):
            self.objects.put(f"{version}/{_plain(name)}", (here / name).read_bytes(), None)

    def _changed(
        self, did: str, change: Callable[[InForce], InForce], by: str, why: str, at: datetime | None
    ) -> InForce:
        for _ in range(_TRIES):
            found = self.objects.get(IN_FORCE)
            was = InForce() if found is None else in_force_of(found.content)
            now = change(was)
            entry = entry_of(did, was, now, by, why, at)
            if found is not None:
                self._log(_said(found.content))  # what a process did that ended before it was logged
            content = json.dumps({**now.as_json(), _SAID: entry}).encode()
            if self.objects.put(IN_FORCE, content, None if found is None else found.tag) or self._is_done(entry):
                self._log(entry)
                self._keep(content)
                return now
            sleep(uniform(0.0, _A_MOMENT))  # noqa: S311 - so that two that meet do not meet again
        raise StoreAway(["others kept changing which model is in force: look at it, and try again"])

    def _is_done(self, entry: Entry) -> bool:
        """Whether the change was made all the same: its answer may have been lost, and the client asked twice."""
        found = self.objects.get(IN_FORCE)
        return found is not None and _said(found.content) == entry

    def _log(self, entry: Entry | None) -> None:
        """Add a line to the log, once."""
        if entry is None:
            return
        for _ in range(_TRIES):
            found = self.objects.get(LOG)
            text = b"" if found is None else found.content
            if entry in entries_in(text.decode("utf-8", "replace")):
                return
            if self.objects.put(LOG, text + json.dumps(entry).encode() + b"\n", None if found is None else found.tag):
                return
            sleep(uniform(0.0, _A_MOMENT))  # noqa: S311
        # It stands beside what is in force, and whoever changes that next logs it.

    def _keep(self, content: bytes) -> None:
        """Keep what is in force for the time when the store is away."""
        kept = self.folder / IN_FORCE
        # Where nothing can be kept, what is in force holds all the same; a model that cannot be copied is told.
        with suppress(OSError):
            if kept.is_file() and kept.read_bytes() == content:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".in-force-", delete=False) as file:
                file.write(content)
            Path(file.name).replace(kept)


def _said(content: bytes) -> Entry | None:
    """The line of the log that stands beside what is in force; none where that was written as a folder has it."""
    try:
        found = json.loads(content).get(_SAID)
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def _is_whole(path: Path) -> bool:
    """Whether the copy has every file as it was written."""
    try:
        manifest = read_manifest(path)
        digests = {name: hashlib.sha256((path / _plain(name)).read_bytes()).hexdigest() for name in manifest.files}
    except (OSError, ModelRefused):
        return False
    return digests == dict(manifest.files) and version_of(manifest) == path.name


def _written(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder that appears whole or not at all. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".copying-", dir=folder.parent))
    try:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError:
        # Another process may have copied it in the meantime.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _plain(name: str) -> str:
    """A file's name, which is no path. Raises ModelRefused for a foreign manifest that names one."""
    if Path(name).name != name:
        raise ModelRefused([f"a file of a model stands in its folder, and {name!r} does not"])
    return name
