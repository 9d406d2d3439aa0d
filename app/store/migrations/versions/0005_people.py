"""People: users, their sessions and delegations, attempts to sign in, and who looked at what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables, and the triggers that keep the access log as it was written."""
    _users()
    _sessions()
    _sign_in_attempts()
    _delegations()
    _access_log()
    for statement in _ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _ON_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _users() -> None:
    op.create_table(
        "users",
        _text("user_id"),
        _text("name"),
        _text("display_name"),
        _optional("email"),
        _optional("password_hash"),
        _text("roles"),
        _text("approval_roles"),
        _optional("rep_id"),
        _optional("issuer"),
        _optional("subject"),
        _text("created_at"),
        _optional("password_changed_at"),
        _optional("disabled_at"),
        sa.PrimaryKeyConstraint("user_id"),
        sa.UniqueConstraint("name", name="users_name"),
        sa.UniqueConstraint("issuer", "subject", name="users_subject"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        _text("token_hash"),
        _text("session_id"),
        _text("user_id"),
        _text("created_at"),
        _text("seen_at"),
        _text("expires_at"),
        _optional("ended_at"),
        _text("address"),
        _text("agent"),
        sa.PrimaryKeyConstraint("token_hash"),
        sa.UniqueConstraint("session_id", name="sessions_id"),
    )
    op.create_index("sessions_by_user", "sessions", ["user_id", "created_at"])
    op.create_index("sessions_by_expiry", "sessions", ["expires_at"])


def _sign_in_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        _text("subject"),
        sa.Column("failures", sa.Integer, nullable=False),
        _text("last_at"),
        _text("open_at"),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("sign_in_attempts_by_time", "sign_in_attempts", ["last_at"])


def _delegations() -> None:
    op.create_table(
        "delegations",
        _text("delegation_id"),
        _text("from_user"),
        _text("to_user"),
        _text("roles"),
        _text("approval_roles"),
        _text("starts_at"),
        _text("ends_at"),
        _text("reason"),
        _text("created_at"),
        _text("created_by"),
        _optional("ended_at"),
        sa.PrimaryKeyConstraint("delegation_id"),
    )
    op.create_index("delegations_by_giver", "delegations", ["from_user", "ends_at"])
    op.create_index("delegations_by_taker", "delegations", ["to_user", "ends_at"])


def _access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("at"),
        _text("user_id"),
        _text("user_name"),
        _text("action"),
        _text("subject_type"),
        _text("subject_id"),
        _text("detail"),
    )
    op.create_index("access_log_by_subject", "access_log", ["subject_type", "subject_id", "seq"])
    op.create_index("access_log_by_user", "access_log", ["user_id", "seq"])


_REFUSED = "SELECT RAISE(ABORT, 'access_log is append-only')"
_ON_SQLITE = (
    f"CREATE TRIGGER access_log_stays BEFORE UPDATE ON access_log BEGIN {_REFUSED}; END",
    f"CREATE TRIGGER access_log_remains BEFORE DELETE ON access_log BEGIN {_REFUSED}; END",
    # SQLite would let INSERT OR REPLACE take an entry's place without calling it a deletion.
    f"""
    CREATE TRIGGER access_log_comes_once BEFORE INSERT ON access_log BEGIN
        {_REFUSED} WHERE EXISTS (SELECT 1 FROM access_log WHERE seq = NEW.seq);
    END
    """,
)
_ON_POSTGRESQL = (
    "CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER access_log_remains BEFORE TRUNCATE ON access_log EXECUTE FUNCTION refuse_change()",
)
