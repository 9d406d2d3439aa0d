"""Reviews counted by day, reviewer and how long the decision had waited: what insights ask of them, without reading them again."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select

from app.bookkeeping.counting import counted_seconds
from app.store.database import Prepared
from app.store.desk_records import Case, KeptReview
from app.store.desk_tables import REVIEWS
from app.store.identifiers import moment, searchable, stamp
from app.store.ledger_posting import add_to
from app.store.ledger_tables import INSIGHT_REVIEWS
from app.store.tables import DECISIONS

_COUNTED: Final = ("reviews", "approved")
_APPROVING: Final = ("approve", "waive")
_AT_A_TIME: Final = 5_000
_OPENED: Final = Prepared(select(DECISIONS.c.created_at).where(DECISIONS.c.decision_id == bindparam("this")))

Sums = dict[tuple[Any, ...], dict[str, int]]


def reviewed_in(connection: Connection, review: KeptReview, case: Case) -> None:  # noqa: ARG001 - as every step beside a review
    """Count a review in the transaction that records it."""
    opened = _OPENED.run(connection, {"this": searchable(review.decision_id)}).scalar()
    if opened is not None:
        sums: Sums = {}
        _count(sums, opened, stamp(review.reviewed_at), searchable(review.actor_id), review.action.value)
        add_to(connection, INSIGHT_REVIEWS, _COUNTED, sums)


def recount(connection: Connection) -> None:
    """Count every review on record again."""
    columns = (REVIEWS.c.review_id, REVIEWS.c.reviewed_at, REVIEWS.c.actor_id, REVIEWS.c.action, DECISIONS.c.created_at)
    joined = REVIEWS.join(DECISIONS, DECISIONS.c.decision_id == REVIEWS.c.decision_id)
    query = select(*columns).select_from(joined).order_by(REVIEWS.c.review_id).limit(_AT_A_TIME)
    sums: Sums = {}
    after = ""
    while rows := connection.execute(query.where(REVIEWS.c.review_id > after)).all():
        for row in rows:
            _count(sums, row.created_at, row.reviewed_at, row.actor_id, row.action)
        after = rows[-1].review_id
    connection.execute(delete(INSIGHT_REVIEWS))
    add_to(connection, INSIGHT_REVIEWS, _COUNTED, sums)


def _count(sums: Sums, opened: str, reviewed: str, reviewer: str, action: str) -> None:
    seconds = counted_seconds(int((moment(reviewed) - moment(opened)).total_seconds()))
    tally = sums.setdefault((reviewed[:10], reviewer, seconds), dict.fromkeys(_COUNTED, 0))
    tally["reviews"] += 1
    tally["approved"] += action in _APPROVING
