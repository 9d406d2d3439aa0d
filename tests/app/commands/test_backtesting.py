"""policies backtest, diff and suggest, and models review, as a person calls them."""

import json

import pytest

from tests.app.backtests.conftest import DEALS, OUTCOMES, a_deal, a_policy


@pytest.fixture
def files(tmp_path):
    """The dozen deals and their ends in files, as options."""
    for name, rows in (("quotes", DEALS), ("outcomes", OUTCOMES)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return "--quotes", tmp_path / "quotes.jsonl", "--outcomes", tmp_path / "outcomes.jsonl", "--as-of", "2026-06-01"


@pytest.fixture
def policy(tmp_path):
    def write(name="candidate", **terms):
        path = tmp_path / f"{name}.yaml"
        path.write_text(a_policy(**terms), "utf-8")
        return path

    return write


def test_a_backtest_names_deals_money_and_whose_quotes_flip(run, home, files, policy):
    ran = run("policies", "backtest", policy(), "--home", home, *files)
    assert ran.exit_code == 0
    assert "leaks 2, false alarms 1, unknown 2" in ran.stdout
    assert "$500" in ran.stdout
    assert "Open pipeline: 2" in ran.stdout


def test_a_backtest_for_a_machine_lists_every_deal(run, home, files, policy):
    told = json.loads(run("policies", "backtest", policy(), "--home", home, *files, "--json").stdout)
    assert [each["quote_id"] for each in told["open"]["touched_deals"]] == ["Q-05", "Q-06"]


def test_a_faulty_candidate_is_refused_with_file_line_and_caret(run, home, files, policy):
    path = policy()
    path.write_text(path.read_text().replace("quote.billing_frequency !=", "quote.biling_frequency !="))
    ran = run("policies", "backtest", path, "--home", home, *files)
    assert ran.exit_code == 3
    assert "candidate.yaml:5:" in ran.stderr
    assert "^^^" in ran.stderr


def test_a_policy_that_is_not_there_cannot_be_left_out(run, home, files):
    ran = run("policies", "backtest", "--without", "line-price-flor", "--home", home, *files)
    assert ran.exit_code == 3
    assert "line-price-floor" in ran.stderr


def test_saying_nothing_to_test_is_bad_input(run, home):
    assert run("policies", "backtest", "--home", home).exit_code == 3


def test_two_files_of_one_policy_are_told_apart(run, home, files, policy):
    old, new = policy("old"), policy("new", effect="block")
    ran = run("policies", "diff", old, new, "--home", home, *files)
    assert ran.exit_code == 0
    assert "quarterly: effect" in ran.stdout
    assert "flag -> block: 5" in ran.stdout


def test_two_folders_that_say_the_same_leave_nothing_to_test(run, home, files):
    ran = run("policies", "diff", home, home, *files)
    assert "The rules are the same" in ran.stdout


def test_too_few_known_ends_suggest_nothing_and_say_so(run, home, files, tmp_path):
    ran = run("policies", "suggest", "--home", home, "--out", tmp_path / "out", *files)
    assert ran.exit_code == 0
    assert "At least 60 such deals" in ran.stdout
    assert list((tmp_path / "out").iterdir()) == []


def test_a_month_is_reviewed_from_the_record(run, home, quote_file, database, tmp_path):
    assert run("db", "upgrade", "--home", home).exit_code == 0
    ran = run("models", "review", "--month", "2026-10", "--out", tmp_path / "out", "--home", home)
    assert ran.exit_code == 0
    found = json.loads((tmp_path / "out" / "review-2026-10.json").read_text())
    assert found["missing"] == ["There is no decision on a quote in this month."]
    assert "<script" not in (tmp_path / "out" / "review-2026-10.html").read_text()


def test_what_a_terminal_would_obey_is_not_printed(run, home, files, policy, tmp_path):
    (tmp_path / "quotes.jsonl").write_text(json.dumps(a_deal(1, "quarterly", "an\x1b[31mn")) + "\n", "utf-8")
    assert "\x1b" not in run("policies", "backtest", policy(), "--home", home, *files).stdout
