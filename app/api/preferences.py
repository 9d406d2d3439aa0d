"""The Prefer header (RFC 7240): how long a caller is willing to wait."""

from __future__ import annotations

import re
from typing import Final

LONGEST_WAIT: Final = 60
"""Seconds; a longer wish is cut to this."""

# One preference: a name, perhaps a value that is a word or a text in quotes, perhaps parameters of its own.
_PREFERENCE: Final = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+)"""
    r"""(?:\s*=\s*(?:"(?P<quoted>[^"\\]*)"|(?P<word>[A-Za-z0-9!#$%&'*+.^_`|~-]+)))?"""
    r"""(?:\s*;[^,"]*(?:"[^"\\]*"[^,"]*)*)?\s*(?:,|$)"""
)


def wait_of(header: str | None) -> int | None:
    """Seconds that the caller is willing to wait; None where it does not say, or not in a way that can be understood.

    Of a preference that is stated twice the first one counts (section 2). A malformed header is as good as none.
    """
    if header is None:
        return None
    position = 0
    while position < len(header):
        preference = _PREFERENCE.match(header, position)
        if preference is None:
            return None
        if preference["name"].lower() == "wait":
            return _seconds(preference["word"] or preference["quoted"] or "")
        position = preference.end()
    return None


def _seconds(text: str) -> int | None:
    return min(int(text[:9]), LONGEST_WAIT) if text.isascii() and text.isdigit() else None
