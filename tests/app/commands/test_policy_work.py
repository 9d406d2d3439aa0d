"""policies check, test and new, as someone who edits policies uses them."""

import json

import pytest

SOUND = 'currency: USD\nname: Example\nrenewal: {minimum_uplift_percent: "3"}\n'


@pytest.fixture
def fresh(run, tmp_path):
    """A folder as `init` leaves it."""
    folder = tmp_path / "fresh"
    assert run("init", folder).exit_code == 0
    return folder


def test_the_starter_is_sound_and_without_a_warning(run, fresh):
    told = run("policies", "check", "--home", fresh)
    assert (told.exit_code, told.stderr) == (0, "")
    assert " policies are sound. Version sha256:" in told.stdout


def test_json_names_the_version_and_every_policy(run, fresh):
    told = json.loads(run("policies", "check", "--home", fresh, "--json").stdout)
    assert told["accepted"] is True
    assert {"smallest-deal", "discount-authority"} <= set(told["policies"])


def test_every_fault_of_every_file_is_told_at_once(run, fresh):
    policy = fresh / "policies" / "smallest-deal.yaml"
    policy.write_text(policy.read_text("utf-8").replace("quote.tcv >= 1000", "quote.tvc >= 1000"), "utf-8")
    (fresh / "company.yaml").write_text(SOUND.replace("renewal", "renewel").replace("USD", "US"), "utf-8")
    told = run("policies", "check", "--home", fresh)
    assert told.exit_code == 3
    assert "company.yaml:1: $.currency: " in told.stderr
    assert "company.yaml:3: $.renewel: " in told.stderr
    assert "policies/smallest-deal.yaml:15:16: " in told.stderr
    assert "did you mean quote.tcv?" in told.stderr
    assert json.loads(run("policies", "check", "--home", fresh, "--json").stdout)["accepted"] is False


def test_a_policy_whose_test_fails_is_not_sound(run, fresh):
    policy = fresh / "policies" / "smallest-deal.yaml"
    policy.write_text(policy.read_text("utf-8").replace('amount: "880.00"', 'amount: "881.00"'), "utf-8")
    assert "expected 881.00 at risk, came out 880.00" in run("policies", "check", "--home", fresh).stderr
    told = run("policies", "test", "smallest-deal", "--home", fresh)
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (3, "1 passed, 1 failed")
    assert "smallest-deal: ten dollars a month for a year" in told.stdout


def test_the_tests_of_all_policies_pass(run, fresh):
    told = json.loads(run("policies", "test", "--home", fresh, "--json").stdout)
    assert (told["failed"], told["passed"]) == (0, len(told["tests"]))
    assert len({each["policy_id"] for each in told["tests"]}) > 30


def test_a_policy_that_is_not_there_is_not_tested_in_silence(run, fresh):
    told = run("policies", "test", "smalest-deal", "--home", fresh)
    assert told.exit_code == 3
    assert 'There is no policy smalest-deal. Did you mean "smallest-deal"?' in told.stderr


def test_a_new_policy_passes_check_and_test_before_it_is_edited(run, fresh):
    told = run("policies", "new", "my-own-rule", "--pattern", "Q02", "--home", fresh)
    assert told.exit_code == 0
    assert run("policies", "check", "--home", fresh).exit_code == 0
    assert run("policies", "test", "my-own-rule", "--home", fresh).stdout == "2 passed, 0 failed\n"


def test_a_new_policy_that_is_one_of_the_library_begins_as_its_copy(run, fresh):
    assert run("policies", "new", "line-price-floor", "--home", fresh).exit_code == 0
    assert "id: line-price-floor\npattern: Q02\n" in (fresh / "policies" / "line-price-floor.yaml").read_text("utf-8")
    assert run("policies", "check", "--home", fresh).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["my-own-rule"], "--pattern"),
        (["smallest-deal", "--pattern", "Q02"], "is there already"),
        (["../escape", "--pattern", "Q02"], "small letters"),
        (["My-Rule", "--pattern", "Q02"], "small letters"),
        (["rule", "--pattern", "Q99"], "Q99"),
    ],
)
def test_a_policy_is_not_begun_where_it_makes_no_sense(run, fresh, arguments, word):
    before = sorted(fresh.rglob("*"))
    told = run("policies", "new", *arguments, "--home", fresh)
    assert told.exit_code == 3
    assert word in told.stderr
    assert sorted(fresh.rglob("*")) == before


def test_init_writes_nothing_over_what_is_there(run, tmp_path):
    (tmp_path / "company.yaml").write_text("mine", "utf-8")
    told = run("init", tmp_path)
    assert told.exit_code == 3
    assert f"{tmp_path / 'company.yaml'}\n" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["company.yaml"]
    assert (tmp_path / "company.yaml").read_text("utf-8") == "mine"


def test_init_leaves_other_files_alone_and_says_what_to_do_next(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    told = run("init", tmp_path)
    assert told.exit_code == 0
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
    for command in ("policies check", "db upgrade", "keys create", "serve"):
        assert f"quoteguard {command} " in told.stdout


def test_init_into_a_file_is_refused(run, tmp_path):
    (tmp_path / "file").write_text("mine", "utf-8")
    assert run("init", tmp_path / "file").exit_code == 3
    assert run("init", tmp_path / "file" / "below").exit_code == 3
