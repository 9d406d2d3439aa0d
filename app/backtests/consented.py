"""Which of some quotes reviews have on record, and what these reviews mean for a check of the very content that is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from app.desk.consents import OnRecord, of_reviews
from policies.domain.outcome import SubjectType

if TYPE_CHECKING:
    from app.store import KeptReview

_AT_A_TIME: Final = 500


class Reviews(Protocol):
    """The part of the deal desk's room that a backtest reads."""

    def consented(self, subject_type: SubjectType, subject_ids: Sequence[str]) -> frozenset[str]: ...

    def reviews(self, subject_type: SubjectType, subject_id: str) -> tuple[KeptReview, ...]: ...


def consented(desk: Reviews, quote_ids: Iterable[str]) -> Iterator[tuple[str, OnRecord]]:
    """The quotes of which somebody approved or waived something, with what that means."""
    waiting = iter(quote_ids)
    while some := list(islice(waiting, _AT_A_TIME)):
        for quote_id in sorted(desk.consented(SubjectType.QUOTE, some)):
            found = of_reviews(desk.reviews(SubjectType.QUOTE, quote_id))
            if found.consents or found.waivers:
                yield quote_id, found
