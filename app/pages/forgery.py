"""Forged forms: a form counts only if it comes from a page of ours, and carries the mark that only our pages have."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

FIELD: Final = "csrf"
"""The name of the hidden field."""


def mark(secret: str) -> str:
    """What goes into the forms of who has this secret in a cookie. The secret cannot be told from it."""
    return hmac.new(secret.encode("utf-8", "replace"), b"form", hashlib.sha256).hexdigest()


def is_marked(stated: str, secret: str) -> bool:
    """Whether the form carries the mark of this secret."""
    return hmac.compare_digest(stated.encode("utf-8", "replace"), mark(secret).encode()) and bool(secret)


def is_from_elsewhere(environ: Mapping[str, str], *, public_url: str | None) -> bool:
    """Whether the browser says that the request was made by another site's page.

    Sec-Fetch-Site is the browser's own word. Older browsers send Origin, which is held against the address that was asked
    for, or `public_url`. What sends neither is no browser that anybody could be tricked in.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return False
    ours = urlsplit(public_url).netloc if public_url is not None else environ.get("HTTP_HOST", "")
    return urlsplit(origin).netloc.lower() != ours.lower()


def place_of_ours(stated: str) -> str:
    """Where to go after signing in: a path of ours as it was stated, or the front page for anything else."""
    plain = stated.isprintable() and stated.isascii() and "\\" not in stated
    if not plain or not stated.startswith("/") or stated.startswith("//") or len(stated) > 2_000:
        return "/"
    parts = urlsplit(stated)
    return stated if not parts.scheme and not parts.netloc else "/"
