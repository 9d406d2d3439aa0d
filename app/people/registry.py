"""The register of users: made, changed, disabled and given passwords, each with who did it on record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.people.passwords import Passwords, what_is_wrong
from app.store import Access, NameTaken, Role, Store, UnknownUser, User
from policies.domain.company import Company

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_LONGEST_NAME: Final = 200

Did = Callable[[str, str, str, str], Access]
"""Makes the entry of the access log: `Person.did` or `system`."""


class UserRefused(ValueError):  # noqa: N818 - it says what happened
    """The user cannot be so; the message says why. `which` is the field that it is about."""

    def __init__(self, message: str, *, which: str) -> None:
        super().__init__(message)
        self.which = which


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a user shall be."""

    name: str
    display_name: str = ""
    roles: frozenset[Role] = frozenset()
    approval_roles: frozenset[str] = frozenset()
    rep_id: str | None = None
    email: str | None = None


class Registry:
    """Makes and changes users."""

    def __init__(self, store: Store, clock: Callable[[], datetime], passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords

    def create(self, wanted: Wanted, password: str | None, did: Did) -> User:
        """A new user; without a password one who signs in by the identity provider only. Raises `UserRefused`."""
        name = wanted.name.strip().casefold()
        if not _NAME.fullmatch(name):
            raise UserRefused("Use small letters, digits and . _ @ + - for the name, at most 100.", which="name")
        self._check(wanted)
        user = User(
            user_id="",
            name=name,
            display_name=wanted.display_name.strip() or name,
            roles=wanted.roles,
            approval_roles=wanted.approval_roles,
            rep_id=wanted.rep_id or None,
            email=wanted.email or None,
            created_at=self._clock(),
            password_hash=None if password is None else self._hash(password, name),
            password_changed_at=None if password is None else self._clock(),
        )
        try:
            return self._store.people.add(user, by=did("created", "user", "", _described(user)))
        except NameTaken as taken:
            raise UserRefused(f"{str(taken).capitalize()}.", which="name") from None

    def change(self, user: User, wanted: Wanted, did: Did) -> User:
        """Other roles, levels, display name or rep. The name stays. Raises `UserRefused`."""
        self._check(wanted)
        if Role.ADMIN in user.roles and Role.ADMIN not in wanted.roles:
            self._keep_an_admin(user, "roles")
        changed = replace(
            user,
            display_name=wanted.display_name.strip() or user.name,
            roles=wanted.roles,
            approval_roles=wanted.approval_roles,
            rep_id=wanted.rep_id or None,
            email=wanted.email or None,
        )
        return self._store.people.change(changed, by=did("changed", "user", user.user_id, _described(changed)))

    def set_password(self, user: User, password: str, did: Did) -> User:
        """Another password, given by an administrator; ends every session of the user. Raises `UserRefused`."""
        changed = replace(user, password_hash=self._hash(password, user.name), password_changed_at=self._clock())
        self._store.people.change(changed, by=did("set-password", "user", user.user_id, ""))
        self._store.sessions.end_all(user.user_id)
        return changed

    def disable(self, user: User, did: Did) -> User:
        """Nobody signs in so any more, and every session ends at once. Raises `UserRefused` for the last administrator."""
        self._keep_an_admin(user, "name")
        changed = replace(user, disabled_at=user.disabled_at or self._clock())
        self._store.people.change(changed, by=did("disabled", "user", user.user_id, ""))
        self._store.sessions.end_all(user.user_id)
        return changed

    def enable(self, user: User, did: Did) -> User:
        """May sign in again."""
        return self._store.people.change(replace(user, disabled_at=None), by=did("enabled", "user", user.user_id, ""))

    def named(self, name: str) -> User:
        """The user of this name. Raises `UnknownUser`."""
        found = self._store.people.named(name.strip())
        if found is None:
            raise UnknownUser(f"there is no user {name}")
        return found

    def _hash(self, password: str, name: str) -> str:
        wrong = what_is_wrong(password, name=name)
        if wrong is not None:
            raise UserRefused(wrong, which="password")
        return self._passwords.hash(password)

    def _check(self, wanted: Wanted) -> None:
        if len(wanted.display_name) > _LONGEST_NAME:
            raise UserRefused(f"Use at most {_LONGEST_NAME} characters.", which="display_name")
        if wanted.approval_roles and Role.APPROVER not in wanted.roles:
            raise UserRefused("Levels are an approver's: give the role approver as well.", which="approval_roles")
        if wanted.rep_id and Role.REP not in wanted.roles:
            raise UserRefused("Only a rep has a rep's id: give the role rep as well.", which="rep_id")

    def _keep_an_admin(self, user: User, which: str) -> None:
        others = (each for each in self._store.people.all() if each.is_active and each.user_id != user.user_id)
        if Role.ADMIN in user.roles and user.is_active and not any(Role.ADMIN in each.roles for each in others):
            raise UserRefused("There must be an administrator left.", which=which)


def approval_roles_of(company: Company | None) -> tuple[str, ...]:
    """The approval roles that the company's tables name: the ladder, then those beside it, in order."""
    if company is None:
        return ()
    found: list[str] = []
    if company.discount_authority is not None:
        found += company.discount_authority.ladder
    terms = company.payment_terms
    if terms is not None:
        found += [terms.approver, *[each.approver for each in terms.extended]]
    found += [part.approver for part in (company.renewal, company.term) if part is not None and part.approver]
    found += company.approval_hours
    found += [role for chain in company.approval_chains for stage in chain.stages for role in stage.roles]
    found += [company.reviews.waiver_role] if company.reviews.waiver_role is not None else []
    return _once(found)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _described(user: User) -> str:
    return ", ".join(sorted({*map(str, user.roles), *[f"level {each}" for each in user.approval_roles]})) or "no roles"
