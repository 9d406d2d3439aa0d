"""The command line as a person uses it: a home folder, files to judge, and what came out."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main

EXAMPLES = Path(__file__).parents[3] / "examples" / "quotes"


@pytest.fixture
def run():
    """Runs a command in this process: `run("check", file, input=b"...")` has `exit_code`, `stdout` and `stderr`."""

    def call(*arguments, **options):
        return CliRunner().invoke(main, [str(each) for each in arguments], **options)

    return call


@pytest.fixture
def home(tmp_path) -> Path:
    """The simulated company's tables."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("catalog.yaml", "company.yaml"):
        (folder / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture
def quote_file(tmp_path):
    """A file with a document, or with bytes as they are."""

    def write(document) -> Path:
        path = tmp_path / "document.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return write


@pytest.fixture
def database(monkeypatch, database_url):
    """The settings name a database of the test's own."""
    monkeypatch.setenv("QUOTEGUARD_DATABASE_URL", database_url)
    return database_url
