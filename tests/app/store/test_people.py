"""People in the store, on each database: users, sessions, attempts, and a log that is only added to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from app.people.person import system
from app.store import AccessFilter, Delegation, NameTaken, Role, UnknownUser, User
from tests.app.store.builders import NOON, a_store
from tests.fakes import Clock

BY = system("created", "user", "")
LONGEST = timedelta(minutes=15)
DAY = timedelta(days=1)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock) as opened:
        yield opened


def a_user(name="ann", **terms):
    return User(
        **({"user_id": "", "name": name, "display_name": name, "roles": frozenset(), "created_at": NOON} | terms)
    )


def test_a_user_comes_back_as_written(store):
    given = a_user("Ann", roles=frozenset(Role), approval_roles=frozenset({"cfo", "deal desk"}), rep_id="r\x00")
    made = store.people.add(given, by=BY)
    assert store.people.named("ANN") == replace(made, rep_id="r\ufffd")
    assert store.people.get(made.user_id).approval_roles == {"cfo", "deal desk"}
    [entry] = store.access.newest()
    assert (entry.access.action, entry.access.subject_id) == ("created", made.user_id)


def test_a_name_is_given_once(store):
    store.people.add(a_user(), by=BY)
    with pytest.raises(NameTaken):
        store.people.add(a_user("ANN"), by=BY)
    with pytest.raises(UnknownUser):
        store.people.change(a_user("bob"), by=BY)
    assert len(store.access.newest()) == 1


def test_a_session_is_found_by_its_secret_until_it_ends(store, clock):
    new = store.sessions.begin("usr_1", lasts=DAY)
    assert store.sessions.find(new.token, idle=DAY).session_id == new.session.session_id
    assert store.sessions.find(new.token + "x", idle=DAY) is None
    clock.advance(minutes=5)
    assert store.sessions.find(new.token, idle=timedelta(minutes=4)) is None
    assert store.sessions.find(new.token, idle=DAY) is not None
    assert store.sessions.of("usr_1", idle=DAY)[0].seen_at == clock.now
    assert store.sessions.end_all("usr_1", but=new.session.session_id) == 0
    assert store.sessions.end("usr_1", new.session.session_id)
    assert store.sessions.find(new.token, idle=DAY) is None


def test_the_secret_of_a_session_is_not_in_the_database(store, database_url):
    new = store.sessions.begin("usr_1", lasts=DAY)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM sessions").all()
    engine.dispose()
    assert new.token not in str(rows)


def test_of_many_attempts_at_once_no_more_are_let_through_than_are_free(store):
    def attempt(_):
        return store.attempts.begin([("name:ann", 5)], longest=LONGEST, forgotten=DAY)

    with ThreadPoolExecutor(4) as several:
        waits = list(several.map(attempt, range(12)))
    assert sum(wait == timedelta() for wait in waits) == 6


def test_the_wait_doubles_up_to_its_longest_and_is_forgotten(store, clock):
    def attempt():
        return store.attempts.begin([("name:ann", 0)], longest=timedelta(seconds=6), forgotten=DAY)

    seconds = []
    for _ in range(5):
        assert attempt() == timedelta()
        wait = attempt()
        seconds.append(wait.total_seconds())
        clock.now += wait
    assert seconds == [1, 2, 4, 6, 6]
    clock.advance(days=2)
    assert attempt() == timedelta()
    assert attempt() == timedelta(seconds=1)


def test_what_is_old_is_purged(store, clock):
    store.sessions.begin("usr_1", lasts=DAY)
    store.attempts.begin([("name:ann", 0)], longest=LONGEST, forgotten=DAY)
    clock.advance(days=3)
    assert store.sessions.purge() == 2


def test_what_is_lent_counts_in_its_time_until_it_is_taken_back(store, clock):
    lent = Delegation(
        delegation_id="",
        from_user="a",
        to_user="b",
        roles=frozenset({Role.AUDITOR}),
        starts_at=clock.now + timedelta(hours=1),
        ends_at=clock.now + timedelta(hours=2),
        created_at=clock.now,
        created_by="a",
    )
    made = store.people.lend(lent, by=BY)
    assert store.people.lent_to("b") == ()
    clock.advance(hours=1)
    assert store.people.lent_to("b") == (made,)
    assert store.people.take_back(made.delegation_id, by=BY)
    assert not store.people.take_back(made.delegation_id, by=BY)
    assert store.people.lent_to("b") == ()
    assert len(store.people.delegations_of("a")) == 1


def test_the_access_log_is_read_newest_first_and_filtered(store):
    for number in range(3):
        store.access.add(system("viewed", "quote", f"Q-{number}"))
    store.access.add(system("viewed", "audit", "A-1"))
    quotes = AccessFilter(subject_type="quote")
    assert [each.access.subject_id for each in store.access.newest(quotes, limit=2)] == ["Q-2", "Q-1"]
    last = store.access.newest(quotes, limit=2)[-1]
    assert [each.access.subject_id for each in store.access.newest(quotes, before=last.seq)] == ["Q-0"]
    assert len(list(store.access.all())) == 4


def test_the_access_log_stays_as_it_was_written(store, database_url):
    store.access.add(system("viewed", "quote", "Q-1"))
    engine = create_engine(database_url)
    for statement in ("UPDATE access_log SET user_name = 'x'", "DELETE FROM access_log"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()
