"""`python -m benchmarks.audit`: the audit of a million usage records, beside only reading and grouping the same file.

Each measurement is a process of its own, so that its memory is its own: the time is the wall clock's, start included, and
the memory is the largest resident set as the kernel counted it (which starts from that of this very process, so it
imports next to nothing). Compare the ratios within one run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

RECORDS: Final = 1_000_000
# Read the file, and sum by line and month, as one would who only wants the totals.
_PANDAS: Final = """
import pandas as pd, sys
path = sys.argv[1]
if path.endswith(".parquet"):
    table = pd.read_parquet(path)
    table["quantity"] = table["quantity"].astype(float)
    print(table.groupby(["line_id", table["at"].dt.strftime("%Y-%m")])["quantity"].sum().size)
else:
    sums = [
        each.groupby(["line_id", pd.to_datetime(each["at"]).dt.strftime("%Y-%m")])["quantity"].sum()
        for each in pd.read_json(path, lines=True, chunksize=100_000, dtype={"line_id": str, "quantity": float})
    ]
    print(pd.concat(sums).groupby(level=[0, 1]).sum().size)
"""
_DUCKDB: Final = """
import duckdb, sys
path = sys.argv[1]
read = "read_parquet" if path.endswith(".parquet") else "read_json_auto"
query = '''SELECT line_id, strftime("at", '%Y-%m') AS month, sum(quantity::DECIMAL(18, 4)) FROM {}('{}') GROUP BY ALL'''
print(len(duckdb.sql(query.format(read, path)).fetchall()))
"""
_JSON_LOADS: Final = """
import json, sys
from collections import defaultdict
from decimal import Decimal
sums = defaultdict(Decimal)
for line in open(sys.argv[1], "rb"):
    each = json.loads(line)
    sums[each["line_id"], each["at"][:7]] += Decimal(each["quantity"])
print(len(sums))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: its wall clock time and its largest resident memory."""

    seconds: float
    mib: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help=f"How many. Default: {RECORDS:,}.")
    with tempfile.TemporaryDirectory() as folder:
        show(Path(folder), parser.parse_args().records)


def show(folder: Path, count: int) -> None:
    """Write the files into a folder, audit each, and print how long that and the floor beside it took."""
    print(f"Audit of {count:,} usage records of ten lines over a year; each row is a process, its start included")
    print(f"{'':34}{'seconds':>9}{'MiB':>8}{'audit is':>11}")
    run("-m", "benchmarks.usage_files", str(folder), str(count))
    for usage in (folder / "usage.jsonl", folder / "usage.parquet"):
        ours = ("-m", "app", "audit", "--agreement", str(folder / "agreement.json"), "--usage", str(usage))
        audited = run(*ours, ends_with=1)
        print(f"{'audit, ' + usage.suffix[1:]:34}{audited.seconds:>9.1f}{audited.mib:>8.0f}")
        for name, program in _floors(usage):
            floor = run("-c", program, str(usage))
            ratio = audited.seconds / floor.seconds
            print(f"{'  only group it, ' + name:34}{floor.seconds:>9.1f}{floor.mib:>8.0f}{ratio:>10.1f}x")
    if find_spec("duckdb") is None:
        print("DuckDB is not installed here; where it is, it is measured too.")
    print()


def run(*arguments: str, ends_with: int = 0) -> Run:
    """A Python process of its own, with its time and its memory; an audit that finds something ends with 1."""
    began = time.perf_counter()
    output = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)],
    )
    _, status, used = os.wait4(pid, 0)
    os.close(output)
    if os.waitstatus_to_exitcode(status) != ends_with:
        raise RuntimeError(f"{arguments[:4]} ended with {os.waitstatus_to_exitcode(status)}")
    return Run(time.perf_counter() - began, used.ru_maxrss / 1024)


def _floors(usage: Path) -> Iterator[tuple[str, str]]:
    if usage.suffix == ".jsonl":
        yield "json.loads and Decimal", _JSON_LOADS
    yield "pandas, in floats", _PANDAS
    if find_spec("duckdb") is not None:
        yield "DuckDB", _DUCKDB


if __name__ == "__main__":
    main()
