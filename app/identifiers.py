"""Identifiers that we give: sortable, and with a word in front that says what they name."""

from __future__ import annotations

from ulid import ULID


def new_id(prefix: str) -> str:
    """A new identifier such as `ref_01J9ZK...`; later ones sort after earlier ones, to the millisecond."""
    return f"{prefix}_{ULID()}"
