"""A request's body: counted while it is read, so that no header decides how much memory it takes.

What is too large is read to its end, within bounds, and thrown away: a sender that is cut off in the middle sees a broken
connection and not the answer that says why. Its beginning, length and digest are kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.errors import BAD_REQUEST, TOO_LARGE, TOO_SLOW, Refused, refuse

_STEP: Final = 64 * 1024
KEPT_OF_TOO_LARGE: Final = 64 * 1024
"""So many bytes of a body beyond the limit are kept."""
_DRAINED: Final = 8
"""A body beyond the limit is read on to this many times the limit, then given up."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came. `kept` is all of it, unless it was cut off: then `cut_off` says why, and `length` counts what was read."""

    kept: bytes
    length: int
    cut_off: Refused | None = None

    @property
    def raw(self) -> bytes:
        """The whole body. Raises what a caller is told when it did not come whole."""
        if self.cut_off is not None:
            raise self.cut_off
        return self.kept


def receive(environ: dict[str, Any], *, most: int) -> Received:
    """Read the body of a WSGI request, of at most `most` bytes. What goes wrong is told in `cut_off` and not raised."""
    declared = _declared_length(environ)
    if declared is None and not environ.get("wsgi.input_terminated"):
        return Received(kept=b"", length=0)
    stream: _Stream = environ["wsgi.input"]
    return _received(stream, most if declared is None else min(declared, most), declared, most)


def _received(stream: _Stream, wanted: int, declared: int | None, most: int) -> Received:
    parts: list[bytes] = []
    length = 0
    try:
        while length < wanted and (part := stream.read(min(wanted - length, 16 * _STEP))):
            parts.append(part)
            length += len(part)
        if length == most and declared != most and (more := stream.read(1)):
            return _too_large(stream, b"".join(parts), more, declared, most)
    except Exception as error:  # noqa: BLE001 - whatever the server raises, the sender's stream broke off here
        return Received(kept=b"".join(parts), length=length, cut_off=_broken(error))
    if declared is not None and length < declared:
        return Received(kept=b"".join(parts), length=length, cut_off=_incomplete(length, declared))
    return Received(kept=b"".join(parts), length=length)


def _too_large(stream: _Stream, body: bytes, more: bytes, declared: int | None, most: int) -> Received:
    digest = hashlib.sha256(body)
    length = len(body)
    while more:
        digest.update(more)
        length += len(more)
        more = stream.read(_STEP) if length < most * _DRAINED else b""
    whole = length == declared or (declared is None and length < most * _DRAINED)
    size = length if whole else max(length, declared or 0)
    problem = refuse(
        TOO_LARGE,
        f"The body has {'' if whole else 'more than '}{size:,} bytes, and at most {most:,} are taken.",
        more=(("length", size), *((("digest", f"sha256:{digest.hexdigest()}"),) if whole else ())),
    )
    return Received(kept=body[:KEPT_OF_TOO_LARGE], length=size, cut_off=problem)


def _broken(error: Exception) -> Refused:
    if isinstance(error, (BlockingIOError, TimeoutError)):
        return refuse(TOO_SLOW, "The body stopped coming before it was complete.")
    return refuse(BAD_REQUEST, "The body broke off or is not framed as HTTP asks.")


def _incomplete(length: int, declared: int) -> Refused:
    return refuse(BAD_REQUEST, f"{declared:,} bytes were announced and {length:,} came.")


def _declared_length(environ: dict[str, Any]) -> int | None:
    """None where the sender did not say: the body is chunked, or there is none."""
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isascii() and text.isdigit() and "HTTP_TRANSFER_ENCODING" not in environ else None
