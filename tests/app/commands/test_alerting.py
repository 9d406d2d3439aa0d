"""Alerts at the command line: what is wrong with the file, what would go where, and a test of a channel."""

import pytest
from click.testing import CliRunner

from app.commands.alerting import alerts
from app.store import NoticeKind, NoticeNote, Store
from app.store.upgrade import upgrade
from tests.receivers import listening

FILE = """channels:
  - {name: hook, kind: webhook, url: "%s", secret: {env: HOOK}, allow_private: true}
routes:
  - {kinds: [alert], channels: [hook]}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("QUOTEGUARD_HOME", str(tmp_path))
    monkeypatch.setenv("HOOK", "Bearer hush")
    (tmp_path / "alerts.yaml").write_text(FILE % "http://127.0.0.1:9/in")
    return lambda *words: CliRunner().invoke(alerts, words)


def test_check_finds_a_good_file_good_and_names_a_template_that_is_not(run, tmp_path):
    assert "1 channel and 1 route: all good." in run("check").output
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / "alert.txt").write_text("{{ custmer }}\n")
    refused = run("check")
    assert refused.exit_code == 3
    assert "alerts/alert.txt: 'custmer' is undefined" in refused.output


def test_check_says_that_there_is_no_file(run, tmp_path):
    (tmp_path / "alerts.yaml").unlink()
    assert "There is no alerts.yaml" in run("check").output


def test_a_dry_run_prints_what_would_go_where_and_sends_nothing(run, tmp_path):
    url = f"sqlite:///{tmp_path}/quoteguard.db"
    upgrade(url)
    note = NoticeNote(
        kind=NoticeKind.ALERT, dedupe_key="k", subject_type="quote", subject_id="Q-1",
        facts={"subject_id": "Q-1", "verdict": "block", "headline": "Overage price missing.", "currency": "USD"},
    )  # fmt: skip
    with Store.open(url) as store:
        store.notices.put([note])
    answer = run("send", "--dry-run")
    assert "To hook, " in answer.output
    assert "BLOCK: Q-1: an amount that is not known at risk" in answer.output
    assert "1 would be sent; nothing was." in answer.output
    assert "hush" not in answer.output


def test_a_test_message_is_posted_and_an_unknown_channel_refused(run, tmp_path):
    with listening() as server:
        (tmp_path / "alerts.yaml").write_text(FILE % f"http://127.0.0.1:{server.server_port}/in")
        assert run("test", "hook").output == "hook took the test message.\n"
    assert len(server.taken) == 1
    assert "There is no channel hok." in run("test", "hok").output
