"""People: users and what they lend each other, with each change in the access log in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.identifiers import new_id
from app.store.access_log import add_in
from app.store.database import Database
from app.store.identifiers import moment, searchable, stamp
from app.store.people_records import Access, Delegation, NameTaken, Role, UnknownUser, User
from app.store.people_tables import DELEGATIONS, USERS


class People:
    """The users, and what they lend each other."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, user: User, *, by: Access) -> User:
        """Add a user, whose id and time are given here. `by` is logged, with the new id as its subject. Raises `NameTaken`."""
        made = replace(user, user_id=new_id("usr"), created_at=self._clock(), name=searchable(user.name.casefold()))

        def work(connection: Connection) -> None:
            if connection.execute(select(USERS.c.user_id).where(USERS.c.name == made.name)).first() is not None:
                raise NameTaken(f"there is a user {made.name} already")
            connection.execute(insert(USERS), {"user_id": made.user_id, **_columns(made)})
            add_in(connection, replace(by, subject_id=made.user_id), self._clock())

        try:
            self._database.write(work)
        except IntegrityError as error:
            raise NameTaken(f"there is a user {made.name} already") from error
        return made

    def change(self, user: User, *, by: Access) -> User:
        """Write the user down as given. Raises `UnknownUser`."""

        def work(connection: Connection) -> None:
            query = update(USERS).where(USERS.c.user_id == user.user_id).values(**_columns(user))
            if connection.execute(query).rowcount == 0:
                raise UnknownUser(f"there is no user {user.user_id}")
            add_in(connection, by, self._clock())

        self._database.write(work)
        return user

    def get(self, user_id: str) -> User | None:
        """The user with this id."""
        return self._one(USERS.c.user_id == searchable(user_id))

    def named(self, name: str) -> User | None:
        """The user who signs in with this name, in whatever letters."""
        return self._one(USERS.c.name == searchable(name.casefold()))

    def known_as(self, issuer: str, subject: str) -> User | None:
        """The user whom an identity provider calls `subject`."""
        return self._one(USERS.c.issuer == issuer, USERS.c.subject == searchable(subject))

    def all(self) -> tuple[User, ...]:
        """Everybody, by name."""
        rows = self._database.read(lambda connection: connection.execute(select(USERS).order_by(USERS.c.name)).all())
        return tuple(map(_user, rows))

    def lend(self, delegation: Delegation, *, by: Access) -> Delegation:
        """Add a delegation, whose id and time are given here."""
        made = replace(delegation, delegation_id=new_id("dlg"), created_at=self._clock())
        columns = {
            "delegation_id": made.delegation_id,
            "from_user": made.from_user,
            "to_user": made.to_user,
            "roles": _listed(made.roles),
            "approval_roles": _listed(made.approval_roles),
            "starts_at": stamp(made.starts_at),
            "ends_at": stamp(made.ends_at),
            "reason": searchable(made.reason),
            "created_at": stamp(made.created_at),
            "created_by": made.created_by,
        }

        def work(connection: Connection) -> None:
            connection.execute(insert(DELEGATIONS), columns)
            add_in(connection, replace(by, subject_id=made.delegation_id), self._clock())

        self._database.write(work)
        return made

    def take_back(self, delegation_id: str, *, by: Access) -> bool:
        """End a delegation now; False where there is none that has not ended."""
        now = self._clock()
        query = (
            update(DELEGATIONS)
            .where(DELEGATIONS.c.delegation_id == searchable(delegation_id), DELEGATIONS.c.ended_at.is_(None))
            .values(ended_at=stamp(now))
        )

        def work(connection: Connection) -> bool:
            done = connection.execute(query).rowcount > 0
            if done:
                add_in(connection, by, now)
            return done

        return self._database.write(work)

    def delegation(self, delegation_id: str) -> Delegation | None:
        """The delegation with this id."""
        found = self._delegations(DELEGATIONS.c.delegation_id == searchable(delegation_id))
        return found[0] if found else None

    def lent_to(self, user_id: str) -> tuple[Delegation, ...]:
        """What this user has of others now."""
        now = stamp(self._clock())
        return self._delegations(
            DELEGATIONS.c.to_user == user_id,
            DELEGATIONS.c.ended_at.is_(None),
            DELEGATIONS.c.starts_at <= now,
            DELEGATIONS.c.ends_at > now,
        )

    def delegations_of(self, user_id: str | None = None) -> tuple[Delegation, ...]:
        """All that this user gave or got, or all there are, the newest first."""
        if user_id is None:
            return self._delegations()
        return self._delegations(or_(DELEGATIONS.c.from_user == user_id, DELEGATIONS.c.to_user == user_id))

    def _one(self, *conditions: ColumnElement[bool]) -> User | None:
        query = select(USERS).where(*conditions)
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _user(row)

    def _delegations(self, *conditions: ColumnElement[bool]) -> tuple[Delegation, ...]:
        query = select(DELEGATIONS).where(*conditions).order_by(DELEGATIONS.c.delegation_id.desc())
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(map(_delegation, rows))


def _columns(user: User) -> dict[str, Any]:
    return {
        "name": searchable(user.name),
        "display_name": searchable(user.display_name),
        "email": searchable(user.email),
        "password_hash": user.password_hash,
        "roles": _listed(user.roles),
        "approval_roles": _listed(user.approval_roles),
        "rep_id": searchable(user.rep_id),
        "issuer": user.issuer,
        "subject": searchable(user.subject),
        "created_at": stamp(user.created_at),
        "password_changed_at": None if user.password_changed_at is None else stamp(user.password_changed_at),
        "disabled_at": None if user.disabled_at is None else stamp(user.disabled_at),
    }


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(
        user_id=row.user_id,
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        password_hash=row.password_hash,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        approval_roles=frozenset(json.loads(row.approval_roles)),
        rep_id=row.rep_id,
        issuer=row.issuer,
        subject=row.subject,
        created_at=moment(row.created_at),
        password_changed_at=_moment(row.password_changed_at),
        disabled_at=_moment(row.disabled_at),
    )


def _delegation(row: Row[*tuple[Any, ...]]) -> Delegation:
    return Delegation(
        delegation_id=row.delegation_id,
        from_user=row.from_user,
        to_user=row.to_user,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        approval_roles=frozenset(json.loads(row.approval_roles)),
        starts_at=moment(row.starts_at),
        ends_at=moment(row.ends_at),
        reason=row.reason,
        created_at=moment(row.created_at),
        created_by=row.created_by,
        ended_at=_moment(row.ended_at),
    )


def _listed(words: Iterable[str]) -> str:
    return searchable(json.dumps(sorted(str(word) for word in words), ensure_ascii=False))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
