"""What the store keeps of people, as the rest of the program sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.store.errors import StoreError


class Role(StrEnum):
    """What a person does here. An approver's levels are the approval roles of the company's tables."""

    REP = "rep"
    ANALYST = "analyst"
    BILLING = "billing"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


class UnknownUser(StoreError):  # noqa: N818 - it says what is the matter
    """Nobody has this name or id."""


class NameTaken(StoreError):  # noqa: N818 - it says what is the matter
    """Somebody else signs in with this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in. `name` is what they type, in small letters; `rep_id` is who they are on quotes.

    `issuer` and `subject` are who they are to the company's identity provider. A disabled user is kept for the record.
    """

    user_id: str
    name: str
    display_name: str
    roles: frozenset[Role]
    created_at: datetime
    approval_roles: frozenset[str] = frozenset()
    rep_id: str | None = None
    email: str | None = None
    issuer: str | None = None
    subject: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    password_changed_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether the person may sign in."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in. `seen_at` is exact to a minute, `expires_at` is when it ends whatever happens."""

    session_id: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = ""
    agent: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What one person lends another from `starts_at` until `ends_at`, or until it is ended."""

    delegation_id: str
    from_user: str
    to_user: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    created_by: str
    roles: frozenset[Role] = frozenset()
    approval_roles: frozenset[str] = frozenset()
    reason: str = ""
    ended_at: datetime | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it counts now."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody did something to, or looked at, something: `action` is a word such as viewed, exported, signed-in."""

    user_id: str
    user_name: str
    action: str
    subject_type: str
    subject_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAccess:
    """An access as it was logged."""

    seq: int
    at: datetime
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFilter:
    """Which entries of the access log are wanted; None wants all."""

    user_id: str | None = None
    action: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
