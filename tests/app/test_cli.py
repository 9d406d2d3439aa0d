"""The commands together: they start quickly, say what there is, and keep 1 and 2 for verdicts."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, FAULT, INTERRUPTED, main
from app.commands import judging

ROOT = Path(__file__).parents[2]
QUOTE = ROOT / "examples" / "quotes" / "seat-contract-at-28.json"
HEAVY = {
    "alembic",
    "sqlalchemy",
    "psycopg",
    "gunicorn",
    "flask",
    "apispec",
    "prometheus_client",
    "pandas",
    "sklearn",
    "xgboost",
}


def call(*arguments, **environ):
    return CliRunner().invoke(main, [str(each) for each in arguments], env=environ)


def process(*arguments, **environ):
    """The real program in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_command_with_what_it_does():
    told = call("--help").stdout
    for name, (_, about) in COMMANDS.items():
        assert f"  {name}" in told
        assert about in told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    told = call(name, "--help")
    assert told.exit_code == 0
    assert told.stdout.startswith(f"Usage: main {name} ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["chekc"], ["check"], ["check", "nowhere.json"], ["check", "--jsn", "x"], ["keys"], ["keys", "creat"]],
)
def test_a_command_that_is_not_given_right_exits_with_3(arguments):
    told = call(*arguments)
    assert (told.exit_code, told.stdout) == (3, "")
    assert told.stderr


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant():
    assert "There is no command chekc. Did you mean check?" in call("chekc").stderr


@pytest.mark.parametrize(
    "command", [["check", QUOTE], ["db", "upgrade"], ["keys", "list"], ["serve"], ["policies", "check"]]
)
def test_every_setting_that_cannot_be_used_is_told_at_once(command):
    told = call(*command, QUOTEGUARD_PORT="eighty", QUOTEGUARD_TREADS="2", QUOTEGUARD_WORKERS="0")
    assert told.exit_code == 3
    assert "QUOTEGUARD_TREADS is not a setting; did you mean QUOTEGUARD_THREADS?" in told.stderr
    assert "QUOTEGUARD_PORT must be" in told.stderr
    assert "QUOTEGUARD_WORKERS must be" in told.stderr


@pytest.mark.parametrize(
    ("raised", "code", "word"),
    [(ZeroDivisionError(), FAULT, "Traceback"), (KeyboardInterrupt(), INTERRUPTED, "Interrupted")],
)
def test_a_fault_or_an_interruption_does_not_look_like_a_verdict(monkeypatch, raised, code, word):
    def fails():
        raise raised

    monkeypatch.setattr(judging.check, "callback", lambda **_: fails())
    told = call("check", QUOTE)
    assert told.exit_code == code
    assert word in told.stderr


def test_help_and_check_import_no_server_and_no_database():
    script = (
        "import sys; from click.testing import CliRunner; from app.cli import main;"
        f"print(CliRunner().invoke(main, ['--help']).exit_code, CliRunner().invoke(main, ['check', {str(QUOTE)!r}]).exit_code);"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    told = process("-c", script)
    assert told.stdout == "0 0\n\n", told.stderr


def test_the_program_as_a_process_reads_a_pipe_and_writes_plain_text():
    with QUOTE.open("rb") as quote:
        told = subprocess.run(
            [sys.executable, "-m", "app", "check", "-"],
            cwd=ROOT,
            stdin=quote,
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0
    assert told.stdout.startswith("ALLOW  quote Q-SEATS-AT-28, revision 1\n")


def test_no_color_is_honoured():
    told = CliRunner().invoke(main, ["check", str(QUOTE)], color=True, env={"NO_COLOR": "1"})
    assert "\x1b" not in told.stdout
    assert "\x1b" in CliRunner().invoke(main, ["check", str(QUOTE)], color=True).stdout


def test_every_command_of_the_table_is_a_command():
    context = click.Context(main)
    assert all(isinstance(main.get_command(context, name), click.Command) for name in COMMANDS)
    assert main.get_command(context, "nothing") is None
