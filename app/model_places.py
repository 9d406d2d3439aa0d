"""Where the models of a company may lie: in a folder, or in an object store with copies in a folder here."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

SCHEMES: Final = ("s3", "gs", "az")
COPIES: Final = "model-copies"
"""Where copies of models lie in the home folder."""


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """The address of models in an object store, such as s3://bucket/prefix, and the folder that copies go into."""

    address: str
    copies: Path

    def __str__(self) -> str:
        return self.address


Place = Path | ObjectPlace
"""A folder, or an address in an object store."""


def stated_place(text: str) -> Path | str:
    """A folder, or an address. Raises ValueError with what completes "QUOTEGUARD_MODELS ..."."""
    if "://" not in text:
        return Path(text).expanduser().absolute()
    parts = urlsplit(text)
    is_plain = not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/") and is_plain:
        return Path(unquote(parts.path))
    if parts.scheme not in SCHEMES or not parts.netloc or not is_plain:
        raise ValueError("must name a folder, or read like s3://bucket/prefix (gs://, az:// and file:// are known too)")
    return text.rstrip("/")


def place_in(home: Path, stated: Path | str | None) -> Place:
    """The place that is stated, else `models` in the home folder. Each address has copies of its own."""
    if isinstance(stated, str):
        return ObjectPlace(stated, home / COPIES / sha256(stated.encode()).hexdigest()[:12])
    return stated or home / "models"
