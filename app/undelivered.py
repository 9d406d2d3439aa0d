"""What is done when a message does not arrive: send it again and when, or leave it to a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.observability.logs import places_of
from cpq_hooks.clients.failures import CallFailed, Conflicting, Forbidden, Moved, NotAllowed, NotThere, Refused

MOST_ATTEMPTS: Final = 14
"""So often a message is sent, over some five days, before it waits for a person."""
_ATTEMPTS_AT_FAULTS: Final = 3
_FIRST: Final = timedelta(seconds=10)
_LONGEST: Final = timedelta(days=1)
_GONE: Final = 410


class NotPossible(Exception):  # noqa: N818 - it says what is the matter
    """What a message asks for cannot be done: the vendor has no such thing, or nobody is there to do it. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Send it again after some time; `anew` with calls that are made from the object as it is then."""

    because: str
    after: timedelta
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """Leave it to a person."""

    because: str


def what_now(
    error: Exception, attempts: int, chance: float, *, is_event: bool = False, is_old: bool = False
) -> Again | Park:
    """What a failure calls for; `attempts` have been made with this one, and `chance` is a number from 0 to 1.

    `is_old` says that the calls were settled in an earlier attempt: the object may be another by now.
    """
    because = reason_of(error)
    if isinstance(error, NotPossible):
        return Park(because=because)
    if attempts >= (MOST_ATTEMPTS if isinstance(error, CallFailed) else _ATTEMPTS_AT_FAULTS):
        return Park(because=f"after {attempts} attempts: {because}")
    passes = _passes_for_a_listener(error) if is_event else _passes_at_a_vendor(error)
    if not passes and not is_old:
        return Park(because=because)
    asked = timedelta(seconds=getattr(error, "wait", None) or 0)
    return Again(because=because, after=max(min(asked, _LONGEST), pause(attempts, chance)), anew=is_old and not passes)


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many attempts: ten seconds, then three times as long each time up to a day, give or take."""
    most: timedelta = min(_FIRST * int(3 ** min(attempts - 1, 20)), _LONGEST)
    return most * (0.5 + chance / 2)


def reason_of(error: Exception) -> str:
    """A failure in words, without secrets and without what was sent."""
    if isinstance(error, (CallFailed, NotPossible)):
        return str(error)
    place = places_of(error)[0]
    return f"a fault of the program: {place['type']} at {' < '.join(place['at'][-1:])}"


def _passes_for_a_listener(error: Exception) -> bool:
    """Whether a later attempt may arrive. A consumer that is being set up or repaired answers all sorts of refusals; one that
    says that it is gone for good, or sends us elsewhere, does not.
    """
    return not isinstance(error, (Forbidden, Moved)) and getattr(error, "status", None) != _GONE


def _passes_at_a_vendor(error: Exception) -> bool:
    """Whether a later attempt may succeed. Credentials get renewed, and an object that is busy gets free; all other refusals stay."""
    if isinstance(error, (NotAllowed, Conflicting)):
        return True
    if isinstance(error, (NotThere, Refused)):
        return False
    return error.again if isinstance(error, CallFailed) else True
