"""An API key names the roles that it may consent in; the keys that are there keep what they could."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_EVERY: str = '["*"]'
_KEYS = sa.table("api_keys", sa.column("scopes"), sa.column("roles"))


def upgrade() -> None:
    """Add the column. A key that could review could do so in every role."""
    op.add_column("api_keys", sa.Column("roles", sa.Text, nullable=False, server_default="[]"))
    could_review = sa.or_(_KEYS.c.scopes.contains("review"), _KEYS.c.scopes.contains("admin"))
    op.execute(_KEYS.update().where(could_review).values(roles=_EVERY))


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")
