"""Why a review is not taken, in words for whoever sent it."""

from __future__ import annotations


class ReviewRefused(Exception):  # noqa: N818 - it says what happened
    """A review that is not taken. `code` is a stable word for the reason. Nothing was changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NoSuchDecision(LookupError):  # noqa: N818 - it says what is the matter
    """There is no decision with this id."""


class NotAllowed(ReviewRefused):
    """The reviewer may not do this."""


class Conflict(ReviewRefused):
    """The case does not stand as the reviewer thought: decided, changed or run out meanwhile."""
