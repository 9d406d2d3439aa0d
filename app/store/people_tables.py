"""The tables of people: who they are, what they lend each other, where they are signed in and what they looked at."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from app.store.tables import METADATA

# On SQLite only a column of this very type counts by itself.
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


USERS: Final = Table(
    "users",
    METADATA,
    Column("user_id", Text, primary_key=True),
    # The name that one signs in with, in small letters.
    _required("name"),
    _required("display_name"),
    Column("email", Text),
    # Without one, a person signs in by the company's identity provider only.
    Column("password_hash", Text),
    _required("roles"),
    _required("approval_roles"),
    Column("rep_id", Text),
    # Who the person is to the identity provider.
    Column("issuer", Text),
    Column("subject", Text),
    _required("created_at"),
    Column("password_changed_at", Text),
    Column("disabled_at", Text),
    UniqueConstraint("name", name="users_name"),
    UniqueConstraint("issuer", "subject", name="users_subject"),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    _required("session_id"),
    _required("user_id"),
    _required("created_at"),
    _required("seen_at"),
    _required("expires_at"),
    Column("ended_at", Text),
    _required("address"),
    _required("agent"),
    UniqueConstraint("session_id", name="sessions_id"),
    Index("sessions_by_user", "user_id", "created_at"),
    Index("sessions_by_expiry", "expires_at"),
)

SIGN_IN_ATTEMPTS: Final = Table(
    "sign_in_attempts",
    METADATA,
    # A digest of the name or the address that was tried.
    Column("subject", Text, primary_key=True),
    _required("failures", Integer),
    _required("last_at"),
    _required("open_at"),
    Index("sign_in_attempts_by_time", "last_at"),
)

DELEGATIONS: Final = Table(
    "delegations",
    METADATA,
    Column("delegation_id", Text, primary_key=True),
    _required("from_user"),
    _required("to_user"),
    _required("roles"),
    _required("approval_roles"),
    _required("starts_at"),
    _required("ends_at"),
    _required("reason"),
    _required("created_at"),
    _required("created_by"),
    Column("ended_at", Text),
    Index("delegations_by_giver", "from_user", "ends_at"),
    Index("delegations_by_taker", "to_user", "ends_at"),
)

ACCESS_LOG: Final = Table(
    "access_log",
    METADATA,
    Column("seq", _COUNTER, primary_key=True),
    _required("at"),
    _required("user_id"),
    # The name as it was then.
    _required("user_name"),
    _required("action"),
    _required("subject_type"),
    _required("subject_id"),
    _required("detail"),
    Index("access_log_by_subject", "subject_type", "subject_id", "seq"),
    Index("access_log_by_user", "user_id", "seq"),
)
