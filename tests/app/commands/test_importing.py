"""quoteguard import: every kind of file, what is refused, what is there already, and going on after a cut."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.importing.importing import Import
from app.importing.journal import Journal
from app.importing.making import Making
from app.importing.reading import A_PORTION, open_file
from app.store import DocumentKind, Store

EXAMPLES = Path(__file__).parents[3] / "examples"
SALES = EXAMPLES / "history" / "sales.csv"
BY_MAPPING = ("--connector", "generic", "--mapping", EXAMPLES / "history" / "sales-mapping.yaml")
GOOD = {
    "quote_id": "Q-1",
    "currency": "USD",
    "rep": {"rep_id": "r1"},
    "lines": [
        {"line_id": "1", "product_id": "SEAT", "charge_type": "one_time", "net_unit_price": "9", "quantity": "2"}
    ],
}


def lines(*records):
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in records)


def numbered(count):
    return [{**GOOD, "quote_id": f"Q-{number}"} for number in range(1, count + 1)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("QUOTEGUARD_DATABASE_URL", raising=False)
    return tmp_path / "home"


def stored(folder, kind, document_id):
    with Store.open(f"sqlite:///{folder / 'quoteguard.db'}") as store:
        found = store.documents.get(kind, document_id)
        return None if found is None else json.loads(found.document.body)


def test_good_lines_are_stored_and_bad_ones_told_with_their_line_and_every_reason(run, folder, tmp_path):
    file = tmp_path / "quotes.jsonl"
    file.write_text(lines(GOOD, "{", {**GOOD, "quote_id": "Q-2"}, {**GOOD, "currency": "XXX1", "lines": []}))
    result = run("import", "quotes", file, "--home", folder)
    assert result.exit_code == 1
    assert f"{file}:2: " in result.stderr
    told = [json.loads(line) for line in (folder / "imports" / "refused-quotes-quotes.jsonl").read_text().splitlines()]
    assert [each["line"] for each in told] == [2, 4]
    assert [reason.split(":")[0] for reason in told[1]["reasons"]] == ["$.currency", "$.lines"]
    assert stored(folder, DocumentKind.QUOTE, "Q-2")["rep"] == {"rep_id": "r1"}


def test_the_same_file_again_changes_nothing(run, folder, tmp_path):
    file = tmp_path / "quotes.jsonl"
    file.write_text(lines(*numbered(3), {**GOOD, "quote_id": "Q-1"}))
    first, second = (run("import", "quotes", file, "--home", folder) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 new         0 changed           1 as before" in first.stdout
    assert "0 new         0 changed           4 as before" in second.stdout
    assert not list((folder / "imports").iterdir())


def test_nothing_but_refused_rows_is_bad_input(run, folder, tmp_path):
    file = tmp_path / "outcomes.jsonl"
    file.write_text(lines({"outcome_id": "O"}))
    assert run("import", "outcomes", file, "--home", folder).exit_code == 3


def test_a_table_without_a_needed_column_is_refused_as_a_whole(run, folder, tmp_path):
    file = tmp_path / "quotes.csv"
    file.write_text("quote_id,lines.product_id\nQ-1,SEAT\n")
    result = run("import", "quotes", file, "--home", folder)
    assert result.exit_code == 3
    assert "the column currency is missing, and quotes need it" in result.stderr


def test_rows_of_a_table_with_the_same_id_are_the_lines_of_one_quote(run, folder, tmp_path):
    file = tmp_path / "quotes.csv"
    header = "quote_id,currency,rep.rep_id,lines.product_id,lines.charge_type,lines.net_unit_price"
    file.write_text(f"{header}\nQ-1,USD,r1,SEAT,one_time,9\nQ-1,USD,r1,SETUP,one_time,50\nQ-2,USD,,SEAT,one_time,8\n")
    assert run("import", "quotes", file, "--home", folder).exit_code == 0
    found = stored(folder, DocumentKind.QUOTE, "Q-1")
    assert [(each["line_id"], each["product_id"]) for each in found["lines"]] == [("1", "SEAT"), ("2", "SETUP")]
    assert "rep" not in stored(folder, DocumentKind.QUOTE, "Q-2")


def test_parquet_holds_nested_quotes(run, folder, tmp_path):
    file = tmp_path / "quotes.parquet"
    pq.write_table(pa.Table.from_pylist(numbered(2)), file)
    assert run("import", "quotes", file, "--home", folder).exit_code == 0
    assert stored(folder, DocumentKind.QUOTE, "Q-2")["lines"][0]["net_unit_price"] == "9"


def test_a_history_of_sales_becomes_quotes_and_outcomes_by_a_mapping(run, folder):
    rows = list(csv.DictReader(io.StringIO(SALES.read_text())))
    result = run("import", "quotes", SALES, "--home", folder, "--simulated", *BY_MAPPING)
    assert result.exit_code in (0, 1)
    first = next(number for number, row in enumerate(rows, start=1) if row["inspection"] and row["quantity"] != "NA")
    row, found = rows[first - 1], stored(folder, DocumentKind.OUTCOME, f"S-O-{first}")
    assert (found["leaked"], found["subject"]["id"]) == (row["inspection"] == "fraud", f"S-{first}")
    unknown = next(number for number, row in enumerate(rows, start=1) if not row["inspection"])
    assert stored(folder, DocumentKind.OUTCOME, f"S-O-{unknown}") is None
    assert stored(folder, DocumentKind.QUOTE, f"S-{unknown}")["rep"]["rep_id"] == rows[unknown - 1]["salesperson"]


def test_a_vendors_export_is_read_by_its_connector(run, folder):
    acme = EXAMPLES / "connectors"
    mapping = ("--connector", "generic", "--mapping", acme / "acme-mapping.yaml")
    assert run("import", "quotes", acme / "acme-quote.json", "--home", folder, *mapping).exit_code == 0


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(folder, tmp_path, run):
    file = tmp_path / "quotes.jsonl"
    bad = {"quote_id": "Q-0"}
    file.write_text(lines(bad, *numbered(A_PORTION + 50), bad))
    run(
        "import", "quotes", file, "--home", folder
    )  # makes the database; the job below is another import of the same file
    with Store.open(f"sqlite:///{folder / 'quoteguard.db'}") as store:
        opened = open_file(file, max_bytes=1 << 20)
        job = Import(
            opened=opened,
            making=Making(kind="quotes", form=opened.form),
            store=store,
            journal=Journal.of(folder, file, "cut"),
            refused_to=tmp_path / "refused.jsonl",
        )

        def cut(share, rows):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            job.run(cut)
        assert job.resumes_after == A_PORTION
        done = job.run(lambda share, rows: None)
    assert (done.counts.rows, done.counts.refused, done.counts.unchanged) == (A_PORTION + 52, 2, A_PORTION + 50)
    assert [json.loads(line)["line"] for line in (tmp_path / "refused.jsonl").open()] == [1, A_PORTION + 52]


def test_a_journal_of_another_database_is_not_believed(folder, tmp_path, run):
    file, other = tmp_path / "quotes.jsonl", tmp_path / "other.jsonl"
    file.write_text(lines(*numbered(2)))
    other.write_text(lines({**GOOD, "quote_id": "elsewhere"}))
    run("import", "quotes", other, "--home", folder)
    with Store.open(f"sqlite:///{folder / 'quoteguard.db'}") as store:
        journal = Journal.of(folder, file, "cut")
        opened = open_file(file, max_bytes=1 << 20)
        making = Making(kind="quotes", form=opened.form)
        job = Import(opened=opened, making=making, store=store, journal=journal, refused_to=tmp_path / "refused")
        journal.path.parent.mkdir(exist_ok=True)
        told = {"number": 1, "counts": {}, "by_kind": {}, "last": ["quote", "Q-1"], "refused_bytes": 0}
        journal.path.write_text(json.dumps(told))
        assert job.resumes_after == 0
