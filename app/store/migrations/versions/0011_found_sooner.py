"""What the record and the queue are filtered by is found in an index, and the words of a case stand in one column."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_PORTION = 2_000
_MOST_BYTES = 1_000
_CASES = sa.table(
    "cases",
    sa.column("subject_type"),
    sa.column("subject_id"),
    sa.column("account_id"),
    sa.column("account_name"),
    sa.column("search"),
)


def upgrade() -> None:
    """Add the indexes and the column, and write into it what the cases that are there are looked for by."""
    for name, column in (("source", "source"), ("policies", "policy_version"), ("model", "model_version")):
        op.create_index(f"decisions_by_{name}", "decisions", [column, "seq"])
    op.create_index("decisions_by_simulated", "decisions", ["simulated", "seq"])
    op.add_column("cases", sa.Column("search", sa.Text, nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index("cases_by_search", "cases", ["is_open", "urgency", "subject_type", "subject_id", "state", "search"])


def _fill(connection: sa.Connection) -> None:
    key = (_CASES.c.subject_type, _CASES.c.subject_id)
    query = sa.select(*key, _CASES.c.account_id, _CASES.c.account_name).order_by(*key).limit(_PORTION)
    change = (
        sa.update(_CASES)
        .where(key[0] == sa.bindparam("kind"), key[1] == sa.bindparam("id"))
        .values(search=sa.bindparam("words"))
    )
    rows = connection.execute(query).all()
    while rows:
        connection.execute(change, [{"kind": row[0], "id": row[1], "words": _words(*row[1:])} for row in rows])
        rows = connection.execute(query.where(sa.tuple_(*key) > sa.tuple_(*rows[-1][:2]))).all()


def _words(*parts: str | None) -> str:
    whole = "\n".join(part for part in parts if part).casefold()
    return whole.encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore")


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")
