"""Scores as a file: JSON Lines, CSV or Parquet, by the file's name; it appears when it is whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

from app.bulk.scoring import Scored

COLUMNS: Final = ("quote_id", "score", "tier", "expected_leakage", "currency", "verdict", "top_reasons")
FORMS: Final = (".jsonl", ".ndjson", ".csv", ".parquet", ".pq")


class Writes(Protocol):
    """Takes rows in their order."""

    def write(self, rows: Iterable[Scored]) -> None: ...


@contextmanager
def written(path: Path) -> Iterator[Writes]:
    """A file under way: it takes the place of `path` when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    suffix = path.suffix.lower()
    opening = {".csv": _csv, ".parquet": _parquet, ".pq": _parquet}.get(suffix, _lines)
    try:
        with opening(beside) as writer:
            yield writer
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _lines(path: Path) -> Iterator[Writes]:
    with path.open("w", encoding="utf-8", newline="\n") as file:

        class Lines:
            def write(self, rows: Iterable[Scored]) -> None:
                file.writelines(json.dumps(_document(each), ensure_ascii=False) + "\n" for each in rows)

        yield Lines()


def _document(row: Scored) -> dict[str, object]:
    amount = row.expected_leakage
    return {
        "quote_id": row.quote_id,
        "score": row.score,
        "tier": row.tier,
        "expected_leakage": None if amount is None else {"currency": row.currency, "amount": amount},
        "verdict": row.verdict,
        "top_reasons": list(row.reasons),
    }


@contextmanager
def _csv(path: Path) -> Iterator[Writes]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)

        class Cells:
            def write(self, rows: Iterable[Scored]) -> None:
                writer.writerows([(*each[:-1], " | ".join(each.reasons)) for each in rows])

        yield Cells()


@contextmanager
def _parquet(path: Path) -> Iterator[Writes]:
    import pyarrow as pa  # a third of a second to load
    import pyarrow.parquet as pq

    texts = ("quote_id", "tier", "currency", "verdict")
    kinds = {
        **dict.fromkeys(texts, pa.string()),
        "score": pa.decimal128(5, 4),
        "expected_leakage": pa.decimal128(24, 4),
        "top_reasons": pa.list_(pa.string()),
    }
    schema = pa.schema([(name, kinds[name]) for name in COLUMNS])
    with pq.ParquetWriter(path, schema) as file:

        class Columns:
            def write(self, rows: Iterable[Scored]) -> None:
                plain = [
                    {
                        **dict(zip(COLUMNS, each, strict=True)),
                        "score": None if each.score is None else Decimal(each.score),
                        "expected_leakage": None if each.expected_leakage is None else Decimal(each.expected_leakage),
                    }
                    for each in rows
                ]
                if plain:
                    file.write_table(pa.Table.from_pylist(plain, schema=schema))

        yield Columns()
