"""From files to a model and back: import, train, evaluate, score, on a small simulated company and on foreign sales."""

import csv
import json
import shutil
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from app.cli import main
from app.demo import generate
from app.learning.taking_over import alone
from scoring.model.registry import Models

EXAMPLES = Path(__file__).parents[3] / "examples" / "history"
pytestmark = pytest.mark.slow


def call(*arguments):
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Files of 500 simulated quotes, and a home folder in which a model was trained on them."""
    folder = tmp_path_factory.mktemp("simulated")
    generate(7, 500, folder)
    home = folder / "home"
    home.mkdir()
    (home / "catalog.yaml").write_text((files("app.demo") / "catalog.yaml").read_text("utf-8"), "utf-8")
    company = yaml.safe_load((files("app.demo") / "company.yaml").read_text("utf-8"))
    company.setdefault("thresholds", {})["minimum_outcomes"] = 60
    company["thresholds"]["alert_probability"] = "0.85"
    (home / "company.yaml").write_text(yaml.safe_dump(company, sort_keys=False, default_flow_style=False), "utf-8")
    for kind in ("quotes", "agreements", "outcomes"):
        assert call("import", kind, folder / f"{kind}.jsonl", "--home", home, "--simulated").exit_code == 0
    return folder, home, call("train", "--home", home, "--json")


def test_the_first_model_with_enough_outcomes_is_in_force(simulated):
    _, _, trained = simulated
    assert trained.exit_code == 0, trained.output
    told = json.loads(trained.stdout)
    assert told["in_force"] is True
    assert told["card"]["simulated"] is True
    assert told["card"]["labels"]["known"] >= 60


def test_the_tiers_are_the_companys_and_other_limits_later_are_said(simulated, tmp_path):
    _, home, trained = simulated
    told = json.loads(trained.stdout)
    assert told["card"]["limits"] == {"alert": 0.85, "digest": 0.7}
    assert [each["from_probability"] for each in told["card"]["newest"]["tiers"]] == [0.85, 0.7]
    assert "trained for" not in call("models", "show", told["version"], "--home", home).stdout
    (tmp_path / "company.yaml").write_text("name: Acme\ncurrency: USD\n")
    shutil.copytree(home / "models", tmp_path / "models")
    later = call("models", "show", told["version"], "--home", tmp_path).stdout
    assert "trained for alert from 85%, digest from 70%, and the company now says alert from 90%" in later


def test_a_model_that_does_not_win_is_written_and_not_in_force(simulated):
    _, home, trained = simulated
    again = call("train", "--home", home, "--seed", "2", "--as-of", "2026-10-20")
    assert again.exit_code == 1
    assert "Written, not in force" in again.stdout
    champion = json.loads((home / "models" / "in-force.json").read_text())["champion"]
    assert champion == json.loads(trained.stdout)["version"]


def test_on_a_schedule_it_is_trained_when_the_newest_model_is_old_enough(simulated):
    _, home, trained = simulated
    now = call("train", "--home", home, "--if-due", "7", "--json")
    assert (now.exit_code, json.loads(now.stdout)["trained"]) == (0, False)
    then = call("train", "--home", home, "--if-due", "7", "--as-of", "2027-06-01", "--json")
    made, in_force = json.loads(then.stdout), json.loads((home / "models" / "in-force.json").read_text())
    first = json.loads(trained.stdout)["version"]
    assert then.exit_code == (0 if made["compared"]["wins"] else 1)
    other = (
        {"champion": made["version"], "challenger": None}
        if made["in_force"]
        else {"champion": first, "challenger": made["version"]}
    )
    assert {name: in_force[name] for name in ("champion", "challenger")} == other


def test_two_scheduled_trainings_at_once_train_once(simulated):
    _, home, _ = simulated
    before = Models(home / "models").versions()
    with alone(Models(home / "models")) as is_free:
        assert is_free
        second = call("train", "--home", home, "--if-due", "1", "--as-of", "2027-06-01")
    assert (second.exit_code, "another training is under way" in second.stdout) == (0, True)
    assert Models(home / "models").versions() == before


def test_files_alone_teach_the_same(simulated, tmp_path):
    folder, home, trained = simulated
    own = tmp_path / "home"
    own.mkdir()
    for name in ("catalog.yaml", "company.yaml"):
        shutil.copy(home / name, own / name)
    given = [f"--{kind}={folder / kind}.jsonl" for kind in ("quotes", "outcomes", "agreements")]
    told = json.loads(call("train", "--home", own, "--json", *given).stdout)
    stored = json.loads(trained.stdout)
    assert told["card"]["labels"]["known"] == stored["card"]["labels"]["known"]
    assert told["card"]["labels"]["could_leak"] == stored["card"]["labels"]["could_leak"]


def test_scores_come_in_order_one_row_a_quote_in_every_form(simulated, tmp_path):
    folder, home, _ = simulated
    quotes = [json.loads(line) for line in (folder / "quotes.jsonl").open()][:40]
    file = tmp_path / "quotes.jsonl"
    file.write_text(
        "\n".join([json.dumps(each) for each in quotes[:20]] + ["{"] + [json.dumps(each) for each in quotes[20:]])
    )
    for name in ("scores.jsonl", "scores.csv", "scores.parquet"):
        result = call("score", file, "--out", tmp_path / name, "--home", home)
        assert (result.exit_code, "1 rows refused" in result.stdout) == (1, True), result.output
    rows = [json.loads(line) for line in (tmp_path / "scores.jsonl").open()]
    ids = [each["quote_id"] for each in quotes]
    assert [each["quote_id"] for each in rows] == ids
    assert set(rows[0]) == {"quote_id", "score", "tier", "expected_leakage", "verdict", "top_reasons"}
    assert [each["quote_id"] for each in csv.DictReader((tmp_path / "scores.csv").open())] == ids
    table = pq.read_table(tmp_path / "scores.parquet")
    assert [str(each) for each in table["score"].to_pylist()[:3]] == [
        f"{float(each['score']):.4f}" for each in rows[:3]
    ]
    assert json.loads((tmp_path / "scores.refused.jsonl").read_text())["line"] == 21


def test_a_labelled_file_gives_figures_by_either_way_of_labelling(simulated, tmp_path):
    folder, home, _ = simulated
    outcomes = {each["subject"]["id"]: each for each in map(json.loads, (folder / "outcomes.jsonl").open())}
    quotes = [json.loads(line) for line in (folder / "quotes.jsonl").open()]
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(
        "\n".join(
            json.dumps({**each, "leaked": outcomes[each["quote_id"]]["leaked"]})
            for each in quotes
            if each["quote_id"] in outcomes
        )
    )
    inside = json.loads(call("evaluate", labelled, "--home", home, "--json").stdout)
    beside = call(
        "evaluate", folder / "quotes.jsonl", "--outcomes", folder / "outcomes.jsonl", "--home", home, "--json"
    )
    told = json.loads(beside.stdout)
    assert inside["verdicts"] == told["verdicts"]
    assert inside["figures"]["auc"] > 0.6
    assert "flattered" in inside["notes"][0]
    # Beside the deals of which nothing is known, the known ones stand for those like them; alone each counts once.
    assert (inside["weighed"], told["weighed"]) == (False, True)
    assert inside["notes"][1] == "Every deal that could leak has a label: each counts once."
    assert told["figures"]["rate"] < inside["figures"]["rate"]


def test_too_little_to_learn_from_is_said_in_words(tmp_path):
    for kind in ("quotes", "outcomes"):
        (tmp_path / f"{kind}.jsonl").write_text("")
    given = [f"--{kind}={tmp_path / kind}.jsonl" for kind in ("quotes", "outcomes")]
    result = call("train", "--home", tmp_path / "home", *given)
    assert result.exit_code == 3
    assert "There is too little to learn from" in result.stderr
    assert "0 outcomes are known" in result.stderr


def test_without_a_model_the_policies_alone_give_the_verdict(tmp_path):
    out = tmp_path / "scores.jsonl"
    quote = Path(__file__).parents[3] / "examples" / "quotes" / "seat-contract-without-overage.json"
    result = call("score", quote, "--out", out, "--home", tmp_path / "home")
    assert result.exit_code == 0
    row = json.loads(out.read_text())
    assert (row["score"], row["verdict"]) == (None, "block")


def test_sales_of_another_system_teach_by_a_mapping_alone(tmp_path):
    """400 made-up sales without dates, of which every other was inspected: two reps cheat."""
    sales, home = tmp_path / "sales.csv", tmp_path / "home"
    with sales.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["salesperson", "product", "quantity", "value", "inspection"])
        for number in range(400):
            rep, product = number % 7, number * 5 % 11
            verdict = "fraud" if rep in (1, 4) and number % 3 else "ok"
            value = 100 + number % 13 + (40 if verdict == "fraud" else 0)
            writer.writerow([f"v{rep}", f"p{product}", 10, value, verdict if number % 2 else ""])
    how = ("--connector", "generic", "--mapping", EXAMPLES / "sales-mapping.yaml")
    assert call("import", "quotes", sales, "--home", home, "--simulated", *how).exit_code == 0
    trained = call("train", "--home", home, "--json")
    assert trained.exit_code == 0, trained.output
    card = json.loads(trained.stdout)["card"]
    assert (card["labels"]["known"], card["labels"]["could_leak"]) == (200, 400)
    assert "pairs of rep and product" in card["held_out_by"]
    assert card["newest"]["auc"] > 0.8
    _scored_by_the_mapping(sales, home, tmp_path / "scores.csv")


def _scored_by_the_mapping(sales, home, out):
    """The same columns are scored and evaluated as they were imported."""
    mapping = ("--mapping", EXAMPLES / "sales-mapping.yaml", "--home", home)
    assert call("score", sales, "--out", out, *mapping).exit_code == 0
    rows = list(csv.DictReader(out.open()))
    assert [each["quote_id"] for each in rows[:3]] == ["S-1", "S-2", "S-3"]
    cheats = [float(row["score"]) for at, row in enumerate(rows) if at % 7 in (1, 4)]
    others = [float(row["score"]) for at, row in enumerate(rows) if at % 7 not in (1, 4)]
    assert sum(cheats) / len(cheats) > 2 * sum(others) / len(others)
    told = json.loads(call("evaluate", sales, "--json", *mapping).stdout)
    assert (told["quotes"], told["figures"]["deals"], told["weighed"]) == (400, 200, True)


def test_a_table_without_a_column_that_quotes_need_is_not_scored(tmp_path):
    table = tmp_path / "quotes.csv"
    table.write_text("quote_id,lines.product_id\nQ-1,P-1\n")
    result = call("score", table, "--out", tmp_path / "scores.csv", "--home", tmp_path / "home")
    assert result.exit_code == 3
    assert "the column currency is missing, and quotes need it" in result.stderr


def test_a_table_of_quotes_is_scored_with_its_lines_together(tmp_path):
    table, out = tmp_path / "quotes.csv", tmp_path / "scores.csv"
    table.write_text(
        "quote_id,currency,lines.product_id,lines.charge_type,lines.quantity,lines.net_unit_price\n"
        "Q-1,USD,P-1,one_time,2,10\nQ-1,USD,P-2,one_time,1,5\nQ-2,USD,P-1,one_time,many,10\nQ-3,USD,P-1,one_time\n"
    )
    result = call("score", table, "--out", out, "--home", tmp_path / "home")
    assert result.exit_code == 1
    assert [each["quote_id"] for each in csv.DictReader(out.open())] == ["Q-1"]
    assert "the row has 4 cells, and the header has 6" in result.stderr
    assert "$.lines[0].quantity" in result.stderr
