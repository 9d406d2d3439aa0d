"""quoteguard models, and check with a model in force."""

import json

import pytest

from scoring.model import Models
from tests.app.commands.conftest import EXAMPLES
from tests.app.scoring_models import a_linear_model, promoted


@pytest.fixture
def folder(home):
    return home / "models"


def test_no_model_is_said(run, home):
    told = run("models", "list", "--home", home)
    assert (told.exit_code, told.stdout) == (
        0,
        "There is no model yet; quotes get a risk index. `quoteguard train` makes one.\n",
    )


def test_a_model_is_promoted_listed_and_rolled_back_and_the_log_says_who_and_why(run, home, folder):
    versions = [Models(folder=folder).add(a_linear_model(1.0, hours=hour)) for hour in (0, 1)]
    for version in versions:
        told = run("models", "promote", version, "--by", "mia", "--why", "better on the newest months", "--home", home)
        assert (told.exit_code, told.stdout) == (0, f"In force: {version}\n")
    told = run("models", "rollback", "--by", "tom", "--why", "too many alarms", "--home", home)
    assert told.stdout == f"In force: {versions[0]}\n"
    listed = json.loads(run("models", "list", "--json", "--home", home).stdout)
    assert (listed["champion"], listed["log"][0]["by"], listed["log"][0]["why"]) == (
        versions[0],
        "tom",
        "too many alarms",
    )
    assert f"{versions[1]}\n" in run("models", "list", "--home", home).stdout


def test_what_cannot_be_served_is_not_promoted(run, home, folder):
    version = Models(folder=folder).add(a_linear_model(1.0))
    (folder / version / "linear.json").unlink()
    told = run("models", "promote", version, "--why", "a try", "--home", home)
    assert told.exit_code == 3
    assert f"{version}: linear.json cannot be read" in told.stderr
    assert run("models", "rollback", "--why", "a try", "--home", home).exit_code == 3
    assert run("models", "show", "nonsense", "--home", home).exit_code == 3


def test_a_model_whose_files_were_changed_is_said_to_be_where_it_is_shown(run, home, folder):
    version = promoted(folder, a_linear_model(1.0))
    (folder / version / "linear.json").unlink()
    told = run("models", "show", version, "--home", home)
    assert f"It cannot be served: {version}: linear.json cannot be read: No such file or directory." in told.stderr
    quote = EXAMPLES / "seat-contract.json"
    told = run("score", quote, "--out", home / "scores.csv", "--home", home)
    assert told.exit_code == 3
    assert "`models rollback` the one before" in told.stderr


def test_where_it_cannot_be_read_what_is_in_force_the_list_says_so(run, home, folder):
    promoted(folder, a_linear_model(1.0))
    (folder / "in-force.json").write_text("{")
    told = run("models", "list", "--home", home)
    assert "It cannot be read which model is in force: in-force.json cannot be used" in told.stderr
    assert "remove it, and promote a model again" in told.stderr


def test_a_check_is_scored_by_the_model_in_force_or_the_one_that_is_asked_for(run, home, folder):
    quote = EXAMPLES / "seat-contract.json"
    assert "risk  index 0 of 100, set by hand and not learned\n" in run("check", quote, "--home", home).stdout
    # A margin of -4 is 0.1, and one of 1 is 0.6.
    promoted(folder, a_linear_model(-4.0))
    assert "risk  10 % likely to leak (refine), $24,000 expected\n" in run("check", quote, "--home", home).stdout
    other = Models(folder=folder).add(a_linear_model(1.0, hours=1))
    told = run("check", quote, "--home", home, "--model", other)
    assert "risk  60 % likely to leak (refine), $144,000 expected\n" in told.stdout
    assert told.exit_code == 2  # $144,000 is over the $100,000 of the company's table
    assert run("check", quote, "--home", home, "--model", "nonsense").exit_code == 3
