"""What it costs to record a decision, beside a bare insert of the same bytes: `python -m benchmarks.recording [URL]`.

The request is a quote of 50 lines (some 20 KB), the answer has eight findings (some 5 KB). Every commit is flushed to disk.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.store import Basis, DecisionSummary, RecordedDecision, Store, digest_of, new_id
from app.store.decisions import seal
from app.store.upgrade import upgrade
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType

RUNS = 2000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/quoteguard.db"
        upgrade(url)
        with Store.open(url) as store:
            policies = store.artefacts.put("policies", b"id: benchmark")
            decisions = [a_decision(number, policies) for number in range(RUNS)]
            sizes = len(decisions[0].request), len(decisions[0].document)
            print(f"{RUNS} decisions, request {sizes[0]:,} bytes, answer {sizes[1]:,} bytes, times for each one")
            measure(
                "bare SQLite insert of the same bytes", bare_insert(folder), [d.request + d.document for d in decisions]
            )
            measure("  of this, before the lock: digest, pack", seal, decisions)
            measure("record", store.record, decisions)
            measure("look up by id", store.decisions.get, [d.summary.decision_id for d in decisions])
            started = time.perf_counter()
            report = store.verify_chain()
            each = (time.perf_counter() - started) / report.checked * 1e6
            print(f"{'verify the chain':42}{each:7.0f} us each, whole: {report.is_whole}")


def measure(name: str, run: Callable[[Any], object], given: Iterable[Any]) -> None:
    """Run over everything given; print processor time, and elapsed time at the median and at the 99th percentile."""
    elapsed = []
    processor = time.process_time()
    for each in given:
        started = time.perf_counter()
        run(each)
        elapsed.append(time.perf_counter() - started)
    processor = (time.process_time() - processor) / len(elapsed)
    elapsed.sort()
    p50, p99 = elapsed[len(elapsed) // 2], elapsed[len(elapsed) * 99 // 100]
    print(f"{name:42}{processor * 1e6:7.0f} us CPU {p50 * 1e6:7.0f} us p50 {p99 * 1e6:7.0f} us p99")


def bare_insert(folder: str) -> Callable[[bytes], object]:
    """An insert with nothing around it, as durable as the store's."""
    connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE bare (id INTEGER PRIMARY KEY, content BLOB)",
    ):
        connection.execute(statement)

    def insert(content: bytes) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (content) VALUES (?)", (content,))
        connection.execute("COMMIT")

    return insert


def a_decision(number: int, policies: str) -> RecordedDecision:
    chance = random.Random(number)
    request = json.dumps(
        {"quote_id": f"Q-{number}", "currency": "USD", "lines": [a_line(n, chance) for n in range(50)]}
    )
    document = json.dumps({"verdict": "flag", "findings": [a_finding(n, chance) for n in range(8)]})
    subject = Subject(type=SubjectType.QUOTE, id=f"Q-{number}", content_hash=digest_of(request.encode()))
    return RecordedDecision(
        summary=DecisionSummary(
            decision_id=new_id("dec"),
            created_at=datetime.now(UTC),
            subject=subject,
            verdict=Verdict.FLAG,
            headline="Overage price missing on API calls: $14,400 a year could go unbilled.",
            currency="USD",
            policy_version=policies,
            at_risk_under=Decimal(14400),
            rep_id=f"R-{number % 50}",
            account_id=f"A-{number % 500}",
        ),
        basis=Basis(as_of=datetime.now(UTC), policies=policies, catalog=policies, company=policies),
        request=request.encode(),
        document=document.encode(),
    )


def a_line(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "line_id": str(number),
        "product_id": f"SKU-{chance.randrange(1000)}",
        "product_name": f"Product {chance.randrange(100)} seats",
        "product_family": chance.choice(["platform", "usage", "support"]),
        "charge_type": "recurring",
        "charge_model": "per_unit",
        "quantity": str(chance.randrange(1, 900)),
        "price_period": "month",
        "list_unit_price": f"{chance.randrange(1, 900)}.{chance.randrange(99):02}",
        "net_unit_price": f"{chance.randrange(1, 900)}.{chance.randrange(99):02}",
        "included_quantity": str(chance.randrange(1000)),
        "overage_unit_price": f"0.{chance.randrange(999):03}",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "discounts": [{"kind": "discretionary", "percent": str(chance.randrange(30))}],
    }


def a_finding(number: int, chance: random.Random) -> dict[str, Any]:
    field = f"lines[{number}].overage_unit_price"
    return {
        "finding_id": new_id("fnd"),
        "policy_id": "allowance-without-overage-price",
        "pattern": "Q11",
        "effect": "block",
        "direction": "under",
        "line_ids": [str(number)],
        "message": f"Line {number} includes an allowance and has no price beyond it.",
        "evidence": [
            {"field": field, "actual": None, "expected": "0.012", "expected_from": "catalog, price book 2026"}
        ],
        "amount_at_risk": {
            "currency": "USD",
            "per_period": "1200.00",
            "remaining_term": f"{chance.randrange(99999)}.00",
        },
        "remedy": {
            "text": "Set the overage price",
            "patch": [{"op": "replace", "path": f"/{field}", "value": "0.012"}],
        },
    }


if __name__ == "__main__":
    main()
