"""Signing in and out: a name and a password, counted, slowed down, and answered alike whoever is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from app.people.passwords import LONGEST, Passwords, what_is_wrong
from app.people.person import Lent, Person
from app.store import NewSession, Session, Store, User

_FREE_BY_NAME: Final = 5
_FREE_BY_ADDRESS: Final = 30
_LONGEST_WAIT: Final = timedelta(minutes=15)
_FORGOTTEN: Final = timedelta(hours=24)
_LONGEST_NAME: Final = 200


class NotSignedIn(Exception):  # noqa: N818 - it says what is the matter
    """The name or the password is not right, or it was tried too often; `wait` says for how long none is looked at."""

    def __init__(self, wait: timedelta = timedelta()) -> None:
        super().__init__("not signed in")
        self.wait = wait


class PasswordRefused(ValueError):  # noqa: N818 - it says what happened
    """The password cannot be changed so; the message says why. `which` is the field that it is about."""

    def __init__(self, message: str, *, which: str) -> None:
        super().__init__(message)
        self.which = which


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long a session lasts: `idle` without a request, `at_most` in any case."""

    idle: timedelta = timedelta(hours=2)
    at_most: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Where a request comes from, as far as it can be known: behind a proxy there is no address."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is asking, and in which session."""

    person: Person
    session: Session


class SigningIn:
    """Lets people in and out."""

    def __init__(self, store: Store, clock: Callable[[], datetime], passwords: Passwords, span: Span) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self.span = span

    def sign_in(self, name: str, password: str, browser: Browser) -> NewSession:
        """A new session for who has this name and password. Raises `NotSignedIn`.

        It is counted before it is tried, and takes as long for a name that nobody has.
        """
        name = name.strip()[:_LONGEST_NAME].casefold()
        self._count(name, browser)
        user = self._store.people.named(name)
        kept = user.password_hash if user is not None and user.is_active else None
        if not self._passwords.fits(password[: LONGEST + 1], kept) or user is None or kept is None:
            raise NotSignedIn
        self._store.attempts.succeed(f"name:{name}")
        if self._passwords.is_outdated(kept):
            renewed = replace(user, password_hash=self._passwords.hash(password))
            self._store.people.change(renewed, by=Person(user=user).did("renewed-hash", "user", user.user_id))
        return self.begin(user, browser, "with a password")

    def begin(self, user: User, browser: Browser, how: str) -> NewSession:
        """A session for somebody who is known to be who they are."""
        self._store.access.add(Person(user=user).did("signed-in", "user", user.user_id, how))
        return self._store.sessions.begin(
            user.user_id, lasts=self.span.at_most, address=browser.address, agent=browser.agent
        )

    def who(self, token: str) -> SignedIn | None:
        """Who the session's secret belongs to, as they are now."""
        session = self._store.sessions.find(token, idle=self.span.idle)
        user = None if session is None else self._store.people.get(session.user_id)
        if session is None or user is None or not user.is_active:
            return None
        return SignedIn(person=self.person(user), session=session)

    def person(self, user: User) -> Person:
        """The user with what others lend them now. What is lent ends when its giver is disabled."""
        lent = []
        for delegation in self._store.people.lent_to(user.user_id):
            giver = self._store.people.get(delegation.from_user)
            if giver is not None and giver.is_active:
                lent.append(Lent(delegation=delegation, giver=giver))
        return Person(user=user, lent=tuple(lent))

    def sign_out(self, signed_in: SignedIn) -> None:
        """End the session."""
        person, session = signed_in.person, signed_in.session
        if self._store.sessions.end(person.id, session.session_id):
            self._store.access.add(person.did("signed-out", "user", person.id))

    def change_password(self, signed_in: SignedIn, old: str, new: str, browser: Browser) -> None:
        """Change one's own password, and end one's other sessions. Raises `PasswordRefused` and `NotSignedIn`."""
        user = signed_in.person.user
        self._count(user.name, browser)
        if not self._passwords.fits(old[: LONGEST + 1], user.password_hash):
            raise PasswordRefused("This is not your password.", which="old")
        self._store.attempts.succeed(f"name:{user.name}")
        wrong = what_is_wrong(new, name=user.name)
        if wrong is not None:
            raise PasswordRefused(wrong, which="new")
        changed = replace(user, password_hash=self._passwords.hash(new), password_changed_at=self._clock())
        self._store.people.change(changed, by=signed_in.person.did("changed-password", "user", user.user_id))
        self._store.sessions.end_all(user.user_id, but=signed_in.session.session_id)

    def _count(self, name: str, browser: Browser) -> None:
        tried = [(f"name:{name}", _FREE_BY_NAME)]
        if browser.address:
            tried.append((f"address:{browser.address}", _FREE_BY_ADDRESS))
        wait = self._store.attempts.begin(tried, longest=_LONGEST_WAIT, forgotten=_FORGOTTEN)
        if wait > timedelta():
            raise NotSignedIn(wait)
