"""The same usage in JSON Lines, CSV and Parquet is the same records; what cannot be taken is told with its place."""

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.files.records import records
from app.files.rows import USAGE, Faults
from cpq_hooks.canonical import load_invoice, load_usage

ROWS = [
    {"usage_id": "a", "line_id": "1", "at": "2024-01-31T23:30:00Z", "quantity": "0.1"},
    {"usage_id": "b", "line_id": "1", "at": "2024-02-01T00:00:00.250000Z", "quantity": "12345678901234.5678"},
    {"usage_id": "c", "product_id": "API", "period_start": "2024-01-01", "period_end": "2024-01-31", "quantity": "7"},
]
TYPES = {
    "usage_id": pa.string(),
    "line_id": pa.dictionary(pa.int8(), pa.string()),
    "product_id": pa.large_string(),
    "at": pa.timestamp("ns", tz="America/New_York"),
    "period_start": pa.date32(),
    "period_end": pa.timestamp("us"),
    "quantity": pa.decimal128(30, 10),
}


def read(path, table=USAGE):
    faults = Faults()
    return list(records(path, load_usage, faults, max_bytes=10_000, table=table)), faults


def typed(name, text):
    """A value as a Parquet writer has it."""
    if name == "at":
        return datetime.fromisoformat(text)
    if name == "period_end":
        return datetime.fromisoformat(text)
    if name == "period_start":
        return date.fromisoformat(text)
    return Decimal(text) if name == "quantity" else text


@pytest.fixture
def parquet(tmp_path):
    def write(rows=ROWS, **types):
        columns = {name: [None if name not in row else typed(name, row[name]) for row in rows] for name in TYPES}
        arrays = {name: pa.array(values, (TYPES | types)[name]) for name, values in columns.items()}
        pq.write_table(pa.table(arrays), tmp_path / "usage.parquet")
        return tmp_path / "usage.parquet"

    return write


@pytest.fixture
def lines(tmp_path):
    def write(*texts, name="usage.jsonl"):
        (tmp_path / name).write_text("\n".join(texts))
        return tmp_path / name

    return write


def test_json_lines_csv_and_parquet_hold_the_same_records(tmp_path, lines, parquet):
    with (tmp_path / "usage.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(TYPES), restval="")
        writer.writeheader()
        writer.writerows(ROWS)
    wanted = [load_usage(each) for each in ROWS]
    for path in (lines(*map(json.dumps, ROWS)), tmp_path / "usage.csv", parquet()):
        found, faults = read(path)
        assert (found, faults.count, faults.notes) == (wanted, 0, []), path
    assert wanted[0].at == datetime(2024, 1, 31, 23, 30, tzinfo=UTC)


def test_parquet_is_known_by_its_first_bytes(parquet):
    path = parquet()
    assert len(read(path.rename(path.with_suffix(".data")))[0]) == 3


def test_a_binary_float_is_taken_as_its_shortest_decimal_with_a_word(tmp_path):
    table = pa.table({"usage_id": ["a"], "line_id": ["1"], "at": ["2024-01-31T23:30:00Z"], "quantity": [0.1]})
    pq.write_table(table, tmp_path / "usage.parquet")
    found, faults = read(tmp_path / "usage.parquet")
    assert [each.quantity for each in found] == [Decimal("0.1")]
    assert "quantity holds binary floats" in faults.notes[0]


def test_a_row_that_is_refused_is_told_with_its_number_and_the_others_are_read(parquet):
    found, faults = read(parquet([ROWS[0], ROWS[1] | {"quantity": "-5"}, {"usage_id": "x", "quantity": "1"}]))
    assert [each.usage_id for each in found] == ["a"]
    assert [told.partition("usage.parquet")[2].partition(": ")[0] for told in faults.told] == [
        " row 2",
        " row 3",
        " row 3",
    ]


def test_columns_that_are_missing_are_named_with_the_file(tmp_path):
    pq.write_table(pa.table({"usage_id": ["a"], "at": ["x"], "amount": [1]}), tmp_path / "usage.parquet")
    (tmp_path / "usage.csv").write_text("usage_id,at,amount\na,x,1\n")
    for name in ("usage.parquet", "usage.csv"):
        found, faults = read(tmp_path / name)
        assert (found, faults.count) == ([], 2)
        assert f"{name}: the column quantity is missing" in faults.told[0]
        assert "line_id, or product_id; the file has usage_id, at, amount" in faults.told[1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("quantity", pa.float32()), ("quantity", pa.bool_()), ("at", pa.timestamp("us")), ("period_start", pa.int32())],
)
def test_a_column_of_a_type_that_is_not_exact_is_refused(tmp_path, name, kind):
    columns = {"usage_id": ["a"], "line_id": ["1"], "at": ["2024-01-31T23:30:00Z"], "quantity": ["1"]}
    pq.write_table(pa.table(columns | {name: pa.array([None], kind)}), tmp_path / "usage.parquet")
    faults = read(tmp_path / "usage.parquet")[1]
    assert f"the column {name} holds {kind}" in faults.told[0]


def test_a_file_that_is_cut_off_is_told(parquet):
    path = parquet()
    path.write_bytes(path.read_bytes()[:200])
    assert "no Parquet file that can be read" in read(path)[1].told[0]


def test_lines_of_csv_are_counted_as_an_editor_does(tmp_path):
    (tmp_path / "usage.csv").write_text('usage_id,line_id,at,quantity\n"a\nb",1,2024-01-01T00:00:00Z,1\nc,1,2\n')
    faults = read(tmp_path / "usage.csv")[1]
    assert [told.partition("usage.csv")[2][:3] for told in faults.told] == [":3:", ":4:"]


def test_documents_with_lists_in_them_are_not_read_from_tables(tmp_path, parquet):
    faults = Faults()
    assert list(records(parquet(), load_invoice, faults, max_bytes=10_000)) == []
    assert "lists are nested" in faults.told[0]


def test_of_many_bad_rows_the_first_are_told_and_all_are_counted(lines):
    faults = read(lines(json.dumps(ROWS[0]), *["{"] * 80))[1]
    assert (faults.count, len(faults.lines()), faults.lines()[-1]) == (80, 51, "  and 30 more")
