"""A person who is signed in: who they are, what they may do themselves, and what others lent them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.store import Access, Delegation, Role, User


@dataclass(frozen=True, kw_only=True)
class Lent:
    """A delegation that is in force, with the user who gave it, as they are now."""

    delegation: Delegation
    giver: User

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that were lent and that the giver still has."""
        return self.delegation.roles & self.giver.roles

    @property
    def approval_roles(self) -> frozenset[str]:
        """The approval roles that were lent and that the giver still has."""
        return self.delegation.approval_roles & self.giver.approval_roles


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user with what is lent to them now."""

    user: User
    lent: tuple[Lent, ...] = ()

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.user_id

    @property
    def name(self) -> str:
        """What to call them: the display name, or the name they sign in with."""
        return self.user.display_name.strip() or self.user.name

    @property
    def signed(self) -> str:
        """How they sign what is kept for good: by name, and by what they sign in with, which nobody else has."""
        return f"{self.name} ({self.user.name})"

    @property
    def rep_id(self) -> str | None:
        """Who they are on quotes, where they sell."""
        return self.user.rep_id

    @cached_property
    def roles(self) -> frozenset[Role]:
        """All roles they may act in now."""
        return self.user.roles.union(*[each.roles for each in self.lent])

    @cached_property
    def approval_roles(self) -> frozenset[str]:
        """All levels that they may approve at now, their own and lent ones."""
        own = self.user.approval_roles if Role.APPROVER in self.user.roles else frozenset[str]()
        return own.union(*[each.approval_roles for each in self.lent])

    def may(self, *roles: Role) -> bool:
        """Whether they act in one of these roles."""
        return not self.roles.isdisjoint(roles)

    def on_behalf_of(self, approval_role: str) -> User | None:
        """Who lent them this level, where they have it from another only."""
        if Role.APPROVER in self.user.roles and approval_role in self.user.approval_roles:
            return None
        return next((each.giver for each in self.lent if approval_role in each.approval_roles), None)

    def did(self, action: str, subject_type: str, subject_id: str, detail: str = "") -> Access:
        """What they did, for the access log."""
        return Access(
            user_id=self.id,
            user_name=self.user.name,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            detail=detail,
        )


def system(action: str, subject_type: str, subject_id: str, detail: str = "") -> Access:
    """What was done from the command line, for the access log."""
    return Access(
        user_id="",
        user_name="command line",
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        detail=detail,
    )
