"""Sessions, each found by the digest of a secret that only the browser has; and the count of attempts to sign in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, text, update

from app.identifiers import new_id
from app.store.database import Database, Prepared
from app.store.identifiers import moment, searchable, stamp
from app.store.people_records import Session
from app.store.people_tables import SESSIONS, SIGN_IN_ATTEMPTS

_BY_TOKEN: Final = Prepared(select(SESSIONS).where(SESSIONS.c.token_hash == bindparam("token_hash")))
_NOTICED_EVERY: Final = timedelta(minutes=1)
_LONGEST_AGENT: Final = 200
_FIRST: Final = text(
    "INSERT INTO sign_in_attempts (subject, failures, last_at, open_at) VALUES (:subject, 0, :now, :now) "
    "ON CONFLICT (subject) DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session that has just begun. `token` goes to the browser and is kept nowhere else."""

    token: str = field(repr=False)
    session: Session


class Sessions:
    """Who is signed in where."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(self, user_id: str, *, lasts: timedelta, address: str = "", agent: str = "") -> NewSession:
        """A new session of a new secret, which ends after `lasts` at the latest."""
        token, now = secrets.token_urlsafe(32), self._clock()
        session = Session(
            session_id=new_id("ses"),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
            address=searchable(address),
            agent=searchable(agent[:_LONGEST_AGENT]),
        )
        columns = {
            "token_hash": _digest(token),
            "session_id": session.session_id,
            "user_id": user_id,
            "created_at": stamp(now),
            "seen_at": stamp(now),
            "expires_at": stamp(session.expires_at),
            "address": session.address,
            "agent": session.agent,
        }
        self._database.write(lambda connection: connection.execute(insert(SESSIONS), columns))
        return NewSession(token=token, session=session)

    def find(self, token: str, *, idle: timedelta) -> Session | None:
        """The session of this secret, unless it has ended, expired, or was left alone for longer than `idle`."""
        values = {"token_hash": _digest(token)}
        row = self._database.read(lambda connection: _BY_TOKEN.run(connection, values).first())
        if row is None:
            return None
        session, now = _session(row), self._clock()
        if session.ended_at is not None or now >= session.expires_at or now - session.seen_at > idle:
            return None
        if now - session.seen_at >= _NOTICED_EVERY:
            self._see(values["token_hash"], now)
        return session

    def of(self, user_id: str, *, idle: timedelta) -> tuple[Session, ...]:
        """The sessions of a user that have not ended, the newest first."""
        now = self._clock()
        query = (
            select(SESSIONS)
            .where(
                SESSIONS.c.user_id == user_id,
                SESSIONS.c.ended_at.is_(None),
                SESSIONS.c.expires_at > stamp(now),
                SESSIONS.c.seen_at >= stamp(now - idle),
            )
            .order_by(SESSIONS.c.created_at.desc())
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(map(_session, rows))

    def end(self, user_id: str, session_id: str) -> bool:
        """End one session of a user; False where there is none."""
        return self._end(SESSIONS.c.user_id == user_id, SESSIONS.c.session_id == searchable(session_id)) > 0

    def end_all(self, user_id: str, *, but: str | None = None) -> int:
        """End every session of a user, but for one; how many that were."""
        others = [] if but is None else [SESSIONS.c.session_id != but]
        return self._end(SESSIONS.c.user_id == user_id, *others)

    def purge(self) -> int:
        """Forget sessions that expired a day ago and attempts that are older than a day; how many that were."""
        before = {"before": stamp(self._clock() - timedelta(days=1))}
        queries = (
            delete(SESSIONS).where(SESSIONS.c.expires_at < bindparam("before")),
            delete(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.last_at < bindparam("before")),
        )
        return self._database.write(
            lambda connection: sum(connection.execute(each, before).rowcount for each in queries)
        )

    def _see(self, token_hash: str, now: datetime) -> None:
        query = update(SESSIONS).where(SESSIONS.c.token_hash == token_hash).values(seen_at=stamp(now))
        self._database.write(lambda connection: connection.execute(query))

    def _end(self, *conditions: Any) -> int:
        query = update(SESSIONS).where(SESSIONS.c.ended_at.is_(None), *conditions).values(ended_at=stamp(self._clock()))
        return self._database.write(lambda connection: connection.execute(query).rowcount)


class SignInAttempts:
    """How often it was tried in vain to sign in with a name or from an address."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(self, tried: Iterable[tuple[str, int]], *, longest: timedelta, forgotten: timedelta) -> timedelta:
        """Count an attempt as failed before it is made, so that a thousand at once get no more than a thousand in turn.

        `tried` are subjects, each with how many failures cost nothing. Beyond them each failure doubles the wait, from one
        second up to `longest`. Gives how long to wait; where that is more than nothing, the attempt may not be made and counts
        for nothing. Failures are `forgotten` after a while without one.
        """
        now = self._clock()
        subjects = {_digest(subject): free for subject, free in tried}

        def work(connection: Connection) -> timedelta:
            found = {subject: _attempts(connection, subject, now, forgotten) for subject in sorted(subjects)}
            wait = max((open_at - now for _, open_at in found.values()), default=timedelta())
            if wait > timedelta():
                return wait
            for subject, (failures, _) in found.items():
                _count(connection, subject, failures + 1, now, _wait(failures + 1 - subjects[subject], longest))
            return timedelta()

        return self._database.write(work)

    def succeed(self, *tried: str) -> None:
        """Forget the failures of these subjects."""
        digests = [_digest(subject) for subject in tried]
        query = delete(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.subject.in_(digests))
        self._database.write(lambda connection: connection.execute(query))


def _wait(beyond: int, longest: timedelta) -> timedelta:
    return min(timedelta(seconds=2 ** min(beyond - 1, 30)), longest) if beyond > 0 else timedelta()


def _attempts(connection: Connection, subject: str, now: datetime, forgotten: timedelta) -> tuple[int, datetime]:
    """The failures of a subject and when it may try again, with its row held: whoever comes at the same time waits for us."""
    connection.execute(_FIRST, {"subject": subject, "now": stamp(now)})
    query = select(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.subject == subject).with_for_update()
    row = connection.execute(query).one()
    return (0, now) if moment(row.last_at) < now - forgotten else (row.failures, moment(row.open_at))


def _count(connection: Connection, subject: str, failures: int, now: datetime, wait: timedelta) -> None:
    values = {"failures": failures, "last_at": stamp(now), "open_at": stamp(now + wait)}
    connection.execute(update(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.subject == subject).values(**values))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(
        session_id=row.session_id,
        user_id=row.user_id,
        created_at=moment(row.created_at),
        seen_at=moment(row.seen_at),
        expires_at=moment(row.expires_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
        address=row.address,
        agent=row.agent,
    )
