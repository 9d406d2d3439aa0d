"""Insights over two years of decisions, on SQLite or PostgreSQL: `python -m benchmarks.insights [URL] [--decisions N] [--reviews N]`.

The decisions are made up: 60 reps, 2,000 accounts, 40 products, two revisions a quote in the mean; four of ten are flagged, half of
those mended and signed; one in twenty leaks later; twelve people reviewed a quarter of them. Each question is asked ten times; the
slowest answer counts. "The page" is all that the insights page asks when it is looked at first.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from app.ledgers import insights
from app.ledgers.activity import activity
from app.ledgers.insights import Asked
from app.store import Basis, DecisionSummary, Document, DocumentKind, KeptReview, RecordedDecision, Store
from app.store.database import Database
from app.store.desk_rows import review_columns
from app.store.desk_tables import REVIEWS
from app.store.review_counts import recount
from app.store.upgrade import upgrade
from policies.domain.company import AuthorityRule, Company, DiscountAuthority
from policies.domain.decision import Subject, Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from policies.domain.review import ReviewAction

FIRST = datetime(2024, 12, 1, tzinfo=UTC)
DAYS = 730
POLICIES = [(f"policy-{number}", f"Q{number % 18 + 1:02}") for number in range(40)]
COMPANY = Company(
    name="Bench",
    currency="USD",
    discount_authority=DiscountAuthority(
        ladder=("ae", "manager"),
        rules=(
            AuthorityRule(role="ae", maximum_discount_percent=Decimal(20), deal_size_up_to=Decimal(50000)),
            AuthorityRule(role="manager", maximum_discount_percent=Decimal(30)),
        ),
    ),
)
AT_ONCE = 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insights", description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--reviews", type=int, default=25_000)
    parser.add_argument("--rebuild", action="store_true", help="Count again from the record, too.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{folder}/quoteguard.db"
        upgrade(url)
        with Store.open(url, timeout=timedelta(seconds=60)) as store:
            began = time.perf_counter()
            fill(store, asked.decisions)
            each = (time.perf_counter() - began) / asked.decisions * 1e6
            print(f"{asked.decisions:,} decisions recorded in batches, {each:.0f} us each")
            review(url, asked.decisions, asked.reviews)
            ask_all(store)
            if asked.rebuild:
                began = time.perf_counter()
                number = store.rebuild_insights()
                print(f"rebuild of {number:,} decisions: {time.perf_counter() - began:.1f} s")


def ask_all(store: Store) -> None:
    span = {"first": FIRST.date(), "last": FIRST.date() + timedelta(days=DAYS)}
    questions: dict[str, Callable[[], Any]] = {
        f"ledgers by {group}": (lambda group=group: insights.ledgers(store, Asked(**span, group=group)))
        for group in insights.GROUPS
    }
    everything = Asked(**span)
    questions |= {
        "reviewers": lambda: insights.reviewers(store, everything),
        "the page": lambda: the_page(store, everything),
        "patterns": lambda: insights.patterns(store, everything),
        "policies": lambda: insights.policies(store, everything),
        "reps": lambda: insights.reps(store, everything),
        "fixes": lambda: insights.fixes(store, everything),
        "signals": lambda: insights.signals(store, everything, COMPANY),
    }
    for name, ask in questions.items():
        times, work = [], []
        for _ in range(10):
            began, worked = time.perf_counter(), time.process_time()
            ask()
            times.append((time.perf_counter() - began) * 1000)
            work.append((time.process_time() - worked) * 1000)
        slowest = f"{max(times):8.1f} ms slowest"
        print(f"{name:24}{sorted(times)[5]:8.1f} ms median {slowest} {sorted(work)[5]:8.1f} ms of the processor")


def the_page(store: Store, asked: Asked) -> None:
    insights.ledgers(store, asked)
    activity(store, asked)
    insights.fixes(store, asked)
    insights.reviewers(store, asked)


def review(url: str, decisions: int, reviews: int) -> None:
    """Put the reviews in past the desk, and count them as a rebuild does."""
    chance = random.Random(2)
    numbers = range(0, decisions, max(1, decisions // max(1, reviews)))[:reviews]
    rows = [review_columns(a_review(number, decisions, chance)) for number in numbers]

    def work(connection: Connection) -> None:
        connection.execute(insert(REVIEWS), rows)
        recount(connection)

    database = Database(url, timeout=timedelta(seconds=60), schema=None)
    if rows:
        database.write(work)
    database.close()


def a_review(number: int, decisions: int, chance: random.Random) -> KeptReview:
    return KeptReview(
        review_id=f"rev_{number}",
        number=number % 2 + 1,
        subject_type=SubjectType.QUOTE,
        subject_id=f"Q-{number // 2}",
        decision_id=f"dec_{number}",
        content_hash=f"sha256:{number}",
        reviewed_at=moment_of(number, decisions) + timedelta(seconds=int(chance.expovariate(1 / 7_200))),
        action=chance.choice([ReviewAction.APPROVE, ReviewAction.APPROVE, ReviewAction.WAIVE, ReviewAction.REJECT]),
        reason="benchmark",
        actor_id=f"analyst-{chance.randrange(12)}",
        actor_name="",
        state=CaseState.APPROVED,
    )


def moment_of(number: int, decisions: int) -> datetime:
    return FIRST + timedelta(days=number // 2 * 2 * DAYS / decisions, hours=number % 2)


def fill(store: Store, decisions: int) -> None:
    chance = random.Random(1)
    digest = store.artefacts.put("policies", b"id: benchmark")
    batch: list[RecordedDecision] = []
    signed: list[Document] = []
    leaked: list[Document] = []
    for number, decision, request in made(decisions, digest, chance):
        batch.append(decision)
        quote_id = request["quote_id"]
        if decision.summary.verdict is Verdict.ALLOW and chance.random() < 0.5:
            body = json.dumps(request | {"agreement_id": f"AG-{quote_id}"}).encode()
            agreement_id = f"AG-{quote_id}"
            signed.append(Document(id=agreement_id, body=body, agreement_id=agreement_id, parent_id=quote_id))
        if chance.random() < 0.05:
            leaked.append(outcome(number, quote_id, decision.summary.created_at, chance))
        if len(batch) == AT_ONCE:
            put(store, batch, signed, leaked)
            batch, signed, leaked = [], [], []
    put(store, batch, signed, leaked)


def put(store: Store, batch: list[RecordedDecision], signed: list[Document], leaked: list[Document]) -> None:
    if batch:
        store.record_all(batch)
    store.documents.put(DocumentKind.AGREEMENT, signed)
    store.documents.put(DocumentKind.OUTCOME, leaked)


def made(decisions: int, digest: str, chance: random.Random) -> Iterator[tuple[int, RecordedDecision, dict[str, Any]]]:
    for number in range(decisions):
        quote = number // 2
        rep, account = chance.randrange(60), chance.randrange(2000)
        is_second = number % 2 == 1
        at = moment_of(number, decisions)
        flagged = chance.random() < (0.1 if is_second else 0.4)
        request = a_quote(quote, rep, account, chance, mended=is_second)
        yield number, decision(number, request, at, digest, flagged=flagged, chance=chance), request


def a_quote(number: int, rep: int, account: int, chance: random.Random, *, mended: bool) -> dict[str, Any]:
    seeded = random.Random(number)
    lines = [a_line(n, seeded) for n in range(seeded.randrange(1, 6))]
    if mended:
        lines[0]["overage_unit_price"] = "0.5"
    return {
        "quote_id": f"Q-{number}",
        "currency": seeded.choice(["USD", "USD", "USD", "EUR", "GBP"]),
        "stage": "submitted",
        "account": {"account_id": f"A-{account}", "segment": seeded.choice(["smb", "mid-market", "enterprise"])},
        "rep": {"rep_id": f"R-{rep}", "role": chance.choice(["ae", "manager"])},
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "annual",
        "billing_timing": "in_advance",
        "lines": lines,
    }


def a_line(number: int, chance: random.Random) -> dict[str, Any]:
    listed = chance.randrange(20, 200)
    return {
        "line_id": str(number + 1),
        "product_id": f"SKU-{chance.randrange(40)}",
        "charge_type": "recurring",
        "charge_model": "per_unit",
        "quantity": str(chance.randrange(1, 100)),
        "price_period": "month",
        "list_unit_price": str(listed),
        "net_unit_price": f"{listed * (1 - chance.random() * 0.3):.2f}",
        "included_quantity": "100",
    }


def decision(
    number: int, request: dict[str, Any], at: datetime, digest: str, *, flagged: bool, chance: random.Random
) -> RecordedDecision:
    findings = [a_finding(request, chance) for _ in range(chance.randrange(1, 4))] if flagged else []
    verdict = Verdict.FLAG if findings else Verdict.ALLOW
    document = {
        "verdict": verdict.value,
        "findings": findings,
        "risk": {"tier": chance.choice(["alert", "digest", "refine"])},
    }
    raw = json.dumps(request).encode()
    return RecordedDecision(
        summary=DecisionSummary(
            decision_id=f"dec_{number}",
            created_at=at,
            subject=Subject(type=SubjectType.QUOTE, id=request["quote_id"], content_hash=f"sha256:{number}"),
            verdict=verdict,
            headline="",
            currency=request["currency"],
            policy_version=digest,
            source="crm",
            rep_id=request["rep"]["rep_id"],
            account_id=request["account"]["account_id"],
        ),
        basis=Basis(as_of=at, policies=digest),
        request=raw,
        document=json.dumps(document).encode(),
    )


def a_finding(request: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    policy, pattern = chance.choice(POLICIES)
    line = chance.choice(request["lines"])["line_id"]
    return {
        "finding_id": f"fnd_{chance.randrange(1 << 40)}",
        "policy_id": policy,
        "pattern": pattern,
        "effect": "flag",
        "direction": "under",
        "line_ids": [line],
        "evidence": [{"field": f"lines[{line}].overage_unit_price"}],
        "exposures": [{"line_id": line, "amount": f"{chance.randrange(100, 20000)}.00"}],
        "root": None,
    }


def outcome(number: int, quote_id: str, at: datetime, chance: random.Random) -> Document:
    amount = chance.randrange(100, 9000)
    told = {
        "outcome_id": f"O-{number}",
        "subject": {"type": "quote", "id": quote_id},
        "leaked": True,
        "pattern": chance.choice(["U05", "R01", "B01"]),
        "amount": f"{amount}.00",
        "recovered_amount": f"{amount // 2}.00",
        "currency": "USD",
        "source": chance.choice(["audit", "dispute"]),
        "discovered_at": (at + timedelta(days=60)).isoformat(),
        "verdict": chance.choice(["true_positive", "false_negative"]),
    }
    return Document(id=told["outcome_id"], body=json.dumps(told).encode(), occurred_at=at)


if __name__ == "__main__":
    main()
