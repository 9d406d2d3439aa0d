"""A progress bar is shown to a person; a log gets a line now and then of what takes long."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.progress import progress

EXAMPLE = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"
COMMAND = (
    sys.executable, "-m", "app", "audit", "--agreement", EXAMPLE / "agreement.json",
    "--usage", EXAMPLE / "usage.jsonl", "--invoices", EXAMPLE / "invoices.jsonl",
)  # fmt: skip


@pytest.mark.slow
def test_a_bar_moves_on_a_terminal_and_the_report_stays_clean():
    ours, theirs = os.openpty()
    environ = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    result = subprocess.run(COMMAND, stdout=subprocess.PIPE, stderr=theirs, env=environ, check=False)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "Reading usage" in shown
    assert "6 records" in shown
    assert b"Reading usage" not in result.stdout


def test_what_takes_long_tells_a_log_now_and_then_how_far_it_is(capsys):
    with progress("Scoring", "quotes", every=0.0) as advance:
        advance(0.25, 1000)
    with progress("Learning", "", every=0.0) as advance:
        advance(0.5, 0)
    assert capsys.readouterr().err == "Scoring: 25%, 1,000 quotes\nLearning: 50%\n"


def test_what_is_done_at_once_says_nothing_to_a_log(run):
    assert run(*COMMAND[3:]).stderr == ""
