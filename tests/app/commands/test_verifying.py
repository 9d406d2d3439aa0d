"""`quoteguard verify` on files, and on what is stored."""

import json
from pathlib import Path

import pytest

from app.assess import Call, Caller
from app.bootstrap import build
from app.config import Settings
from app.store.upgrade import upgrade

EXAMPLE = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"
AGREEMENT = json.loads((EXAMPLE / "agreement.json").read_text("utf-8"))
BILLING = json.loads((EXAMPLE / "billing-configuration.json").read_text("utf-8"))
MENDED = BILLING | {"charges": [BILLING["charges"][0] | {"included_quantity": "500", "overage_unit_price": "50"}]}
BEFORE = ["--as-of", "2023-12-20"]


@pytest.fixture
def files(tmp_path):
    """Writes documents to files, one as JSON and several as JSON Lines, and gives their paths."""

    def write(name, *documents):
        path = tmp_path / f"{name}.json"
        path.write_text("\n".join(json.dumps(each) for each in documents), "utf-8")
        return str(path)

    return write


def test_a_set_up_that_leaks_exits_with_2_and_shows_both_sides(run, files):
    result = run("verify", "--agreement", files("a", AGREEMENT), "--billing", files("b", BILLING), *BEFORE)
    assert result.exit_code == 2, result.output
    for shown in (
        "BLOCK  billing configuration BC-SEATS",
        "overage-not-set-up",
        "What is invoiced",
        "2024-02",
        "total",
    ):
        assert shown in result.stdout


def test_one_that_bills_what_was_sold_exits_with_0(run, files):
    given = ["--agreement", files("a", AGREEMENT), "--billing", files("b", MENDED), *BEFORE, "--json"]
    result = run("verify", *given)
    assert result.exit_code == 0, result.output
    decision = json.loads(result.stdout)
    assert decision["compared_with"]["source"] == "request"
    assert "links" not in decision


def test_the_agreement_may_be_in_the_configurations_own_file(run, files):
    result = run("verify", "--billing", files("b", MENDED | {"agreement": AGREEMENT}), *BEFORE)
    assert result.exit_code == 0, result.output
    result = run("verify", "--billing", files("b", MENDED), *BEFORE)
    assert result.exit_code == 3
    assert "--agreement" in result.stderr


def test_of_several_the_ones_that_belong_together_are_taken(run, files):
    agreements = files("a", AGREEMENT | {"agreement_id": "AG-2", "quote_id": "Q-2"}, AGREEMENT)
    billing = files("b", MENDED, MENDED | {"billing_configuration_id": "BC-2"})
    result = run("verify", "--agreement", agreements, "--billing", billing, *BEFORE)
    assert result.exit_code == 3
    assert "BC-SEATS, BC-2" in result.stderr
    assert "--billing-id" in result.stderr
    given = ["--agreement", agreements, "--billing", billing, "--billing-id", "BC-2", *BEFORE, "--json"]
    decision = json.loads(run("verify", *given).stdout)
    assert (decision["subject"]["id"], decision["compared_with"]["agreement_id"]) == ("BC-2", "AG-SEATS")
    wrong = run("verify", *given, "--agreement-id", "AG-9")
    assert wrong.exit_code == 3
    assert "there is no agreement AG-9" in wrong.stderr


def test_the_others_of_a_file_are_held_against_the_one_that_is_verified(run, files):
    billing = files("b", MENDED, MENDED | {"billing_configuration_id": "BC-2"})
    given = ["--agreement", files("a", AGREEMENT), "--billing", billing, "--billing-id", "BC-2", *BEFORE, "--json"]
    result = run("verify", *given)
    assert result.exit_code == 2, result.output
    assert [each["pattern"] for each in json.loads(result.stdout)["findings"]] == ["B14"]


def test_previews_are_shown_as_a_third_side(run, files):
    preview = {
        "invoice_id": "P-1",
        "issued_on": "2024-01-01",
        "currency": "USD",
        "lines": [{"charge_id": "CH-1", "amount": "18000.00"}],
    }
    given = ["--agreement", files("a", AGREEMENT), "--billing", files("b", MENDED), "--previews", files("p", preview)]
    result = run("verify", *given, *BEFORE)
    assert "preview" in result.stdout
    assert "18,000.00" in result.stdout


def test_every_mistake_is_named_by_file_and_path(run, files):
    broken = BILLING | {"charges": [BILLING["charges"][0] | {"net_unit_price": "forty", "quantity": "-1"}]}
    agreement = files("a", AGREEMENT | {"currency": "USDD"})
    result = run("verify", "--agreement", agreement, "--billing", files("b", broken))
    assert result.exit_code == 3
    for told in (
        "b.json:1: $.charges[0].net_unit_price",
        "$.charges[0].quantity",
        "a.json:1: $.currency",
        "3 problems",
    ):
        assert told in result.stderr


@pytest.mark.parametrize("given", [(), ("--stored", "BC-1", "--as-of", "2024-01-01")])
def test_what_does_not_go_together_is_said(run, given):
    assert run("verify", *given).exit_code == 3


def test_a_stored_configuration_is_verified_again_and_recorded(run, tmp_path, monkeypatch):
    monkeypatch.setenv("QUOTEGUARD_HOME", str(tmp_path))
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path)})
    upgrade(settings.database_url)
    services = build(settings)
    raw = json.dumps(BILLING | {"agreement": AGREEMENT}).encode()
    first = json.loads(services.set_ups.verify(Call(raw=raw, caller=Caller(key_id=None))).body)
    result = run("verify", "--stored", "BC-SEATS", "--json")
    assert result.exit_code == 2, result.output
    decision = json.loads(result.stdout)
    assert decision["compared_with"]["decision_id"] == first["decision_id"]
    assert services.store.decisions.get(decision["decision_id"]) is not None
    missing = run("verify", "--stored", "BC-9")
    assert missing.exit_code == 3
    assert "BC-9" in missing.stderr
    services.store.close()
