"""The record: decisions in their hash chain, what they were made from, and what the API keeps beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table, then the triggers that keep decisions as they were written."""
    _decisions()
    _chain()
    _artefacts()
    _api_keys()
    _idempotency()
    _refused()
    _documents()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()
    op.execute(f"INSERT INTO chain (id, length, head) VALUES (1, 0, '{'0' * 64}')")


def downgrade() -> None:
    """There is none: it would throw the record away."""
    raise NotImplementedError("there is no way back but a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        _text("prev_hash"),
        _text("record_hash"),
        _text("decision_id"),
        _text("created_at"),
        _text("subject_type"),
        _text("subject_id"),
        _optional("subject_revision"),
        _text("content_hash"),
        _text("verdict"),
        _text("headline"),
        _text("currency"),
        sa.Column("at_risk_under", sa.BigInteger),
        sa.Column("at_risk_over", sa.BigInteger),
        _text("policy_version"),
        _optional("model_version"),
        _optional("source"),
        _optional("rep_id"),
        _optional("account_id"),
        _optional("key_id"),
        sa.Column("simulated", sa.Boolean, nullable=False),
        _text("as_of"),
        _text("policies_digest"),
        _optional("catalog_digest"),
        _optional("company_digest"),
        _text("request_format"),
        sa.Column("context", sa.LargeBinary),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("decision_id", name="decisions_id"),
    )
    op.create_index("decisions_by_subject", "decisions", ["subject_type", "subject_id", "seq"])
    op.create_index("decisions_by_content", "decisions", ["content_hash", "seq"])
    op.create_index("decisions_by_time", "decisions", ["created_at"])
    op.create_index("decisions_by_verdict", "decisions", ["verdict", "seq"])
    op.create_index("decisions_by_rep", "decisions", ["rep_id", "seq"])
    op.create_index("decisions_by_account", "decisions", ["account_id", "seq"])


def _chain() -> None:
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        _text("head"),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("id = 1", name="chain_has_one_row"),
    )


def _artefacts() -> None:
    op.create_table(
        "artefacts",
        _text("digest"),
        _text("kind"),
        _text("created_at"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        _text("id"),
        _text("name"),
        _text("secret_hash"),
        _text("scopes"),
        _text("created_at"),
        _optional("expires_at"),
        _optional("revoked_at"),
        _optional("last_used_at"),
        _optional("rotated_from"),
        sa.PrimaryKeyConstraint("id"),
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        _text("key_id"),
        _text("route"),
        _text("idempotency_key"),
        _text("digest"),
        sa.Column("status", sa.Integer, nullable=False),
        _text("content_type"),
        _text("created_at"),
        _text("expires_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "route", "idempotency_key"),
    )
    op.create_index("idempotency_by_expiry", "idempotency", ["expires_at"])


def _refused() -> None:
    op.create_table(
        "refused",
        _text("ref_id"),
        _text("received_at"),
        _text("route"),
        _optional("key_id"),
        _optional("content_type"),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        _text("body_digest"),
        sa.Column("problem", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("ref_id"),
    )
    op.create_index("refused_by_time", "refused", ["received_at"])


def _documents() -> None:
    op.create_table(
        "documents",
        _text("kind"),
        _text("id"),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        _text("digest"),
        _text("received_at"),
        _optional("superseded_at"),
        _optional("account_id"),
        _optional("agreement_id"),
        _optional("parent_id"),
        _optional("occurred_at"),
        _optional("key_id"),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "version"),
    )
    in_force = sa.text("superseded_at IS NULL")
    op.create_index(
        "documents_in_force",
        "documents",
        ["kind", "id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_index("documents_by_agreement", "documents", ["kind", "agreement_id", "id"])
    op.create_index("documents_by_account", "documents", ["kind", "account_id", "id"])
    op.create_index("documents_by_parent", "documents", ["kind", "parent_id", "id"])


# ------------------------------------------------------------------------------------------------ triggers
# A decision joins at the head of the chain and nowhere else, moves the head by one, and then stays as it is. The second
# condition on SQLite is for INSERT OR REPLACE, which deletes the row in its way without firing a trigger for it.

_SQLITE_GUARDS = (
    """
    CREATE TRIGGER decisions_follow_the_head BEFORE INSERT ON decisions BEGIN
        SELECT RAISE(ABORT, 'a decision must follow the head of the chain')
        WHERE NOT EXISTS (SELECT 1 FROM chain WHERE id = 1 AND length = NEW.seq - 1 AND head = NEW.prev_hash)
           OR EXISTS (SELECT 1 FROM decisions WHERE decision_id = NEW.decision_id);
    END
    """,
    """
    CREATE TRIGGER decisions_move_the_head AFTER INSERT ON decisions BEGIN
        UPDATE chain SET length = NEW.seq, head = NEW.record_hash WHERE id = 1;
    END
    """,
    """
    CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN
        SELECT RAISE(ABORT, 'decisions is append-only');
    END
    """,
    """
    CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions BEGIN
        SELECT RAISE(ABORT, 'decisions is append-only');
    END
    """,
    """
    CREATE TRIGGER chain_moves_forward BEFORE UPDATE ON chain BEGIN
        SELECT RAISE(ABORT, 'the chain moves by one recorded decision at a time')
        WHERE NEW.id <> 1 OR NEW.length <> OLD.length + 1
           OR NOT EXISTS (SELECT 1 FROM decisions WHERE seq = NEW.length AND record_hash = NEW.head);
    END
    """,
    """
    CREATE TRIGGER chain_starts_once BEFORE INSERT ON chain BEGIN
        SELECT RAISE(ABORT, 'the chain has its head') WHERE EXISTS (SELECT 1 FROM chain);
    END
    """,
    """
    CREATE TRIGGER chain_remains BEFORE DELETE ON chain BEGIN
        SELECT RAISE(ABORT, 'the chain keeps its head');
    END
    """,
    """
    CREATE TRIGGER artefacts_come_once BEFORE INSERT ON artefacts BEGIN
        SELECT RAISE(ABORT, 'artefacts is append-only') WHERE EXISTS (SELECT 1 FROM artefacts WHERE digest = NEW.digest);
    END
    """,
    """
    CREATE TRIGGER artefacts_stay BEFORE UPDATE ON artefacts BEGIN
        SELECT RAISE(ABORT, 'artefacts is append-only');
    END
    """,
    """
    CREATE TRIGGER artefacts_remain BEFORE DELETE ON artefacts BEGIN
        SELECT RAISE(ABORT, 'artefacts is append-only');
    END
    """,
)

_POSTGRESQL_GUARDS = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE FUNCTION follow_the_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM chain WHERE id = 1 AND length = NEW.seq - 1 AND head = NEW.prev_hash) THEN
            RAISE EXCEPTION 'a decision must follow the head of the chain'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION move_the_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE chain SET length = NEW.seq, head = NEW.record_hash WHERE id = 1;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION move_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id <> 1 OR NEW.length <> OLD.length + 1
            OR NOT EXISTS (SELECT 1 FROM decisions WHERE seq = NEW.length AND record_hash = NEW.head) THEN
            RAISE EXCEPTION 'the chain moves by one recorded decision at a time'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER decisions_follow_the_head BEFORE INSERT ON decisions
        FOR EACH ROW EXECUTE FUNCTION follow_the_head()
    """,
    """
    CREATE TRIGGER decisions_move_the_head AFTER INSERT ON decisions
        FOR EACH ROW EXECUTE FUNCTION move_the_head()
    """,
    """
    CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    "CREATE TRIGGER decisions_remain BEFORE TRUNCATE ON decisions EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER chain_moves_forward BEFORE UPDATE ON chain FOR EACH ROW EXECUTE FUNCTION move_forward()",
    "CREATE TRIGGER chain_stays BEFORE DELETE ON chain FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER chain_remains BEFORE TRUNCATE ON chain EXECUTE FUNCTION refuse_change()",
    """
    CREATE TRIGGER artefacts_stay BEFORE UPDATE OR DELETE ON artefacts
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    "CREATE TRIGGER artefacts_remain BEFORE TRUNCATE ON artefacts EXECUTE FUNCTION refuse_change()",
)

# What is deflated already is not compressed a second time.
_DEFLATED = {
    "decisions": ("context", "document", "request"),
    "artefacts": ("content",),
    "idempotency": ("body",),
    "refused": ("problem", "body"),
    "documents": ("body",),
}


def _guard_on_sqlite() -> None:
    for guard in _SQLITE_GUARDS:
        op.execute(guard)


def _guard_on_postgresql() -> None:
    for table, columns in _DEFLATED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    for guard in _POSTGRESQL_GUARDS:
        op.execute(guard)
