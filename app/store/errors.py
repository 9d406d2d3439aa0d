"""What can go wrong between the program and its database, in terms that a caller can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.store.records import Answer


class StoreError(Exception):
    """Anything that the store refuses or cannot do."""


class StoreUnavailable(StoreError):  # noqa: N818 - it says what is the matter
    """The database is away, locked, full or read-only. Nothing was recorded unless `uncertain`, which says that a commit
    was sent and its answer never came: ask again by id, or repeat with the same Idempotency-Key.
    """

    def __init__(self, message: str, *, uncertain: bool = False) -> None:
        super().__init__(message)
        self.uncertain = uncertain


class SchemaMismatch(StoreUnavailable):
    """The database's tables are not the ones that this version of the program works with."""


class MissingArtefact(StoreError):  # noqa: N818 - it says what is the matter
    """A decision names policies or tables that are not in the store, so it could not be re-run."""


class Unreadable(StoreError):  # noqa: N818 - it says what is the matter
    """What lies in the database is not what was written there: it was damaged or changed."""


class IdempotencyConflict(StoreError):  # noqa: N818 - it says what is the matter
    """The Idempotency-Key was used before for a request with other content."""


class AlreadyAnswered(StoreError):  # noqa: N818 - it says what is the matter
    """The same request was answered while this one was at work. Nothing new was recorded; `answer` is the one to give."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("the same request was answered meanwhile")
        self.answer = answer


class BadPageToken(StoreError, ValueError):  # noqa: N818 - it says what is the matter
    """The token was not made by this store."""
