"""A model on disk: a folder of JSON and UBJSON with a manifest, written all at once and read with every doubt said."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scoring.features.vector import digest
from scoring.history.history import History
from scoring.model.amounts import Amounts
from scoring.model.anomaly import Anomalies
from scoring.model.calibration import Calibration
from scoring.model.errors import LibraryUnavailable, ModelRefused
from scoring.model.jsons import mapped, text, whole, yes
from scoring.model.linear import Linear
from scoring.model.patterns import Patterns
from scoring.model.tiers import TierTable
from scoring.model.trees import Trees

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SERVED: Final = ("linear+trees", "linear", "trees")
_LARGEST: Final = 1 << 30
"""No file of a model is larger than this, packed or not: a foreign file shall not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model says of itself. `trained_on` counts deals with a known outcome, `leaks` those of them that leaked.

    `created_at` is the moment as of which it was trained; `features` and `data_digest` are the digests of the list of
    features and of the data; `files` has the SHA-256 of each file. `version` and `files` are filled in when it is written.
    """

    created_at: datetime
    data_digest: str
    trained_on: int
    quotes: int
    leaks: int
    served: str
    simulated: bool = False
    features: str = field(default_factory=digest)
    card: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {"format": FORMAT, "created_at": self.created_at.isoformat(), **plain}

    @staticmethod
    def of_json(saved: Mapping[str, Any]) -> Manifest:
        """The manifest that `as_json` wrote. Raises ValueError or KeyError for what is none."""
        if saved["format"] != FORMAT:
            raise ValueError(f"it is of format {saved['format']!r}, and {FORMAT} is read")
        files = mapped(saved["files"], "files")
        texts = {
            name: text(saved[name], name) for name in ("version", "data_digest", "served", "features", "created_at")
        }
        return Manifest(
            version=texts["version"],
            created_at=datetime.fromisoformat(texts["created_at"]),
            data_digest=texts["data_digest"],
            served=texts["served"],
            features=texts["features"],
            trained_on=whole(saved["trained_on"], "trained_on"),
            quotes=whole(saved["quotes"], "quotes"),
            leaks=whole(saved["leaks"], "leaks"),
            simulated=yes(saved["simulated"], "simulated"),
            card=mapped(saved["card"], "card"),
            files={name: text(each, f"the digest of {name}") for name, each in files.items()},
        )


_PLAIN: Final = (
    *("version", "simulated", "features", "data_digest", "trained_on", "quotes", "leaks", "served", "files", "card"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """Everything that a score needs. `linear`, `trees` or both make the margin, as `manifest.served` says."""

    manifest: Manifest
    calibration: Calibration
    linear: Linear | None = None
    trees: Trees | None = None
    amounts: Amounts | None = None
    patterns: Patterns | None = None
    anomalies: Anomalies | None = None
    tiers: TierTable = field(default_factory=TierTable)
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        parts = "+".join(name for name, part in (("linear", self.linear), ("trees", self.trees)) if part is not None)
        if self.manifest.served not in SERVED or self.manifest.served != parts:
            raise ValueError(f"it is to serve {self.manifest.served!r} and holds {parts or 'neither linear nor trees'}")

    @property
    def version(self) -> str:
        return self.manifest.version


def write(folder: Path, package: ModelPackage) -> str:
    """Write a model into a folder of its own inside `folder`, which appears whole or not at all. Answers its version.

    The version is the moment of training and the digest of the content: the same model has the same version, and is
    written once.
    """
    contents = _contents(package)
    files = {name: hashlib.sha256(each).hexdigest() for name, each in sorted(contents.items())}
    bare = replace(package.manifest, version="", files=files)
    version = version_of(bare)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name, each in (contents | {MANIFEST: _dumped(replace(bare, version=version).as_json())}).items():
            _written(temporary / name, each)
        temporary.chmod(0o755)
        if not (folder / version).exists():
            temporary.rename(folder / version)
    except OSError:
        # Another process may have written the very same model in the meantime.
        if not (folder / version / MANIFEST).is_file():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return version


def version_of(manifest: Manifest) -> str:
    """The name that a manifest's own content gives to its model."""
    content = hashlib.sha256(_dumped(replace(manifest, version="").as_json())).hexdigest()[:8]
    return f"{manifest.created_at.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}-{content}"


def read(folder: Path) -> ModelPackage:
    """The model in a folder. Raises ModelRefused, with every reason, where it is another's, broken, or not whole."""
    manifest = read_manifest(folder)
    problems = [] if manifest.version == folder.name else [f"the folder holds the version {manifest.version}"]
    if manifest.features != digest():
        problems.append("it was trained on other features than this program computes: train anew")
    if missing := sorted(_NEEDED - manifest.files.keys()):
        problems.append(f"its manifest names no {', '.join(missing)}")
    contents: dict[str, bytes] = {}
    for name, expected in manifest.files.items():
        try:
            contents[name] = _read(folder, name)
        except (OSError, ValueError) as problem:
            problems.append(f"{name} cannot be read: {_worded(problem)}")
            continue
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            problems.append(f"{name} is not what was written: its digest differs")
    if problems:
        raise ModelRefused([f"{folder.name}: {each}" for each in problems])
    try:
        return _package(manifest, contents)
    except LibraryUnavailable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, RecursionError) as broken:
        because = broken.reasons if isinstance(broken, ModelRefused) else [_worded(broken)]
        raise ModelRefused([f"{folder.name}: {each}" for each in because]) from broken


def read_manifest(folder: Path) -> Manifest:
    """What the model in a folder says of itself. Raises ModelRefused where it says nothing that can be read."""
    try:
        content = _read(folder, MANIFEST)
    except (OSError, ValueError) as broken:
        raise _no_manifest(folder.name, broken) from broken
    return manifest_of(folder.name, content)


def manifest_of(version: str, content: bytes) -> Manifest:
    """The same, of a manifest's bytes."""
    try:
        return Manifest.of_json(mapped(json.loads(content), "the manifest"))
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        raise _no_manifest(version, broken) from broken


def _no_manifest(version: str, broken: Exception) -> ModelRefused:
    return ModelRefused([f"{version}: its manifest cannot be used: {_worded(broken)}"])


def _worded(broken: Exception) -> str:
    """What went wrong; of a file that cannot be read not where it lies, as that is said to who sends a quote."""
    if isinstance(broken, OSError) and broken.strerror:
        return broken.strerror
    return f"{broken} is missing" if isinstance(broken, KeyError) else str(broken)


def _read(folder: Path, name: str) -> bytes:
    if Path(name).name != name:
        raise ValueError("a file of a model stands in its folder")
    with (folder / name).open("rb") as file:
        found = file.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise ValueError("it is too large")
    return found


# --------------------------------------------------------------------------------------------------- contents

_NEEDED: Final = frozenset({"calibration.json", "tiers.json", "history.json.gz"})


def _contents(package: ModelPackage) -> dict[str, bytes]:
    """The files of a model by name."""
    parts: dict[str, Any] = {
        "linear.json": package.linear,
        "trees.json": package.trees,
        "calibration.json": package.calibration,
        "amount.json": package.amounts,
        "patterns.json": package.patterns,
        "anomaly.json": package.anomalies,
        "tiers.json": package.tiers,
    }
    boosters = {
        "trees.ubj": package.trees,
        "amount.ubj": package.amounts.trees if package.amounts is not None else None,
        "patterns.ubj": package.patterns.trees if package.patterns is not None else None,
    }
    found = {name: _dumped(part.as_json()) for name, part in parts.items() if part is not None}
    found |= {name: trees.ubj for name, trees in boosters.items() if trees is not None}
    # No moment in the packed file: the same history has the same digest.
    return found | {"history.json.gz": gzip.compress(_dumped(package.history.snapshot()), 6, mtime=0)}


def _package(manifest: Manifest, contents: Mapping[str, bytes]) -> ModelPackage:
    linear, trees, anomalies = (_object(contents, f"{each}.json") for each in ("linear", "trees", "anomaly"))
    amounts, patterns = _object(contents, "amount.json"), _object(contents, "patterns.json")
    return ModelPackage(
        manifest=manifest,
        calibration=Calibration.of_json(_object(contents, "calibration.json") or {}),
        tiers=TierTable.of_json(_object(contents, "tiers.json") or {}),
        linear=Linear.of_json(linear) if linear is not None else None,
        trees=Trees.of_json(trees, contents["trees.ubj"]) if trees is not None else None,
        amounts=Amounts.of_json(amounts, contents.get("amount.ubj")) if amounts is not None else None,
        patterns=Patterns.of_json(patterns, contents.get("patterns.ubj")) if patterns is not None else None,
        anomalies=Anomalies.of_json(anomalies) if anomalies is not None else None,
        history=History.restored(json.loads(_unpacked(contents["history.json.gz"]))),
    )


def _object(contents: Mapping[str, bytes], name: str) -> Mapping[str, Any] | None:
    return mapped(json.loads(contents[name]), name) if name in contents else None


def _unpacked(packed: bytes) -> bytes:
    with gzip.open(io.BytesIO(packed)) as file:
        found = file.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise ValueError("the history is too large")
    return found


def _dumped(value: Any) -> bytes:
    """JSON without NaN or infinities, the same bytes for the same value. Floats are written so that they read back exactly."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True).encode()


def _written(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
