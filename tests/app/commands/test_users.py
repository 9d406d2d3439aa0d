"""Users at the command line: a password never stands among the arguments."""

import json

import pytest

from app.store.upgrade import upgrade


@pytest.fixture
def users(run, home):
    upgrade(f"sqlite:///{home / 'quoteguard.db'}")
    return lambda *arguments, **options: run("users", *arguments, "--home", home, **options)


def test_a_user_is_made_with_a_password_from_standard_input(users):
    made = users("create", "ann", "--role", "analyst", input="correct horse battery\n")
    assert (made.exit_code, made.stdout) == (0, "ann may sign in.\n")
    [row] = json.loads(users("list", "--json").stdout)
    assert (row["name"], row["roles"], row["state"]) == ("ann", ["analyst"], "active")


def test_what_cannot_be_is_said_so(users):
    assert users("create", "ann", input="").exit_code == 3
    assert "at least 12" in users("create", "ann", input="short\n").stderr
    assert "there is no user bob" in users("disable", "bob").stderr


def test_levels_are_lent_until_a_day(users):
    users("create", "ann", "--role", "approver", "--level", "cfo", "--no-password")
    users("create", "bob", "--no-password")
    lent = users("delegate", "ann", "bob", "--level", "cfo", "--until", "2999-01-01", "--reason", "away")
    assert "Lend it for 366 days at most" in lent.stderr
