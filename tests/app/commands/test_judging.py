"""check and normalize: what comes out, what is refused, and with which exit code."""

import json

import pytest

from tests.app.commands.conftest import EXAMPLES
from tests.documents import a_line_sent, a_quote_sent, an_agreement_sent


@pytest.mark.parametrize(
    ("example", "code", "word"),
    [
        ("seat-contract", 0, "ALLOW"),
        ("seat-contract-at-28", 1, "FLAG"),
        ("seat-contract-without-overage", 2, "BLOCK"),
        ("seat-contract-40-in-a-year-field", 2, "BLOCK"),
    ],
)
def test_the_exit_code_is_the_verdict(run, home, example, code, word):
    told = run("check", EXAMPLES / f"{example}.json", "--home", home)
    assert (told.exit_code, told.stderr) == (code, "")
    assert f"{word}  quote Q-SEATS-" in told.stdout


def test_a_finding_says_what_where_how_much_and_what_clears_it(run, home):
    told = run("check", EXAMPLES / "seat-contract-at-28.json", "--home", home, env={"COLUMNS": "100"}).stdout
    assert "Seats is 30 % under list; the role ae may give 10 %." in told
    # 500 seats * $8 beyond the 10 % that an AE may give * 12 months.
    assert "at risk                  $48,000 over the term, $4,000 a period\n" in told
    assert "28, expected 36 (company.yaml: discount_authority, role ae)\n" in told
    assert "director  discount-authority, by " in told
    assert "nobody    at: line 1 discount 10 % or less\n" in told


@pytest.mark.parametrize("width", [40, 80, 120, 300])
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(run, home, width):
    example = EXAMPLES / "seat-contract-40-in-a-year-field.json"
    lines = run("check", example, "--home", home, env={"COLUMNS": str(width)}).stdout.splitlines()
    assert [line for line in lines if len(line) > min(width, 120) or line != line.rstrip()] == []


def test_json_is_the_decision_and_nothing_else(run, home):
    told = run("check", EXAMPLES / "seat-contract-without-overage.json", "--home", home, "--json")
    decision = json.loads(told.stdout)
    assert (told.exit_code, decision["verdict"], told.stderr) == (2, "block", "")
    assert decision["findings"][0]["remedy"]["clears"] is True
    assert "links" not in decision


def test_a_quote_may_come_by_standard_input(run, home):
    told = run("check", "-", "--home", home, input=(EXAMPLES / "seat-contract-at-28.json").read_bytes())
    assert told.exit_code == 1


def test_without_a_home_folder_the_library_alone_judges_and_that_is_said(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("check", EXAMPLES / "seat-contract-at-28.json", "--json")
    assert told.exit_code == 0
    assert "the library alone judges" in told.stderr
    because = {each["policy_id"]: each["because"] for each in json.loads(told.stdout)["not_assessed"]}
    assert because["discount-authority"] == "company.yaml has no discount authority table"


def test_a_home_folder_that_was_named_has_to_be_there(run, tmp_path):
    told = run("check", EXAMPLES / "seat-contract.json", "--home", tmp_path / "nowhere")
    assert told.exit_code == 3
    assert "There is no folder" in told.stderr


def test_rules_that_cannot_be_taken_up_are_named_with_file_and_line(run, home):
    company = home / "company.yaml"
    company.write_text(company.read_text("utf-8").replace("currency: USD", "curency: USD"), "utf-8")
    told = run("check", EXAMPLES / "seat-contract.json", "--home", home)
    assert told.exit_code == 3
    assert "company.yaml:6: $.curency: " in told.stderr


def test_every_mistake_in_a_quote_is_told_with_its_path(run, home, quote_file):
    lines = [a_line_sent(net_unit_price="forty"), a_line_sent(line_id="1", charge_type="yearly")]
    told = run("check", quote_file(a_quote_sent(currency="US", lines=lines)), "--home", home)
    assert told.exit_code == 3
    for path in ("$.currency: ", "$.lines[0].net_unit_price: ", "$.lines[1].charge_type: "):
        assert f"\n  {path}" in told.stderr


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "line 1, column 1"),
        (b"quote_id: Q-1", "line 1, column 1"),
        (b'{"quote_id": "Q\xff"}', "UTF-8"),
        (b'{"quote_id": NaN}', "NaN"),
        (b"[" * 100_000, "line 1"),
        (b" " * (10 * 1024 * 1024 + 1), "at most 10,485,760"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(run, quote_file, raw, word):
    told = run("check", quote_file(raw))
    assert told.exit_code == 3
    assert "is not JSON that can be read" in told.stderr
    assert word in told.stderr


@pytest.mark.parametrize("document", ["null", "[]", '"Q-1"', "12"])
def test_json_that_is_no_object_is_refused(run, document):
    told = run("check", "-", input=document)
    assert (told.exit_code, told.stdout) == (3, "")


def test_what_a_sender_wrote_cannot_steer_the_terminal(run, home, quote_file):
    lines = [a_line_sent(product_name="Seats\x1b[2J", net_unit_price="1", floor_price="2", product_id="NONE")]
    told = run("check", quote_file(a_quote_sent(lines=lines)), "--home", home, color=False)
    assert "Seats" in told.stdout
    assert "\x1b" not in told.stdout


def test_as_of_decides_by_the_tables_of_that_day(run, home):
    told = run("check", EXAMPLES / "seat-contract.json", "--home", home, "--json", "--as-of", "2024-01-05")
    assert json.loads(told.stdout)["evaluated_at"].startswith("2024-01-05T00:00:00")


def test_normalize_writes_the_canonical_form_and_says_what_it_did_not_use(run, quote_file):
    sent = an_agreement_sent(color="red", account={"account_id": "A", "mood": 1})
    discount = {"percent": "10", "why": "none"}
    sent["lines"][0] |= {"net_unit_price": 100.50, "odd name": True, "discounts": [discount]}
    told = run("normalize", "--as", "agreement", quote_file(sent))
    assert told.exit_code == 0
    assert json.loads(told.stdout)["lines"][0]["net_unit_price"] == "100.5"
    assert set(told.stderr.splitlines()) == {
        "not used: $.color",
        "not used: $.account.mood",
        'not used: $.lines[0]["odd name"]',
        "not used: $.lines[0].discounts[0].why",
    }


def test_normalize_refuses_as_check_does(run, quote_file):
    told = run("normalize", "--as", "quote", quote_file({"quote_id": "Q-1"}))
    assert told.exit_code == 3
    assert "$.lines" in told.stderr
    assert "$.currency" in told.stderr
