"""What adapters need to tell a genuine delivery from a forged one. Nothing here raises, whatever was sent.

Secrets and signatures are compared in constant time and as bytes, so that a signature that is missing or not ASCII is
wrong and no error. Where several secrets are in force while they rotate, every one of them is tried, found or not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

USUAL_WINDOW: Final = timedelta(minutes=5)
"""How far the moment of signing may lie from ours, in either direction, unless the vendor says otherwise."""

_LONGEST_STAMP: Final = 20
_UNQUOTABLE: Final = {ord(each): None for each in '"\\\r\n'}


def same(given: str | bytes | None, wanted: str | bytes) -> bool:
    """Whether what was given is what is wanted, in constant time. Nothing given is never right, nor is an empty secret."""
    if given is None or not wanted:
        return False
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def matches_any(given: str | bytes | None, wanted: Iterable[str | bytes]) -> bool:
    """Whether what was given is one of what is wanted. All are compared, so that time does not tell which one it was."""
    found = False
    for each in wanted:
        found = same(given, each) or found
    return found


def hmac_digest(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> bytes:
    """The keyed digest of the exact bytes. `algorithm` is one of hashlib's names."""
    return hmac.new(_bytes(secret), message, algorithm).digest()


def hmac_hex(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> str:
    return hmac_digest(secret, message, algorithm).hex()


def hmac_base64(secret: str | bytes, message: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac_digest(secret, message, algorithm)).decode("ascii")


def signed_with_any(
    given: str | None,
    secrets: Iterable[str],
    message: bytes,
    form: Callable[[str | bytes, bytes], str] = hmac_hex,
) -> bool:
    """Whether a signature is the message's under one of the secrets. An empty secret signs nothing."""
    return matches_any(given, [form(secret, message) for secret in secrets if secret])


def sha256_hex(message: bytes) -> str:
    """A digest without a key: for content that is its own id, never for proof of who sent it."""
    return hashlib.sha256(message).hexdigest()


def basic_credentials(header: str | None) -> tuple[bytes, bytes] | None:
    """User and password of an Authorization header of the Basic kind (RFC 7617); None where it is missing or broken."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip().encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None


def basic_is_right(header: str | None, users: Iterable[str], passwords: Iterable[str]) -> bool:
    """Whether the header names one of the users and one of the passwords. Both are compared, whichever is wrong."""
    given = basic_credentials(header)
    if given is None:
        return False
    known, right = matches_any(given[0], list(users)), matches_any(given[1], list(passwords))
    return known and right


def bearer_token(header: str | None) -> str | None:
    """The token of an Authorization header of the Bearer kind; None where it is missing."""
    scheme, _, token = (header or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def basic_challenge(realm: str) -> tuple[str, str]:
    """The header by which a caller that waits to be asked learns to send its password."""
    return "WWW-Authenticate", f'Basic realm="{realm.translate(_UNQUOTABLE)}", charset="UTF-8"'


def moment_of(stamp: str | None, *, per_second: int = 1) -> datetime | None:
    """The moment of a timestamp in whole seconds (or parts of one, such as 1000 to a second); None where it is none."""
    text = (stamp or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_STAMP:
        return None
    seconds, parts = divmod(int(text), per_second)
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=parts * 1_000_000 // per_second)
    except (ValueError, OverflowError, OSError):
        return None


def within(signed_at: datetime | None, received_at: datetime, window: timedelta = USUAL_WINDOW) -> bool:
    """Whether a delivery was signed close to when it came, earlier or later. A moment that is missing is not."""
    return signed_at is not None and abs(received_at - signed_at) <= window


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
