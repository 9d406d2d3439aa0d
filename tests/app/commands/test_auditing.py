"""quoteguard audit on files."""

import json
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"
FILES = (
    "--agreement",
    EXAMPLE / "agreement.json",
    "--usage",
    EXAMPLE / "usage.jsonl",
    "--invoices",
    EXAMPLE / "invoices.jsonl",
)


def test_the_seat_contract_is_told_to_a_person(run):
    result = run("audit", *FILES)
    assert result.exit_code == 1
    assert "$9,350 under" in result.stdout
    assert "line 1  2024-02-01 to 2024-02-29  overage  $900 (18 at $50)" in result.stdout


def test_json_is_the_whole_report(run):
    report = json.loads(run("audit", *FILES, "--json").stdout)
    assert [each["difference"] for each in report["periods"]] == [
        "100.00", "900.00", "2350.00", "1150.00", "2800.00", "2050.00",
    ]  # fmt: skip
    assert [each["pattern"] for each in report["findings"]] == ["U05"]


def test_a_clean_agreement_exits_with_zero(run, tmp_path):
    draft = json.loads(run("audit", *FILES, "--json").stdout)["draft_invoice_lines"]
    invoices = [json.loads(line) for line in (EXAMPLE / "invoices.jsonl").read_text().splitlines()]
    corrected = tmp_path / "invoices.json"
    corrected.write_text(json.dumps([*invoices, {"invoice_id": "C", "currency": "USD", "lines": draft}]))
    result = run("audit", *FILES[:4], "--invoices", corrected)
    assert (result.exit_code, "UNDER" in result.stdout) == (0, False)


def test_every_bad_record_is_told_with_its_line(run, tmp_path):
    good = (EXAMPLE / "usage.jsonl").read_text().splitlines()[0]
    usage = tmp_path / "usage.jsonl"
    usage.write_text("\n".join([good, "{", good.replace('"502"', '"-5"')]))
    result = run("audit", *FILES[:2], "--usage", usage)
    assert result.exit_code == 3
    assert f"{usage}:2: " in result.stderr
    assert f"{usage}:3: $.quantity: " in result.stderr


@pytest.mark.parametrize("content", ["[]", "", "{}", "nonsense"])
def test_a_file_without_an_agreement_is_bad_input(run, tmp_path, content):
    file = tmp_path / "agreement.json"
    file.write_text(content)
    result = run("audit", "--agreement", file)
    assert (result.exit_code, result.exception.__class__) == (3, SystemExit)


def test_of_several_agreements_one_is_named(run, tmp_path):
    one = json.loads((EXAMPLE / "agreement.json").read_text())
    file = tmp_path / "agreements.jsonl"
    file.write_text("\n".join(json.dumps(one | {"agreement_id": name}) for name in ("AG-SEATS", "AG-2")))
    assert run("audit", "--agreement", file, *FILES[2:]).exit_code == 3
    result = run("audit", "--agreement", file, *FILES[2:], "--agreement-id", "AG-SEATS", "--json")
    assert json.loads(result.stdout)["totals"]["under"] == "9350.00"


def test_a_confirmed_finding_is_written_as_an_outcome(run, tmp_path):
    [finding] = json.loads(run("audit", *FILES, "--json").stdout)["findings"]
    written = tmp_path / "outcomes.jsonl"
    name = finding["finding_id"]
    assert run("audit", *FILES, "--confirm", f"{name}=9350.00", "--outcomes", written).exit_code == 1
    [outcome] = [json.loads(line) for line in written.read_text().splitlines()]
    assert (outcome["leaked"], outcome["amount"], outcome["recovered_amount"]) == (True, "9350", "9350")
    run("audit", *FILES, "--confirm", "all", "--outcomes", written)
    assert json.loads(written.read_text())["outcome_id"] == outcome["outcome_id"]
    run("audit", *FILES, "--dismiss", name, "--outcomes", written)
    assert json.loads(written.read_text())["verdict"] == "false_positive"


@pytest.mark.parametrize("wanted", ["fnd_0", "all=5", "fnd_0=-1", "fnd_0=1.001", "fnd_0=much"])
def test_an_outcome_of_no_finding_is_refused(run, tmp_path, wanted):
    result = run("audit", *FILES, "--confirm", wanted, "--outcomes", tmp_path / "outcomes.jsonl")
    assert (result.exit_code, (tmp_path / "outcomes.jsonl").exists()) == (3, False)
    assert run("audit", *FILES, "--confirm", wanted).exit_code == 3
