"""`quoteguard record retention`: what would be erased is told first, and then erased."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from app.cli import main
from app.store import Document, DocumentKind, Store
from app.store.upgrade import upgrade


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A company that keeps usage for ten days, with one record of twenty days ago and one of today."""
    (tmp_path / "company.yaml").write_text("name: Acme\ncurrency: USD\nretention:\n  usage_days: 10\n")
    url = f"sqlite:///{tmp_path / 'quoteguard.db'}"
    upgrade(url)
    now = datetime.now(UTC)
    for identity, at in (("U-1", now - timedelta(days=20)), ("U-2", now)):
        with Store.open(url, clock=lambda at=at: at) as store:
            store.documents.put(DocumentKind.USAGE, [Document(id=identity, body=b"{}")])
    return tmp_path


def run(home, *words):
    return CliRunner().invoke(main, ["record", "retention", *words, "--home", str(home)], catch_exceptions=False)


def left(home):
    with Store.open(f"sqlite:///{home / 'quoteguard.db'}") as store:
        return [each for each in ("U-1", "U-2") if store.documents.get(DocumentKind.USAGE, each) is not None]


def test_a_dry_run_tells_and_erases_nothing(home):
    answer = run(home, "--dry-run")
    assert answer.output.startswith("Would erase 1 usage version of more than 10 days.\n")
    assert left(home) == ["U-1", "U-2"]


def test_what_is_told_is_erased_when_it_is_applied(home):
    told = json.loads(run(home, "--apply", "--json").output)
    assert told["applied"] is True
    assert told["kinds"][0] == {"kind": "usage", "days": 10, "erased": 1, "kept": {}}
    assert left(home) == ["U-2"]


def test_it_asks_which_of_the_two_is_wanted(home):
    answer = run(home)
    assert answer.exit_code != 0
    assert "--apply" in answer.output
    assert left(home) == ["U-1", "U-2"]


def test_a_company_that_keeps_everything_is_told_so(home):
    (home / "company.yaml").write_text("name: Acme\ncurrency: USD\n")
    assert "all are kept" in run(home, "--apply").output


def test_days_that_are_no_days_are_refused(home):
    (home / "company.yaml").write_text("name: Acme\ncurrency: USD\nretention:\n  usage_days: 0\n")
    answer = run(home, "--apply")
    assert answer.exit_code == 3
    assert "usage_days" in answer.output
