"""A hold released by hand: a person lets a first invoice go, says why, and answers for what still stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from policies.holding import Hold, HoldChange, released_by_hand

LONGEST_REASON: Final = 1_000


class StandingHolds(Protocol):
    """Where holds are kept: a room of the store."""

    def get(self, billing_configuration_id: str) -> Hold | None: ...

    def change(self, billing_configuration_id: str, step: Callable[[Hold], HoldChange | None]) -> Hold | None: ...


class NotReleased(ValueError):  # noqa: N818 - the name says it
    """The hold stays, or is gone already; the message says why, ready to show."""


def release_by_hand(
    holds: StandingHolds, billing_configuration_id: str, *, seen: str, by: str, why: str, as_of: datetime
) -> Hold:
    """Let the first invoice go. `seen` is the decision that the person looked at. Raises `NotReleased`.

    The billing system is told through the outbox, in the same transaction.
    """
    why = why.strip()
    if not why:
        raise NotReleased("Say why it may go out.")
    if len(why) > LONGEST_REASON:
        raise NotReleased(f"The reason is longer than {LONGEST_REASON:,} characters.")

    def step(hold: Hold) -> HoldChange | None:
        if hold.decision_id != seen:
            raise NotReleased("It was verified again since you looked. Look at what stands in the way now.")
        return released_by_hand(hold, by, why, as_of)

    released = holds.change(billing_configuration_id, step)
    if released is not None:
        return released
    hold = holds.get(billing_configuration_id)
    if hold is not None and hold.released_by is not None:
        raise NotReleased(f"It was released already, by {hold.released_by}.")
    raise NotReleased("It is not held.")
