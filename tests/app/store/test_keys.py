"""A key is shown once, opens what it is for, and stops when it is told to."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from app.store import Scope, UnknownKey
from tests.app.store.builders import NOON, a_store


class Clock:
    """A clock that stands until it is set."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(database_url, clock):
    with a_store(database_url, clock=clock) as store:
        yield store.keys


def test_a_new_key_opens_what_it_is_for(keys):
    made = keys.create("Salesforce", [Scope.CHECK, Scope.READ])
    found = keys.authenticate(made.secret)
    assert (found.id, found.name, found.scopes) == (made.key.id, "Salesforce", {Scope.CHECK, Scope.READ})
    assert made.secret.startswith(f"qg_{made.key.id}_")
    assert len(made.secret.split("_")[2]) == 64


def test_the_secret_is_nowhere_in_the_database_or_in_a_log(keys, database_url):
    made = keys.create("Salesforce", [Scope.CHECK])
    own = made.secret.split("_")[2]
    engine = create_engine(database_url)
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM api_keys").one()
    engine.dispose()
    assert own not in repr(row)
    assert own not in repr(made)


def test_any_other_text_opens_nothing(keys):
    secret = keys.create("Salesforce", [Scope.CHECK]).secret
    front, _, own = secret.rpartition("_")
    others = ["", secret[:-1], secret + "0", secret.replace("qg_", "xx_"), secret.upper(), front, front + "_"]
    others += ["qg_000000000000_" + own, own, "qg_\x00\ud800_é", "qg__", f" {secret}", f"{front}_{'0' * 64}"]
    assert [text for text in others if keys.authenticate(text) is not None] == []


def test_a_key_ends_when_it_was_said_to(keys, clock):
    made = keys.create("trial", [Scope.CHECK], expires_at=NOON + timedelta(days=1))
    clock.now += timedelta(hours=23)
    assert keys.authenticate(made.secret) is not None
    clock.now += timedelta(hours=1)
    assert keys.authenticate(made.secret) is None


def test_a_revoked_key_opens_nothing_any_more(keys, clock):
    made = keys.create("Salesforce", [Scope.CHECK])
    assert keys.revoke(made.key.id).revoked_at == NOON
    assert keys.authenticate(made.secret) is None
    clock.now += timedelta(days=1)
    assert keys.revoke(made.key.id).revoked_at == NOON


def test_a_rotated_key_works_on_until_the_new_one_is_in_place(keys, clock):
    old = keys.create("Salesforce", [Scope.CHECK, Scope.READ])
    new = keys.rotate(old.key.id, overlap=timedelta(hours=2))
    assert (new.key.rotated_from, new.key.name, new.key.scopes) == (old.key.id, old.key.name, old.key.scopes)
    assert keys.authenticate(old.secret) is not None
    clock.now += timedelta(hours=2)
    assert keys.authenticate(old.secret) is None
    assert keys.authenticate(new.secret).id == new.key.id


def test_rotating_does_not_make_a_key_live_longer(keys):
    old = keys.create("trial", [Scope.CHECK], expires_at=NOON + timedelta(hours=1))
    keys.rotate(old.key.id, overlap=timedelta(days=7))
    assert keys.get(old.key.id).expires_at == NOON + timedelta(hours=1)


def test_a_revoked_key_is_not_rotated(keys):
    made = keys.create("Salesforce", [Scope.CHECK])
    keys.revoke(made.key.id)
    with pytest.raises(UnknownKey, match="create a new one"):
        keys.rotate(made.key.id, overlap=timedelta(0))
    assert len(keys.all()) == 1


def test_a_key_that_was_never_made_is_unknown(keys):
    for call in (keys.get, keys.revoke):
        with pytest.raises(UnknownKey, match="there is no key 123"):
            call("123")


def test_a_key_without_a_scope_is_not_made(keys):
    with pytest.raises(ValueError, match="scope"):
        keys.create("nothing", [])


def test_the_last_use_is_known_to_ten_minutes(keys, clock):
    made = keys.create("Salesforce", [Scope.CHECK])
    assert keys.get(made.key.id).last_used_at is None
    keys.authenticate(made.secret)
    clock.now += timedelta(minutes=9)
    keys.authenticate(made.secret)
    assert keys.get(made.key.id).last_used_at == NOON
    clock.now += timedelta(minutes=1)
    keys.authenticate(made.secret)
    assert keys.get(made.key.id).last_used_at == NOON + timedelta(minutes=10)


def test_keys_are_listed_oldest_first_the_ended_ones_too(keys, clock):
    first = keys.create("first", [Scope.ADMIN])
    clock.now += timedelta(seconds=1)
    keys.create("second", [Scope.REVIEW])
    keys.revoke(first.key.id)
    assert [key.name for key in keys.all()] == ["first", "second"]
