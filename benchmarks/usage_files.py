"""A year of usage for the benchmark, as files: `python -m benchmarks.usage_files FOLDER COUNT`.

It runs in a process of its own: what it takes of memory must not count for those that are measured.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

LINES: Final = 10
_YEAR_SECONDS: Final = 366 * 86_400
_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("usage_id", "account_id", "agreement_id", "line_id")),
        ("at", pa.timestamp("us", tz="UTC")),
        ("quantity", pa.decimal128(18, 4)),
    ]
)


def write(folder: Path, count: int) -> None:
    """The agreement, and so many usage records in JSON Lines and again in Parquet."""
    (folder / "agreement.json").write_text(json.dumps(_agreement()), "utf-8")
    _json_lines(folder, count)
    _parquet(folder, count)


def _agreement() -> dict[str, Any]:
    """Ten metered lines over a leap year, for an account whose clocks are turned."""
    line = {"charge_type": "usage", "charge_model": "per_unit", "net_unit_price": "0.0015", "price_period": "month"}
    return {
        "agreement_id": "AG-1",
        "account": {"account_id": "A-1", "time_zone": "America/New_York"},
        "currency": "USD",
        "start_date": "2024-01-01",
        "end_date": "2024-12-31",
        "billing_frequency": "monthly",
        "lines": [line | {"line_id": str(number), "product_id": f"API-{number}"} for number in range(1, LINES + 1)],
    }


def records(count: int) -> Iterator[dict[str, str]]:
    """So many records, evenly over the year."""
    chance, start = random.Random(7), datetime(2024, 1, 1, 5, tzinfo=UTC)
    for number in range(count):
        at = start + timedelta(seconds=number * (_YEAR_SECONDS - 1) // count)
        yield {
            "usage_id": f"u-{number:07}",
            "account_id": "A-1",
            "agreement_id": "AG-1",
            "line_id": str(1 + number % LINES),
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "quantity": str(chance.randrange(1, 5000)),
        }


def _json_lines(folder: Path, count: int) -> None:
    path = folder / "usage.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in records(count))


def _parquet(folder: Path, count: int) -> None:
    path, rows = folder / "usage.parquet", records(count)
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        while part := list(islice(rows, 100_000)):
            typed = [
                each | {"at": datetime.fromisoformat(each["at"]), "quantity": Decimal(each["quantity"])}
                for each in part
            ]
            writer.write_table(pa.Table.from_pylist(typed, schema=_SCHEMA))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
