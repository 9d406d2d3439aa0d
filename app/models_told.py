"""What is said of the models in a folder: which there are, which is in force, who put it there, and what each knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scoring.features import digest
from scoring.model.errors import ModelRefused

if TYPE_CHECKING:
    from scoring.model.package import Manifest
    from scoring.model.registry import InForce, Models


def models_json(models: Models) -> dict[str, Any]:
    """All models, the newest first, and the log of changes. Raises ModelRefused where it cannot be read what is in force."""
    now = models.in_force()
    return {
        "champion": now.champion,
        "challenger": now.challenger,
        "models": [_in_short(models, version, now) for version in reversed(models.versions())],
        "log": [dict(each) for each in reversed(models.log())],
    }


def model_json(models: Models, version: str) -> dict[str, Any]:
    """One model with its card. Raises NoSuchVersion, or ModelRefused where it says nothing that can be read."""
    manifest = models.manifest(version)
    told = _told(version, manifest, models.in_force())
    return told | {"data_digest": manifest.data_digest, "card": dict(manifest.card), "files": dict(manifest.files)}


def _in_short(models: Models, version: str, now: InForce) -> dict[str, Any]:
    try:
        return _told(version, models.manifest(version), now)
    except ModelRefused as refused:
        nothing = dict.fromkeys(("created_at", "trained_on", "quotes", "leaks", "served"))
        said: Mapping[str, Any] = {"role": _role(version, now), "simulated": False, "refused": list(refused.reasons)}
        return {"version": version, **nothing, **said}


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
