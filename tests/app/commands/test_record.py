"""db, keys and replay, on both databases."""

import json
from dataclasses import replace

import pytest

from app.assess import Call, Caller
from app.bootstrap import build
from app.commands.surroundings import settings
from app.store import Store
from tests.app.commands.conftest import EXAMPLES
from tests.app.store.builders import force

RAW = (EXAMPLES / "seat-contract-at-28.json").read_bytes()


@pytest.fixture
def upgraded(run, database):
    assert run("db", "upgrade").exit_code == 0
    return database


@pytest.fixture
def decided(upgraded, home, monkeypatch):
    """The id of a decision on record."""
    monkeypatch.setenv("QUOTEGUARD_HOME", str(home))
    services = build(settings())
    answers = [services.gate.check_quote(Call(raw=RAW, caller=Caller(key_id=None))) for _ in range(3)]
    services.gate.close()
    services.store.close()
    return answers[1].decision_id


@pytest.fixture
def without_tables(monkeypatch, empty_database_url):
    monkeypatch.setenv("QUOTEGUARD_DATABASE_URL", empty_database_url)


def test_upgrading_twice_is_harmless_and_said(run, without_tables):
    first, second = run("db", "upgrade"), run("db", "upgrade")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.startswith("Upgraded to revision ")
    assert second.stdout.startswith("Already at revision ")


def test_a_database_without_tables_is_said_to_need_an_upgrade(run, without_tables):
    for command in (["keys", "list"], ["replay", "--verify-chain"], ["serve", "--port", "0"]):
        told = run(*command)
        assert told.exit_code == 3
        assert "Traceback" not in told.stderr


def test_a_key_is_made_shown_once_rotated_and_revoked(run, upgraded):
    made = json.loads(run("keys", "create", "--name", "crm", "--scope", "check", "--days", "30", "--json").stdout)
    assert made["secret"].startswith(f"qg_{made['key_id']}_")
    rotated = json.loads(run("keys", "rotate", made["key_id"], "--overlap-hours", "0", "--json").stdout)
    assert rotated["scopes"] == ["check"]
    assert run("keys", "revoke", rotated["key_id"]).exit_code == 0
    told = run("keys", "list", "--json").stdout
    assert {each["key_id"]: each["state"] for each in json.loads(told)} == {
        made["key_id"]: "expired",
        rotated["key_id"]: "revoked",
    }
    assert made["secret"] not in told + run("keys", "list").stdout


def test_a_key_is_made_with_the_roles_it_consents_in_and_keeps_them_when_rotated(run, upgraded):
    made = json.loads(run("keys", "create", "--name", "bot", "--scope", "review", "--role", "manager", "--json").stdout)
    rotated = json.loads(run("keys", "rotate", made["key_id"], "--json").stdout)
    assert made["roles"] == rotated["roles"] == ["manager"]


def test_a_role_that_the_company_does_not_name_is_warned_of(run, upgraded, home):
    told = run("keys", "create", "--name", "bot", "--scope", "review", "--role", "directr", "--home", home)
    assert told.exit_code == 0
    assert 'company.yaml names no role "directr". Did you mean "director"?' in told.stderr


def test_a_role_is_for_keys_that_review(run, upgraded):
    told = run("keys", "create", "--name", "cpq", "--scope", "check", "--role", "manager")
    assert told.exit_code == 3
    assert "--role is for keys with --scope review" in told.stderr


def test_keys_are_listed_for_a_person(run, upgraded):
    run("keys", "create", "--name", "the CRM", "--scope", "read", "--scope", "check")
    lines = run("keys", "list").stdout.splitlines()
    assert "    name        the CRM" in lines
    assert "    scopes      check, read" in lines
    assert "    state       valid" in lines


def test_a_key_that_is_not_there_can_be_neither_rotated_nor_revoked(run, upgraded):
    for command in ("rotate", "revoke"):
        told = run("keys", command, "nobody")
        assert told.exit_code == 3
        assert "There is no such key." in told.stderr


def test_a_decision_comes_out_the_same(run, decided):
    told = run("replay", decided)
    assert (told.exit_code, told.stdout) == (0, f"{decided} comes out the same.\n")
    assert json.loads(run("replay", decided, "--json").stdout)["differences"] == []


def test_a_decision_that_comes_out_otherwise_is_shown_place_by_place(run, decided, database):
    with Store.open(database) as store:
        genuine = store.decisions.get(decided).decision
        document = json.dumps(json.loads(genuine.document) | {"decision_id": "dec_forged", "verdict": "allow"})
        summary = replace(genuine.summary, decision_id="dec_forged")
        store.record(replace(genuine, summary=summary, document=document.encode()))
    told = run("replay", "dec_forged")
    assert told.exit_code == 1
    assert '$.verdict\n  recorded  "allow"\n  now       "flag"\n' in told.stdout
    [difference] = json.loads(run("replay", "dec_forged", "--json").stdout)["differences"]
    assert difference == {"path": "$.verdict", "recorded": "allow", "replayed": "flag"}


def test_a_decision_that_is_not_on_record_cannot_be_replayed(run, upgraded):
    told = run("replay", "dec_nowhere")
    assert told.exit_code == 3
    assert "there is no decision dec_nowhere on record" in told.stderr


def test_a_whole_chain_prints_an_anchor_that_holds_it(run, decided):
    told = run("replay", "--verify-chain")
    anchor = told.stdout.split()[-1]
    assert told.exit_code == 0
    assert told.stdout.startswith("3 decisions, and the chain is whole.\n")
    assert run("replay", "--verify-chain", "--anchor", anchor).exit_code == 0
    assert run("replay", "--verify-chain", "--anchor", f"3:{'0' * 64}").exit_code == 1
    assert json.loads(run("replay", "--verify-chain", "--json").stdout)["anchor"] == anchor


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE decisions SET verdict = 'allow' WHERE seq = 2", 2),
        ("DELETE FROM decisions WHERE seq = 3", 3),
    ],
)
def test_tampering_is_found_at_its_record(run, decided, database, statement, first_bad):
    force(database, statement)
    told = run("replay", "--verify-chain", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["first_bad"] == first_bad
    assert f"The chain is broken at record {first_bad}: " in run("replay", "--verify-chain").stdout


@pytest.mark.parametrize(
    "arguments", [[], ["dec_1", "--verify-chain"], ["--verify-chain", "--anchor", "x"], ["dec_1", "--anchor", "1:a"]]
)
def test_replay_is_told_what_to_do_in_one_way(run, arguments, tmp_path):
    assert run("replay", *arguments, "--home", tmp_path).exit_code == 3
