"""What the README shows is what the program prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "code"), [("seat-contract", 0), ("seat-contract-without-overage", 2)])
def test_the_readme_shows_the_true_output(home: Path, name: str, code: int) -> None:
    command = [sys.executable, "-m", "app", "check", f"examples/quotes/{name}.json", "--home", str(home)]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False
    )
    printed = "\n".join(row.rstrip() for row in ran.stdout.splitlines())
    assert ran.returncode == code, ran.stderr
    assert f"```text\n{printed}\n```" in (ROOT / "README.md").read_text("utf-8")
    assert f"examples/quotes/{name}.json --home app/demo" in (ROOT / "README.md").read_text("utf-8")


def test_the_readme_shows_what_verify_prints(home: Path) -> None:
    folder = "examples/audits/seat-contract"
    given = ["--agreement", f"{folder}/agreement.json", "--billing", f"{folder}/billing-configuration.json"]
    command = [sys.executable, "-m", "app", "verify", *given, "--as-of", "2023-12-20", "--home", str(home)]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False
    )
    printed = "\n".join(row.rstrip() for row in ran.stdout.splitlines())
    assert ran.returncode == 2, ran.stderr
    assert f"```text\n{printed}\n```" in (ROOT / "README.md").read_text("utf-8")
