"""Moments and outside text as the database holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


def stamp(moment: datetime) -> str:
    """The moment as 27 characters of UTC, which sort by time: "2026-03-01T09:30:00.000000Z". Refuses a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def moment(text: str) -> datetime:
    """What `stamp` wrote, as a datetime in UTC."""
    return datetime.fromisoformat(text)


@overload
def searchable(text: str) -> str: ...
@overload
def searchable(text: None) -> None: ...
def searchable(text: str | None) -> str | None:
    """The text as a column can hold it: without NUL and lone surrogates, which no database takes. None stays None.

    The documents keep every byte. This is what they are found by, and who looks for them is read in the same way.
    """
    if text is None or (text.isascii() and "\x00" not in text):
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
