"""Passwords: hashed with argon2id, checked in the same time whether or not there is anything to check against."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST: Final = 12
LONGEST: Final = 200
"""A password has so many characters at least and at most; nothing else is asked of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hash costs: passes over the memory, KiB of it, and lanes. The defaults are RFC 9106's for small memory."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Passwords:
    """Hashes and checks passwords at a given cost. Older hashes are checked at the cost that they were made with."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return self._hasher.hash(_bytes(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one that was hashed. Without a hash it never is, and finding out takes as long."""
        try:
            self._hasher.verify(kept or self._nobodys, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        try:
            return self._hasher.check_needs_rehash(kept)
        except InvalidHashError:
            return True

    @cached_property
    def _nobodys(self) -> str:
        """A hash of a password that nobody has."""
        return self.hash(secrets.token_hex(16))


def what_is_wrong(password: str, *, name: str) -> str | None:
    """Why this cannot be the password of the user with this name, as a sentence; None where it can."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few words make a good password."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if name and name.casefold() in password.casefold():
        return "Leave your name out of the password."
    if len(set(password)) < 5:
        return "Use more different characters."
    return None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
