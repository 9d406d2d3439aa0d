"""Lending: one person gives another what they may do, for a while, on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from app.people.person import Person
from app.store import Delegation, Role, Store

LONGEST: Final = timedelta(days=366)
_NOT_LENT: Final = frozenset({Role.REP, Role.ADMIN})
"""Who sells is a matter of who somebody is; and an administrator makes another one in the open."""


class LendingRefused(ValueError):  # noqa: N818 - it says what happened
    """It cannot be lent so; the message says why. `which` is the field that it is about."""

    def __init__(self, message: str, *, which: str) -> None:
        super().__init__(message)
        self.which = which


class Lending:
    """Records what people lend each other."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def lend(
        self,
        giver: Person,
        *,
        to_user: str,
        ends_at: datetime,
        roles: frozenset[Role] = frozenset(),
        approval_roles: frozenset[str] = frozenset(),
        starts_at: datetime | None = None,
        reason: str = "",
    ) -> Delegation:
        """Lend roles and levels of one's own until a date. What was lent cannot be lent on. Raises `LendingRefused`."""
        now = self._clock()
        starts_at = starts_at or now
        taker = self._store.people.get(to_user)
        if taker is None or not taker.is_active or taker.user_id == giver.id:
            raise LendingRefused("Choose somebody else who may sign in.", which="to_user")
        _check_span(starts_at, ends_at, now)
        if approval_roles:
            roles |= {Role.APPROVER}
        _check_what(giver, roles, approval_roles)
        delegation = Delegation(
            delegation_id="",
            from_user=giver.id,
            to_user=to_user,
            roles=roles,
            approval_roles=approval_roles,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            created_at=now,
            created_by=giver.id,
        )
        what = ", ".join(sorted({*map(str, roles), *approval_roles}))
        by = giver.did("lent", "delegation", "", f"{what} to {taker.name} until {ends_at:%Y-%m-%d}")
        return self._store.people.lend(delegation, by=by)


def _check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= max(starts_at, now):
        raise LendingRefused("It must end after it begins, and later than now.", which="ends_on")
    if ends_at - starts_at > LONGEST:
        raise LendingRefused(f"Lend it for {LONGEST.days} days at most.", which="ends_on")


def _check_what(giver: Person, roles: frozenset[Role], approval_roles: frozenset[str]) -> None:
    own = giver.user
    if not roles:
        raise LendingRefused("Choose what to lend.", which="roles")
    if barred := roles & _NOT_LENT:
        raise LendingRefused(f"The role {min(barred)} cannot be lent.", which="roles")
    if missing := roles - own.roles:
        raise LendingRefused(f"You do not have the role {min(missing)} yourself.", which="roles")
    if above := approval_roles - own.approval_roles:
        raise LendingRefused(f"You do not have the level {min(above)} yourself.", which="approval_roles")
