"""The monthly review of many decisions with stored features: `python -m benchmarks.reviewing [URL] [--decisions N]`.

The decisions are those of `benchmarks.insights`, squeezed into seven months, each with a vector by chance; the last month is
reviewed beside the six before it. Told are seconds, seconds of the processor, and by how much the process grew meanwhile.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from app.reviewing.review import review
from app.store import RecordedDecision, Store
from app.store.upgrade import upgrade
from benchmarks.insights import AT_ONCE, DAYS, FIRST, made
from policies.domain.period import add_months
from scoring.features import NAMES, digest

MONTHS = 7


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reviewing", description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--decisions", type=int, default=29_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{folder}/quoteguard.db"
        upgrade(url)
        with Store.open(url, timeout=timedelta(seconds=60)) as store:
            batch: list[RecordedDecision] = []
            for each in decided(store.artefacts.put("policies", b"id: benchmark"), asked.decisions):
                batch.append(each)
                if len(batch) == AT_ONCE:
                    store.record_all(batch)
                    batch = []
            store.record_all(batch)
            for _ in range(3):
                measure(store)


def measure(store: Store) -> None:
    before, began, worked = grown(), time.perf_counter(), time.process_time()
    found = review(store, add_months(FIRST.date(), MONTHS - 1))
    told = f"{found['decisions']:,} quotes of the month and {found['decisions_before']:,} of the six before"
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    print(f"{told}: {seconds:.1f} s, {work:.1f} s of the processor, {grown() - before:.0f} MB more")


def decided(policies: str, decisions: int) -> Iterator[RecordedDecision]:
    chance = random.Random(3)
    squeeze = MONTHS * 30 / DAYS
    for _, each, _ in made(decisions, policies, chance):
        at = FIRST + (each.summary.created_at - FIRST) * squeeze
        values = [None if chance.random() < 0.1 else round(chance.gauss(0, 1), 4) for _ in NAMES]
        context = {"scoring": {"vector": {"features": digest(), "values": values}}}
        basis = replace(each.basis, context=json.dumps(context).encode())
        yield replace(each, summary=replace(each.summary, created_at=at), basis=basis)


def grown() -> float:
    """The most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
