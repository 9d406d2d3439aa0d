"""A progress bar is shown to a person and to nobody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_nothing_is_shown_where_nobody_watches(run):
    assert run(*COMMAND[3:]).stderr == ""
