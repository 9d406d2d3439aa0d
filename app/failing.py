"""What is done when an event cannot be handled: try again and when, wait for a person, or leave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.observability.logs import places_of
from app.rules import RulesRefused
from app.store import StoreUnavailable
from cpq_hooks.adapter import NotUnderstood
from cpq_hooks.clients.failures import CallFailed, NotThere
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, TooLarge

MOST_ATTEMPTS: Final = 24
"""So often an event is tried, over some two days, before it waits for a person."""
_ATTEMPTS_AT_FAULTS: Final = 3
_FIRST_SECONDS: Final = 10.0
_LONGEST: Final = timedelta(hours=3)
_MOST_REASONS: Final = 5
_UNKNOWN_AGREEMENT: Final = "unknown_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Try again after some time."""

    because: str
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """Wait for a person: trying again would not help."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """There is nothing to be done."""

    because: str


def what_now(error: Exception, attempts: int, chance: float) -> Again | Park | Leave:
    """What a failure calls for; `attempts` have been made, and `chance` is a number from 0 to 1."""
    if isinstance(error, NotThere):
        return Leave(because="the object was deleted before it was fetched")
    because = reason_of(error)
    if not _passes(error) or attempts >= (MOST_ATTEMPTS if _is_foreseen(error) else _ATTEMPTS_AT_FAULTS):
        return Park(because=because)
    asked = timedelta(seconds=getattr(error, "wait", None) or 0)
    return Again(because=because, after=max(min(asked, _LONGEST), pause(attempts, chance)))


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many attempts: ten seconds, then twice as long each time up to three hours, give or take."""
    return min(timedelta(seconds=_FIRST_SECONDS * 2.0 ** min(attempts - 1, 20)), _LONGEST) * (0.75 + chance / 2)


def reason_of(error: Exception) -> str:
    """A failure in words for whoever looks at the inbox. They may quote the document, so they are for no log."""
    if isinstance(error, Invalid):
        told = "; ".join(f"{each.path}: {each.message}" for each in error.problems[:_MOST_REASONS])
        more = len(error.problems) - _MOST_REASONS
        return f"{told}; and {more} more" if more > 0 else told
    if isinstance(error, RulesRefused):
        return "the policies cannot be taken up"
    if _is_foreseen(error):
        return str(error)
    return f"a fault of the program: {places_of(error)[0]['type']} at {' < '.join(places_of(error)[0]['at'][-1:])}"


def _is_foreseen(error: Exception) -> bool:
    kinds = (CallFailed, StoreUnavailable, RulesRefused, Invalid, NotUnderstood, Malformed, TooLarge)
    return isinstance(error, kinds)


def _passes(error: Exception) -> bool:
    """Whether the same may well go right later. An agreement that is not known yet may be on its way."""
    if isinstance(error, CallFailed):
        return error.again
    if isinstance(error, Invalid):
        return all(each.code == _UNKNOWN_AGREEMENT for each in error.problems)
    return not isinstance(error, (NotUnderstood, Malformed, TooLarge))
