"""What is said of the models in a folder: which there are, which is in force, who put it there, and what each knows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.features import digest
from scoring.model.errors import ModelRefused
from scoring.model.registry import InForce

if TYPE_CHECKING:
    from scoring.model.package import Manifest
    from scoring.model.registry import Models


def models_json(models: Models) -> dict[str, Any]:
    """All models, the newest first, and the log of changes. `because` says why it cannot be read what is in force."""
    now, because = _in_force(models)
    try:
        versions, log = models.versions(), models.log()
    except ModelRefused as away:
        versions, log, because = (), (), because or str(away)
    return {
        "champion": now.champion,
        "challenger": now.challenger,
        "because": because,
        "models": [_in_short(models, version, now) for version in reversed(versions)],
        "log": [dict(each) for each in reversed(log)],
    }


def model_json(models: Models, version: str) -> dict[str, Any]:
    """One model with its card; of one that says nothing that can be read, why. Raises NoSuchVersion."""
    told = _in_short(models, version, _in_force(models)[0])
    try:
        manifest = models.manifest(version)
    except ModelRefused:
        return told | {"data_digest": None, "card": {}, "files": {}}
    return told | {"data_digest": manifest.data_digest, "card": dict(manifest.card), "files": dict(manifest.files)}


def _in_force(models: Models) -> tuple[InForce, str | None]:
    try:
        return models.in_force(), None
    except ModelRefused as refused:
        return InForce(), str(refused)


def _in_short(models: Models, version: str, now: InForce) -> dict[str, Any]:
    try:
        return _told(version, models.manifest(version), now)
    except ModelRefused as refused:
        nothing = dict.fromkeys(("created_at", "trained_on", "quotes", "leaks", "served", "simulated"))
        return {"version": version, "role": _role(version, now), **nothing, "refused": list(refused.reasons)}


def _told(version: str, manifest: Manifest, now: InForce) -> dict[str, Any]:
    other = manifest.features != digest()
    return {
        "version": version,
        "role": _role(version, now),
        "created_at": manifest.created_at.isoformat(),
        "trained_on": manifest.trained_on,
        "quotes": manifest.quotes,
        "leaks": manifest.leaks,
        "served": manifest.served,
        "simulated": manifest.simulated,
        "refused": ["It was trained on other features than this program computes: train anew."] if other else [],
    }


def _role(version: str, now: InForce) -> str:
    if version == now.champion:
        return "champion"
    return "challenger" if version == now.challenger else "kept"
