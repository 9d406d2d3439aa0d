"""Recovery cases: the states that one goes through, the moves that are allowed, and what a move does to the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class CaseState(StrEnum):
    """How far money that was found is on its way back."""

    DETECTED = "detected"
    CONFIRMED = "confirmed"
    CONTACTED = "contacted"
    INVOICED = "invoiced"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


_D, _C, _T, _I, _R, _W = CaseState
MOVES: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    _D: frozenset({_C, _W}),
    _C: frozenset({_T, _I, _W, _D}),
    _T: frozenset({_I, _R, _W}),
    _I: frozenset({_T, _R, _W}),
    _R: frozenset({_R, _I, _W}),
    _W: frozenset({_C}),
}
"""Where a case may go from each state. From recovered to recovered says that more came; back to invoiced, that a payment
bounced; written off to confirmed, that it is taken up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoney:
    """A case's amounts in minor units. `recovered` and `written_off` are parts of `recoverable`, `collected` of `recovered`."""

    recoverable: int
    invoiced: int = 0
    recovered: int = 0
    collected: int = 0
    written_off: int = 0

    @property
    def open(self) -> int:
        """What is neither recovered nor written off."""
        return self.recoverable - self.recovered - self.written_off


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move to a state. `amount` is what is invoiced, recovered or written off by it; None is all that is open.

    `collected` is how much of what is recovered has been paid.
    """

    to: CaseState
    amount: int | None = None
    collected: int | None = None


class NotAllowed(ValueError):  # noqa: N818 - the name says what is wrong
    """The move cannot be made; the message is a sentence for whoever tried. `field` is what it is about."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def after_move(state: CaseState, money: CaseMoney, move: Move) -> CaseMoney:
    """The amounts after a move. Raises `NotAllowed`."""
    if move.to not in MOVES[state]:
        allowed = ", ".join(each.value for each in CaseState if each in MOVES[state])
        raise NotAllowed("to", f"a case that is {state.value} can become {allowed}, not {move.to.value}")
    after = _MONEY.get(move.to, _unchanged)(state, money, move)
    if after.collected > after.recovered:
        raise NotAllowed("collected", "more would be collected than is recovered")
    return after


def _unchanged(state: CaseState, money: CaseMoney, move: Move) -> CaseMoney:
    if move.amount is not None or move.collected is not None:
        raise NotAllowed("amount", f"a move to {move.to.value} has no amount")
    # Taken up again, nothing of it is written off any more.
    return replace(money, written_off=0) if state is CaseState.WRITTEN_OFF else money


def _invoiced(state: CaseState, money: CaseMoney, move: Move) -> CaseMoney:
    if state is CaseState.RECOVERED:
        back = money.recovered if move.amount is None else move.amount
        _within(back, money.recovered, "takes back more than was recovered")
        left = money.recovered - back
        return replace(money, recovered=left, collected=min(money.collected, left))
    amount = money.recoverable if move.amount is None else move.amount
    _within(amount, money.recoverable, "is more than can be recovered")
    return replace(money, invoiced=amount)


def _recovered(_: CaseState, money: CaseMoney, move: Move) -> CaseMoney:
    amount = money.open if move.amount is None else move.amount
    _within(amount, money.open, "is more than is still open")
    return replace(money, recovered=money.recovered + amount, collected=money.collected + (move.collected or 0))


def _written_off(_: CaseState, money: CaseMoney, move: Move) -> CaseMoney:
    if move.amount not in (None, money.open):
        raise NotAllowed("amount", "whatever is still open is written off: leave the amount out")
    return replace(money, written_off=money.written_off + money.open)


def _within(amount: int, most: int, message: str) -> None:
    if not 0 <= amount <= most:
        raise NotAllowed("amount", f"the amount {message}")


_MONEY: Final = {_I: _invoiced, _R: _recovered, _W: _written_off}
