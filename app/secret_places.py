"""Where secrets lie: in a variable of the environment or in a file. The one place that fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cpq_hooks.canonical.connections import SecretPlace

_LONGEST: Final = 64 * 1024


class SecretMissing(LookupError):  # noqa: N818 - it says what is wrong
    """There is no usable secret at a place. The message ends a sentence that begins with whose secret it is."""


def secret_at(place: SecretPlace, environ: Mapping[str, str], folder: Path) -> str:
    """The secret at a place; files are below the folder. Raises `SecretMissing`."""
    if place.env is not None:
        found = environ.get(place.env, "").strip()
        if not found:
            raise SecretMissing(f"should lie in the variable {place.env}, which is not set")
        return found
    try:
        with (folder / (place.file or "")).open("rb") as file:
            found = file.read(_LONGEST + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretMissing(f"should lie in the file {place.file}, which cannot be read: {why}") from None
    if not found or len(found) > _LONGEST:
        raise SecretMissing(f"should lie in the file {place.file}, which holds none of a usable length")
    return found
